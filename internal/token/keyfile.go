package token

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// maxKeyFile is in bytes, far above any key.
const maxKeyFile = 64 << 10

// ReadKeyFile returns the text of a PEM file. The error is an fs.ErrNotExist when there is no such file, and otherwise says
// why it is not read: a private key must not be open to the group or to others. No error repeats the path.
func ReadKeyFile(path string, private bool) (string, error) {
	f, err := os.Open(filepath.Clean(path))
	if err != nil {
		return "", reason(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", reason(err)
	}
	if !info.Mode().IsRegular() {
		return "", errors.New("this is not a file")
	}
	// Windows has no such bits: it shows 0666 for every file.
	if open := info.Mode().Perm() & 0o077; private && open != 0 && runtime.GOOS != "windows" {
		return "", fmt.Errorf("other users may read or change the private key (mode %04o)", info.Mode().Perm())
	}
	text, err := io.ReadAll(io.LimitReader(f, maxKeyFile))
	if err != nil {
		return "", reason(err)
	}
	return string(text), nil
}

// WriteKeyFile makes a file of the given mode, and its folder (mode 0700) when it is missing. The file is there as a whole
// or not at all, also after a crash. The error is an fs.ErrExist when the name is taken: an existing key is never replaced.
func WriteKeyFile(path string, data []byte, mode fs.FileMode) error {
	// A link to the finished file, unlike a rename, does not replace what another process has put there meanwhile.
	return writeFile(path, data, mode, os.Link)
}

// replaceKeyFile is WriteKeyFile for a name that may be taken: whoever reads it finds the old file or the new one.
func replaceKeyFile(path string, data []byte, mode fs.FileMode) error {
	return writeFile(path, data, mode, os.Rename)
}

// writeFile writes a hidden file and then gives it its name.
func writeFile(path string, data []byte, mode fs.FileMode, name func(from, to string) error) error {
	dir := filepath.Dir(path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return reason(err)
	}
	f, err := os.CreateTemp(dir, ".new-*-"+filepath.Base(path)) // of mode 0600
	if err != nil {
		return reason(err)
	}
	defer os.Remove(f.Name()) // a leftover is hidden, and of no use to anybody
	_, err = f.Write(data)
	err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close())
	if err != nil {
		return reason(err)
	}
	if err := name(f.Name(), path); err != nil {
		return reason(err)
	}
	return syncFolder(dir)
}

// syncFolder makes sure that a new name outlives a crash of the machine.
func syncFolder(dir string) error {
	if runtime.GOOS == "windows" {
		return nil
	}
	f, err := os.Open(filepath.Clean(dir))
	if err != nil {
		return reason(err)
	}
	return errors.Join(f.Sync(), f.Close())
}

// reason cuts the path from an error of the file system: whoever gave the path names it.
func reason(err error) error {
	var onPath *fs.PathError
	var onLink *os.LinkError
	switch {
	case errors.As(err, &onPath):
		return onPath.Err
	case errors.As(err, &onLink):
		return onLink.Err
	}
	return err
}
