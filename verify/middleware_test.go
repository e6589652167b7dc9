package verify_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"

	"latchkey/verify"
	"latchkey/verify/ginverify"
)

// hello answers with the user's id, behind the middleware of net/http or of Gin.
func hello(v *verify.Verifier) map[string]http.Handler {
	plain := http.NewServeMux()
	plain.Handle("/", v.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		claims, _ := verify.FromContext(r.Context())
		_, _ = w.Write([]byte(claims.Subject))
	})))
	plain.Handle("/admin", v.Middleware(v.RequireRole("admin", "owner")(http.NotFoundHandler())))
	plain.Handle("/alone", v.RequireRole("user")(http.NotFoundHandler()))
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.GET("/alone", ginverify.RequireRole(v, "user"), gin.WrapH(http.NotFoundHandler()))
	engine.Use(ginverify.Middleware(v))
	engine.GET("/", func(c *gin.Context) {
		claims, _ := verify.FromContext(c.Request.Context())
		c.String(http.StatusOK, claims.Subject)
	})
	engine.GET("/admin", ginverify.RequireRole(v, "admin", "owner"), gin.WrapH(http.NotFoundHandler()))
	return map[string]http.Handler{"net/http": plain, "gin": engine}
}

// sent makes a request with headers written as name, value, name, value.
func sent(path string, headers ...string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return r
}

func TestWhereTheTokenIsTakenFrom(t *testing.T) {
	i := newIssuer(t)
	good := i.good()
	admin := i.sign(goodHeader, strings.Replace(goodClaims, `"user",`, `"admin",`, 1))
	other := strings.Replace(i.sign(goodHeader, goodClaims), "e", "f", 1)
	const auth, jar = "Authorization", "Cookie"
	for name, c := range map[string]struct {
		cookie  string // Options.Cookie
		path    string
		headers []string
		status  int
		code    string
	}{
		"header":                            {"", "/", []string{auth, "Bearer " + good}, 200, ""},
		"header in lower case, two spaces":  {"", "/", []string{auth, "bearer  " + good}, 200, ""},
		"cookie":                            {verify.Cookie, "/", []string{jar, "access_token=" + good}, 200, ""},
		"cookie in production":              {verify.HostCookie, "/", []string{jar, "__Host-access_token=" + good}, 200, ""},
		"cookie that does not count":        {"", "/", []string{jar, "access_token=" + good}, 401, "access_token_missing"},
		"bare cookie in production":         {verify.HostCookie, "/", []string{jar, "access_token=" + good}, 401, "access_token_missing"},
		"nothing":                           {verify.Cookie, "/", nil, 401, "access_token_missing"},
		"empty cookie":                      {verify.Cookie, "/", []string{jar, "access_token="}, 401, "access_token_missing"},
		"the hint alone":                    {verify.Cookie, "/", []string{jar, "logged_in=true"}, 401, "access_token_missing"},
		"bad header, good cookie":           {verify.Cookie, "/", []string{auth, "Bearer " + other, jar, "access_token=" + good}, 401, "access_token_invalid"},
		"good header, bad cookie":           {verify.Cookie, "/", []string{auth, "Bearer " + good, jar, "access_token=x"}, 200, ""},
		"Bearer alone, good cookie":         {verify.Cookie, "/", []string{auth, "Bearer", jar, "access_token=" + good}, 401, "access_token_invalid"},
		"Basic beside a cookie":             {verify.Cookie, "/", []string{auth, "Basic eDp5", jar, "access_token=" + good}, 200, ""},
		"two headers":                       {verify.Cookie, "/", []string{auth, "Bearer " + good, auth, "Bearer " + good}, 401, "access_token_invalid"},
		"two cookies":                       {verify.Cookie, "/", []string{jar, "access_token=" + good + "; access_token=" + good}, 401, "access_token_invalid"},
		"two cookies, one empty":            {verify.Cookie, "/", []string{jar, "access_token=; access_token=" + good}, 401, "access_token_invalid"},
		"two cookies beside a good header":  {verify.Cookie, "/", []string{auth, "Bearer " + good, jar, "access_token=x; access_token=y"}, 200, ""},
		"quoted cookie":                     {verify.Cookie, "/", []string{jar, `access_token="` + good + `"`}, 401, "access_token_invalid"},
		"token in the query":                {verify.Cookie, "/?access_token=" + good, nil, 401, "access_token_missing"},
		"the right role":                    {"", "/admin", []string{auth, "Bearer " + admin}, 404, ""},
		"another role":                      {"", "/admin", []string{auth, "Bearer " + good}, 403, "forbidden"},
		"a role asked for without sign-in":  {"", "/alone", []string{auth, "Bearer " + good}, 401, "access_token_missing"},
		"no token where a role is asked":    {"", "/admin", nil, 401, "access_token_missing"},
		"two tokens in one header":          {"", "/", []string{auth, "Bearer " + good + ", Bearer " + good}, 401, "access_token_invalid"},
		"another scheme with a token in it": {"", "/", []string{auth, "Token " + good}, 401, "access_token_missing"},
	} {
		v := i.verifier(t, newClock(), func(o *verify.Options) { o.Cookie = c.cookie })
		for kind, handler := range hello(v) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				w := httptest.NewRecorder()
				handler.ServeHTTP(w, sent(c.path, c.headers...))
				if w.Code != c.status {
					t.Fatalf("status %d, want %d: %s", w.Code, c.status, w.Body)
				}
				if c.code != "" {
					refused(t, w, c.code)
				} else if c.status == 200 && w.Body.String() != userID {
					t.Errorf("the handler saw %q", w.Body)
				}
			})
		}
	}
}

