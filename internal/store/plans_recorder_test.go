package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"gorm.io/gorm"
)

// sent is a statement on its way to the database and the place of the store's code that sent it.
type sent struct {
	sql  string
	args []any
	file string
	line int
	from string // the exported method that was called from outside
}

// recorder is the connection pool of a gorm database that keeps what passes through.
type recorder struct {
	inner gorm.ConnPool
	kept  *kept
}

type kept struct {
	mu   sync.Mutex
	all  []sent
	seen map[string]bool
}

// recording makes db tell all that is sent over it from now on.
func recording(t *testing.T, db *gorm.DB) *kept {
	t.Helper()
	k := &kept{seen: map[string]bool{}}
	r := &recorder{inner: db.ConnPool, kept: k}
	db.ConnPool, db.Statement.ConnPool = r, r
	return k
}

const storePackage = "latchkey/internal/store."

// note keeps one statement of each text and place. What the test itself sends is none of the store's.
func (k *kept) note(text string, args []any) {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	s := sent{sql: text, args: args}
	for more := true; more; {
		var f runtime.Frame
		f, more = frames.Next()
		name, ours := strings.CutPrefix(f.Function, storePackage)
		if !ours {
			continue
		}
		if s.file == "" {
			s.file, s.line = filepath.Base(f.File), f.Line
		}
		if method, ok := strings.CutPrefix(name, "(*Store)."); ok && !strings.Contains(method, ".") && method[0] <= 'Z' {
			s.from = method // the outermost one stays
		}
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if key := fmt.Sprint(s.file, s.line, s.from, s.sql); s.file != "" && !k.seen[key] {
		k.seen[key] = true
		k.all = append(k.all, s)
	}
}

func (r *recorder) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	r.kept.note(query, nil)
	return r.inner.PrepareContext(ctx, query)
}

func (r *recorder) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	r.kept.note(query, args)
	return r.inner.ExecContext(ctx, query, args...)
}

func (r *recorder) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	r.kept.note(query, args)
	return r.inner.QueryContext(ctx, query, args...)
}

func (r *recorder) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	r.kept.note(query, args)
	return r.inner.QueryRowContext(ctx, query, args...)
}

// BeginTx records within the transaction too.
func (r *recorder) BeginTx(ctx context.Context, options *sql.TxOptions) (gorm.ConnPool, error) {
	var tx gorm.ConnPool
	var err error
	switch inner := r.inner.(type) {
	case gorm.TxBeginner:
		tx, err = inner.BeginTx(ctx, options)
	case gorm.ConnPoolBeginner:
		tx, err = inner.BeginTx(ctx, options)
	default:
		err = errors.New("the pool begins no transaction")
	}
	return &recordedTx{recorder{inner: tx, kept: r.kept}}, err
}

// recordedTx is what gorm takes for a transaction, by these two methods.
type recordedTx struct{ recorder }

func (r *recordedTx) Commit() error   { return r.inner.(gorm.TxCommitter).Commit() }
func (r *recordedTx) Rollback() error { return r.inner.(gorm.TxCommitter).Rollback() }

// GetDBConn refuses the way past the recorder.
func (r *recorder) GetDBConn() (*sql.DB, error) {
	return nil, errors.New("the store asked for the bare pool, past this test's eyes")
}
