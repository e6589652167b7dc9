// Package testdb owns throw-away databases for tests: SQLite files, databases on a shared PostgreSQL, and whole
// PostgreSQL clusters that a test may stop and kill.
// It must not know the service's schema, rules or settings.
package testdb

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// adminTimeout bounds each statement that creates or drops a database; both take well under a second on an idle machine.
const adminTimeout = 30 * time.Second

// Each runs f once for every engine, as the subtests "sqlite" and "postgres". url is in the form of DATABASE_URL and
// names an empty database that no other test sees.
func Each(t *testing.T, f func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { f(t, SQLite(t)) })
	t.Run("postgres", func(t *testing.T) { f(t, Postgres(t)) })
}

// SQLite names a database file that does not exist yet, in a folder that is removed after the test, as sqlite:PATH.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "test.db")
}

// Postgres creates an empty database and returns its postgres:// URL; the database is dropped after the test,
// with whatever connections are still open. The server is the one that TEST_DATABASE_URL names, else a cluster
// that this process starts once. Where neither can be had the test is skipped, and fails when CI is set.
func Postgres(t testing.TB) string {
	t.Helper()
	server, err := server()
	if err != nil {
		unavailable(t, err)
	}
	return createDatabase(t, server)
}

// NewCluster starts a PostgreSQL of the test's own, which it may stop and kill as it likes. It is removed after the test.
// Where no PostgreSQL is installed the test is skipped, and fails when CI is set.
func NewCluster(t testing.TB) *Cluster {
	t.Helper()
	cluster, err := StartCluster()
	if err != nil {
		unavailable(t, err)
	}
	t.Cleanup(func() {
		if err := cluster.Close(); err != nil {
			t.Errorf("remove the test's PostgreSQL: %v", err)
		}
	})
	return cluster
}

func createDatabase(t testing.TB, server string) string {
	t.Helper()
	name := fmt.Sprintf("%s%d_%s", namePrefix, time.Now().Unix(), strings.ToLower(rand.Text()))
	// template0 rather than template1: it is empty whatever somebody put into the other one.
	if err := admin(server, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("create a database for the test: %v", err)
	}
	t.Cleanup(func() {
		if err := admin(server, "DROP DATABASE IF EXISTS "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	database, err := url.Parse(server)
	if err != nil {
		t.Fatalf("address the test's database: %v", err)
	}
	database.Path = "/" + name
	return database.String()
}

// admin runs one statement on the server's own database, on a connection of its own.
func admin(server, statement string) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	connection, err := pgx.Connect(ctx, server)
	if err != nil {
		return err
	}
	defer connection.Close(ctx)
	_, err = connection.Exec(ctx, statement)
	return err
}

// unavailable ends the test: skipped on a developer's machine without PostgreSQL, failed everywhere else.
func unavailable(t testing.TB, err error) {
	t.Helper()
	if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI || !isMissing(err) {
		t.Fatalf("PostgreSQL for the tests: %v", err)
	}
	t.Skipf("######## NOT TESTED ON POSTGRESQL: %v ########", err)
}
