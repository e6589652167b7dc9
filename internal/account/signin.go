package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"latchkey/internal/password"
	"latchkey/internal/throttle"
	"latchkey/models"
)

// Credentials name an account by e-mail or by username and prove it.
type Credentials struct {
	Email, Username, Password string
}

// SignIn proves a password. Unknown accounts cost what wrong passwords cost and look the same (ASVS 6.3.8); that an
// account is disabled or unverified is told only to who knows its password. knownTo are the users of whom the
// browser still holds a token: strangers who guess cannot shut those out on this browser.
// Errors: *models.ValidationError, ErrInvalidCredentials, ErrEmailNotVerified, ErrDisabled, *throttle.LimitError,
// password.ErrOverloaded, models.ErrUnavailable.
func (s *Service) SignIn(ctx context.Context, in Credentials, knownTo []uuid.UUID, from models.Origin) (models.User, error) {
	if err := in.check(); err != nil {
		return models.User{}, err
	}
	if err := s.Hasher.Admit(); err != nil {
		return models.User{}, err
	}
	user, err := s.find(ctx, in)
	exists := err == nil
	if err != nil && !errors.Is(err, models.ErrNotFound) {
		return models.User{}, fmt.Errorf("find account: %w", err)
	}
	try := throttle.Try{Account: in.name(), IP: from.IP}
	if exists {
		try.Account, try.Known = user.ID.String(), slices.Contains(knownTo, user.ID)
	}
	attempt, err := s.Guard.BeginSignIn(ctx, try, s.now())
	if err != nil {
		return models.User{}, err
	}
	defer attempt.Failed()
	match, outdated, err := s.verify(ctx, user, exists, in.Password)
	switch {
	case err != nil:
		return models.User{}, errors.Join(err, attempt.Abandoned(ctx))
	case !exists:
		return models.User{}, s.refuse(ctx, uuid.Nil, "unknown_account", ErrInvalidCredentials, from)
	case !match:
		return models.User{}, s.refuse(ctx, user.ID, "wrong_password", ErrInvalidCredentials, from)
	}
	if err := attempt.Succeeded(ctx); err != nil {
		return models.User{}, err
	}
	return s.admit(ctx, user, outdated, in.Password, from)
}

// verify costs the same whether the account exists or not. A hash that cannot be used matches nothing.
func (s *Service) verify(ctx context.Context, user models.User, exists bool, plain string) (match, outdated bool, err error) {
	if !exists {
		err = s.Hasher.VerifyDummy(ctx, plain)
	} else {
		match, outdated, err = s.Hasher.Verify(ctx, string(user.PasswordHash), plain)
	}
	if errors.Is(err, password.ErrUnusableHash) {
		return false, false, nil
	}
	if err != nil {
		return false, false, fmt.Errorf("verify password: %w", err)
	}
	return match, outdated, nil
}

// admit decides on somebody who knows the password.
func (s *Service) admit(ctx context.Context, user models.User, outdated bool, plain string, from models.Origin) (models.User, error) {
	switch {
	case user.Disabled():
		return models.User{}, s.refuse(ctx, user.ID, "account_disabled", ErrDisabled, from)
	case s.Settings.RequireVerifiedEmail && !user.Verified:
		return models.User{}, s.refuse(ctx, user.ID, "email_not_verified", ErrEmailNotVerified, from)
	case outdated:
		return s.rehash(ctx, user, plain, from)
	default:
		return user, nil
	}
}

// name is the canonical form of what names the account.
func (in *Credentials) name() string {
	if in.Username == "" {
		return in.Email
	}
	return asciiLower(in.Username)
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
