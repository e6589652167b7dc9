package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/password"
	"latchkey/internal/throttle"
	"latchkey/models"
)

// Store is what the rules ask of the database. Every method is atomic, and an outage is models.ErrUnavailable.
type Store interface {
	// CreateUser inserts u with its metadata and event. It is models.ErrEmailTaken or models.ErrUsernameTaken when a row is in the way.
	CreateUser(ctx context.Context, u models.User, m models.Metadata, e models.Event) error
	// CheckFree is models.ErrEmailTaken or models.ErrUsernameTaken when CreateUser would be, at this moment.
	CheckFree(ctx context.Context, email string, username *string) error
	// UserByEmail finds an account by its canonical address, or models.ErrNotFound.
	UserByEmail(ctx context.Context, email string) (models.User, error)
	// UserByUsername finds an account by its name without regard to case, or models.ErrNotFound.
	UserByUsername(ctx context.Context, username string) (models.User, error)
	// UserByID finds an account by its id, or models.ErrNotFound.
	UserByID(ctx context.Context, id uuid.UUID) (models.User, error)
	// UpdateProfile writes the parts that are not nil, and what merge, if there is one, makes of the metadata, with the
	// event, and returns the user as it is then and the new metadata. Nobody else writes between the reading and the
	// writing. It is models.ErrUsernameTaken, models.ErrNotFound when the user is gone, or the error of merge.
	UpdateProfile(ctx context.Context, userID uuid.UUID, c models.ProfileChange, merge func(models.Metadata) (models.Metadata, error),
		e models.Event) (models.User, models.Metadata, error)
	// Metadata reads the user's metadata, "" when there is none.
	Metadata(ctx context.Context, userID uuid.UUID) (models.Metadata, error)
	// ReplacePasswordHash writes next if the hash is still prev, and reports whether it did.
	ReplacePasswordHash(ctx context.Context, userID uuid.UUID, prev, next models.PasswordHash, e models.Event) (bool, error)
	// RecordEvent appends an event that belongs to no other write.
	RecordEvent(ctx context.Context, e models.Event) error
}

// Settings are the choices of whoever runs the service.
type Settings struct {
	RequireVerifiedEmail bool // sign-in asks for a proved address
}

// Service applies the rules of this package. All fields are needed.
type Service struct {
	Store    Store
	Hasher   *password.Hasher
	Guard    *throttle.Guard
	Breached func(ctx context.Context, plain string) bool // whether a new password stands in a list of breached ones
	Policy   password.Policy
	Settings Settings
	Now      func() time.Time // UTC
}

// now is the clock in the precision that every database keeps.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Registration is what a person gives to get an account. Role, verification and id are never taken from outside.
type Registration struct {
	Name, Email               string
	Password, PasswordConfirm string
	Photo                     string
	Username                  string // "" for none
	Metadata                  Patch  // to an empty object
}

// Register makes an account. Errors: *models.ValidationError, ErrPasswordMismatch, *password.WeakError,
// models.ErrEmailTaken, models.ErrUsernameTaken, *throttle.LimitError, password.ErrOverloaded, models.ErrUnavailable.
func (s *Service) Register(ctx context.Context, in Registration, from models.Origin) (models.User, error) {
	user, metadata, err := s.checkRegistration(in)
	if err != nil {
		return models.User{}, err
	}
	if err := s.Hasher.Admit(); err != nil {
		return models.User{}, err
	}
	if err := s.Guard.CountRegistration(ctx, from.IP, user.CreatedAt); err != nil {
		return models.User{}, err
	}
	return s.create(ctx, user, metadata, in.Password, from)
}

// Grant is what only whoever runs the service gives along with an account.
type Grant struct {
	Role     models.Role // one of the known
	Verified bool        // the address counts as proved
}

// Create makes an account for whoever runs the service: by the rules of registration, but not limited in number.
// Its errors are those of Register, but for *throttle.LimitError.
func (s *Service) Create(ctx context.Context, in Registration, grant Grant, from models.Origin) (models.User, error) {
	user, metadata, err := s.checkRegistration(in)
	if err != nil {
		return models.User{}, err
	}
	user.Role, user.Verified = grant.Role, grant.Verified
	return s.create(ctx, user, metadata, in.Password, from)
}

