package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
	"latchkey/verify"
)

func TestMain(m *testing.M) { testdb.Main(m) }

const (
	client = "http://localhost:3000"
	good   = `{"title":"A title","content":"Some content"}`
)

// service is the posts service that trusts a real Latchkey.
type service struct {
	*httptest.Server
	latchkey *apitest.Server
}

// onBoth runs f against the service and a Latchkey on each of its databases.
func onBoth(t *testing.T, f func(t *testing.T, s *service)) {
	t.Helper()
	t.Parallel()
	testdb.Each(t, func(t *testing.T, url string) { f(t, start(t, apitest.Start(t, url, nil))) })
}

func start(t *testing.T, latchkey *apitest.Server) *service {
	t.Helper()
	rows, err := openStore(t.Context(), filepath.Join(t.TempDir(), "posts.db"))
	if err != nil {
		t.Fatal(err)
	}
	handler, err := newHandler(rows, verify.Options{
		Issuer: "latchkey", Audience: "latchkey", URL: latchkey.URL, Cookie: verify.Cookie, RevocationInterval: time.Second,
	}, []string{client})
	if err != nil {
		t.Fatal(err)
	}
	s := &service{httptest.NewServer(handler), latchkey}
	t.Cleanup(func() {
		s.Close()
		rows.close()
	})
	return s
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
	Data   struct {
		Post  postView
		Posts []postView
	}
	Code string
}

// send sends a request with headers written as name, value, name, value; a body is application/json unless they differ.
func (s *service) send(t *testing.T, request, body string, headers ...string) answer {
	t.Helper()
	method, path, _ := strings.Cut(request, " ")
	r, err := http.NewRequestWithContext(t.Context(), method, s.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	res, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	a := answer{status: res.StatusCode, header: res.Header, body: string(text)}
	if len(text) > 0 {
		if err := json.Unmarshal(text, &a); err != nil {
			t.Fatalf("%s: %v: %s", request, err, text)
		}
	}
	return a
}

// must ends the test unless the answer has the status and the code.
func (a answer) must(t *testing.T, status int, code string) answer {
	t.Helper()
	if a.status != status || a.Code != code {
		t.Fatalf("got %d %q, want %d %q: %s", a.status, a.Code, status, code, a.body)
	}
	return a
}

// signedIn returns headers of a new user: by cookie, or by bearer token.
func (s *service) signedIn(t *testing.T, byCookie bool) (*apitest.Browser, []string) {
	t.Helper()
	b, _ := s.latchkey.SignedIn(t)
	if byCookie {
		return b, []string{"Cookie", "access_token=" + b.Cookie("access_token")}
	}
	return b, []string{"Authorization", "Bearer " + b.Cookie("access_token")}
}

func TestPostsAreWrittenReadChangedAndDeleted(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		for _, byCookie := range []bool{true, false} {
			b, ada := s.signedIn(t, byCookie)
			me := b.Do("GET", "/api/users/me", nil)
			made := s.send(t, "POST /posts", `{"title":" First ","content":"Hello","owner_id":"x","id":"y"}`, ada...).must(t, 201, "")
			p := made.Data.Post
			if p.Title != "First" || p.Content != "Hello" || p.OwnerID != me.JSON("data.user.id") || made.header.Get("Location") != "/posts/"+p.ID {
				t.Errorf("made %+v", p)
			}
			if got := s.send(t, "GET /posts/"+p.ID, "", ada...).must(t, 200, "").Data.Post; got != p {
				t.Errorf("read %+v, want %+v", got, p)
			}
			changed := s.send(t, "PUT /posts/"+p.ID, `{"title":"Second","content":"World"}`, ada...).must(t, 200, "").Data.Post
			if changed.Title != "Second" || changed.Content != "World" || changed.OwnerID != p.OwnerID || !changed.CreatedAt.Equal(p.CreatedAt) || changed.UpdatedAt.Before(p.UpdatedAt) {
				t.Errorf("changed %+v", changed)
			}
			s.send(t, "DELETE /posts/"+p.ID, "", ada...).must(t, 204, "")
			for _, request := range []string{"GET", "PUT", "DELETE"} {
				s.send(t, request+" /posts/"+p.ID, map[string]string{"PUT": good}[request], ada...).must(t, 404, "not_found")
			}
		}
	})
}

