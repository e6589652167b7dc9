package session

import (
	"context"
	"time"

	"github.com/google/uuid"

	"latchkey/internal/token"
	"latchkey/models"
)

// Store is what the rules ask of the database. Every method is atomic, and an outage is models.ErrUnavailable.
type Store interface {
	// OpenSession inserts s with its event, ends the sessions that the same browser had before, and ends the oldest
	// sessions of the user beyond most. It is models.ErrStale when the user is gone or disabled, or its password is
	// no longer hash.
	OpenSession(ctx context.Context, s models.Session, hash models.PasswordHash, former []uuid.UUID, most int, login models.Event) error
	// SessionAndUser reads both in one query. models.ErrNotFound: there is no such user;
	// a session that is not there, or not that user's, has ID uuid.Nil.
	SessionAndUser(ctx context.Context, sessionID, userID uuid.UUID) (models.Session, models.User, error)
	// MarkUsed sets Used if the session is live, of that generation and not yet used, and reports whether it was set.
	MarkUsed(ctx context.Context, sessionID uuid.UUID, generation int64, now time.Time) (bool, error)
	// MoveSession writes next over prev if the row still has prev's generation and SentAt and is not revoked.
	MoveSession(ctx context.Context, prev, next models.Session, e models.Event) (bool, error)
	// ResendSession sets SentAt if the session is live, of that generation and unused.
	ResendSession(ctx context.Context, sessionID uuid.UUID, generation int64, now time.Time, e models.Event) (bool, error)
	// RevokeSession ends one session of the user if it is not ended yet, and reports whether it did.
	RevokeSession(ctx context.Context, sessionID, userID uuid.UUID, now time.Time, e models.Event) (bool, error)
	// RevokeOthers ends every live session of the user but one and returns how many.
	RevokeOthers(ctx context.Context, userID, keep uuid.UUID, now time.Time, e models.Event) (int, error)
	// LiveSessions lists the user's live sessions, newest first.
	LiveSessions(ctx context.Context, userID uuid.UUID, now time.Time) ([]models.Session, error)
	// RevokedSince lists the sessions that were revoked at or after the given time.
	RevokedSince(ctx context.Context, since time.Time) ([]uuid.UUID, error)
	// RecordEvent appends an event that belongs to no other write.
	RecordEvent(ctx context.Context, e models.Event) error
}

// Settings are the lifetimes and bounds of sessions.
type Settings struct {
	AccessLifetime  time.Duration // of an access token; cut at the end of its refresh token
	RefreshLifetime time.Duration // how long a session lives without a refresh
	MaxAge          time.Duration // how long a session lives at all
	Grace           time.Duration // G of the rotation rule; 0 turns hold and concurrent replay off
	MaxPerUser      int           // live sessions of one user; the oldest ends
}

// Service applies the rules of this package. All exported fields are needed.
type Service struct {
	Store    Store
	Tokens   *token.Service
	Settings Settings
	Now      func() time.Time // UTC

	revocations revocations
}

// Issued is what a client gets. RefreshToken is empty when the one that the client holds stays as it is.
type Issued struct {
	AccessToken      string
	AccessExpiresAt  time.Time
	RefreshToken     string
	RefreshExpiresAt time.Time
	At               time.Time // the moment of issue, from which the lifetimes of cookies are counted
}

// Identity is an authenticated caller.
type Identity struct {
	User    models.User
	Session models.Session
}

// now is the clock in the precision that every database keeps.
func (s *Service) now() time.Time { return s.Now().UTC().Truncate(time.Microsecond) }

// Open starts a session for a user who has just proved to be one, and ends the former ones of the same browser:
// each authentication has an id of its own (ASVS 7.2.4). It is ErrSignInStale when the account changed meanwhile.
func (s *Service) Open(ctx context.Context, user models.User, from models.Origin, former ...uuid.UUID) (Issued, error) {
	now := s.now()
	endsAt := now.Add(s.Settings.MaxAge).Truncate(time.Second)
	row := newSession(user, from, now, s.idleEnd(now, endsAt), endsAt)
	login := from.Event(models.EventLogin, now, user.ID, row.ID)
	err := s.Store.OpenSession(ctx, row, user.PasswordHash, former, s.Settings.MaxPerUser, login)
	if err != nil {
		return Issued{}, staleSignIn(err)
	}
	return s.issue(row, user, now)
}

// newSession is the row of a sign-in that begins now.
func newSession(user models.User, from models.Origin, now, expiresAt, endsAt time.Time) models.Session {
	return models.Session{
		ID: uuid.Must(uuid.NewV7()), UserID: user.ID, Generation: models.FirstGeneration,
		SentAt: models.LongAgo, IssuedAt: now, ExpiresAt: expiresAt, EndsAt: endsAt,
		CreatedAt: now, LastUsedAt: now, UserAgent: from.UserAgent, IP: from.IP,
	}
}

// idleEnd is the end of a refresh token that begins now: whole seconds, never beyond the absolute end.
func (s *Service) idleEnd(now, endsAt time.Time) time.Time {
	end := now.Truncate(time.Second).Add(s.Settings.RefreshLifetime).Truncate(time.Second)
	if end.After(endsAt) {
		return endsAt
	}
	return end
}

// issue signs both tokens of the row's present generation.
func (s *Service) issue(row models.Session, user models.User, now time.Time) (Issued, error) {
	out, err := s.issueAccess(row, user, now)
	if err != nil {
		return Issued{}, err
	}
	out.RefreshToken, err = s.Tokens.SignRefresh(refreshClaims(row))
	out.RefreshExpiresAt = row.ExpiresAt
	return out, err
}

// issueAccess signs an access token alone.
func (s *Service) issueAccess(row models.Session, user models.User, now time.Time) (Issued, error) {
	claims := token.Access{
		ID: uuid.New(), Subject: user.ID, Session: row.ID, Generation: row.Generation,
		IssuedAt: now, NotBefore: now.Add(-token.ClockSkew), ExpiresAt: now.Add(s.Settings.AccessLifetime), Role: string(user.Role),
	}
	if claims.ExpiresAt.After(row.ExpiresAt) {
		claims.ExpiresAt = row.ExpiresAt
	}
	if user.Username != nil {
		claims.Username = *user.Username
	}
	signed, err := s.Tokens.SignAccess(claims)
	return Issued{AccessToken: signed, AccessExpiresAt: claims.ExpiresAt, At: now}, err
}

// refreshClaims derives every claim from the row, so that the token of a generation can be signed again, byte for byte.
func refreshClaims(row models.Session) token.Refresh {
	return token.Refresh{
		ID:         refreshTokenID(row.ID, row.Generation),
		Subject:    row.UserID,
		Session:    row.ID,
		Generation: row.Generation,
		IssuedAt:   row.IssuedAt,
		ExpiresAt:  row.ExpiresAt,
	}
}
