package store

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"gorm.io/gorm"

	"latchkey/internal/throttle"
)

// takeTry does what throttle.Bounds.Next does, in one statement. A refusal returns no row and changes none.
const takeTry = `INSERT INTO throttles AS t (key, tat) VALUES (@key, CAST(@now AS bigint) + CAST(@step AS bigint))
ON CONFLICT (key) DO UPDATE SET tat = CASE
	WHEN t.tat <= CAST(@now AS bigint) THEN excluded.tat
	WHEN t.tat <= CAST(@most AS bigint) THEN t.tat + CAST(@step AS bigint)
	ELSE CAST(@full AS bigint) END
WHERE t.tat <= CAST(@most AS bigint) OR t.tat > CAST(@wrong AS bigint)
RETURNING tat`

// TakeTries takes one try from every bucket or, when any of them refuses, from none; see throttle.Counter.
func (s *Store) TakeTries(ctx context.Context, now time.Time, buckets ...throttle.Bucket) (throttle.Decision, error) {
	db := s.db.WithContext(ctx)
	// Most refusals are seen by reading, so that a flood of them takes no write lock.
	stored, allowed, err := readTries(db, now, buckets)
	if err == nil && allowed {
		err = db.Transaction(func(tx *gorm.DB) error {
			stored, allowed, err = takeTries(tx, now, buckets)
			return err
		})
	}
	if err != nil && !errors.Is(err, errUndone) {
		return throttle.Decision{}, unavailable(err)
	}
	return throttle.Decide(now, allowed, buckets, stored), nil
}

// takeTries returns the new times, or errUndone and the times that refuse.
func takeTries(tx *gorm.DB, now time.Time, buckets []throttle.Bucket) ([]int64, bool, error) {
	stored := make([]int64, len(buckets))
	for _, i := range inOrder(buckets, func(b throttle.Bucket) string { return b.Key }) {
		bounds := buckets[i].Rate.At(now)
		res := tx.Raw(takeTry, map[string]any{
			"key": buckets[i].Key, "now": bounds.Now, "step": bounds.Step,
			"most": bounds.Most, "full": bounds.Full, "wrong": bounds.Wrong,
		}).Scan(&stored[i])
		if res.Error != nil {
			return nil, false, res.Error
		}
		if res.RowsAffected == 0 {
			// The row that refused is locked: this reads the time that it refused for.
			refused, _, err := readTries(tx, now, buckets)
			return refused, false, cmp.Or(err, errUndone)
		}
	}
	return stored, true, nil
}

// readTries returns the stored times in the order of the buckets, 0 where there is no row, and whether all
// would allow a try.
func readTries(db *gorm.DB, now time.Time, buckets []throttle.Bucket) ([]int64, bool, error) {
	keys := make([]string, len(buckets))
	for i, b := range buckets {
		keys[i] = b.Key
	}
	var rows []struct {
		Key string
		Tat int64
	}
	if err := db.Raw("SELECT key, tat FROM throttles WHERE key IN ?", keys).Scan(&rows).Error; err != nil {
		return nil, false, err
	}
	stored, allowed := make([]int64, len(buckets)), true
	for _, row := range rows {
		i := slices.Index(keys, row.Key)
		stored[i] = row.Tat
		_, ok := buckets[i].Rate.At(now).Next(row.Tat)
		allowed = allowed && ok
	}
	return stored, allowed, nil
}

// ReturnTries gives tries back; see throttle.Counter.
func (s *Store) ReturnTries(ctx context.Context, refunds ...throttle.Refund) error {
	return unavailable(s.db.WithContext(ctx).Transaction(func(tx *gorm.DB) error {
		for _, i := range inOrder(refunds, func(r throttle.Refund) string { return r.Key }) {
			res := tx.Exec("UPDATE throttles SET tat = tat - CAST(? AS bigint) WHERE key = ?", refunds[i].Amount, refunds[i].Key)
			if res.Error != nil {
				return res.Error
			}
		}
		return nil
	}))
}

// inOrder lists the indexes of all by key. Everybody locks rows in this order, so that nobody waits in a circle.
func inOrder[T any](all []T, key func(T) string) []int {
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(key(all[a]), key(all[b])) })
	return order
}

// PruneThrottles deletes at most limit rows that are as good as none at now, and returns how many.
func (s *Store) PruneThrottles(ctx context.Context, now time.Time, limit int) (int, error) {
	batch := "SELECT key FROM throttles WHERE tat <= ? ORDER BY tat LIMIT ?"
	if s.postgres {
		// A row that is being counted on is left for another time; waiting for it could close a circle.
		batch += " FOR UPDATE SKIP LOCKED"
	}
	res := s.db.WithContext(ctx).Exec("DELETE FROM throttles WHERE key IN ("+batch+")", now.UnixMicro(), limit)
	return int(res.RowsAffected), unavailable(res.Error)
}
