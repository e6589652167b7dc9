package doctor

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	mostFiles   = 500
	mostOfAFile = 256 << 10
)

// privateKeys are beginnings of private keys in PEM, as they are and in base64.
var privateKeys = []string{"PRIVATE KEY-----", "LS0tLS1CRUdJTiBQUklWQVRF", "LS0tLS1CRUdJTiBSU0EgUFJJVkFURS"} //nolint:gochecknoglobals // a constant that Go cannot express as one

// Committed finds private keys that the Git repository around a folder tracks, or has in its history under the names of
// the key folder. Without Git or a repository it finds nothing.
func Committed(ctx context.Context, folder, keys string) []Finding {
	tracked, isRepository := git(ctx, folder, "ls-files", "-z", "--", "*.env*", "*.pem", "*.key", "*.yml", "*.yaml", "*.toml", "*.json")
	if !isRepository {
		return nil
	}
	var found []Finding
	names := strings.Split(strings.TrimRight(tracked, "\x00"), "\x00")
	for _, name := range names[:min(len(names), mostFiles)] {
		if holdsPrivateKey(filepath.Join(folder, name)) {
			found = append(found, fail(name, "Git tracks it and it holds a private key: whoever has the repository can sign tokens",
				`run "git rm --cached `+name+`", make new keys ("latchkey keys generate"), and keep them out of the repository`))
		}
	}
	if len(found) > 0 {
		return found
	}
	commits, _ := git(ctx, folder, "log", "--all", "--max-count=1", "--format=%h", "--", filepath.Join(keys, "*_private.pem"))
	if commit := strings.TrimSpace(commits); commit != "" {
		return []Finding{fail(keys, "private keys of this folder stand in Git's history (commit "+commit+")", `make new keys ("latchkey keys generate"): the old ones are known to whoever has the repository`)}
	}
	return []Finding{ok("git", "tracks no private key")}
}

// git runs a command that only reads.
func git(ctx context.Context, folder string, args ...string) (string, bool) {
	cmd := exec.CommandContext(ctx, "git", append([]string{"-C", folder}, args...)...) //nolint:gosec // the arguments stand in this file
	var out bytes.Buffer
	cmd.Stdout = &out
	err := cmd.Run()
	return out.String(), err == nil
}

func holdsPrivateKey(path string) bool {
	file, err := os.Open(filepath.Clean(path))
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, mostOfAFile))
	if err != nil {
		return false
	}
	for _, mark := range privateKeys {
		if bytes.Contains(text, []byte(mark)) {
			return true
		}
	}
	return false
}

// OpenFile finds that other users of the machine can read a file with secrets.
func OpenFile(path string) []Finding {
	info, err := os.Stat(path)
	// Windows has no such bits: it shows 0666 for every file.
	if err != nil || info.Mode().Perm()&0o077 == 0 || runtime.GOOS == "windows" {
		return nil
	}
	return []Finding{warn(path, fmt.Sprintf("holds secrets and other users may read it (mode %04o)", info.Mode().Perm()), `run "chmod 600 `+path+`"`)}
}
