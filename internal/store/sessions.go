package store

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"latchkey/models"
)

// The reasons that a revoked session carries.
const (
	reasonEvicted  = "evicted"
	reasonReplaced = "replaced"
)

// OpenSession inserts s with its event; see session.Store. The user's row is locked meanwhile, so that a disabled
// account or a changed password and a sign-in come one after the other.
func (s *Store) OpenSession(ctx context.Context, row models.Session, hash models.PasswordHash, former []uuid.UUID, most int, login models.Event) error {
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		var found int64
		res := s.locked(tx).Model(&models.User{}).Select("1").
			Where("id = ? AND password = ? AND disabled_at IS NULL", row.UserID, hash).Take(&found)
		if res.Error != nil {
			return res.Error
		}
		for _, id := range former {
			if err := endReplaced(tx, id, login); err != nil {
				return err
			}
		}
		if err := tx.Create(&row).Error; err != nil {
			return err
		}
		if err := record(tx, login); err != nil {
			return err
		}
		return evictOldest(tx, row, most, login)
	})
	if err = unavailable(err); err == models.ErrNotFound { //nolint:errorlint // unavailable returns this very value
		return models.ErrStale
	}
	return err
}

// endReplaced ends the session that this browser had before, whoever's it was.
func endReplaced(tx *gorm.DB, id uuid.UUID, login models.Event) error {
	var former models.Session
	switch res := tx.Select("user_id").Where("id = ? AND revoked_at IS NULL", id).Limit(1).Find(&former); {
	case res.Error != nil:
		return res.Error
	case res.RowsAffected == 0:
		return nil
	}
	if err := revoke(tx, login.At, reasonReplaced, "id = ?", id).Error; err != nil {
		return err
	}
	return record(tx, again(login, models.EventSessionReplaced, former.UserID, id))
}

// evictOldest ends the user's sessions beyond the newest most. The one that was just opened stays, even where a clock that
// went back makes it look older than the others.
func evictOldest(tx *gorm.DB, opened models.Session, most int, login models.Event) error {
	var old []uuid.UUID
	err := tx.Model(&models.Session{}).
		Where("user_id = ? AND id <> ? AND revoked_at IS NULL AND expires_at > ?", opened.UserID, opened.ID, utc(login.At)).
		Order("created_at DESC, id DESC").Offset(most-1).Limit(evictAtOnce).Pluck("id", &old).Error
	if err != nil || len(old) == 0 {
		return err
	}
	if err := revoke(tx, login.At, reasonEvicted, "id IN ?", old).Error; err != nil {
		return err
	}
	for _, id := range old {
		if err := record(tx, again(login, models.EventSessionEvicted, opened.UserID, id)); err != nil {
			return err
		}
	}
	return nil
}

// evictAtOnce bounds the work of one sign-in after the limit was lowered; the next one goes on.
const evictAtOnce = 100

// again is another event of the same request.
func again(e models.Event, kind models.EventKind, userID, sessionID uuid.UUID) models.Event {
	return models.Origin{IP: e.IP, UserAgent: e.UserAgent, RequestID: e.RequestID}.Event(kind, e.At, userID, sessionID)
}

// revoke ends the sessions of a condition that are not ended yet.
func revoke(tx *gorm.DB, now time.Time, reason, condition string, args ...any) *gorm.DB {
	return tx.Model(&models.Session{}).Where("revoked_at IS NULL").Where(condition, args...).
		Updates(map[string]any{"revoked_at": utc(now), "revoked_reason": reason})
}

// MarkUsed sets Used on a live, unused session of that generation, and reports whether it did.
func (s *Store) MarkUsed(ctx context.Context, id uuid.UUID, generation int64, now time.Time) (bool, error) {
	res := s.db.WithContext(ctx).Model(&models.Session{}).
		Where("id = ? AND generation = ? AND NOT used AND revoked_at IS NULL", id, generation).
		Updates(map[string]any{"used": true, "last_used_at": utc(now)})
	return res.RowsAffected > 0, unavailable(res.Error)
}

// moveSession is the one write of a rotation.
const moveSession = `UPDATE sessions SET generation = ?, used = ?, sent_at = ?, issued_at = ?, expires_at = ?, last_used_at = ?, user_agent = ?, ip = ?
WHERE id = ? AND generation = ? AND sent_at = ? AND revoked_at IS NULL`

