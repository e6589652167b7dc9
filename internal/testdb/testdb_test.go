package testdb_test

import (
	"context"
	"database/sql"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	_ "github.com/ncruces/go-sqlite3/driver" // the driver "sqlite3"

	"latchkey/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// open opens the database that url names with the driver for its engine.
func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	driver, source := "pgx", url
	if path, isFile := strings.CutPrefix(url, "sqlite:"); isFile {
		driver, source = "sqlite3", "file:"+path
	}
	db, err := sql.Open(driver, source)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func count(t *testing.T, db *sql.DB, query string) (n int) {
	t.Helper()
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

func execute(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
}

// countTables names the query for the number of tables that are not the engine's own.
func countTables(url string) string {
	if strings.HasPrefix(url, "sqlite:") {
		return "SELECT count(*) FROM sqlite_schema"
	}
	return "SELECT count(*) FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
}

func TestDatabaseIsEmptyAndItsOwn(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		another := testdb.SQLite
		if strings.HasPrefix(url, "postgres://") {
			another = testdb.Postgres
		}
		first, second := open(t, url), open(t, another(t))
		if n := count(t, first, countTables(url)); n != 0 {
			t.Fatalf("a fresh database has %d tables, want none", n)
		}
		execute(t, first, "CREATE TABLE things (id integer)")
		execute(t, first, "INSERT INTO things VALUES (1)")
		if n := count(t, first, countTables(url)); n != 1 {
			t.Errorf("the database has %d tables after CREATE TABLE, want 1", n)
		}
		if n := count(t, second, countTables(url)); n != 0 {
			t.Errorf("a second database has %d tables of the first", n)
		}
	})
}

func TestEachRunsBothEngines(t *testing.T) {
	engines := map[string]string{}
	testdb.Each(t, func(t *testing.T, url string) {
		engine, _, _ := strings.Cut(url, ":")
		engines[filepath.Base(t.Name())] = engine
	})
	if engines["sqlite"] != "sqlite" {
		t.Errorf("subtest → engine = %v", engines)
	}
	testdb.Postgres(t) // skips, or fails, where there is no PostgreSQL
	if engines["postgres"] != "postgres" {
		t.Errorf("subtest → engine = %v", engines)
	}
}

func TestPostgresDatabaseIsDroppedWithOpenConnections(t *testing.T) {
	var name string
	t.Run("test", func(t *testing.T) {
		connection, err := pgx.Connect(t.Context(), testdb.Postgres(t))
		if err != nil {
			t.Fatal(err)
		}
		name = connection.Config().Database
	})
	db := open(t, testdb.Postgres(t))
	if n := count(t, db, "SELECT count(*) FROM pg_database WHERE datname = '"+name+"'"); n != 0 {
		t.Errorf("database %s is still there after its test", name)
	}
	if n := count(t, db, "SELECT count(*) FROM pg_database WHERE datname = current_database()"); n != 1 {
		t.Errorf("the database of a running test is listed %d times, want once", n)
	}
}

func TestClusterKeepsItsRowsAndItsDoorShut(t *testing.T) {
	cluster := testdb.NewCluster(t)
	db := open(t, cluster.DSN())
	execute(t, db, "CREATE TABLE things (id integer)")
	for _, outage := range []struct {
		name string
		end  func() error
	}{
		{"stop", cluster.Stop},
		{"kill", cluster.Kill},
		{"kill again", cluster.Kill},
	} {
		t.Run(outage.name, func(t *testing.T) {
			before := count(t, db, "SELECT count(*) FROM things")
			execute(t, db, "INSERT INTO things VALUES (1)")
			if err := outage.end(); err != nil {
				t.Fatal(err)
			}
			if err := db.PingContext(t.Context()); err == nil {
				t.Fatal("the database answers while the server is down")
			}
			if err := cluster.Start(); err != nil {
				t.Fatal(err)
			}
			if n := count(t, db, "SELECT count(*) FROM things"); n != before+1 {
				t.Errorf("%d rows after the outage, want %d", n, before+1)
			}
		})
	}
	if err := cluster.Restart(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, open(t, cluster.DSN()), "SELECT count(*) FROM things"); n != 3 {
		t.Errorf("%d rows after the restart, want 3", n)
	}
	settings, err := pgx.ParseConfig(cluster.DSN())
	if err != nil {
		t.Fatal(err)
	}
	settings.Password = "guess"
	if connection, err := pgx.ConnectConfig(t.Context(), settings); err == nil {
		_ = connection.Close(t.Context())
		t.Error("the server lets in whoever does not know its password")
	}
}

// TestKilledProcessLeavesNothing runs a process that starts a cluster and is then killed.
func TestKilledProcessLeavesNothing(t *testing.T) {
	if os.Getenv("TESTDB_VICTIM") != "" {
		victim(t)
	}
	testdb.NewCluster(t) // skips, or fails, where there is no PostgreSQL
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	child := exec.CommandContext(ctx, os.Args[0], "-test.run=^TestKilledProcessLeavesNothing$")
	child.Env = append(os.Environ(), "TESTDB_VICTIM=1")
	output, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	text := make([]byte, 1024)
	n, err := output.Read(text)
	if err != nil {
		t.Fatal(err)
	}
	dsn := strings.TrimSpace(string(text[:n]))
	folder := dataFolder(t, dsn)
	if _, err := os.Stat(folder); err != nil {
		t.Fatalf("the victim's data folder: %v", err)
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		_, err := os.Stat(filepath.Dir(folder))
		if os.IsNotExist(err) {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s is still there 20 s after its process was killed", filepath.Dir(folder))
		}
	}
	if connection, err := pgx.Connect(t.Context(), dsn); err == nil {
		_ = connection.Close(t.Context())
		t.Error("the server still answers though its folder is gone")
	}
}

// victim prints the address of a running cluster and waits to be killed.
func victim(t *testing.T) {
	t.Helper()
	cluster := testdb.NewCluster(t)
	if _, err := os.Stdout.WriteString(cluster.DSN() + "\n"); err != nil {
		t.Fatal(err)
	}
	<-t.Context().Done()
}

// dataFolder asks a running server where its files are.
func dataFolder(t *testing.T, dsn string) (folder string) {
	t.Helper()
	connection, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	defer connection.Close(t.Context())
	if err := connection.QueryRow(t.Context(), "SHOW data_directory").Scan(&folder); err != nil {
		t.Fatal(err)
	}
	return folder
}
