package session

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"
)

// revocationsFresh is how long a list may be handed out again, so that a crowd of askers costs one query a second.
const revocationsFresh = time.Second

// revocations is the latest list of revoked sessions and when it was read.
type revocations struct {
	mu     sync.Mutex
	readAt time.Time
	ids    []uuid.UUID
}

// Revoked lists the sessions that were revoked while an access token of theirs could still be alive, sorted by id.
// It is for services that verify offline: whoever holds the list refuses those tokens. At most one second old.
func (s *Service) Revoked(ctx context.Context) ([]uuid.UUID, error) {
	now := s.now()
	r := &s.revocations
	r.mu.Lock()
	defer r.mu.Unlock()
	if now.Sub(r.readAt).Abs() < revocationsFresh {
		return r.ids, nil
	}
	ids, err := s.Store.RevokedSince(ctx, now.Add(-s.Settings.AccessLifetime))
	if err != nil {
		return nil, fmt.Errorf("list revoked sessions: %w", err)
	}
	r.readAt, r.ids = now, ids
	return ids, nil
}