// refused checks an answer against the contract: the envelope, the challenge, and that nothing may keep it.
func refused(t *testing.T, w *httptest.ResponseRecorder, code string) {
	t.Helper()
	var body struct {
		Status, Code, Message string
		RequestID             string `json:"request_id"`
	}
	decoder := json.NewDecoder(w.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&body); err != nil {
		t.Fatal(err)
	}
	want := "fail"
	if w.Code >= 500 {
		want = "error"
	}
	if body.Status != want || body.Code != code || body.Message == "" || body.RequestID == "" || body.RequestID != w.Header().Get("X-Request-ID") {
		t.Errorf("envelope %+v, want %s with code %s and the id %q", body, want, code, w.Header().Get("X-Request-ID"))
	}
	if w.Code == 401 && !strings.Contains(body.Message, "You are not logged in") {
		t.Errorf("message %q", body.Message)
	}
	challenge := map[string]string{
		"access_token_missing": `^Bearer realm="latchkey"$`, "forbidden": `^Bearer realm="latchkey", error="insufficient_scope", error_description="[^"]+"$`, "unavailable": `^$`,
	}[code]
	if challenge == "" {
		challenge = `^Bearer realm="latchkey", error="invalid_token", error_description="[^"]+"$`
	}
	if got := w.Header().Get("WWW-Authenticate"); !regexp.MustCompile(challenge).MatchString(got) {
		t.Errorf("WWW-Authenticate is %q, want %s", got, challenge)
	}
	for name, want := range map[string]string{"Content-Type": "application/json; charset=utf-8", "Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"} {
		if got := w.Header().Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

func TestEveryErrorHasItsAnswer(t *testing.T) {
	for err, want := range map[error]struct {
		status int
		code   string
	}{
		verify.ErrMissing: {401, "access_token_missing"}, verify.ErrInvalid: {401, "access_token_invalid"}, verify.ErrExpired: {401, "access_token_expired"},
		verify.ErrRevoked: {401, "session_revoked"}, verify.ErrForbidden: {403, "forbidden"}, verify.ErrUnavailable: {503, "unavailable"}, errors.New("unknown"): {503, "unavailable"},
	} {
		w := httptest.NewRecorder()
		verify.Refuse(w, sent("/"), err)
		if w.Code != want.status || (w.Header().Get("Retry-After") == "1") != (want.status == 503) {
			t.Errorf("%v: status %d, Retry-After %q", err, w.Code, w.Header().Get("Retry-After"))
		}
		refused(t, w, want.code)
	}
}

func TestTheIdOfTheRequest(t *testing.T) {
	for name, c := range map[string]struct{ given, sent, want string }{
		"the service's own":    {"mine", "theirs", "mine"},
		"the client's":         {"", "theirs-1", "theirs-1"},
		"one that is no id":    {"", "a b", ""},
		"one that is too long": {"", strings.Repeat("a", 65), ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			if c.given != "" {
				w.Header().Set("X-Request-ID", c.given)
			}
			verify.Refuse(w, sent("/", "X-Request-ID", c.sent), verify.ErrMissing)
			if got := w.Header().Get("X-Request-ID"); c.want != "" && got != c.want || got == "" || got == "a b" || len(got) > 64 {
				t.Errorf("id %q, want %q", got, c.want)
			}
			refused(t, w, "access_token_missing")
		})
	}
}

// A service may answer in its own words.
func TestARefusalOfOnesOwn(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(t, newClock(), func(o *verify.Options) {
		o.Refuse = func(w http.ResponseWriter, _ *http.Request, err error) {
			if !errors.Is(err, verify.ErrMissing) {
				t.Errorf("error %v", err)
			}
			w.WriteHeader(http.StatusTeapot)
		}
	})
	for kind, handler := range hello(v) {
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, sent("/"))
		if w.Code != http.StatusTeapot {
			t.Errorf("%s: status %d", kind, w.Code)
		}
	}
}

func BenchmarkVerify(b *testing.B) {
	i, c := newIssuer(b), newClock()
	v := i.verifier(b, c, polling(time.Minute))
	raw := i.good()
	for b.Loop() {
		if _, err := v.Verify(b.Context(), raw); err != nil {
			b.Fatal(err)
		}
	}
}
