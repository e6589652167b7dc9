package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/google/uuid"

	"latchkey/models"
)

// callerColumns are what is read of a user whom a token or an API key names: all but the hash of the password. Each request
// of a signed-in caller pays for each of them.
const callerColumns = "u.id, u.name, u.email, u.username, u.role, u.photo, u.provider, u.verified, u.disabled_at, u.created_at, u.updated_at"

// callerFields are where callerColumns go.
func callerFields(u *models.User) []any {
	return []any{&u.ID, &u.Name, &u.Email, &u.Username, &u.Role, &u.Photo, &u.Provider, &u.Verified, &u.DisabledAt, &u.CreatedAt, &u.UpdatedAt}
}

// selectSessionAndUser reads both by primary key. The outer join tells a user that is gone from a session that is.
const selectSessionAndUser = "SELECT " + callerColumns + `,
	s.generation, s.used, s.sent_at, s.issued_at, s.expires_at, s.ends_at, s.revoked_at
FROM users u LEFT JOIN sessions s ON s.id = ? AND s.user_id = u.id
WHERE u.id = ?`

// SessionAndUser reads a session and its user in one query, without the password's hash and without what only lists of
// sessions show. models.ErrNotFound: there is no such user; a session that is not there, or not that user's, has ID uuid.Nil.
func (s *Store) SessionAndUser(ctx context.Context, sessionID, userID uuid.UUID) (models.Session, models.User, error) {
	var u models.User
	row := models.Session{ID: sessionID, UserID: userID}
	var generation sql.Null[int64] // the columns of a session that is not there are NULL
	var used sql.Null[bool]
	var sent, issued, expires, ends sql.Null[time.Time]
	err := s.one(ctx, selectSessionAndUser, []any{sessionID, userID}, append(callerFields(&u),
		&generation, &used, &sent, &issued, &expires, &ends, &row.RevokedAt)...)
	if err != nil {
		return models.Session{}, models.User{}, err
	}
	if !generation.Valid {
		return models.Session{}, u, nil
	}
	row.Generation, row.Used = generation.V, used.V
	row.SentAt, row.IssuedAt, row.ExpiresAt, row.EndsAt = sent.V, issued.V, expires.V, ends.V
	return row, u, nil
}

// one reads the only row of a query, column by column: gorm's Scan would go by reflection and write out the whole
// statement for a log that nobody keeps. It is models.ErrNotFound when there is no row.
func (s *Store) one(ctx context.Context, query string, args []any, columns ...any) error {
	// Not Row, which panics where a statement cannot be prepared.
	rows, err := s.db.WithContext(ctx).Raw(query, args...).Rows()
	if err != nil {
		return unavailable(err)
	}
	defer rows.Close()
	if !rows.Next() {
		if err := rows.Err(); err != nil {
			return unavailable(err)
		}
		return models.ErrNotFound
	}
	return unavailable(rows.Scan(columns...))
}
