package testdb

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// namePrefix begins the name of every database made here; the time of making follows, in seconds since 1970.
	namePrefix = "latchkey_test_"

	// leftoverAge is how old a database must be before it counts as left over by a test run that was killed.
	leftoverAge = 24 * time.Hour
)

// shared is the cluster that this process started for all its tests, nil until then.
var shared *Cluster

// server finds or starts the PostgreSQL that all tests of this process share, once.
var server = sync.OnceValues(func() (string, error) {
	if given := os.Getenv("TEST_DATABASE_URL"); given != "" {
		if err := dropLeftovers(given); err != nil {
			return "", fmt.Errorf("use TEST_DATABASE_URL: %w", err)
		}
		return given, nil
	}
	cluster, err := StartCluster()
	if err != nil {
		return "", err
	}
	shared = cluster
	return cluster.DSN(), nil
})

// Main runs the tests of a package, stops the cluster that they shared and ends the process. A package without it
// leaves no more behind: the cluster's watchdog then stops it as soon as the process has ended.
func Main(m *testing.M) {
	code := m.Run()
	if shared != nil {
		if err := shared.Close(); err != nil {
			fmt.Fprintln(os.Stderr, "remove the tests' PostgreSQL:", err)
			code = max(code, 1)
		}
	}
	os.Exit(code)
}

// dropLeftovers drops the databases that killed test runs left on a server that outlives them.
func dropLeftovers(server string) error {
	if !strings.HasPrefix(server, "postgres://") && !strings.HasPrefix(server, "postgresql://") {
		return errors.New("want a postgres:// URL")
	}
	names, err := databaseNames(server)
	if err != nil {
		return err
	}
	for _, name := range names {
		if !isLeftover(name, time.Now()) {
			continue
		}
		if err := admin(server, "DROP DATABASE IF EXISTS "+pgx.Identifier{name}.Sanitize()+" WITH (FORCE)"); err != nil {
			return err
		}
	}
	return nil
}

func databaseNames(server string) ([]string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return nil, err
	}
	defer connection.Close(ctx)
	rows, err := connection.Query(ctx, "SELECT datname FROM pg_database")
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[string])
}

// isLeftover reports whether name was given here, and so long ago that its test cannot be running any more.
func isLeftover(name string, now time.Time) bool {
	rest, ours := strings.CutPrefix(name, namePrefix)
	made, _, _ := strings.Cut(rest, "_")
	seconds, err := strconv.ParseInt(made, 10, 64)
	return ours && err == nil && now.Sub(time.Unix(seconds, 0)) > leftoverAge
}
