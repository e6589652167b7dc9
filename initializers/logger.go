package initializers

import (
	"io"
	"log/slog"

	"latchkey/config"
	"latchkey/middleware"
)

// NewLogger writes lines of text or JSON, in UTC. Security events have a level of their own, named SECURITY.
func NewLogger(cfg config.Log, w io.Writer) *slog.Logger {
	log, _ := NewLeveledLogger(cfg, w)
	return log
}

// NewLeveledLogger is NewLogger with a handle on the level, for Outside.
func NewLeveledLogger(cfg config.Log, w io.Writer) (*slog.Logger, *slog.LevelVar) {
	level := &slog.LevelVar{}
	level.Set(levelOf(cfg))
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: plain}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options)), level
	}
	return slog.New(slog.NewTextHandler(w, options)), level
}

// levelOf reads LOG_LEVEL. The configuration allows only names that slog knows.
func levelOf(cfg config.Log) slog.Level {
	level := slog.LevelInfo
	_ = level.UnmarshalText([]byte(cfg.Level))
	return level
}

// plain puts the time into UTC and names our own level.
func plain(groups []string, a slog.Attr) slog.Attr {
	switch {
	case len(groups) > 0:
		return a
	case a.Key == slog.TimeKey:
		return slog.Time(slog.TimeKey, a.Value.Time().UTC())
	case a.Key == slog.LevelKey && a.Value.Any() == middleware.LevelSecurity:
		return slog.String(slog.LevelKey, "SECURITY")
	default:
		return a
	}
}
