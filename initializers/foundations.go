package initializers

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"gorm.io/gorm"

	"latchkey/config"
	"latchkey/internal/doctor"
	"latchkey/internal/store"
	"latchkey/internal/throttle/redisthrottle"
)

// latestSignIns is how many sign-ins are looked at for where they came from.
const latestSignIns = 50

// mountinfo lists the mounted file systems on Linux (proc(5)).
const mountinfo = "/proc/self/mountinfo"

// Foundations looks at keys, database and Redis as they are. It makes no key, no file, no table and no row.
func Foundations(ctx context.Context, cfg config.Config) doctor.Foundations {
	found := doctor.Foundations{Keys: lookAtKeys(cfg.Keys), Database: lookAtDatabase(ctx, cfg.Database)}
	if cfg.Limits.RedisURL != "" {
		found.Redis = lookAtRedis(ctx, cfg.Limits)
	}
	return found
}

func lookAtKeys(cfg config.Keys) doctor.Keys {
	kinds, err := readKeys(cfg) // with its faults
	if err == nil {
		_ = agreed(kinds, cfg) // the same
	}
	access, refresh := kinds[0], kinds[1]
	out := doctor.Keys{Source: KeySource{Access: access.source, Refresh: refresh.source}.String()}
	for _, fault := range append(access.faults, refresh.faults...) {
		out.Faults = append(out.Faults, fault.Error())
	}
	if len(access.keys) > 0 {
		out.Signing = access.keys[access.turnAt(time.Now())].id()
	}
	return out
}

func lookAtDatabase(ctx context.Context, cfg config.Database) doctor.Database {
	var out doctor.Database
	if cfg.Engine == config.SQLite && cfg.SQLitePath != ":memory:" {
		path, err := filepath.Abs(cfg.SQLitePath)
		if err != nil {
			return doctor.Database{Fault: cfg.Setting + ": " + err.Error()}
		}
		out.Mount = mountOf(filepath.Dir(path))
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			out.Absent = true
			return out
		}
	}
	db, err := OpenDatabase(ctx, cfg)
	if err != nil {
		return doctor.Database{Fault: err.Error()}
	}
	if pool, err := db.DB(); err == nil {
		defer func() { _ = pool.Close() }()
	}
	if err := lookInside(ctx, db, &out); err != nil {
		out.Fault = cfg.Setting + ": " + cfg.Display + " cannot be read (" + oneLine(err) + "); give the role the rights on its tables"
	}
	return out
}

// mountOf names the file system of a folder, or "" where the system does not tell.
func mountOf(folder string) string {
	if target, err := filepath.EvalSymlinks(folder); err == nil {
		folder = target
	}
	mounts, err := os.ReadFile(mountinfo)
	if err != nil {
		return ""
	}
	return doctor.MountOf(string(mounts), folder)
}

func lookInside(ctx context.Context, db *gorm.DB, out *doctor.Database) error {
	migrator, err := NewMigrator(db)
	if err != nil {
		return err
	}
	standing, err := migrator.Look(ctx)
	if err != nil {
		return err
	}
	out.Applied, out.Pending, out.Unknown = standing.Applied, standing.Pending, standing.Unknown
	rows := store.New(db)
	start := time.Now()
	clock, err := rows.Clock(ctx)
	if err != nil {
		return err
	}
	if !clock.IsZero() {
		ahead := clock.Sub(start.Add(time.Since(start) / 2))
		out.Ahead = &ahead
	}
	if standing.Applied >= eventsMigration {
		out.SignIns, err = rows.SignInAddresses(ctx, latestSignIns)
	}
	return err
}

// eventsMigration makes the table of events.
const eventsMigration = 3

func lookAtRedis(ctx context.Context, cfg config.Limits) *doctor.Redis {
	counter, err := redisthrottle.Open(cfg.RedisURL.Reveal(), "latchkey")
	if err != nil {
		return &doctor.Redis{Fault: "REDIS_URL: " + err.Error() + "; write redis://host:port"}
	}
	defer func() { _ = counter.Close() }()
	if err := counter.Ping(ctx); err != nil {
		return &doctor.Redis{Fault: "REDIS_URL: the Redis there does not answer; start it or remove the setting"}
	}
	policy, err := counter.Eviction(ctx)
	if err != nil {
		return &doctor.Redis{Fault: "REDIS_URL: " + strings.ReplaceAll(oneLine(err), "; ", ", ") + "; set maxmemory-policy noeviction there"}
	}
	return &doctor.Redis{Policy: policy}
}
