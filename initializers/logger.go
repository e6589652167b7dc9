package initializers

import (
	"io"
	"log/slog"

	"latchkey/config"
)

// NewLogger writes lines of text or JSON, in UTC.
func NewLogger(cfg config.Log, w io.Writer) *slog.Logger {
	level := slog.LevelInfo
	// The configuration allows only names that slog knows.
	_ = level.UnmarshalText([]byte(cfg.Level))
	options := &slog.HandlerOptions{Level: level, ReplaceAttr: utcTime}
	if cfg.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

func utcTime(groups []string, a slog.Attr) slog.Attr {
	if len(groups) == 0 && a.Key == slog.TimeKey {
		return slog.Time(slog.TimeKey, a.Value.Time().UTC())
	}
	return a
}