// The case of the course: what somebody else wrote can be read and not changed.
func TestPostsOfOthersCannotBeChanged(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		_, ada := s.signedIn(t, true)
		_, bob := s.signedIn(t, false)
		p := s.send(t, "POST /posts", good, ada...).must(t, 201, "").Data.Post
		s.send(t, "PUT /posts/"+p.ID, `{"title":"Bob was here","content":"x","owner_id":"`+p.OwnerID+`"}`, bob...).must(t, 403, "forbidden")
		s.send(t, "DELETE /posts/"+p.ID, "", bob...).must(t, 403, "forbidden")
		for _, reader := range [][]string{ada, bob} {
			if got := s.send(t, "GET /posts/"+p.ID, "", reader...).must(t, 200, "").Data.Post; got != p {
				t.Errorf("it is now %+v", got)
			}
			if list := s.send(t, "GET /posts", "", reader...).must(t, 200, "").Data.Posts; len(list) != 1 || list[0] != p {
				t.Errorf("the list is now %+v", list)
			}
		}
	})
}

func TestNobodyGetsInWithoutASignIn(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		b, ada := s.signedIn(t, true)
		p := s.send(t, "POST /posts", good, ada...).must(t, 201, "").Data.Post
		other := apitest.Start(t, testdb.SQLite(t), map[string]string{"TOKEN_AUDIENCE": "another-service"})
		stranger, _ := other.SignedIn(t)
		for name, c := range map[string]struct {
			headers []string
			code    string
		}{
			"nothing":                  {nil, "access_token_missing"},
			"the hint alone":           {[]string{"Cookie", "logged_in=true"}, "access_token_missing"},
			"garbage":                  {[]string{"Authorization", "Bearer garbage"}, "access_token_invalid"},
			"refresh token":            {[]string{"Authorization", "Bearer " + b.Cookie("refresh_token")}, "access_token_invalid"},
			"token for another":        {[]string{"Authorization", "Bearer " + stranger.Cookie("access_token")}, "access_token_invalid"},
			"two cookies":              {[]string{"Cookie", "access_token=x; access_token=" + b.Cookie("access_token")}, "access_token_invalid"},
			"identity of the client's": {[]string{"X-Auth-User", p.OwnerID}, "access_token_missing"},
		} {
			for _, request := range []string{"GET /posts", "POST /posts", "GET /posts/" + p.ID, "PUT /posts/" + p.ID, "DELETE /posts/" + p.ID} {
				body := ""
				if strings.HasPrefix(request, "P") {
					body = good
				}
				a := s.send(t, request, body, c.headers...)
				if a.status != 401 || a.Code != c.code || !strings.HasPrefix(a.header.Get("WWW-Authenticate"), "Bearer ") || !strings.Contains(a.body, `"request_id":"`+a.header.Get("X-Request-ID")) {
					t.Errorf("%s, %s: %d %s", name, request, a.status, a.body)
				}
			}
		}
		if list := s.send(t, "GET /posts", "", ada...).must(t, 200, "").Data.Posts; len(list) != 1 || list[0] != p {
			t.Errorf("the list is now %+v", list)
		}
	})
}

