package testdb

import (
	"cmp"
	"context"
	"errors"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

var errMissing = errors.New("no initdb and postgres on PATH or in /usr/lib/postgresql; install PostgreSQL or set TEST_DATABASE_URL")

func isMissing(err error) bool { return errors.Is(err, errMissing) }

// programs are the server's two programs, and the user that they run as.
type programs struct {
	initdb, postgres string
	user             *syscall.Credential // nil: the user of this process
}

// findPrograms looks on PATH, then where Debian keeps each version, newest first. It fails with errMissing.
func findPrograms() (programs, error) {
	found := programs{}
	folders, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return found, err
	}
	slices.SortFunc(folders, func(a, b string) int { return cmp.Compare(version(b), version(a)) })
	for _, folder := range append(filepath.SplitList(os.Getenv("PATH")), folders...) {
		found.initdb, found.postgres = filepath.Join(folder, "initdb"), filepath.Join(folder, "postgres")
		if executable(found.initdb) && executable(found.postgres) {
			found.user, err = serverUser()
			return found, err
		}
	}
	return found, errMissing
}

func version(folder string) float64 {
	number, err := strconv.ParseFloat(filepath.Base(filepath.Dir(folder)), 64)
	if err != nil {
		return 0
	}
	return number
}

func executable(path string) bool {
	_, err := exec.LookPath(path)
	return err == nil && filepath.IsAbs(path)
}

// serverUser picks an unprivileged user when this process is root, which PostgreSQL refuses to run as.
func serverUser() (*syscall.Credential, error) {
	if os.Geteuid() != 0 {
		return nil, nil
	}
	account, err := user.Lookup("postgres")
	if err != nil {
		account, err = user.Lookup("nobody")
	}
	if err != nil {
		return nil, err
	}
	uid, err := strconv.ParseUint(account.Uid, 10, 32)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.ParseUint(account.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, err
}

func (p programs) giveToServer(path string) error {
	if p.user == nil {
		return nil
	}
	return os.Chown(path, int(p.user.Uid), int(p.user.Gid))
}

// command prepares a process of the server's user, in a session of its own, so that Ctrl-C in a terminal reaches
// the tests and not the server beneath them. It inherits PATH only: no PGDATA or PGPORT of the developer's.
func (p programs) command(ctx context.Context, folder, program string, arguments ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, program, arguments...)
	command.Dir = folder
	command.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C"}
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Credential: p.user}
	return command
}
