// Package password owns how a password is judged, hashed and compared, and how many hashes may run at once.
// It must not know users, sessions, HTTP or where hashes are stored.
//
// # Text
//
// A password is brought to Unicode NFC before it is hashed and before it is compared, and is otherwise taken exactly
// as received: nothing is trimmed, folded or cut, and NUL is a character like any other (ASVS 6.2.8). NFC is the
// normalisation that RFC 8265 asks for in its OpaqueString profile and NIST SP 800-63B-4 section 3.1.1.2 allows: a
// keyboard that sends "é" as one code point and one that sends "e" and an accent type the same password.
//
// # Stored forms
//
// New hashes are argon2id in PHC form, $argon2id$v=19$m=…,t=…,p=…$salt$hash, with a salt of 16 and a hash of 32
// bytes. Verify also reads bcrypt ($2a$, $2b$, $2y$) from other systems and reports it as outdated.
//
// # Time
//
// Verify and VerifyDummy wait for the same slots and do the same work, so that an unknown account cannot be told from a
// wrong password (ASVS 6.3.8). A stored hash that is weaker or stronger than the settings, or bcrypt, costs what it
// costs until the next right password replaces it.
package password

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"
)

// ErrOverloaded says that no slot came free within the queue's bound and wait; a later attempt may succeed (ASVS 15.2.2).
var ErrOverloaded = errors.New("password: too many hashes are waiting")

// ErrUnusableHash says that a stored hash is damaged, of an unknown kind, or dearer than is allowed. It is for the log: to
// the person who signs in it is the same as a wrong password. Its text never holds the hash.
var ErrUnusableHash = errors.New("password: stored hash is unusable")

// Params are the cost of one argon2id hash (RFC 9106 section 3.1). The OWASP floor is 19456 KiB, 2 iterations, 1 lane.
type Params struct {
	MemoryKiB, Iterations uint32
	Parallelism           uint8
}

// Settings say what a hash costs and how many may run and wait. Hashing takes about 3 times Slots times MemoryKiB: what
// runs, and what past hashes left for the garbage collector.
type Settings struct {
	Params    Params
	Slots     int           // hashes that run at once; 0 = one less than Go has processors, but at least one
	Queue     int           // callers that may wait for a slot; 0 = nobody waits
	QueueWait time.Duration // the longest that one of them waits

	// IdleRelease is how long after the last hash freed memory goes back to the system (runtime/debug.FreeOSMemory, a
	// few milliseconds once); 0 leaves it to the runtime, which takes minutes.
	IdleRelease time.Duration

	// Crowded, if it is set, is told how many hashes run when every slot is taken, and 0 when that has not been so for a
	// second.
	Crowded func(hashes int)

	// Span, if it is set, is told when waiting for a slot and hashing begin; what it returns is called when they end.
	Span func(ctx context.Context, name string) (end func())
}

// Hasher hashes and compares passwords within its slots. It is safe for concurrent use.
type Hasher struct {
	params Params
	slots  *slots
	idle   *idle
	crowd  *crowd
	dummy  argonHash
	span   func(ctx context.Context, name string) (end func()) // nil: nobody wants to know
}

// New makes a Hasher, and with it the hash that VerifyDummy compares with; it computes no hash itself. It fails for
// parameters that argon2id does not have or that this package would not read back, and for negative numbers.
func New(s Settings) (*Hasher, error) {
	if err := s.Params.check(); err != nil {
		return nil, err
	}
	if s.Slots < 0 || s.Queue < 0 || s.QueueWait < 0 || s.IdleRelease < 0 {
		return nil, errors.New("password: slots, queue and times must not be negative")
	}
	if s.Slots == 0 {
		// One core stays free for those who are signed in: two hashes slow each other down anyway, since memory is what they
		// wait for, so that a second core adds a fifth to two cores' sign-ins and doubles what everybody else waits.
		s.Slots = max(1, runtime.GOMAXPROCS(0)-1)
	}
	places := newSlots(s.Slots, s.Queue, s.QueueWait)
	return &Hasher{
		params: s.Params, slots: places, idle: newIdle(places, s.IdleRelease), crowd: &crowd{slots: s.Slots, tell: s.Crowded},
		dummy: unmatchable(s.Params), span: s.Span,
	}, nil
}

// Hash returns the PHC string of plain with a fresh salt. It does not judge plain: that is Policy's. It fails with
// ErrOverloaded, or with the context's error when ctx ends before a slot is free.
func (h *Hasher) Hash(ctx context.Context, plain string) (string, error) {
	hashed, err := h.begin(ctx)
	if err != nil {
		return "", err
	}
	defer h.end(hashed)
	return newArgonHash(h.params, plain).encode(), nil
}

// Verify compares plain with a stored hash. When they match, outdated says that the stored hash was not made with the
// present settings and that plain should be hashed anew. An empty stored hash is an account without a password: nothing
// matches, at full cost and without an error. Errors: ErrOverloaded, the context's error, ErrUnusableHash (no match).
func (h *Hasher) Verify(ctx context.Context, stored, plain string) (match, outdated bool, err error) {
	hashed, err := h.begin(ctx)
	if err != nil {
		return false, false, err
	}
	defer h.end(hashed)
	if stored == "" {
		h.dummy.matches(plain)
		return false, false, nil
	}
	hash, err := h.parse(stored)
	if err != nil {
		h.dummy.matches(plain)
		return false, false, fmt.Errorf("%w: %w", ErrUnusableHash, err)
	}
	match = hash.matches(plain)
	return match, match && hash.outdated(h.params), nil
}

// VerifyDummy costs what Verify of a present-day hash costs and finds nothing; it is for accounts that do not exist
// (ASVS 6.3.8). Errors: ErrOverloaded, the context's error.
func (h *Hasher) VerifyDummy(ctx context.Context, plain string) error {
	_, _, err := h.Verify(ctx, "", plain)
	return err
}

// Admit is ErrOverloaded when a hash would be refused at this moment. It costs nothing, so that a flood can be turned away
// before anything else is done for it.
func (h *Hasher) Admit() error {
	if h.slots.full() {
		return ErrOverloaded
	}
	return nil
}

// Load tells how many hashes run and how many callers wait at this moment.
func (h *Hasher) Load() (running, waiting int) { return h.slots.load() }

// begin waits for a slot. Whoever gets no error must hand what it returns to end.
func (h *Hasher) begin(ctx context.Context) (hashed func(), err error) {
	if h.span == nil {
		return nil, h.take(ctx)
	}
	waited := h.span(ctx, "wait for a hashing slot")
	err = h.take(ctx)
	waited()
	if err != nil {
		return nil, err
	}
	return h.span(ctx, "hash a password"), nil
}

// take waits for a slot, and sees whether it was the last one.
func (h *Hasher) take(ctx context.Context) error {
	if err := h.slots.acquire(ctx); err != nil {
		return err
	}
	if h.slots.taken() {
		h.crowd.seen()
	}
	return nil
}

func (h *Hasher) end(hashed func()) {
	if hashed != nil {
		hashed()
	}
	h.slots.release()
	h.idle.restart()
}

// storedHash is one of the kinds of hash that Verify reads.
type storedHash interface {
	matches(plain string) bool
	outdated(now Params) bool
}

// parse reads a stored hash of any known kind. Its errors tell what is wrong and never quote the text.
func (h *Hasher) parse(stored string) (storedHash, error) {
	if isBcrypt(stored) {
		return parseBcrypt(stored)
	}
	hash, err := parseArgon(stored)
	if err != nil {
		return nil, err
	}
	return hash, hash.params.affordable(h.params)
}
