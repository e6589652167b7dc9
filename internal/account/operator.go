package account

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"latchkey/models"
)

// OperatorStore is what the rules of whoever runs the service ask of the database. Every method is atomic, and an outage
// is models.ErrUnavailable.
type OperatorStore interface {
	// UserByID finds an account, or models.ErrNotFound.
	UserByID(ctx context.Context, id uuid.UUID) (models.User, error)
	// UserByEmail finds an account by its address without regard to case, or models.ErrNotFound.
	UserByEmail(ctx context.Context, email string) (models.User, error)
	// UsersAfter lists accounts in the order of their addresses: those that begin with prefix and come after an address.
	UsersAfter(ctx context.Context, prefix, after string, limit int) ([]models.User, error)
	// DisableUser switches an account off and ends its sessions, with an event for each. It reports how many ended, and
	// whether the account was on before.
	DisableUser(ctx context.Context, userID uuid.UUID, e models.Event) (ended int, changed bool, err error)
	// EnableUser switches an account on and reports whether it was off before.
	EnableUser(ctx context.Context, userID uuid.UUID, e models.Event) (changed bool, err error)
	// SetRole gives an account another role and reports whether it had a different one.
	SetRole(ctx context.Context, userID uuid.UUID, role models.Role, e models.Event) (changed bool, err error)
}

// Operator is what whoever runs the service may do to accounts. All fields are needed. Whatever it does counts from the
// next request on, on every node, since each request reads its user.
type Operator struct {
	Store OperatorStore
	Now   func() time.Time // UTC
}

// Find looks an account up by e-mail address or id. Errors: models.ErrNotFound, models.ErrUnavailable.
func (o *Operator) Find(ctx context.Context, name string) (models.User, error) {
	if id, err := uuid.Parse(name); err == nil {
		return o.Store.UserByID(ctx, id)
	}
	// Not CanonicalEmail: a table from elsewhere may hold addresses that nobody can register here.
	return o.Store.UserByEmail(ctx, asciiLower(strings.TrimSpace(name)))
}

// Page is a part of the list of accounts.
type Page struct {
	Users []models.User
	Next  string // the address to go on after; "" at the end
}

// List returns at most limit accounts whose address begins with prefix, in the order of addresses and after a given one.
func (o *Operator) List(ctx context.Context, prefix, after string, limit int) (Page, error) {
	users, err := o.Store.UsersAfter(ctx, asciiLower(prefix), asciiLower(after), limit+1)
	if err != nil {
		return Page{}, fmt.Errorf("list accounts: %w", err)
	}
	if len(users) <= limit {
		return Page{Users: users}, nil
	}
	users = users[:limit]
	return Page{Users: users, Next: users[limit-1].Email}, nil
}

// Disable keeps an account from signing in, ends its sessions and says how many. Nothing happens to one that is off.
func (o *Operator) Disable(ctx context.Context, user models.User, from models.Origin) (ended int, changed bool, err error) {
	return o.Store.DisableUser(ctx, user.ID, o.event(models.EventAccountDisabled, user, "", from))
}

// Enable lets an account sign in again; sessions that were ended stay so. Nothing happens to one that is on.
func (o *Operator) Enable(ctx context.Context, user models.User, from models.Origin) (changed bool, err error) {
	return o.Store.EnableUser(ctx, user.ID, o.event(models.EventAccountEnabled, user, "", from))
}

// SetRole gives an account a role, or is ErrUnknownRole. Access tokens that are under way carry the role of their issue
// until they expire; this service itself never reads it there.
func (o *Operator) SetRole(ctx context.Context, user models.User, role models.Role, from models.Origin) (changed bool, err error) {
	if !role.Known() {
		return false, ErrUnknownRole
	}
	return o.Store.SetRole(ctx, user.ID, role, o.event(models.EventRoleChanged, user, string(role), from))
}

func (o *Operator) event(kind models.EventKind, user models.User, detail string, from models.Origin) models.Event {
	e := from.Event(kind, o.Now().UTC().Truncate(time.Microsecond), user.ID, uuid.Nil)
	e.Detail = detail
	return e
}
