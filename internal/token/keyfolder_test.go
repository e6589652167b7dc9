package token_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/token"
)

func TestKeyFilesAreListedByTheirTurns(t *testing.T) {
	dir := t.TempDir()
	if files, err := token.KeyFiles(filepath.Join(dir, "none"), "access"); len(files) != 0 || err != nil {
		t.Errorf("a folder that is not there: %v, %v", files, err)
	}
	for _, name := range []string{
		"access_20260301T120000Z_private.pem", "access_private.pem", "access_20251231T235959Z_private.pem", "refresh_private.pem",
		// nobody's business
		"access_public.pem", "access_20260301T120000Z_public.pem", ".new-1-access_private.pem", "access_old_private.pem",
		"access_20260301T120000_private.pem", "access_20261301T120000Z_private.pem", "access_private.pem.bak", "my_access_private.pem", "README.md",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, err := token.KeyFiles(dir, "access")
	if err != nil {
		t.Fatal(err)
	}
	want := []token.KeyFile{
		{Path: filepath.Join(dir, "access_private.pem")},
		{Path: filepath.Join(dir, "access_20251231T235959Z_private.pem"), From: time.Date(2025, 12, 31, 23, 59, 59, 0, time.UTC)},
		{Path: filepath.Join(dir, "access_20260301T120000Z_private.pem"), From: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
	}
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for _, file := range files {
		if again := token.NewKeyFile(dir, "access", file.From); again != file {
			t.Errorf("the file of %v is %v, want %v", file.From, again, file)
		}
	}
	if _, err := token.KeyFiles(filepath.Join(dir, "README.md"), "access"); err == nil {
		t.Error("a file is taken for a folder")
	}
}

func TestKeysTakeEachOthersPlace(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	first, next := token.NewKeyFile(dir, "access", time.Time{}), token.NewKeyFile(dir, "access", noon)
	holds := func(file token.KeyFile, want string) {
		t.Helper()
		private, errPrivate := token.ReadKeyFile(file.Path, true)
		public, errPublic := token.ReadKeyFile(file.Public(), false)
		if errPrivate != nil || errPublic != nil {
			t.Fatal(errPrivate, errPublic)
		}
		key, err := token.ParsePrivateKey(private)
		if err != nil || kidOf(key) != want || public != string(token.EncodePublicPEM(key.Public())) {
			t.Errorf("%s holds another key (error %v)", file.Path, err)
		}
	}
	names := func() (all []string) {
		t.Helper()
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, e.Name())
		}
		return all
	}
	for _, err := range []error{first.Write(accessKey()), next.Write(secondKey())} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := next.Write(thirdKey()); !errors.Is(err, fs.ErrExist) {
		t.Errorf("a second key of the same moment: %v", err)
	}
	holds(first, token.Thumbprint(&accessKey().PublicKey))
	holds(next, token.Thumbprint(&secondKey().PublicKey))
	if err := first.Replace(secondKey(), &next); err != nil {
		t.Fatal(err)
	}
	holds(first, token.Thumbprint(&secondKey().PublicKey))
	if err := first.Replace(thirdKey(), nil); err != nil {
		t.Fatal(err)
	}
	holds(first, token.Thumbprint(&thirdKey().PublicKey))
	if got := names(); !slices.Equal(got, []string{"access_private.pem", "access_public.pem"}) {
		t.Errorf("files %v", got)
	}
	for range 2 {
		if err := first.Remove(); err != nil || len(names()) != 0 {
			t.Errorf("remove: %v, left are %v", err, names())
		}
	}
}
