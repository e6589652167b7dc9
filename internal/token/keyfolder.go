package token

import (
	"cmp"
	"crypto"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// The name of a private key's file is access_private.pem for a key that signs from the beginning, and
// access_20260301T120000Z_private.pem for one whose turn begins then. The name is the only record of a turn: it comes
// into being, and goes, in one step together with the key.
const (
	turnInName    = "20060102T150405Z"
	privateEnding = "_private.pem"
)

// KeyFile is a private key in a key folder.
type KeyFile struct {
	Path string
	From time.Time // when its turn begins; zero: from the beginning
}

// NewKeyFile names the file of a key of the given kind of token ("access" or "refresh"). It makes none.
func NewKeyFile(dir, kind string, from time.Time) KeyFile {
	turn := ""
	if !from.IsZero() {
		turn = "_" + from.UTC().Format(turnInName)
	}
	return KeyFile{Path: filepath.Join(dir, kind+turn+privateEnding), From: from}
}

// KeyFiles lists the private keys of a kind in the order of their turns. A folder that does not exist holds none. Files
// with other names are nobody's business.
func KeyFiles(dir, kind string) ([]KeyFile, error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, reason(err)
	}
	var files []KeyFile
	for _, entry := range entries {
		turn, private := strings.CutSuffix(entry.Name(), privateEnding)
		turn, own := strings.CutPrefix(turn, kind)
		if !private || !own {
			continue
		}
		if turn == "" {
			files = append(files, NewKeyFile(dir, kind, time.Time{}))
		} else if from, err := time.Parse("_"+turnInName, turn); err == nil {
			files = append(files, NewKeyFile(dir, kind, from))
		}
	}
	slices.SortFunc(files, func(a, b KeyFile) int { return cmp.Compare(a.From.Unix(), b.From.Unix()) })
	return files, nil
}

// Public is the path of the public half, which is for people and other services.
func (f KeyFile) Public() string { return strings.TrimSuffix(f.Path, privateEnding) + "_public.pem" }

// Write makes the file and its public half. The error is an fs.ErrExist when there is such a file.
func (f KeyFile) Write(key crypto.Signer) error {
	if err := WriteKeyFile(f.Path, EncodePrivatePEM(key), 0o600); err != nil {
		return err
	}
	f.WritePublic(key.Public())
	return nil
}

// WritePublic makes the public half if it is missing. The service does without it, so a folder that cannot be written to
// is no failure.
func (f KeyFile) WritePublic(key crypto.PublicKey) {
	_ = WriteKeyFile(f.Public(), EncodePublicPEM(key), 0o644)
}

// Remove deletes both halves. A file that is gone already is no failure.
func (f KeyFile) Remove() error {
	for _, path := range []string{f.Public(), f.Path} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return reason(err)
		}
	}
	return syncFolder(filepath.Dir(f.Path))
}

// Replace puts another key in the place of this one, whose turn it takes over as a whole. If the key has a file of its
// own, given as from, that file is gone afterwards. The step is one rename, so a crash leaves the one or the other key.
func (f KeyFile) Replace(key crypto.Signer, from *KeyFile) error {
	if err := os.Remove(f.Public()); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return reason(err)
	}
	if from == nil {
		if err := replaceKeyFile(f.Path, EncodePrivatePEM(key), 0o600); err != nil {
			return err
		}
	} else {
		if err := os.Rename(from.Path, f.Path); err != nil {
			return reason(err)
		}
		if err := from.Remove(); err != nil {
			return err
		}
	}
	f.WritePublic(key.Public())
	return syncFolder(filepath.Dir(f.Path))
}
