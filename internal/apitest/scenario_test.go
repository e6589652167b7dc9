package apitest_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

// settings are what a test starts the service with.
type settings map[string]string

// onBoth runs f against a fresh service on each database, beside other tests.
func onBoth(t *testing.T, with settings, f func(t *testing.T, s *apitest.Server)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) { f(t, apitest.Start(t, url, with)) })
}

// scenario is one request and what its answer must be. What every answer owes is checked as well: see owed.
type scenario struct {
	name    string
	request string // method and path
	body    any
	with    []apitest.Option
	as      *apitest.Browser // a new client unless set

	status   int
	or       []int             // further statuses that are right as well
	code     string            // of the failure; several that are right are separated by |
	fields   []string          // that errors names, these and no others
	contains []string          // in the body
	without  []string          // not in the body
	headers  map[string]string // exactly; "" means absent
	problem  bool              // the answer is a document of RFC 9457
	check    func(t *testing.T, r apitest.Response)
}

// run sends the scenarios of a table one after the other.
func run(t *testing.T, s *apitest.Server, scenarios []scenario) {
	t.Helper()
	for _, c := range scenarios {
		c.run(t, s)
	}
}

// named is the scenario under a name, for tables that are made by loops.
func (c scenario) named(name string) scenario {
	c.name = name
	return c
}

// run sends the scenario in a subtest.
func (c scenario) run(t *testing.T, s *apitest.Server) {
	t.Helper()
	t.Run(c.name, func(t *testing.T) { c.send(t, s) })
}

func (c scenario) send(t *testing.T, s *apitest.Server) apitest.Response {
	t.Helper()
	client := c.as
	if client == nil {
		client = s.Browser(t)
	}
	method, path, _ := strings.Cut(c.request, " ")
	r, err := client.Try(method, path, c.body, c.with...)
	if err != nil {
		t.Fatalf("%s: %v", c.request, err)
	}
	c.judge(t, r)
	return r
}

func (c scenario) judge(t *testing.T, r apitest.Response) {
	t.Helper()
	if r.Status != c.status && !slices.Contains(c.or, r.Status) {
		t.Fatalf("%s: status %d, want %d %v; body %.600s", c.request, r.Status, c.status, c.or, r.Body)
	}
	if c.code != "" && r.Status >= 400 && !slices.Contains(strings.Split(c.code, "|"), r.Code()) {
		t.Errorf("code %q, want %s; body %.600s", r.Code(), c.code, r.Body)
	}
	if c.fields != nil {
		if diff := cmp.Diff(c.fields, fieldsOf(t, r)); diff != "" {
			t.Errorf("errors name other fields (-want +got):\n%s", diff)
		}
	}
	for _, part := range c.contains {
		if !strings.Contains(r.Body, part) {
			t.Errorf("body lacks %q: %.600s", part, r.Body)
		}
	}
	for _, part := range c.without {
		if strings.Contains(r.Body, part) {
			t.Errorf("body holds %q: %.600s", part, r.Body)
		}
	}
	for name, want := range c.headers {
		if got := strings.Join(r.Header.Values(name), ", "); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	switch {
	case c.problem:
		isProblem(t, r)
	case !strings.HasPrefix(c.request, "HEAD "):
		owed(t, r)
	}
	if c.check != nil {
		c.check(t, r)
	}
}

// owed checks what every answer in the envelope owes whatever was asked.
func owed(t *testing.T, r apitest.Response) {
	t.Helper()
	if got := r.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q, want no-store", got)
	}
	if r.Status == http.StatusNoContent {
		if r.Body != "" {
			t.Errorf("204 with a body: %s", r.Body)
		}
		return
	}
	if got := r.Header.Get("Content-Type"); got != "application/json; charset=utf-8" {
		t.Errorf("Content-Type is %q", got)
	}
	body := object(t, r)
	if r.Status < 400 {
		owedKeys(t, body, []string{"status"}, []string{"data", "message", "access_token", "token_type", "expires_in"})
		if body["status"] != "success" {
			t.Errorf(`status is %v, want "success"`, body["status"])
		}
		return
	}
	owedByFailure(t, r, body)
}

func owedByFailure(t *testing.T, r apitest.Response, body map[string]any) {
	t.Helper()
	owedKeys(t, body, []string{"status", "code", "message", "request_id"}, []string{"errors", "error", "error_description"})
	want := "fail"
	if r.Status >= 500 {
		want = "error"
	}
	if body["status"] != want {
		t.Errorf("status is %v, want %q", body["status"], want)
	}
	for _, name := range []string{"code", "message", "request_id"} {
		if text, ok := body[name].(string); !ok || text == "" {
			t.Errorf("%s is %v, want text", name, body[name])
		}
	}
	if (body["code"] == "validation_failed") && len(fieldsOf(t, r)) == 0 {
		t.Errorf("validation failed, and no field is named: %s", r.Body)
	}
	for _, inner := range []string{"SQLSTATE", "sqlite", "goroutine ", "runtime error", ".go:", "json:", "crypto/", "jwt"} {
		if strings.Contains(r.Body, inner) {
			t.Errorf("the failure shows %q: %s", inner, r.Body)
		}
	}
}

// owedKeys checks the names in an object: all of must, any of may, nothing else.
func owedKeys(t *testing.T, object map[string]any, must, may []string) {
	t.Helper()
	for _, name := range must {
		if _, ok := object[name]; !ok {
			t.Errorf("%s is missing in %v", name, object)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(object)) {
		if !slices.Contains(must, name) && !slices.Contains(may, name) {
			t.Errorf("%s is in the answer and not in the contract: %v", name, object)
		}
	}
}

// object reads a body that must be one JSON object.
func object(t *testing.T, r apitest.Response) map[string]any {
	t.Helper()
	var out map[string]any
	if err := json.Unmarshal([]byte(r.Body), &out); err != nil {
		t.Fatalf("status %d, body is no JSON object: %v: %.600s", r.Status, err, r.Body)
	}
	return out
}

// fieldsOf lists the fields that a failed validation names, each once, in order.
func fieldsOf(t *testing.T, r apitest.Response) []string {
	t.Helper()
	names := []string{}
	list, _ := r.JSON("errors").([]any)
	for _, one := range list {
		entry, ok := one.(map[string]any)
		if !ok {
			t.Fatalf("errors holds %v", one)
		}
		owedKeys(t, entry, []string{"field", "code", "message"}, nil)
		name, _ := entry["field"].(string)
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
