package initializers

import (
	"errors"
	"path/filepath"

	"latchkey/config"
	"latchkey/internal/token"
)

// KeySource says in words where the keys of each kind came from: "settings", "keys/ (made now)" or "keys/ (found)".
type KeySource struct {
	Access, Refresh string
}

// String is one line for both kinds.
func (s KeySource) String() string {
	if s.Access == s.Refresh {
		return s.Access
	}
	return "access: " + s.Access + ", refresh: " + s.Refresh
}

// LoadKeys returns the keys of access and of refresh tokens. A kind without a private key in the settings has them in
// files of the key folder; there one is made when none is there and nothing else is wrong.
//
// The error joins one line for every fault, which names the setting or the file, says what is wrong, and what to do.
func LoadKeys(cfg config.Keys) (access, refresh token.KeySet, source KeySource, err error) {
	kinds, err := readKeys(cfg)
	if err == nil {
		err = agreed(kinds, cfg)
	}
	if err != nil {
		return token.KeySet{}, token.KeySet{}, KeySource{}, err
	}
	for _, k := range kinds {
		if k.private == "" {
			k.completeFiles(cfg)
		}
	}
	if err := faultsOf(kinds); err != nil {
		return token.KeySet{}, token.KeySet{}, KeySource{}, err
	}
	return kinds[0].set(), kinds[1].set(), KeySource{Access: kinds[0].source, Refresh: kinds[1].source}, nil
}

// rereadKeys is LoadKeys for a service that has keys: it makes none, so that a folder which is away for a moment is a
// fault and no reason to begin anew.
func rereadKeys(cfg config.Keys) ([2]*keyKind, error) {
	kinds, err := readKeys(cfg)
	if err != nil {
		return kinds, err
	}
	for _, k := range kinds {
		if len(k.keys) == 0 {
			k.fault(k.file().Path, "there is no key", "bring the folder back, start the service once so that it makes one, or "+generate)
		}
	}
	return kinds, faultsOf(kinds)
}

// readKeys takes what settings and folder hold for access and for refresh tokens, in this order, and makes nothing.
func readKeys(cfg config.Keys) ([2]*keyKind, error) {
	dir := filepath.Clean(cfg.Dir)
	kinds := [2]*keyKind{
		{
			name: "access", dir: dir, private: cfg.AccessPrivate.Reveal(), public: cfg.AccessPublic,
			next: cfg.AccessNext.Reveal(), nextFrom: cfg.AccessNextFrom, previousTexts: cfg.AccessPrevious,
		},
		{
			name: "refresh", dir: dir, private: cfg.RefreshPrivate.Reveal(), public: cfg.RefreshPublic,
			next: cfg.RefreshNext.Reveal(), nextFrom: cfg.RefreshNextFrom, previousTexts: cfg.RefreshPrevious,
		},
	}
	for _, k := range kinds {
		k.read()
	}
	kinds[1].refuseKeysOf(kinds[0])
	return kinds, faultsOf(kinds)
}

// agreed returns the faults of a service whose keys contradict JWT_ALGORITHM. The commands that list and change keys do
// not ask: they are the way out.
func agreed(kinds [2]*keyKind, cfg config.Keys) error {
	for _, k := range kinds {
		k.refuseOthersThan(cfg.Algorithm)
	}
	return faultsOf(kinds)
}

func faultsOf(kinds [2]*keyKind) error {
	return errors.Join(append(kinds[0].faults, kinds[1].faults...)...)
}
