package initializers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"latchkey/config"
	"latchkey/internal/token"
)

// id is the key's kid.
func (h heldKey) id() string { return token.Thumbprint(h.private.Public()) }

// algorithm is what the key signs by.
func (h heldKey) algorithm() string { return token.AlgorithmOf(h.private.Public()) }

// since is when the key began to sign: its turn, or when its file was written. A key that is a setting has no beginning.
func (h heldKey) since() time.Time {
	if info, err := os.Stat(h.file.Path); h.from.IsZero() && err == nil {
		return info.ModTime()
	}
	return h.from
}

func (k *keyKind) last() heldKey { return k.keys[len(k.keys)-1] }

// turnAt is the index of the key that signs what is issued at the given time.
func (k *keyKind) turnAt(now time.Time) int {
	for i := len(k.keys) - 1; i > 0; i-- {
		if !now.Before(k.keys[i].from) {
			return i
		}
	}
	return 0
}

// until is when the last token of the key at an index has expired; zero while no other key follows.
func (k *keyKind) until(i int, lifetime time.Duration) time.Time {
	if i+1 == len(k.keys) {
		return time.Time{}
	}
	return k.keys[i+1].from.Add(lifetime)
}

// retired lists the keys in the folder of which no token is alive.
func (k *keyKind) retired(now time.Time, lifetime time.Duration) (done []heldKey) {
	for i, key := range k.keys {
		if until := k.until(i, lifetime); key.file.Path != "" && !until.IsZero() && !now.Before(until) {
			done = append(done, key)
		}
	}
	return done
}

// addNext makes a key in the folder whose turn comes at the given time.
func (k *keyKind) addNext(cfg config.Keys, from time.Time) (heldKey, error) {
	file := token.NewKeyFile(k.dir, k.name, from)
	key, err := token.Generate(cfg.Algorithm, cfg.RSABits)
	if err == nil {
		err = file.Write(key)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return heldKey{}, fmt.Errorf("%s: another process has just made the key of this very moment", file.Path)
	case err != nil:
		return heldKey{}, fmt.Errorf("%s: the key cannot be made: %w; let the service write to the folder", file.Path, err)
	}
	return heldKey{where: file.Path, file: file, from: from, private: key}, nil
}

// wholeSecond is the first whole second that is not before t.
func wholeSecond(t time.Time) time.Time { return t.Add(time.Second - 1).UTC().Truncate(time.Second) }