// create stores a checked account with its password.
func (s *Service) create(ctx context.Context, user models.User, metadata models.Metadata, plain string, from models.Origin) (models.User, error) {
	if s.Breached(ctx, plain) {
		return models.User{}, &password.WeakError{
			Rule: "breached", Message: "This password was found in a data breach, so others try it; please choose another one.",
		}
	}
	// Saves the cost of a hash in the common case; the unique index decides.
	if err := s.Store.CheckFree(ctx, user.Email, user.Username); err != nil {
		return models.User{}, err
	}
	hash, err := s.Hasher.Hash(ctx, plain)
	if err != nil {
		return models.User{}, fmt.Errorf("hash password: %w", err)
	}
	user.PasswordHash = models.PasswordHash(hash)
	e := from.Event(models.EventRegistered, user.CreatedAt, user.ID, uuid.Nil)
	if err := s.Store.CreateUser(ctx, user, metadata, e); err != nil {
		return models.User{}, fmt.Errorf("create user: %w", err)
	}
	return user, nil
}

// checkRegistration turns a form into the row that it asks for, but for the password hash, and the metadata.
func (s *Service) checkRegistration(in Registration) (models.User, models.Metadata, error) {
	var c checker
	now := s.now()
	// Version 4: a user's id is seen by strangers and must not tell when the account was made.
	user := models.User{
		ID: uuid.New(), Role: models.RoleUser, Provider: models.ProviderLocal, CreatedAt: now, UpdatedAt: now,
		Name: c.name(in.Name), Email: c.email(in.Email), Photo: in.Photo,
	}
	c.text("photo", in.Photo, maxPhoto)
	if in.Username != "" {
		c.username(in.Username)
		user.Username = &in.Username
	}
	c.present("password", in.Password)
	c.present("passwordConfirm", in.PasswordConfirm)
	metadata, err := c.patch(in.Metadata)
	if err == nil {
		err = c.err()
	}
	switch {
	case err != nil:
		return models.User{}, "", err
	case in.Password != in.PasswordConfirm:
		return models.User{}, "", ErrPasswordMismatch
	}
	return user, metadata, s.Policy.Check(in.Password, user.Email, user.Name, in.Username)
}

// rehash brings a stored hash up to the present parameters. It is a courtesy to the next sign-in:
// when there is no free slot the old hash serves for another time.
func (s *Service) rehash(ctx context.Context, user models.User, plain string, from models.Origin) (models.User, error) {
	next, err := s.Hasher.Hash(ctx, plain)
	if errors.Is(err, password.ErrOverloaded) {
		return user, nil
	}
	if err != nil {
		return user, fmt.Errorf("rehash password: %w", err)
	}
	e := from.Event(models.EventPasswordRehash, s.now(), user.ID, uuid.Nil)
	done, err := s.Store.ReplacePasswordHash(ctx, user.ID, user.PasswordHash, models.PasswordHash(next), e)
	if err != nil {
		return user, fmt.Errorf("store new hash: %w", err)
	}
	if !done {
		return s.verifyAgain(ctx, user, plain, from)
	}
	user.PasswordHash = models.PasswordHash(next)
	return user, nil
}

// verifyAgain proves the password against the hash that somebody else has just put in place: another sign-in that
// brought it up to date, or a change of the password.
func (s *Service) verifyAgain(ctx context.Context, user models.User, plain string, from models.Origin) (models.User, error) {
	fresh, err := s.Store.UserByEmail(ctx, user.Email)
	if errors.Is(err, models.ErrNotFound) {
		return user, s.refuse(ctx, user.ID, "account_changed", ErrInvalidCredentials, from)
	}
	if err != nil {
		return user, fmt.Errorf("read account again: %w", err)
	}
	match, _, err := s.verify(ctx, fresh, true, plain)
	switch {
	case err != nil:
		return user, err
	case !match || fresh.ID != user.ID:
		return user, s.refuse(ctx, user.ID, "account_changed", ErrInvalidCredentials, from)
	default:
		return fresh, nil
	}
}
