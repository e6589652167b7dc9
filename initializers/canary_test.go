package initializers_test

import (
	"crypto/rand"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/initializers"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

// sweep is a run whose secrets are unique, so that any trace of them can be found.
type sweep struct {
	t       *testing.T
	s       *apitest.Server
	secrets map[string]string // what each is
}

// secret makes one up: letters and digits only, so that no encoding hides it.
func (w *sweep) secret(what string) string {
	v := "Canary" + rand.Text()
	w.secrets[v] = what
	return v
}

var jwt = regexp.MustCompile(`[\w-]{10,}\.[\w-]{10,}\.[\w-]{10,}`)

// learn keeps every token in an answer as a secret, its signature also by itself.
func (w *sweep) learn(r apitest.Response) apitest.Response {
	all := r.Body
	for _, c := range r.Cookies {
		all += " " + c.Value
	}
	for _, found := range jwt.FindAllString(all, -1) {
		w.secrets[found] = "token"
		w.secrets[found[strings.LastIndexByte(found, '.')+1:]] = "signature"
	}
	return r
}

func (w *sweep) do(b *apitest.Browser, method, path string, body any, options ...apitest.Option) apitest.Response {
	w.t.Helper()
	return w.learn(b.Keep(b.Do(method, path, body, options...)))
}

// everyday is a life of an account, with its failures.
func (w *sweep) everyday(b *apitest.Browser, email, password string) {
	wrong := func() map[string]any { return map[string]any{"email": email, "password": w.secret("wrong password")} }
	w.do(b, "POST", "/api/auth/register", map[string]any{"name": "A", "email": email, "password": password, "passwordConfirm": w.secret("mistyped password")})
	b.Must(http.StatusCreated, w.do(b, "POST", "/api/auth/register", map[string]any{"name": "A", "email": email, "username": "Ada", "password": password, "passwordConfirm": password}))
	w.do(b, "POST", "/api/auth/register", map[string]any{"name": "A", "email": email, "password": password, "passwordConfirm": password})
	w.do(b, "POST", "/api/auth/login", wrong())
	b.Must(http.StatusOK, w.do(b, "POST", "/api/auth/login", map[string]any{"email": email, "password": password}))
	before := b.Clone()
	b.Must(http.StatusOK, w.do(b, "POST", "/api/auth/refresh", nil))
	b.Must(http.StatusOK, w.do(before.Clone(), "POST", "/api/auth/refresh", nil))
	b.Must(http.StatusOK, w.do(b, "GET", "/api/users/me", nil))
	w.s.Clock.Step(time.Hour)
	b.Must(http.StatusOK, w.do(b, "POST", "/api/auth/refresh", nil))
	b.Must(http.StatusUnauthorized, w.do(before, "POST", "/api/auth/refresh", nil)) // theft
	b.Must(http.StatusOK, w.do(b, "POST", "/api/auth/login", map[string]any{"username": "ada", "password": password}))
	b.Must(http.StatusOK, w.do(b, "GET", "/api/users/me/sessions", nil))
}

// misplaced sends secrets where none belong.
func (w *sweep) misplaced(b *apitest.Browser, secret string) {
	stranger := w.s.Browser(w.t)
	escaped := url.QueryEscape(secret)
	for _, path := range []string{"/", "/api/" + escaped, "/api/users/me?token=" + escaped, "/api/auth/session?" + escaped + "=1", "/api/users/me/sessions/" + escaped} {
		for _, method := range []string{"GET", "DELETE", "POST"} {
			if path != "/" || method != "DELETE" {
				w.do(b.Clone(), method, path, nil)
			}
		}
	}
	for _, name := range []string{
		"User-Agent", "Authorization", "Cookie", "Origin", "Referer", "Accept", "Host", "Content-Type", "Content-Encoding", "Traceparent", "Tracestate", "Baggage", "X-Forwarded-For", "If-None-Match", "Sec-Fetch-Site",
	} {
		for _, value := range []string{secret, "Bearer " + secret, "access_token=" + secret + "; refresh_token=" + secret + "; " + secret + "=1"} {
			w.do(stranger, "POST", "/api/auth/refresh", "{}", apitest.Header(name, value))
			w.do(b.Clone(), "GET", "/api/users/me", nil, apitest.Header(name, value))
		}
	}
	for _, body := range []any{
		map[string]any{"email": secret, "password": secret},
		map[string]any{"email": secret + "@example.com", "password": secret},
		map[string]any{"username": secret, "password": secret},
		map[string]any{secret: secret},
		map[string]any{"email": []string{secret}, "password": map[string]any{secret: 1}},
		map[string]any{"name": secret + "\x00", "email": secret, "photo": secret, "username": secret + "!", "password": secret, "passwordConfirm": "x"},
		`{"` + secret + `":1,"` + secret + `":2}`, `{"EMAIL":"` + secret + `"}`, `{"email":"` + secret, secret, `"` + secret + `"`, `{"email":"` + secret + "\xff\"}", `{"email":` + secret + `}`, `{} ` + secret,
	} {
		w.do(stranger, "POST", "/api/auth/login", body)
		w.do(stranger, "POST", "/api/auth/register", body)
		w.do(b.Clone(), "PATCH", "/api/users/me", body)
	}
}

// find lists where secrets, or what hides them thinly, stand in a text.
func (w *sweep) find(where, text string) {
	w.t.Helper()
	if strings.Contains(text, "$argon2id$") {
		w.t.Errorf("%s: a password hash", where)
	}
	for secret, what := range w.secrets {
		for _, form := range []string{secret, base64.StdEncoding.EncodeToString([]byte(secret))} {
			if at := strings.Index(text, form); at >= 0 {
				w.t.Errorf("%s holds a %s: …%s…", where, what, text[max(0, at-200):min(len(text), at+100)])
			}
		}
	}
}

// No secret stands in the log, at whatever level, or among the measurements (ASVS 16.2.5), neither in everyday use, nor
// where secrets were sent to the wrong place, nor when the database fails.
func TestCanariesAreNowhereToBeFound(t *testing.T) {
	t.Parallel()
	for engine, start := range map[string]func(testing.TB) string{"sqlite": testdb.SQLite, "postgres": testdb.Postgres} {
		format := map[string]string{"sqlite": "text", "postgres": "json"}[engine]
		t.Run(engine+" "+format, func(t *testing.T) {
			t.Parallel()
			database := start(t)
			traces := collect(t)
			w := &sweep{t: t, s: observed(t, database, format, traces.to(nil)), secrets: map[string]string{}}
			b, email, password := w.s.Browser(t), apitest.NewEmail(), w.secret("password")
			w.everyday(b, email, password)
			w.misplaced(b, password)
			w.misplaced(b, b.Cookie("access_token"))
			w.misplaced(b, b.Cookie("refresh_token"))
			if err := apitest.Database(t, database).Exec("ALTER TABLE events RENAME TO lost").Error; err != nil {
				t.Fatal(err)
			}
			b.Must(http.StatusServiceUnavailable, w.do(b.Clone(), "POST", "/api/auth/login", map[string]any{"email": email, "password": password}))
			w.misplaced(b, password)
			b.Must(http.StatusServiceUnavailable, w.do(b, "POST", "/api/auth/logout", nil))

			scraped := httptest.NewRecorder()
			w.s.App.Metrics.ServeHTTP(scraped, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
			w.find("the log", w.s.Logs.String())
			w.find("the metrics", scraped.Body.String())
			w.s.App.Close() // sends the last traces
			w.find("the traces", traces.bytes())
			for _, said := range []string{email, "127.0.0.1", "@example.com", "Go-http-client"} {
				if strings.Contains(traces.bytes(), said) {
					t.Errorf("the traces hold %q", said)
				}
			}
			if n := len(traces.spans()); n < 400 {
				t.Errorf("only %d spans: the sweep saw too little", n)
			}
			if lines := strings.Count(w.s.Logs.String(), "\n"); lines < 400 || len(w.secrets) < 12 || !strings.Contains(w.s.Logs.String(), "refresh_token_reused") {
				t.Errorf("only %d lines and %d secrets: the sweep saw too little", lines, len(w.secrets))
			}
			if !strings.Contains(scraped.Body.String(), `latchkey_refreshes_total{outcome="refresh_token_reused"} 1`) {
				t.Error("the measurements are not those of this run")
			}
		})
	}
}

// observed starts a service whose log holds all that the program would ever write.
func observed(t *testing.T, database, format string, settings map[string]string) *apitest.Server {
	t.Helper()
	logs, clock := &apitest.Logs{}, apitest.NewClock(time.Now().Truncate(time.Second))
	app, err := initializers.New(t.Context(), apitest.Config(t, database, settings), initializers.Outside{
		Log: initializers.NewLogger(config.Log{Level: "debug", Format: format}, logs), Now: clock.Now,
	})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(app.Handler)
	t.Cleanup(func() {
		server.Close()
		app.Close()
	})
	return &apitest.Server{URL: server.URL, DatabaseURL: database, App: app, Clock: clock, Logs: logs}
}
