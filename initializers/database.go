package initializers

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/ncruces/go-sqlite3/driver"
	"github.com/ncruces/go-sqlite3/gormlite"
	_ "github.com/ncruces/go-sqlite3/vfs/memdb" // sqlite::memory: shared by the connections of one pool
	pgxuuid "github.com/vgarvardt/pgx-google-uuid/v5"
	"gorm.io/driver/postgres"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"

	"latchkey/config"
)

// sqliteTimes is RFC 3339 in a fixed width, so that the text order of times is their order.
const sqliteTimes = "2006-01-02T15:04:05.000000Z07:00"

// OpenDatabase connects to the configured database and makes sure that it answers.
// It changes nothing there; see Migrate.
func OpenDatabase(ctx context.Context, cfg config.Database) (*gorm.DB, error) {
	pool, dialector, err := connect(cfg)
	if err != nil {
		return nil, fmt.Errorf("%s: %s cannot be opened: %w", cfg.Setting, cfg.Display, err)
	}
	pool.SetMaxOpenConns(cfg.MaxOpenConns)
	// An idle pool as large as the open one: closing and opening connections costs more than keeping them.
	pool.SetMaxIdleConns(cfg.MaxOpenConns)
	pool.SetConnMaxLifetime(cfg.ConnMaxLifetime)
	ctx, cancel := context.WithTimeout(ctx, cfg.ConnectTimeout)
	defer cancel()
	if err := pool.PingContext(ctx); err != nil {
		_ = pool.Close()
		return nil, noAnswer(cfg, err)
	}
	return gorm.Open(dialector, &gorm.Config{
		// Errors go up and are logged once, at the edge; gorm's own lines would hold the statements' values.
		Logger:                 logger.Discard,
		TranslateError:         true,
		SkipDefaultTransaction: true,
		// pgx keeps prepared statements itself.
		PrepareStmt: cfg.Engine == config.SQLite,
	})
}

// noAnswer says what to do about a database that was not reached.
func noAnswer(cfg config.Database, err error) error {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && strings.Contains(pg.Message, "unsupported startup parameter") {
		return fmt.Errorf("%s: %s is a PgBouncer that refuses our timeouts (%s); let it have ignore_startup_parameters = %s",
			cfg.Setting, cfg.Display, pg.Message, "statement_timeout,idle_in_transaction_session_timeout")
	}
	return fmt.Errorf("%s: %s does not answer; start it or correct the setting: %s", cfg.Setting, cfg.Display, oneLine(err))
}

// oneLine folds a driver's report of several attempts.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func connect(cfg config.Database) (*sql.DB, gorm.Dialector, error) {
	if cfg.Engine == config.Postgres {
		return connectPostgres(cfg)
	}
	return connectSQLite(cfg)
}

func connectPostgres(cfg config.Database) (*sql.DB, gorm.Dialector, error) {
	conn, err := pgx.ParseConfig(cfg.PostgresDSN.Reveal())
	if err != nil {
		return nil, nil, err
	}
	conn.ConnectTimeout = cfg.ConnectTimeout
	timeout := strconv.FormatInt(cfg.StatementTimeout.Milliseconds(), 10)
	for name, value := range map[string]string{
		"application_name":                    "latchkey",
		"timezone":                            "UTC",
		"statement_timeout":                   timeout,
		"idle_in_transaction_session_timeout": timeout,
	} {
		if conn.RuntimeParams[name] == "" {
			conn.RuntimeParams[name] = value
		}
	}
	pool := stdlib.OpenDB(*conn, stdlib.OptionAfterConnect(func(_ context.Context, c *pgx.Conn) error {
		pgxuuid.Register(c.TypeMap()) // ids travel as 16 bytes rather than as text that is parsed on both sides
		return nil
	}))
	return pool, postgres.New(postgres.Config{Conn: pool}), nil
}

func connectSQLite(cfg config.Database) (*sql.DB, gorm.Dialector, error) {
	name, err := sqliteURI(cfg.SQLitePath)
	if err != nil {
		return nil, nil, err
	}
	query := url.Values{
		// Order counts: the busy timeout comes first, since the others may have to wait.
		"_pragma": {
			"busy_timeout(" + strconv.FormatInt(cfg.StatementTimeout.Milliseconds(), 10) + ")",
			"journal_mode(wal)",
			"synchronous(" + strings.ToLower(cfg.SQLiteSynchronous) + ")",
			"foreign_keys(1)",
		},
		"_txlock":  {"immediate"},
		"_timefmt": {sqliteTimes},
	}
	separator := "?"
	if strings.Contains(name, "?") {
		separator = "&"
	}
	pool, err := driver.Open(name + separator + query.Encode())
	if err != nil {
		return nil, nil, err
	}
	return pool, gormlite.OpenDB(pool), nil
}

// sqliteURI names the file, whose folder it makes readable for the owner alone, or a memory database of its own.
func sqliteURI(path string) (string, error) {
	if path == ":memory:" {
		return "file:/" + rand.Text() + "?vfs=memdb", nil
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return "", err
	}
	// The file holds password hashes; its journals inherit the mode.
	f, err := os.OpenFile(filepath.Clean(path), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return "", err
	}
	if err := f.Close(); err != nil {
		return "", err
	}
	return "file:" + (&url.URL{Path: path}).EscapedPath(), nil
}
