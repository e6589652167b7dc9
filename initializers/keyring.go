package initializers

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"latchkey/config"
	"latchkey/controllers"
	"latchkey/internal/token"
)

const (
	// keysReread is how often a node looks whether the key folder has changed.
	keysReread = 10 * time.Second
	// keyNotice is more than a node needs to notice a new key: it looks every ten seconds, and a folder on a network
	// may be shown to it a minute late.
	keyNotice = 2 * time.Minute
	// KeyLead is the least time between the publication of a key and its turn to sign.
	KeyLead = controllers.KeySetMaxAge + keyNotice
	// rotationLease outlasts the making of two keys, and the minute after which every node sees them.
	rotationLease     = 2 * time.Minute
	rotationLeaseName = "rotate-keys"
)

// keyring keeps the keys of a running service in step with the settings and the key folder.
type keyring struct {
	tokens   *token.Service
	lifetime [2]time.Duration                                              // for how long a key verifies after its turn: access, refresh
	claim    func(ctx context.Context, now, until time.Time) (bool, error) // takes the lease of the rotation
	now      func() time.Time
	log      *slog.Logger

	mu       sync.Mutex
	cfg      config.Keys
	kinds    [2]*keyKind // as they were read last
	seen     string      // what the folder looked like then
	reported string      // the fault that was logged last
}

// keyLifetimes are the longest times that a token is accepted for after it was issued: access, refresh.
func keyLifetimes(cfg config.Tokens) [2]time.Duration {
	return [2]time.Duration{cfg.AccessLifetime + cfg.Leeway, cfg.RefreshLifetime + cfg.Leeway}
}

// use reads the keys of the given settings and lets them count. After an error everything is as it was.
func (r *keyring) use(cfg config.Keys) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.reread(cfg)
}

func (r *keyring) reread(cfg config.Keys) error {
	seen := look(cfg.Dir) // before it is read: what changes meanwhile is seen the next time
	kinds, err := rereadKeys(cfg)
	if err == nil {
		err = agreed(kinds, cfg)
	}
	if err != nil {
		return err
	}
	access, refresh := kinds[0].set(), kinds[1].set()
	access.Lifetime, refresh.Lifetime = r.lifetime[0], r.lifetime[1]
	if err := r.tokens.UseKeys(access, refresh); err != nil {
		return err
	}
	if r.seen != "" && r.seen != seen {
		r.log.Info("keys re-read", "access", access, "refresh", refresh)
	}
	r.cfg, r.kinds, r.seen = cfg, kinds, seen
	return nil
}

// keep looks after the keys until ctx ends.
func (r *keyring) keep(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(keysReread):
		}
		r.tick(ctx)
	}
}

// tick does once what keep does. A fault is logged when it is new, and what it concerns stays as it is.
func (r *keyring) tick(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.rereadIfChanged()
	if err == nil {
		err = errors.Join(r.rotateIfDue(ctx), r.removeRetired())
	}
	fault := ""
	if err != nil && ctx.Err() == nil {
		fault = oneLine(err)
	}
	if fault != "" && fault != r.reported {
		r.log.Error("keys stay as they are", "error", fault)
	}
	r.reported = fault
}

func (r *keyring) rereadIfChanged() error {
	if look(r.cfg.Dir) == r.seen {
		return nil
	}
	return r.reread(r.cfg)
}

// look describes the folder in a way that changes with every change of its keys, and reads none of them.
func look(dir string) string {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "unreadable"
	}
	var b strings.Builder
	b.WriteString("folder")
	for _, entry := range entries {
		if info, err := entry.Info(); err == nil && filepath.Ext(entry.Name()) == ".pem" {
			fmt.Fprintf(&b, "\n%s %d %v %d", entry.Name(), info.Size(), info.Mode(), info.ModTime().UnixNano())
		}
	}
	return b.String()
}

// rotateIfDue makes the next key of each kind that has signed for KEY_ROTATION_INTERVAL, on one node at a time.
func (r *keyring) rotateIfDue(ctx context.Context) error {
	now := r.now()
	if !r.due(0, now) && !r.due(1, now) {
		return nil
	}
	mine, err := r.claim(ctx, now, now.Add(rotationLease))
	if err != nil || !mine {
		return err
	}
	// Another node may have been first, and given the lease back since.
	if err := r.reread(r.cfg); err != nil {
		return err
	}
	for i, k := range r.kinds {
		if !r.due(i, now) {
			continue
		}
		made, err := k.addNext(r.cfg, r.turn(i, now))
		if err != nil {
			return err
		}
		r.log.Info("new key", "kind", k.name, "kid", made.id(), "alg", made.algorithm(), "signs_from", made.from)
	}
	return r.reread(r.cfg)
}

// due reports whether the next key of a kind should be there by now.
func (r *keyring) due(kind int, now time.Time) bool {
	k := r.kinds[kind]
	if r.cfg.RotationInterval == 0 || k.private != "" {
		return false
	}
	return !now.Before(k.last().since().Add(r.cfg.RotationInterval - KeyLead))
}

// turn is when the next key of a kind should begin to sign: one interval after the last, or as soon as it can.
func (r *keyring) turn(kind int, now time.Time) time.Time {
	turn := r.kinds[kind].last().since().Add(r.cfg.RotationInterval)
	if earliest := now.Add(KeyLead); turn.Before(earliest) {
		turn = earliest
	}
	return wholeSecond(turn)
}

// removeRetired deletes the keys of which no token is alive.
func (r *keyring) removeRetired() error {
	for i, k := range r.kinds {
		for _, key := range k.retired(r.now(), r.lifetime[i]) {
			if err := key.file.Remove(); err != nil {
				return fmt.Errorf("%s: the retired key cannot be removed: %w; let the service write to the folder", key.where, err)
			}
			r.log.Info("retired key removed", "kind", k.name, "kid", key.id())
		}
	}
	return nil
}