// moveSessionAndRecord is moveSession with its event in one statement, so in one round trip and one transaction.
const moveSessionAndRecord = "WITH moved AS (" + moveSession + ` RETURNING 1)
INSERT INTO events (id, at, kind, user_id, session_id, ip, user_agent, request_id, detail)
SELECT ?::uuid, ?::timestamptz, ?::text, ?::uuid, ?::uuid, ?::text, ?::text, ?::text, ?::text FROM moved`

// MoveSession writes next over prev if generation and sent_at are still prev's and the session is not revoked.
func (s *Store) MoveSession(ctx context.Context, prev, next models.Session, e models.Event) (bool, error) {
	args := []any{
		next.Generation, next.Used, utc(next.SentAt), utc(next.IssuedAt), utc(next.ExpiresAt), utc(next.LastUsedAt), next.UserAgent, next.IP,
		prev.ID, prev.Generation, utc(prev.SentAt),
	}
	if !s.postgres {
		return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB { return tx.Exec(moveSession, args...) })
	}
	res := s.db.WithContext(ctx).Table("sessions").Exec(moveSessionAndRecord, append(args,
		e.ID, utc(e.At), string(e.Kind), e.UserID, e.SessionID, e.IP, e.UserAgent, e.RequestID, e.Detail)...)
	return res.RowsAffected > 0, unavailable(res.Error)
}

// ResendSession sets sent_at on a live, unused session of that generation, and reports whether it did.
func (s *Store) ResendSession(ctx context.Context, id uuid.UUID, generation int64, now time.Time, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return tx.Model(&models.Session{}).
			Where("id = ? AND generation = ? AND NOT used AND revoked_at IS NULL", id, generation).
			Updates(map[string]any{"sent_at": utc(now)})
	})
}

// RevokeSession ends one session of the user if it is not ended yet, and reports whether it did.
// The event's kind is kept as the reason.
func (s *Store) RevokeSession(ctx context.Context, id, userID uuid.UUID, now time.Time, e models.Event) (bool, error) {
	return s.write(ctx, e, func(tx *gorm.DB) *gorm.DB {
		return revoke(tx, now, string(e.Kind), "id = ? AND user_id = ?", id, userID)
	})
}

// RevokeOthers ends every live session of the user but one, with an event for each, and returns how many.
func (s *Store) RevokeOthers(ctx context.Context, userID, keep uuid.UUID, now time.Time, e models.Event) (int, error) {
	var ended int
	err := s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) (err error) {
		e.At = now
		ended, err = s.endSessions(tx, userID, keep, e)
		return err
	})
	return ended, unavailable(err)
}

// endSessions ends every session of the user that is live at the time of e but one, with an event like e for each.
func (s *Store) endSessions(tx *gorm.DB, userID, keep uuid.UUID, e models.Event) (int, error) {
	var ids []uuid.UUID
	err := s.locked(tx).Model(&models.Session{}).
		Where("user_id = ? AND id <> ? AND revoked_at IS NULL AND expires_at > ?", userID, keep, utc(e.At)).
		Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return 0, err
	}
	res := revoke(tx, e.At, string(e.Kind), "id IN ?", ids)
	if res.Error != nil {
		return 0, res.Error
	}
	events := make([]models.Event, 0, len(ids))
	for _, id := range ids {
		one := again(e, e.Kind, userID, id)
		one.Detail = e.Detail
		events = append(events, one)
	}
	return int(res.RowsAffected), tx.CreateInBatches(events, 100).Error
}

// LiveSessions lists the user's live sessions, newest first.
func (s *Store) LiveSessions(ctx context.Context, userID uuid.UUID, now time.Time) ([]models.Session, error) {
	rows, err := gorm.G[models.Session](s.db).
		Where("user_id = ? AND revoked_at IS NULL AND expires_at > ?", userID, utc(now)).
		Order("created_at DESC, id DESC").Find(ctx)
	return rows, unavailable(err)
}

// RevokedSince lists the sessions that were revoked at or after the given time, sorted by id.
func (s *Store) RevokedSince(ctx context.Context, since time.Time) ([]uuid.UUID, error) {
	ids := []uuid.UUID{}
	err := s.db.WithContext(ctx).Model(&models.Session{}).Where("revoked_at >= ?", utc(since)).Pluck("id", &ids).Error
	// Sorted here: asked for an order, SQLite walks along the primary key through all sessions there ever were.
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	return ids, unavailable(err)
}
