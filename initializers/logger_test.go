package initializers_test

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/middleware"
)

// Every line has its time in UTC and a level by name, ours included; the name is nobody else's.
func TestLogger(t *testing.T) {
	at := time.Date(2026, 6, 1, 12, 0, 0, 0, time.FixedZone("elsewhere", 5*3600))
	for _, c := range []struct {
		format, level string
		want          []string // what each line has
	}{
		{"text", "info", []string{"level=INFO msg=a in.level=INFO+2", "level=SECURITY msg=b", "level=WARN msg=c"}},
		{"json", "info", []string{`"level":"INFO","msg":"a","in":{"level":"INFO+2"}`, `"level":"SECURITY","msg":"b"`, `"level":"WARN","msg":"c"`}},
		{"text", "warn", []string{"level=WARN msg=c"}},
	} {
		var out strings.Builder
		log := initializers.NewLogger(config.Log{Format: c.format, Level: c.level}, &out)
		for _, r := range []slog.Record{
			slog.NewRecord(at, slog.LevelInfo, "a", 0), slog.NewRecord(at, middleware.LevelSecurity, "b", 0), slog.NewRecord(at, slog.LevelWarn, "c", 0),
		} {
			r.Add(slog.Group("in", "level", middleware.LevelSecurity))
			if log.Enabled(t.Context(), r.Level) {
				_ = log.Handler().Handle(t.Context(), r)
			}
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if len(lines) != len(c.want) {
			t.Fatalf("%s %s: %d lines: %s", c.format, c.level, len(lines), out.String())
		}
		for i, line := range lines {
			if !strings.Contains(line, c.want[i]) || !strings.Contains(line, "2026-06-01T07:00:00") {
				t.Errorf("%s %s: line %q, want %q", c.format, c.level, line, c.want[i])
			}
		}
	}
}
