package token

import (
	"crypto/sha256"
	"sync"
)

// digest stands for a whole token.
type digest = [sha256.Size]byte

// recentMost is how many tokens of a kind are remembered at least. Twice as many are the most, in some 5 MiB.
const recentMost = 8 << 10

// ours stands for the claims of a token that was signed here and has not come back yet.
type ours struct{}

// recent remembers the claims of tokens that were found right, by the digest of the whole token: a client sends the same
// access token with each request, and to verify its signature is the most that a request costs. Whether the time of a token
// is over and whether its key was retired is looked at each time, since that changes. The zero value is empty.
type recent struct {
	mu         sync.Mutex
	young, old map[digest]any
}

// get returns what was put, or nil. What was asked for lately is forgotten last.
func (r *recent) get(d digest) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	if claims := r.young[d]; claims != nil {
		return claims
	}
	claims := r.old[d]
	if claims != nil {
		r.keep(d, claims)
	}
	return claims
}

// put remembers claims, which nobody may change from now on.
func (r *recent) put(d digest, claims any) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.keep(d, claims)
}

// keep forgets the older half when the younger is full.
func (r *recent) keep(d digest, claims any) {
	if r.young == nil || len(r.young) >= recentMost {
		r.young, r.old = map[digest]any{}, r.young
	}
	r.young[d] = claims
}
