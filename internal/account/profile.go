package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"latchkey/models"
)

// Profile returns a user for other users to see. It is ErrUserNotFound when there is no such account or it is disabled.
func (s *Service) Profile(ctx context.Context, id uuid.UUID) (models.User, error) {
	user, err := s.Store.UserByID(ctx, id)
	switch {
	case errors.Is(err, models.ErrNotFound), err == nil && user.Disabled():
		return models.User{}, ErrUserNotFound
	case err != nil:
		return models.User{}, fmt.Errorf("find user: %w", err)
	default:
		return user, nil
	}
}

// UpdateProfile changes the caller's profile, and its metadata if there is a patch, and returns both as they are now;
// without a patch the metadata is left out. Errors: *models.ValidationError, models.ErrUsernameTaken,
// models.ErrNotFound when the user is gone, models.ErrUnavailable.
func (s *Service) UpdateProfile(ctx context.Context, user models.User, in models.ProfileChange, patch Patch, from models.Origin,
) (models.User, models.Metadata, error) {
	var c checker
	if in.Name != nil {
		name := c.name(*in.Name)
		in.Name = &name
	}
	if in.Photo != nil {
		c.text("photo", *in.Photo, maxPhoto)
	}
	if in.Username != nil {
		c.username(*in.Username)
	}
	if err := c.err(); err != nil {
		return models.User{}, "", err
	}
	var merge func(models.Metadata) (models.Metadata, error)
	if patch != nil {
		merge = func(current models.Metadata) (models.Metadata, error) { return merged(current, patch) }
	}
	if in == (models.ProfileChange{}) && merge == nil {
		return user, "", nil
	}
	e := from.Event(models.EventProfileChanged, s.now(), user.ID, uuid.Nil)
	user, metadata, err := s.Store.UpdateProfile(ctx, user.ID, in, merge, e)
	if err != nil {
		return models.User{}, "", fmt.Errorf("update profile: %w", err)
	}
	return user, metadata, nil
}
