package testdb

import (
	"context"
	"errors"
	"io"
	"os/exec"
)

// watchdog is a process that waits for this one to end, and then ends the server and removes its folder. It learns of
// the end by a pipe, which the kernel closes however this process ends. (The kernel's parent-death signal would not
// do: it fires as soon as the thread that started the child ends.)
type watchdog struct {
	process *exec.Cmd
	pipe    io.Closer
}

// The server writes its process id into postmaster.pid, and removes the file when it has ended.
const watchdogScript = `read -r _
if pid=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null; then
  tries=0
  while [ -e "$0/data/postmaster.pid" ] && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.05; done
fi
rm -rf "$0"`

func newWatchdog(p programs, folder string) (*watchdog, error) {
	process := p.command(context.Background(), "/", "sh", "-c", watchdogScript, folder)
	pipe, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	return &watchdog{process: process, pipe: pipe}, nil
}

// release lets the watchdog do its work now, and waits for it.
func (w *watchdog) release() error {
	return errors.Join(w.pipe.Close(), w.process.Wait())
}
