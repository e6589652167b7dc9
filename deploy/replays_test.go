package deploy_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// replay makes the account's browser lose the answer to a refresh so many times, and ask again.
func replay(t *testing.T, s *apitest.Server, times int) string {
	t.Helper()
	b, email := s.SignedIn(t)
	b.Must(http.StatusOK, b.Do("POST", "/api/auth/refresh", nil)) // lost
	for range times {
		r := b.Must(http.StatusOK, b.Do("POST", "/api/auth/refresh", nil))
		if got := r.Header.Get("X-Refresh-Outcome"); got != "replayed-unused" {
			t.Fatalf("outcome %q", got)
		}
	}
	return email
}

// overtake makes two tabs refresh at once, the second when the first has used its answer.
func overtake(t *testing.T, s *apitest.Server) string {
	t.Helper()
	b, email := s.SignedIn(t)
	tab := b.Clone()
	b.Must(http.StatusOK, b.Send("POST", "/api/auth/refresh", nil))
	b.Must(http.StatusOK, b.Send("GET", "/api/users/me", nil))
	r := tab.Must(http.StatusOK, tab.Do("POST", "/api/auth/refresh", nil))
	if got := r.Header.Get("X-Refresh-Outcome"); got != "replayed-concurrent" {
		t.Fatalf("outcome %q", got)
	}
	return email
}

// "How many refreshes were replays in the last hour, and for whom?" The manual's own queries answer it, on both databases.
func TestManualAnswersHowManyReplaysAndForWhom(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, url, nil)
		s.Clock.Step(-2 * time.Hour)
		replay(t, s, 4) // too long ago to count
		s.Clock.Step(2 * time.Hour)
		before := scrape(t, s)
		three, one, tabs := replay(t, s, 3), replay(t, s, 1), overtake(t, s)
		after := scrape(t, s)

		engine, _, _ := strings.Cut(url, ":")
		got := rows(t, s, manualSQL(t, engine+": replays of the last hour"))
		want := []string{one + " replayed-unused 1", tabs + " replayed-concurrent 1"}
		slices.Sort(want) // by address, where the counts are the same
		want = slices.Insert(want, 0, three+" replayed-unused 3")
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("SQL: replays by account (-want +got):\n%s", diff)
		}
		answered(t, before, after, blocks(t, "promql")[0], `{outcome="replayed-unused"} 4`, `{outcome="replayed-concurrent"} 1`)
		answered(t, before, after, blocks(t, "promql")[1], `{} 0.625`) // 5 of 8
	})
}

// The story of an account has every event of it, the newest first.
func TestManualTellsTheStoryOfAnAccount(t *testing.T) {
	testdb.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, url, nil)
		replay(t, s, 1)
		email := overtake(t, s)
		query := strings.ReplaceAll(manualSQL(t, "both: the story of an account"), "ada@example.com", email)
		query = strings.Replace(query, "e.at, e.kind, e.detail, e.session_id, e.ip, e.user_agent, e.request_id", "e.kind, e.detail, 0", 1)
		want := []string{"refresh replayed-concurrent 0", "refresh rotated 0", "login  0", "registered  0"}
		if diff := cmp.Diff(want, rows(t, s, query)); diff != "" {
			t.Errorf("story (-want +got):\n%s", diff)
		}
	})
}

// manualSQL is the manual's statement with the title.
func manualSQL(t *testing.T, title string) string {
	t.Helper()
	for _, block := range blocks(t, "sql") {
		if strings.HasPrefix(block, "-- "+title+"\n") {
			return block
		}
	}
	t.Fatalf("the manual has no statement %q", title)
	return ""
}

// rows are the results of a query with two texts and a number.
func rows(t *testing.T, s *apitest.Server, query string) (found []string) {
	t.Helper()
	result, err := apitest.Database(t, s.DatabaseURL).Raw(query).Rows()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = result.Close() }()
	for result.Next() {
		var name, detail string
		var n int
		if err := result.Scan(&name, &detail, &n); err != nil {
			t.Fatal(err)
		}
		found = append(found, fmt.Sprintf("%s %s %d", name, detail, n))
	}
	if err := result.Err(); err != nil {
		t.Fatal(err)
	}
	return found
}

// answered lets Prometheus answer a query on an hour that began with one scrape and ended with another.
func answered(t *testing.T, before, after, query string, want ...string) {
	t.Helper()
	start := values(before)
	test := "evaluation_interval: 1m\ntests:\n- interval: 1m\n  input_series:\n"
	for series, end := range values(after) {
		test += fmt.Sprintf("  - series: %s\n    values: %s\n", quoted(t, series), quoted(t, start[series]+"x30 "+end+"x30"))
	}
	test += "  promql_expr_test:\n  - expr: " + quoted(t, query) + "\n    eval_time: 1h\n    exp_samples:\n"
	for _, sample := range want {
		labels, value, _ := strings.Cut(sample, " ")
		test += "    - labels: " + quoted(t, labels) + "\n      value: " + value + "\n"
	}
	promtool(t, "test", "rules", write(t, filepath.Join(t.TempDir(), "answer.yml"), test))
}

// values are the counters of refreshes in a scrape, by series.
func values(scraped string) map[string]string {
	found := map[string]string{}
	for line := range strings.Lines(scraped) {
		if series, value, ok := strings.Cut(line, " "); ok && strings.HasPrefix(series, "latchkey_refreshes_total{") {
			found[series] = strings.TrimSpace(value)
		}
	}
	return found
}
