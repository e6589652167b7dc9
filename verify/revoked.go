package verify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"time"
)

const (
	revokedPath     = "/.well-known/revoked-sessions"
	maxRevokedBytes = 16 << 20 // some 400,000 sessions revoked within one access lifetime
	// linger is for how long beyond Leeway a session is remembered that is no longer on the list. The issuer drops it when
	// its last token has expired by the issuer's clock, which may be ahead of ours.
	linger = time.Minute
)

// revoked is the issuer's list of sessions whose access tokens must not be believed.
type revoked struct {
	listed map[string]struct{}
	gone   map[string]time.Time // since when a session is no longer listed
}

// holds reports whether a session is on the list, or was less than the given time ago.
func (r revoked) holds(session string, now time.Time, ago time.Duration) bool {
	if _, listed := r.listed[session]; listed {
		return true
	}
	since, gone := r.gone[session]
	return gone && now.Sub(since) <= ago
}

// checkRevoked is ErrRevoked for a session on the list, ErrUnavailable when no list can be had that is fresh enough.
// A request waits for the list only when the one at hand is older than the interval: half-way there it is fetched behind
// a request, so that under steady traffic nobody waits. Nor does anybody wait for an issuer that has just failed to answer.
func (v *Verifier) checkRevoked(ctx context.Context, session string) error {
	interval := v.options.RevocationInterval
	list := v.revoked.get()
	gap := min(retryGap, interval/2)
	switch {
	case v.serves(list.asked, interval/2):
	case v.serves(list.asked, interval), v.revoked.failing() && v.serves(list.asked, v.options.RevocationMaxStale):
		v.revoked.begin(ctx, gap)
	default:
		list = v.revoked.refresh(ctx, gap)
	}
	switch {
	case !v.serves(list.asked, v.options.RevocationMaxStale):
		return fmt.Errorf("%w: revoked sessions: %w", ErrUnavailable, v.revoked.why())
	case list.value.holds(session, v.options.Now(), v.options.Leeway+linger):
		return ErrRevoked
	}
	return nil
}

// readRevoked reads the list and remembers for a while what was on the last one and is on this one no more.
func (v *Verifier) readRevoked(body []byte, last revoked) (revoked, error) {
	var list struct {
		Revoked []string `json:"revoked"`
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return last, fmt.Errorf("revoked sessions: %w", err)
	}
	if list.Revoked == nil {
		return last, errors.New("revoked sessions: there is no list")
	}
	next := revoked{make(map[string]struct{}, len(list.Revoked)), maps.Clone(last.gone)}
	for _, session := range list.Revoked {
		next.listed[session] = struct{}{}
	}
	now := v.options.Now()
	if next.gone == nil {
		next.gone = map[string]time.Time{}
	}
	for session := range last.listed {
		next.gone[session] = now
	}
	maps.DeleteFunc(next.gone, func(session string, since time.Time) bool {
		_, listed := next.listed[session]
		return listed || now.Sub(since) > v.options.Leeway+linger
	})
	return next, nil
}
