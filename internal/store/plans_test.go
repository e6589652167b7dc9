package store_test

import (
	"database/sql"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gorm.io/gorm"

	"latchkey/internal/apitest"
	"latchkey/internal/store"
	"latchkey/internal/testdb"
)

// mayScan are the methods whose statements may read a whole table, and why that is no fault.
var mayScan = map[string]string{
	"CountLiveSessions": "it counts most of the table, at most a million rows, when the metrics are scraped and not for a request",
}

// indexes are dropped one after the other to see that the test would have told: without it this method has to scan.
var indexes = []struct{ engine, name, method string }{
	{"", "users_email_key_lower", "UserByEmail"},
	{"", "users_username_key_lower", "UserByUsername"},
	{"postgres", "users_email_bytes", "UsersAfter"},
	{"postgres", "sessions_user_id", "LiveSessions"}, // SQLite would still search by the end, which is a later than
	{"", "sessions_revoked_at", "RevokedSince"},
	{"postgres", "sessions_expires_on", "PruneSessions"},
	{"", "api_keys_user_id", "APIKeys"},
	{"", "api_keys_expires_at", "PruneAPIKeys"},
	{"", "throttles_tat", "PruneThrottles"},
}

// No statement of the store reads a whole table to find some rows: an index serves each of them, on both engines.
// Nothing is listed by hand: what is sent is taken from the connection, and every place in the code that sends something
// must have been passed.
func TestEveryStatementHasAnIndex(t *testing.T) {
	var everything []sent
	engines := 0
	testdb.Each(t, func(t *testing.T, url string) {
		plain, watched := apitest.Database(t, url), apitest.Database(t, url)
		if plain.Name() == "postgres" {
			seedCrowd(t, plain)
		}
		kept := recording(t, watched)
		l := life{t: t, rows: store.New(watched), now: throttleStart}
		l.all()
		engines++
		everything = append(everything, kept.all...)
		for _, s := range scanning(t, plain, kept.all) {
			if mayScan[s.from] == "" {
				t.Errorf("%s (%s:%d) reads a whole table: %s\n%s", s.from, s.file, s.line, s.sql, strings.Join(s.plan, "\n"))
			}
		}
		for _, index := range indexes {
			if index.engine != "" && index.engine != plain.Name() {
				continue
			}
			if err := plain.Exec("DROP INDEX " + index.name).Error; err != nil {
				t.Fatal(err)
			}
			found := scanning(t, plain, kept.all)
			if !slices.ContainsFunc(found, func(s planned) bool { return s.from == index.method }) {
				t.Errorf("without the index %s nothing was said of %s", index.name, index.method)
			}
		}
	})
	if engines == 2 {
		everyMethodWasCalled(t, everything)
		everyPlaceWasPassed(t, everything)
	}
}

// planned is a statement and how the database would find its rows.
type planned struct {
	sent
	plan []string
}

// The lines of a plan that tell of a whole table: PostgreSQL names it, SQLite names it or its alias. SQLite also walks along
// an index for the order's sake, which is well where a LIMIT ends it.
var (
	wholeTable = regexp.MustCompile(`Seq Scan on (users|sessions|events|api_keys|user_metadata|throttles)\b|^SCAN [a-z_]+$`)
	wholeIndex = regexp.MustCompile(`^SCAN [a-z_]+ USING `)
)

func (p planned) scans() bool {
	return slices.ContainsFunc(p.plan, wholeTable.MatchString) ||
		slices.ContainsFunc(p.plan, wholeIndex.MatchString) && !strings.Contains(p.sql, " LIMIT ")
}

func scanning(t *testing.T, db *gorm.DB, all []sent) (found []planned) {
	t.Helper()
	explain := map[string]string{"postgres": "EXPLAIN ", "sqlite": "EXPLAIN QUERY PLAN "}[db.Name()]
	pool, err := db.DB()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		if p := (planned{s, lines(t, pool, db.Name(), explain+s.sql, s.args)}); p.scans() {
			found = append(found, p)
		}
	}
	return found
}

// lines are those of a plan.
func lines(t *testing.T, pool *sql.DB, engine, query string, args []any) (plan []string) {
	t.Helper()
	rows, err := pool.QueryContext(t.Context(), query, args...)
	if err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var line string
		into := []any{&line}
		if engine == "sqlite" {
			into = []any{&id, &parent, &unused, &line}
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, line)
	}
	if err := rows.Err(); err != nil {
		t.Fatalf("%v in %s", err, query)
	}
	return plan
}

// everyMethodWasCalled keeps a new method of the store from being forgotten.
func everyMethodWasCalled(t *testing.T, all []sent) {
	t.Helper()
	for method := range reflect.TypeFor[*store.Store]().Methods() {
		if !slices.ContainsFunc(all, func(s sent) bool { return s.from == method.Name }) {
			t.Errorf("%s was not called, or sent nothing: call it in plans_calls_test.go", method.Name)
		}
	}
	for method := range mayScan {
		if !slices.ContainsFunc(all, func(s sent) bool { return s.from == method }) {
			t.Errorf("%s may scan, and is no method that sends anything", method)
		}
	}
}

// senders are the methods of gorm that send what was put together.
var senders = []string{
	"Exec", "Scan", "Rows", "Row", "Find", "First", "Last", "Take", "Pluck", "Count", "Create", "CreateInBatches", "Save", "Update", "Updates", "Delete",
}

// everyPlaceWasPassed keeps a new statement of a method that is called from being forgotten.
func everyPlaceWasPassed(t *testing.T, all []sent) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok || !sends(call) {
				return true
			}
			places++
			first, last := set.Position(call.Pos()).Line, set.Position(call.End()).Line
			if !slices.ContainsFunc(all, func(s sent) bool { return s.file == name && first <= s.line && s.line <= last }) {
				t.Errorf("%s sends something that was not seen: make plans_calls_test.go pass there", fmt.Sprint(name, ":", last))
			}
			return true
		})
	}
	if places < 30 {
		t.Errorf("only %d places were found that send something: the test sees too little", places)
	}
}

// sends reports whether a call is one of gorm's that send. Rows that have come are scanned by the same word.
func sends(call *ast.CallExpr) bool {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || !slices.Contains(senders, method.Sel.Name) {
		return false
	}
	on, plain := method.X.(*ast.Ident)
	return !plain || on.Name != "rows"
}
