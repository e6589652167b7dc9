package main

import (
	"testing"

	"latchkey/internal/testdb"
)

func TestRunPassesTheExitCodeOn(t *testing.T) {
	testdb.NewCluster(t) // skips, or fails, where there is no PostgreSQL
	for _, c := range []struct {
		name, script string
		code         int
	}{
		{"success", `exit 0`, 0},
		{"the command's own code", `exit 7`, 7},
		{"ended by a signal", `kill -KILL $$`, 1},
		{"the server's address is given", `case $TEST_DATABASE_URL in postgres://*) exit 3 ;; esac`, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("TEST_DATABASE_URL", "")
			if code, err := run("sh", []string{"-c", c.script}); code != c.code || err != nil {
				t.Errorf("code %d, error %v, want code %d", code, err, c.code)
			}
		})
	}
	if _, err := run("/does/not/exist", nil); err == nil {
		t.Error("a command that cannot be started is no error")
	}
}
