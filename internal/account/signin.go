package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"latchkey/internal/password"
	"latchkey/models"
)

// Credentials name an account by e-mail or by username and prove it.
type Credentials struct {
	Email, Username, Password string
}

// SignIn proves a password. Unknown accounts cost what wrong passwords cost and look the same (ASVS 6.3.8); that an
// account is disabled or unverified is told only to who knows its password. Errors: *models.ValidationError,
// ErrInvalidCredentials, ErrEmailNotVerified, ErrDisabled, password.ErrOverloaded, models.ErrUnavailable.
func (s *Service) SignIn(ctx context.Context, in Credentials, from models.Origin) (models.User, error) {
	if err := in.check(); err != nil {
		return models.User{}, err
	}
	user, err := s.find(ctx, in)
	if errors.Is(err, models.ErrNotFound) {
		if err := s.Hasher.VerifyDummy(ctx, in.Password); err != nil {
			return models.User{}, fmt.Errorf("verify password: %w", err)
		}
		return models.User{}, s.refuse(ctx, uuid.Nil, "unknown_account", ErrInvalidCredentials, from)
	}
	if err != nil {
		return models.User{}, fmt.Errorf("find account: %w", err)
	}
	match, outdated, err := s.Hasher.Verify(ctx, string(user.PasswordHash), in.Password)
	switch {
	case errors.Is(err, password.ErrUnusableHash):
		return models.User{}, s.refuse(ctx, user.ID, "unusable_hash", ErrInvalidCredentials, from)
	case err != nil:
		return models.User{}, fmt.Errorf("verify password: %w", err)
	case !match:
		return models.User{}, s.refuse(ctx, user.ID, "wrong_password", ErrInvalidCredentials, from)
	case user.Disabled():
		return models.User{}, s.refuse(ctx, user.ID, "account_disabled", ErrDisabled, from)
	case s.Settings.RequireVerifiedEmail && !user.Verified:
		return models.User{}, s.refuse(ctx, user.ID, "email_not_verified", ErrEmailNotVerified, from)
	case outdated:
		return s.rehash(ctx, user, in.Password, from)
	default:
		return user, nil
	}
}

// check refuses a form that can name no account.
func (in *Credentials) check() error {
	var c checker
	switch {
	case in.Email != "" && in.Username != "":
		c.refuse("username", "invalid", "Send either email or username.")
	case in.Username == "":
		in.Email = c.email(in.Email)
	}
	c.present("password", in.Password)
	return c.err()
}

// find looks the account up by whichever name was given.
func (s *Service) find(ctx context.Context, in Credentials) (models.User, error) {
	if in.Username == "" {
		return s.Store.UserByEmail(ctx, in.Email)
	}
	// A name that cannot have been registered is not asked for, so that odd text never reaches the database.
	var c checker
	if c.username(in.Username); c.err() != nil {
		return models.User{}, models.ErrNotFound
	}
	return s.Store.UserByUsername(ctx, in.Username)
}

// refuse records a failed sign-in and returns the reason.
func (s *Service) refuse(ctx context.Context, userID uuid.UUID, detail string, reason error, from models.Origin) error {
	e := from.Event(models.EventLoginFailed, s.now(), userID, uuid.Nil)
	e.Detail = detail
	if err := s.Store.RecordEvent(ctx, e); err != nil {
		return fmt.Errorf("record failed sign-in: %w", err)
	}
	return reason
}
