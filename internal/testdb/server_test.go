package testdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// verdict is a test that remembers how it was ended.
type verdict struct {
	testing.TB
	ended string
}

func (*verdict) Helper() {}

func (v *verdict) Fatalf(format string, values ...any) {
	v.ended = "failed: " + fmt.Sprintf(format, values...)
}

func (v *verdict) Skipf(format string, values ...any) {
	if v.ended == "" { // a real Fatalf does not return
		v.ended = "skipped: " + fmt.Sprintf(format, values...)
	}
}

func TestWithoutPostgres(t *testing.T) {
	for _, c := range []struct {
		name, ci string
		err      error
		want     string
	}{
		{"not installed, on a desk", "", errMissing, "skipped: ######## NOT TESTED ON POSTGRESQL"},
		{"not installed, CI=false", "false", errMissing, "skipped: ######## NOT TESTED ON POSTGRESQL"},
		{"not installed, in CI", "true", errMissing, "failed: "},
		{"broken, on a desk", "", errors.New("initdb: no space left"), "failed: PostgreSQL for the tests: initdb"},
		{"broken, in CI", "true", errors.New("initdb: no space left"), "failed: PostgreSQL for the tests: initdb"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Setenv("CI", c.ci)
			v := &verdict{TB: t}
			unavailable(v, c.err)
			if !strings.HasPrefix(v.ended, c.want) {
				t.Errorf("the test was %q, want %q…", v.ended, c.want)
			}
		})
	}
}

func TestLeftoversAreDroppedAndNothingElse(t *testing.T) {
	cluster := NewCluster(t)
	nameAt := func(age time.Duration) string {
		return fmt.Sprintf("%s%d_x", namePrefix, time.Now().Add(-age).Unix())
	}
	kept := []string{"postgres", "another", namePrefix + "by_hand", nameAt(time.Hour)}
	dropped := []string{nameAt(leftoverAge + time.Hour), nameAt(10 * leftoverAge)}
	for _, name := range slices.Concat(kept[1:], dropped) {
		if err := admin(cluster.DSN(), "CREATE DATABASE "+name); err != nil {
			t.Fatal(err)
		}
	}
	if err := dropLeftovers(cluster.DSN()); err != nil {
		t.Fatal(err)
	}
	names, err := databaseNames(cluster.DSN())
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kept {
		if !slices.Contains(names, name) {
			t.Errorf("%s was dropped", name)
		}
	}
	for _, name := range dropped {
		if slices.Contains(names, name) {
			t.Errorf("%s was kept", name)
		}
	}
}

func TestGivenServerMustBeAnURL(t *testing.T) {
	for _, server := range []string{"host=127.0.0.1 user=postgres", "sqlite:x.db", "127.0.0.1:5432"} {
		if err := dropLeftovers(server); err == nil || !strings.Contains(err.Error(), "postgres:// URL") {
			t.Errorf("dropLeftovers(%q) = %v", server, err)
		}
	}
}
