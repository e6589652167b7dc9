package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	_ "github.com/ncruces/go-sqlite3/driver" // SQLite itself
	"github.com/ncruces/go-sqlite3/gormlite"
	"gorm.io/gorm"
	"gorm.io/gorm/logger"
)

// post is a row. The owner is the sub of the author's token: the posts of a user of Latchkey need no row of that user here.
type post struct {
	ID        string `gorm:"primaryKey"`
	OwnerID   string
	Title     string
	Content   string
	CreatedAt time.Time
	UpdatedAt time.Time
}

var (
	errNotFound = errors.New("there is no such post")
	errNotOwner = errors.New("the post is another user's")
)

const schema = `CREATE TABLE IF NOT EXISTS posts (
	id TEXT PRIMARY KEY, owner_id TEXT NOT NULL, title TEXT NOT NULL, content TEXT NOT NULL,
	created_at DATETIME NOT NULL, updated_at DATETIME NOT NULL
)`

// store keeps the posts.
type store struct{ db *gorm.DB }

func openStore(ctx context.Context, file string) (*store, error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, err
	}
	db, err := gorm.Open(gormlite.Open("file:"+file+"?_pragma=busy_timeout(5000)&_pragma=journal_mode(wal)"), &gorm.Config{Logger: logger.Discard})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	s := &store{db}
	if err := gorm.G[any](db).Exec(ctx, schema); err != nil {
		s.close()
		return nil, fmt.Errorf("open %s: %w", file, err)
	}
	return s, nil
}

func (s *store) close() {
	if pool, err := s.db.DB(); err == nil {
		_ = pool.Close()
	}
}

func (s *store) add(ctx context.Context, p post) error { return gorm.G[post](s.db).Create(ctx, &p) }

// list returns the newest posts, or those older than the one with the id before.
func (s *store) list(ctx context.Context, before string, most int) ([]post, error) {
	query := gorm.G[post](s.db).Order("id DESC").Limit(most) // ids are UUIDv7: they grow with time
	if before != "" {
		query = query.Where("id < ?", before)
	}
	return query.Find(ctx)
}

// byID is errNotFound when there is no such post.
func (s *store) byID(ctx context.Context, id string) (post, error) {
	p, err := gorm.G[post](s.db).Where("id = ?", id).First(ctx)
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = errNotFound
	}
	return p, err
}

// change writes title and content if the owner is the one given, in one statement. errNotOwner, errNotFound: nothing was done.
func (s *store) change(ctx context.Context, p post) error {
	n, err := gorm.G[post](s.db).Where("id = ? AND owner_id = ?", p.ID, p.OwnerID).
		Select("Title", "Content", "UpdatedAt").Updates(ctx, p)
	return s.why(ctx, p.ID, n, err)
}

// remove deletes the post if the owner is the one given; its errors are those of change.
func (s *store) remove(ctx context.Context, id, owner string) error {
	n, err := gorm.G[post](s.db).Where("id = ? AND owner_id = ?", id, owner).Delete(ctx)
	return s.why(ctx, id, n, err)
}

// why says why a statement changed no row.
func (s *store) why(ctx context.Context, id string, changed int, err error) error {
	if err != nil || changed > 0 {
		return err
	}
	if _, err := s.byID(ctx, id); err != nil {
		return err
	}
	return errNotOwner
}
