package token_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"latchkey/internal/token"
)

func TestKeyFilesAreWrittenOnce(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "b")
	for name, mode := range map[string]fs.FileMode{"private.pem": 0o600, "public.pem": 0o644} {
		path := filepath.Join(dir, name)
		if _, err := token.ReadKeyFile(path, mode == 0o600); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s, before: %v", name, err)
		}
		if err := token.WriteKeyFile(path, []byte("first"), mode); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if err := token.WriteKeyFile(path, []byte("second"), mode); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%s, again: %v", name, err)
		}
		if text, err := token.ReadKeyFile(path, mode == 0o600); text != "first" || err != nil {
			t.Errorf("%s holds %q, %v", name, text, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != mode {
			t.Errorf("%s has mode %v, %v", name, info.Mode(), err)
		}
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) != 2 {
		t.Errorf("files: %v, %v", files, err)
	}
}

func TestPrivateKeyFilesAreForTheOwnerAlone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "private.pem")
	if err := token.WriteKeyFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for mode, good := range map[fs.FileMode]bool{
		0o600: true, 0o400: true, 0o700: true, 0o640: false, 0o620: false, 0o610: false, 0o604: false, 0o602: false, 0o601: false, 0o644: false,
	} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		if _, err := token.ReadKeyFile(path, true); (err == nil) != good || err != nil && strings.Contains(err.Error(), path) {
			t.Errorf("mode %v: %v", mode, err)
		}
		if _, err := token.ReadKeyFile(path, false); err != nil {
			t.Errorf("mode %v, public: %v", mode, err)
		}
	}
}
