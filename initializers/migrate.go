package initializers

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
	"gorm.io/gorm"

	"latchkey/migrations"
)

// Waiting for another node's migrations: one try a second, for five minutes.
const (
	lockEverySeconds = 1
	lockTries        = 300
)

// Migrator runs the numbered SQL files of one database.
type Migrator struct {
	provider *goose.Provider
	pool     *sql.DB
	postgres bool
}

// NewMigrator prepares the files that fit the database. On PostgreSQL a session lock makes nodes that start
// together wait for each other.
func NewMigrator(db *gorm.DB) (*Migrator, error) {
	pool, err := db.DB()
	if err != nil {
		return nil, err
	}
	open := sqliteProvider
	if db.Name() == "postgres" {
		open = postgresProvider
	}
	provider, err := open(pool)
	if err != nil {
		return nil, fmt.Errorf("read migrations: %w", err)
	}
	return &Migrator{provider: provider, pool: pool, postgres: db.Name() == "postgres"}, nil
}

func postgresProvider(pool *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations.Postgres, "postgres")
	if err != nil {
		return nil, err
	}
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(lockEverySeconds, lockTries))
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
}

func sqliteProvider(pool *sql.DB) (*goose.Provider, error) {
	files, err := fs.Sub(migrations.SQLite, "sqlite")
	if err != nil {
		return nil, err
	}
	versions, err := database.NewStore(database.DialectSQLite3, goose.DefaultTablename)
	if err != nil {
		return nil, err
	}
	return goose.NewProvider("", pool, files, goose.WithDisableGlobalRegistry(true), goose.WithStore(sqliteVersions{versions}))
}

// sqliteVersions keeps the time of each migration in the one format that our connections read; goose's own table has
// another, which makes it believe that its table is not there.
type sqliteVersions struct {
	database.Store
}

// CreateVersionTable makes goose's table.
func (s sqliteVersions) CreateVersionTable(ctx context.Context, db database.DBTxConn) error {
	_, err := db.ExecContext(ctx, `CREATE TABLE goose_db_version (
		id         INTEGER  PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER  NOT NULL,
		is_applied INTEGER  NOT NULL,
		tstamp     DATETIME NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
	)`)
	return err
}

// TableExists looks for goose's table.
func (s sqliteVersions) TableExists(ctx context.Context, db database.DBTxConn) (bool, error) {
	var n int
	err := db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'goose_db_version'").Scan(&n)
	return n > 0, err
}

// Up applies what is pending and returns how many files that were. When nothing is pending no lock is taken.
func (m *Migrator) Up(ctx context.Context) (int, error) {
	pending, err := m.provider.HasPending(ctx)
	if err != nil {
		return 0, fmt.Errorf("look for pending migrations: %w", err)
	}
	if !pending {
		return 0, nil
	}
	if err := m.refusePooler(ctx); err != nil {
		return 0, err
	}
	if err := m.refuseForeignTable(ctx); err != nil {
		return 0, err
	}
	results, err := m.provider.Up(ctx)
	if err != nil {
		return len(results), raised(err)
	}
	return len(results), nil
}

// refusePooler tells an address that is a pooler's by its own account: it asks for a way of sending statements that does
// without prepared ones. There one session of ours is many of PostgreSQL's, and the lock that keeps nodes from migrating
// at once keeps nobody.
func (m *Migrator) refusePooler(ctx context.Context) error {
	if !m.postgres {
		return nil
	}
	conn, err := m.pool.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return conn.Raw(func(driver any) error {
		if c, ok := driver.(*stdlib.Conn); ok && c.Conn().Config().DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
			return errors.New(`DATABASE_URL: migrations are pending, and it has default_query_exec_mode, as for a pooler, through which they cannot be locked; ` +
				`run "latchkey migrate up" with the address of PostgreSQL itself, without that parameter`)
		}
		return nil
	})
}

// refuseForeignTable tells a table users on SQLite that is not ours. On PostgreSQL the first migration adopts it.
func (m *Migrator) refuseForeignTable(ctx context.Context) error {
	if m.postgres {
		return nil
	}
	version, err := m.provider.GetDBVersion(ctx)
	if err != nil || version > 0 {
		return err
	}
	var n int
	err = m.pool.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'users'").Scan(&n)
	if err == nil && n > 0 {
		err = errors.New("DATABASE_URL: the SQLite file has a table users of another program, which is adopted on PostgreSQL only; name another file")
	}
	return err
}

// raised is the sentence of a migration that stopped by itself, or else the error with its place.
func raised(err error) error {
	const raiseException = "P0001"
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == raiseException {
		return errors.New(pg.Message)
	}
	return fmt.Errorf("migrate: %w", err)
}

// Down takes the newest applied file back and returns its name, "" when there is none.
func (m *Migrator) Down(ctx context.Context) (string, error) {
	version, err := m.provider.GetDBVersion(ctx)
	if err != nil || version == 0 {
		return "", err
	}
	result, err := m.provider.Down(ctx)
	if err != nil {
		return "", fmt.Errorf("migrate down: %w", err)
	}
	return result.Source.Path, nil
}

// MigrationStatus is one file and whether it was applied.
type MigrationStatus struct {
	Name    string
	Applied bool
}

// Status lists the files in their order.
func (m *Migrator) Status(ctx context.Context) ([]MigrationStatus, error) {
	rows, err := m.provider.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("migration status: %w", err)
	}
	out := make([]MigrationStatus, 0, len(rows))
	for _, r := range rows {
		out = append(out, MigrationStatus{Name: r.Source.Path, Applied: r.State == goose.StateApplied})
	}
	return out, nil
}

// Standing is how far a database is, by numbers of migrations.
type Standing struct {
	Applied, Pending int
	Unknown          int // applied, but by a newer program than this one
}

// Look counts without writing anything, not even goose's own table.
func (m *Migrator) Look(ctx context.Context) (Standing, error) {
	sources := m.provider.ListSources()
	exists := "SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = '" + goose.DefaultTablename + "'"
	if m.postgres {
		exists = "SELECT count(to_regclass('" + goose.DefaultTablename + "'))"
	}
	var tables int
	if err := m.pool.QueryRowContext(ctx, exists).Scan(&tables); err != nil || tables == 0 {
		return Standing{Pending: len(sources)}, err
	}
	known := map[int64]bool{}
	for _, s := range sources {
		known[s.Version] = true
	}
	const applied = "SELECT DISTINCT version_id FROM " + goose.DefaultTablename + " WHERE version_id > 0 AND is_applied"
	rows, err := m.pool.QueryContext(ctx, applied)
	if err != nil {
		return Standing{}, err
	}
	defer func() { _ = rows.Close() }()
	var out Standing
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return Standing{}, err
		}
		out.Applied++
		if !known[version] {
			out.Unknown++
		}
	}
	out.Pending = len(sources) - (out.Applied - out.Unknown)
	return out, rows.Err()
}