// A logout at Latchkey ends the token here too: within the interval, the second that Latchkey's list may be old, and the
// time of a request.
func TestALogoutIsNoticed(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		b, ada := s.signedIn(t, true)
		_, bob := s.signedIn(t, false)
		s.send(t, "GET /posts", "", ada...).must(t, 200, "")
		b.Must(http.StatusOK, b.Do("POST", "/api/auth/logout", nil))
		out := time.Now()
		for s.send(t, "GET /posts", "", ada...).status == 200 {
			if time.Since(out) > 30*time.Second {
				t.Fatal("the token is still good 30 seconds after the logout")
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Logf("refused %s after the logout", time.Since(out).Round(10*time.Millisecond))
		s.send(t, "POST /posts", good, ada...).must(t, 401, "session_revoked")
		s.send(t, "GET /posts", "", bob...).must(t, 200, "")
	})
}

func TestBodiesThatAreNotTaken(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		_, ada := s.signedIn(t, true)
		p := s.send(t, "POST /posts", good, ada...).must(t, 201, "").Data.Post
		for name, c := range map[string]struct {
			body, media string
			status      int
			code        string
		}{
			"no JSON":           {`{`, "", 400, "malformed_json"},
			"a list":            {`[]`, "", 400, "malformed_json"},
			"a name twice":      {`{"title":"a","title":"b","content":"c"}`, "", 400, "malformed_json"},
			"two values":        {good + good, "", 400, "malformed_json"},
			"invalid UTF-8":     {"{\"title\":\"a\xff\",\"content\":\"c\"}", "", 400, "malformed_json"},
			"another type":      {`{"title":5,"content":"c"}`, "", 400, "malformed_json"},
			"null":              {`null`, "", 400, "validation_failed"},
			"another case":      {`{"Title":"a","content":"c"}`, "", 400, "validation_failed"},
			"no title":          {`{"content":"c"}`, "", 400, "validation_failed"},
			"blank title":       {`{"title":" ","content":"c"}`, "", 400, "validation_failed"},
			"long title":        {`{"title":"` + strings.Repeat("ä", 201) + `","content":"c"}`, "", 400, "validation_failed"},
			"longest title":     {`{"title":"` + strings.Repeat("ä", 200) + `","content":"c"}`, "", 200, ""},
			"long content":      {`{"title":"a","content":"` + strings.Repeat("c", 10001) + `"}`, "", 400, "validation_failed"},
			"over 64 KiB":       {`{"title":"a","content":"c","x":"` + strings.Repeat("x", 64<<10) + `"}`, "", 413, "body_too_large"},
			"a form":            {`title=a&content=c`, "application/x-www-form-urlencoded", 415, "unsupported_media_type"},
			"JSON said as text": {good, "text/plain", 415, "unsupported_media_type"},
		} {
			t.Run(name, func(t *testing.T) {
				with := append([]string{}, ada...)
				if c.media != "" {
					with = append(with, "Content-Type", c.media)
				}
				s.send(t, "PUT /posts/"+p.ID, c.body, with...).must(t, c.status, c.code)
				if c.status != 200 {
					s.send(t, "POST /posts", c.body, with...).must(t, c.status, c.code)
				}
			})
		}
	})
}

func TestAddressesThatAreNotThere(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		_, ada := s.signedIn(t, false)
		for _, id := range []string{"x", "0", "%27%20OR%201=1--", "00000000-0000-0000-0000-000000000000", "%2f", strings.Repeat("a", 5000)} {
			s.send(t, "GET /posts/"+id, "", ada...).must(t, 404, "not_found")
			s.send(t, "DELETE /posts/"+id, "", ada...).must(t, 404, "not_found")
		}
		s.send(t, "GET /", "", ada...).must(t, 404, "not_found")
		s.send(t, "PATCH /posts", good, ada...).must(t, 405, "method_not_allowed")
		s.send(t, "GET /posts?before=x", "", ada...).must(t, 400, "validation_failed")
	})
}

