package session

import (
	"context"

	"latchkey/models"
)

// bearerLogin is the detail of the event of a sign-in that got no refresh token.
const bearerLogin = "bearer"

// OpenBearer starts a session for a client without cookies, which gets an access token and nothing to refresh it with. The
// session ends with the token, so that a program which signs in again and again neither fills the list of sessions nor
// pushes the user's browsers out of it. It is ErrSignInStale when the account changed meanwhile.
func (s *Service) OpenBearer(ctx context.Context, user models.User, from models.Origin) (Issued, error) {
	now := s.now()
	end := now.Add(min(s.Settings.AccessLifetime, s.Settings.MaxAge))
	row := newSession(user, from, now, end, end)
	login := from.Event(models.EventLogin, now, user.ID, row.ID)
	login.Detail = bearerLogin
	if err := s.Store.OpenSession(ctx, row, user.PasswordHash, nil, s.Settings.MaxPerUser, login); err != nil {
		return Issued{}, staleSignIn(err)
	}
	return s.issueAccess(row, user, now)
}
