package main

import (
	"bytes"
	"encoding/json"
	"go/parser"
	gotoken "go/token"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/testdb"
)

// The service as it is, with everything that the suite can be given.
func TestTheServiceStands(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		if testing.Short() && strings.HasPrefix(url, "postgres") {
			t.Skip("slow")
		}
		former, dropped := writeKey(t), writeKey(t)
		with := settings{"KEYS_DIR": filepath.Join(t.TempDir(), "keys"), "ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS": former.public}
		s := deploy(t, url, with)
		report, out := assault(t, s, func(o *Options) {
			o.FormerKeys = []string{former.path, dropped.path}
			if strings.HasPrefix(url, "postgres") {
				o.Node2 = deploy(t, url, with).url
			}
		})
		clean(t, report, out,
			"1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16", "17", "18", "19", "20", "20.2", "21", "21.2", "22", "22.2", "23", "24", "25", "26",
			"27", "30", "31", "32", "33",
			"34", "35", "36", "37", "38", "39", "41", "41.2", "42", "42.2", "43", "44.1", "44.2", "45", "46", "47", "48", "49", "51", "58", "60.1", "72", "73", "73.2", "73.3", "74", "75", "76", "77", "79", "78", "80")
	})
}

// Without the keys, where lives are short: what then expires and rotates is real.
func TestShortLives(t *testing.T) {
	s := deploy(t, testdb.SQLite(t), settings{"ACCESS_TOKEN_EXPIRED_IN": "2s", "REFRESH_GRACE": "0s"})
	report, out := assault(t, s, func(o *Options) { o.KeysDir, o.Only = "", []string{"12", "13", "26", "28"} })
	clean(t, report, out, "12", "26", "28")
}

// In production cookies have other names, and hashes cost what they should.
func TestProduction(t *testing.T) {
	s := deploy(t, testdb.SQLite(t), settings{
		"APP_ENV": "production", "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "CLIENT_ORIGIN": "https://app.example.com",
		"PUBLIC_URL": "https://api.example.com", "COOKIE_SECURE": "true",
	})
	report, out := assault(t, s, func(o *Options) {
		o.Origin, o.Only = "https://app.example.com", []string{"1", "20", "21", "22", "31", "34", "35", "36", "41", "42", "43", "45"}
	})
	clean(t, report, out, "1", "20", "20.2", "21", "21.2", "22", "22.2", "31", "34", "35", "36", "41", "41.2", "42", "42.2", "43", "45")
}

func TestThrottles(t *testing.T) {
	s := deploy(t, testdb.SQLite(t), settings{"RATE_LIMIT_ENABLED": "true"})
	rows := []string{"59", "60.2", "61", "62", "59.2", "60.3", "62.2", "61.2"}
	report, out := assault(t, s, func(o *Options) { o.Throttles, o.Only = true, rows })
	clean(t, report, out, rows...)
	// The addresses that were locked are the suite's own: from here everything goes on.
	report, out = assault(t, s, func(o *Options) { o.Only = []string{"1"} })
	clean(t, report, out, "1")

	off := deploy(t, testdb.SQLite(t), nil)
	report, out = assault(t, off, func(o *Options) { o.Throttles, o.Only = true, rows })
	if report.Skipped != len(rows) {
		t.Errorf("without throttles not all rows are skipped:\n%s", out)
	}
	if report.Passed+report.Failed > 0 || !strings.Contains(out, "RATE_LIMIT_ENABLED=false?") {
		t.Errorf("without throttles rows have verdicts:\n%s", out)
	}
}

// What users see: the lines, the exit codes, and the report as JSON.
func TestCommand(t *testing.T) {
	s := deploy(t, testdb.SQLite(t), nil)
	var stdout, stderr bytes.Buffer
	if code := start(t.Context(), []string{"-target", s.url, "-only", "22,41,59,68"}, &stdout, &stderr); code != exitClean {
		t.Errorf("exit code %d: %s%s", code, stdout.String(), stderr.String())
	}
	for _, line := range []string{"\n4 passed, 0 failed, 3 skipped (", "skipped(not yet: there is no sign-in by another provider)", "skipped(locks addresses: ask for it with -throttles)"} {
		if !strings.Contains(stdout.String(), line) {
			t.Errorf("there is no %q in\n%s", line, stdout.String())
		}
	}
	stdout.Reset()
	code := start(t.Context(), []string{"-target", s.url, "-only", "22", "-json"}, &stdout, &stderr)
	var report Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil || code != exitClean || report.Passed != 2 || report.Results[0].Attacks == 0 {
		t.Errorf("exit code %d, report %s, %v", code, stdout.String(), err)
	}
}

// What cannot be attacked, or must not, is exit code 2 and no verdict.
func TestNoRun(t *testing.T) {
	for name, args := range map[string][]string{
		"nobody listens":   {"-target", "http://127.0.0.1:1"},
		"not this machine": {"-target", "http://192.0.2.1:8000"},
		"a name elsewhere": {"-target", "http://127.0.0.1:1", "-node2", "http://192.0.2.1"},
		"no URL":           {"-target", "localhost:8000"},
		"a path":           {"-target", "http://localhost:8000/api"},
		"no such row":      {"-only", "1000"},
		"no such flag":     {"-destroy"},
		"an argument":      {"http://localhost:8000"},
		"no time":          {"-timeout", "0s"},
		"too many rounds":  {"-rounds", "100000"},
		"no such key":      {"-keys", "nowhere"},
		"half a pair":      {"-access-key", "x.pem"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			began := time.Now()
			if code := start(t.Context(), args, &stdout, &stderr); code != exitNoRun || stderr.Len() == 0 || strings.Contains(stdout.String(), "passed") {
				t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
			}
			if took := time.Since(began); took > 5*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
}

// Proof from outside: nothing of the service is compiled in.
func TestImports(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		syntax, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, spec := range syntax.Imports {
			path, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			first, _, _ := strings.Cut(path, "/")
			if (strings.Contains(first, ".") || first == "latchkey") && path != "github.com/golang-jwt/jwt/v5" {
				t.Errorf("%s imports %s", file, path)
			}
		}
	}
}

// Each id stands in the table once, and every number of the table is there.
func TestTable(t *testing.T) {
	seen := map[string]bool{}
	for _, x := range table() {
		if seen[x.id] {
			t.Errorf("%s is there twice", x.id)
		}
		seen[x.id] = true
		whole, _, _ := strings.Cut(x.id, ".")
		seen[whole] = true
		if (x.run == nil) == (x.notYet == "") {
			t.Errorf("%s has both or neither of a way to run and a reason not to", x.id)
		}
	}
	for n := 1; n <= 80; n++ {
		if !seen[strconv.Itoa(n)] {
			t.Errorf("%d is missing", n)
		}
	}
}
