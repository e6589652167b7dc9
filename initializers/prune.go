package initializers

import (
	"context"
	"time"

	"latchkey/internal/store"
)

// The rhythm of pruning: a node tries every few minutes; whoever gets the lease deletes in small batches,
// so that no lock is held for long.
const (
	pruneEvery     = 5 * time.Minute
	pruneLease     = 4 * time.Minute
	pruneBatch     = 500
	prunePause     = 50 * time.Millisecond
	sessionsKept   = time.Hour           // beyond the access lifetime, for support questions
	apiKeysKept    = 30 * 24 * time.Hour // beyond their expiry, so that a program is told what is wrong
	pruneLeaseName = "prune"
)

// prune deletes ended sessions, old events, expired API keys and spent counters until ctx ends.
func (a *App) prune(ctx context.Context, rows *store.Store, now func() time.Time) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pruneEvery):
		}
		if err := a.pruneOnce(ctx, rows, now()); err != nil && ctx.Err() == nil {
			a.log.Warn("prune", "error", err)
		}
	}
}

// pruneOnce does the chore once if no other node does.
func (a *App) pruneOnce(ctx context.Context, rows *store.Store, now time.Time) error {
	mine, err := rows.Claim(ctx, pruneLeaseName, now, now.Add(pruneLease))
	if err != nil || !mine {
		return err
	}
	ended := now.Add(-a.cfg.Tokens.AccessLifetime - sessionsKept)
	if err := inBatches(ctx, ended, rows.PruneSessions); err != nil {
		return err
	}
	if err := inBatches(ctx, now.Add(-a.cfg.Sessions.EventsKept), rows.PruneEvents); err != nil {
		return err
	}
	if err := inBatches(ctx, now.Add(-apiKeysKept), rows.PruneAPIKeys); err != nil {
		return err
	}
	return inBatches(ctx, now, rows.PruneThrottles)
}

// inBatches deletes until a batch is not full.
func inBatches(ctx context.Context, before time.Time, prune func(context.Context, time.Time, int) (int, error)) error {
	for {
		n, err := prune(ctx, before, pruneBatch)
		if err != nil || n < pruneBatch {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(prunePause):
		}
	}
}
