package testdb

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
)

// startTimeout bounds the start of a server, recovery after Kill included, and each way of ending one.
const startTimeout = 60 * time.Second

// Cluster is a PostgreSQL server of its own: data folder, port and password. It keeps nothing safe from a power cut
// (fsync is off), but a killed process loses no committed row. Its methods are not safe for concurrent use.
type Cluster struct {
	programs programs
	folder   string // holds the data folder, the socket and the log
	port     int
	password string
	process  *exec.Cmd     // nil while stopped
	exited   chan struct{} // closed once process and all its children have ended
	watchdog *watchdog
}

// StartCluster makes a new cluster and starts it; the caller must Close it. Should the process end without, even by
// SIGKILL, a watchdog stops the server and removes its folder.
// The error says so when PostgreSQL is not installed.
func StartCluster() (*Cluster, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	// Not under t.TempDir: the server's user must be able to enter it, and a socket's path has at most 107 bytes.
	folder, err := os.MkdirTemp("/tmp", "latchkey-pg-")
	if err != nil {
		return nil, err
	}
	c := &Cluster{programs: programs, folder: folder, password: rand.Text()}
	if err := c.create(); err != nil {
		return nil, errors.Join(fmt.Errorf("create a PostgreSQL cluster: %w", err), c.Close())
	}
	if err := c.Start(); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// DSN is the URL of the cluster's database "postgres", for its superuser, over TCP. It stays the same over restarts.
func (c *Cluster) DSN() string {
	address := url.URL{
		Scheme:   "postgres",
		User:     url.UserPassword("postgres", c.password),
		Host:     net.JoinHostPort("127.0.0.1", strconv.Itoa(c.port)),
		Path:     "/postgres",
		RawQuery: "sslmode=disable",
	}
	return address.String()
}

// Start starts a stopped server and returns once it takes connections. A running one is left alone.
func (c *Cluster) Start() error {
	if c.process != nil {
		return nil
	}
	fresh := c.port == 0
	var err error
	// More than one try, since somebody else may take the port in the meantime.
	for deadline := time.Now().Add(startTimeout); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		if fresh {
			if c.port, err = freePort(); err != nil {
				return err
			}
		}
		if err = c.launch(); err != nil {
			return err
		}
		if err = c.await(deadline); err == nil {
			return nil
		}
	}
	return fmt.Errorf("start PostgreSQL: %w\n%s", errors.Join(err, c.end(syscall.SIGQUIT)), c.logTail())
}

// Stop shuts the server down in order, ending its clients' connections. A stopped one is left alone.
func (c *Cluster) Stop() error { return c.end(syscall.SIGINT) }

// Kill ends the server like a crash: nothing is flushed and no client is told.
func (c *Cluster) Kill() error { return c.end(syscall.SIGKILL) }

// Restart stops the server in order and starts it again, with the same data at the same address.
func (c *Cluster) Restart() error {
	if err := c.Stop(); err != nil {
		return err
	}
	return c.Start()
}

// Close ends the server and removes all that belongs to it.
func (c *Cluster) Close() error {
	err := c.end(syscall.SIGQUIT)
	if c.watchdog == nil {
		return errors.Join(err, os.RemoveAll(c.folder))
	}
	return errors.Join(err, c.watchdog.release())
}

func (c *Cluster) create() error {
	passwordFile := filepath.Join(c.folder, "password")
	if err := os.WriteFile(passwordFile, []byte(c.password), 0o600); err != nil {
		return err
	}
	for _, path := range []string{c.folder, passwordFile} {
		if err := c.programs.giveToServer(path); err != nil {
			return err
		}
	}
	var err error
	if c.watchdog, err = newWatchdog(c.programs, c.folder); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	// A password, in the clear since it never leaves the machine: without one every local user could become superuser.
	initdb := c.programs.command(ctx, c.folder, c.programs.initdb, "--pgdata="+c.data(), "--username=postgres",
		"--auth=password", "--pwfile="+passwordFile, "--encoding=UTF8", "--locale=C", "--no-sync")
	if output, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, output)
	}
	return nil
}

func (c *Cluster) launch() error {
	log, err := os.OpenFile(filepath.Join(c.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer log.Close()
	process := c.programs.command(context.Background(), c.folder, c.programs.postgres, "-D", c.data(),
		"-p", strconv.Itoa(c.port), "-k", c.folder,
		"-c", "listen_addresses=127.0.0.1", "-c", "max_connections=300", "-c", "shared_buffers=64MB",
		// Not synchronous_commit: without it Kill would lose rows whose commit was answered.
		"-c", "fsync=off", "-c", "full_page_writes=off")
	process.Stdout, process.Stderr = log, log
	// Every process of the server inherits the pipe's end and none writes to it: the pipe ends with the last of them.
	// After Kill those that serve a client live on for a moment, and would still answer it.
	alive, held, err := os.Pipe()
	if err != nil {
		return err
	}
	process.ExtraFiles = []*os.File{held}
	err = process.Start()
	if err := errors.Join(err, held.Close()); err != nil {
		return errors.Join(err, alive.Close())
	}
	exited := make(chan struct{})
	go func() {
		defer close(exited)
		defer alive.Close()
		_ = process.Wait()
		_, _ = io.Copy(io.Discard, alive)
	}()
	c.process, c.exited = process, exited
	return nil
}

// await returns once the server answers; when it ends instead, or does not answer in time, it returns the reason.
func (c *Cluster) await(deadline time.Time) error {
	ctx, cancel := context.WithDeadline(context.Background(), deadline)
	defer cancel()
	for {
		connection, err := pgx.Connect(ctx, c.DSN())
		if err == nil {
			return connection.Close(ctx)
		}
		select {
		case <-c.exited:
			c.process = nil
			return errors.New("the server ended at once")
		case <-ctx.Done():
			return err
		case <-time.After(10 * time.Millisecond):
		}
	}
}

func (c *Cluster) end(signal syscall.Signal) error {
	if c.process == nil {
		return nil
	}
	if err := c.process.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-c.exited:
		c.process = nil
		return nil
	case <-time.After(startTimeout):
		return errors.New("end PostgreSQL: it is still running")
	}
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

func (c *Cluster) logTail() []byte {
	text, err := os.ReadFile(filepath.Join(c.folder, "log"))
	if err != nil {
		return nil
	}
	lines := bytes.SplitAfter(text, []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-20):], nil)
}

// freePort picks a free TCP port below the range from which systems draw the ports of outgoing connections,
// so that none of those takes it while the server is stopped.
func freePort() (int, error) {
	for range 100 {
		offset, err := rand.Int(rand.Reader, big.NewInt(12000))
		if err != nil {
			return 0, err
		}
		port := 20000 + int(offset.Int64())
		listener, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if err == nil {
			return port, listener.Close()
		}
	}
	return 0, errors.New("find a free TCP port: none of 100 was")
}