func TestTheListHasPages(t *testing.T) {
	s := start(t, apitest.Start(t, testdb.SQLite(t), nil))
	_, ada := s.signedIn(t, false)
	for n := range postsOfPage + 5 {
		s.send(t, "POST /posts", fmt.Sprintf(`{"title":"%d","content":"c"}`, n), ada...).must(t, 201, "")
	}
	first := s.send(t, "GET /posts", "", ada...).must(t, 200, "").Data.Posts
	if len(first) != postsOfPage || first[0].Title != fmt.Sprint(postsOfPage+4) {
		t.Fatalf("%d posts, the first is %+v", len(first), first[0])
	}
	rest := s.send(t, "GET /posts?before="+first[len(first)-1].ID, "", ada...).must(t, 200, "").Data.Posts
	if len(rest) != 5 || rest[4].Title != "0" {
		t.Errorf("the second page is %+v", rest)
	}
}

// Pages of other origins can make a browser send the cookie, but they get nothing done and nothing read.
func TestPagesOfOtherOrigins(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		_, ada := s.signedIn(t, true)
		evil := append([]string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, ada...)
		s.send(t, "POST /posts", good, evil...).must(t, 403, "cross_origin_request")
		if a := s.send(t, "GET /posts", "", evil...); a.header.Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("a foreign page may read: %v", a.header)
		}
		known := append([]string{"Origin", client, "Sec-Fetch-Site", "same-site"}, ada...)
		a := s.send(t, "POST /posts", good, known...).must(t, 201, "")
		if a.header.Get("Access-Control-Allow-Origin") != client || a.header.Get("Access-Control-Allow-Credentials") != "true" {
			t.Errorf("the known page may not read: %v", a.header)
		}
		for _, method := range []string{"POST", "PUT", "DELETE"} {
			for _, header := range []string{"content-type", "authorization"} {
				preflight := s.send(t, "OPTIONS /posts", "", "Origin", client, "Access-Control-Request-Method", method, "Access-Control-Request-Headers", header)
				methods, headers := preflight.header.Get("Access-Control-Allow-Methods"), strings.ToLower(preflight.header.Get("Access-Control-Allow-Headers"))
				if preflight.status != 204 || !strings.Contains(methods, method) || !strings.Contains(headers, header) {
					t.Errorf("preflight of %s with %s: %d %v", method, header, preflight.status, preflight.header)
				}
			}
		}
	})
}

// A page of a client can read refusals too, whoever makes them: what is wrong, and when to try again.
func TestRefusalsCanBeReadByThePage(t *testing.T) {
	onBoth(t, func(t *testing.T, s *service) {
		_, ada := s.signedIn(t, true)
		_, bob := s.signedIn(t, true)
		p := s.send(t, "POST /posts", good, ada...).must(t, 201, "").Data.Post
		page := []string{"Origin", client, "Sec-Fetch-Site", "same-site"}
		for name, a := range map[string]answer{
			"not signed in": s.send(t, "GET /posts", "", page...).must(t, 401, "access_token_missing"),
			"not the owner": s.send(t, "PUT /posts/"+p.ID, good, append(page, bob...)...).must(t, 403, "forbidden"),
			"not valid":     s.send(t, "POST /posts", `{}`, append(page, bob...)...).must(t, 400, "validation_failed"),
			"not there":     s.send(t, "GET /nowhere", "", append(page, bob...)...).must(t, 404, "not_found"),
		} {
			exposed := strings.ToLower(a.header.Get("Access-Control-Expose-Headers"))
			if a.header.Get("Access-Control-Allow-Origin") != client || a.header.Get("Access-Control-Allow-Credentials") != "true" ||
				!strings.Contains(exposed, "retry-after") || !strings.Contains(exposed, "x-request-id") {
				t.Errorf("%s: %v", name, a.header)
			}
		}
	})
}

// Without the issuer's keys nobody gets in.
func TestLatchkeyIsAway(t *testing.T) {
	latchkey := apitest.Start(t, testdb.SQLite(t), nil)
	b, _ := latchkey.SignedIn(t)
	nowhere := *latchkey
	nowhere.URL = "http://127.0.0.1:1"
	s := start(t, &nowhere)
	s.send(t, "GET /posts", "", "Authorization", "Bearer "+b.Cookie("access_token")).must(t, 503, "unavailable")
}
