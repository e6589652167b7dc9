package store

import (
	"context"

	"github.com/google/uuid"

	"latchkey/models"
)

// sessionAndUser is one row of the join; the prefixes keep the two apart.
type sessionAndUser struct {
	User    models.User    `gorm:"embedded;embeddedPrefix:u_"`
	Session models.Session `gorm:"embedded;embeddedPrefix:s_"`
}

// selectSessionAndUser reads both by primary key. The outer join tells a user that is gone from a session that is.
const selectSessionAndUser = `SELECT
	u.id AS u_id, u.name AS u_name, u.email AS u_email, u.username AS u_username, u.password AS u_password,
	u.role AS u_role, u.photo AS u_photo, u.provider AS u_provider, u.verified AS u_verified,
	u.disabled_at AS u_disabled_at, u.created_at AS u_created_at, u.updated_at AS u_updated_at,
	s.id AS s_id, s.user_id AS s_user_id, s.generation AS s_generation, s.used AS s_used, s.sent_at AS s_sent_at,
	s.issued_at AS s_issued_at, s.expires_at AS s_expires_at, s.ends_at AS s_ends_at, s.created_at AS s_created_at,
	s.last_used_at AS s_last_used_at, s.user_agent AS s_user_agent, s.ip AS s_ip,
	s.revoked_at AS s_revoked_at, s.revoked_reason AS s_revoked_reason
FROM users u LEFT JOIN sessions s ON s.id = ? AND s.user_id = u.id
WHERE u.id = ?`

// SessionAndUser reads a session and its user in one query. models.ErrNotFound: there is no such user;
// a session that is not there, or not that user's, has ID uuid.Nil.
func (s *Store) SessionAndUser(ctx context.Context, sessionID, userID uuid.UUID) (models.Session, models.User, error) {
	var row sessionAndUser
	res := s.db.WithContext(ctx).Raw(selectSessionAndUser, sessionID, userID).Scan(&row)
	switch {
	case res.Error != nil:
		return models.Session{}, models.User{}, unavailable(res.Error)
	case res.RowsAffected == 0:
		return models.Session{}, models.User{}, models.ErrNotFound
	default:
		return row.Session, row.User, nil
	}
}
