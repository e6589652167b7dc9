package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

const mySessions = "/api/users/me/sessions"

// listed are the sessions as the service lists them to the browser.
func listed(t *testing.T, b *apitest.Browser) []map[string]any {
	t.Helper()
	r := b.Must(http.StatusOK, b.Do("GET", mySessions, nil))
	list, ok := r.JSON("data.sessions").([]any)
	if !ok {
		t.Fatalf("no data.sessions in %s", r.Body)
	}
	out := make([]map[string]any, 0, len(list))
	for _, one := range list {
		entry, ok := one.(map[string]any)
		if !ok {
			t.Fatalf("sessions holds %v", one)
		}
		out = append(out, entry)
	}
	return out
}

// currentSession is the id of the one session that the list marks as the browser's own.
func currentSession(t *testing.T, b *apitest.Browser) string {
	t.Helper()
	var ids []string
	for _, entry := range listed(t, b) {
		if entry["current"] == true {
			ids = append(ids, fmt.Sprint(entry["id"]))
		}
	}
	if len(ids) != 1 {
		t.Fatalf("%d sessions are marked as current", len(ids))
	}
	return ids[0]
}

// devices signs in to one new account from n browsers.
func devices(t *testing.T, s *apitest.Server, n int) []*apitest.Browser {
	t.Helper()
	email := apitest.NewEmail()
	scenario{request: register, body: apitest.Registration(email), status: 201}.send(t, s)
	out := make([]*apitest.Browser, n)
	for i := range out {
		out[i] = s.Browser(t)
		out[i].Must(http.StatusOK, out[i].Send("POST", "/api/auth/login", apitest.Credentials(email), apitest.Header("User-Agent", fmt.Sprintf("Device/%d", i))))
	}
	return out
}

func TestSessionsAreListed(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		stranger, _ := s.SignedIn(t)
		browsers := devices(t, s, 3)
		r := scenario{request: "GET " + mySessions, as: browsers[0], status: 200, without: []string{claims(t, stranger, "access_token")["sid"].(string)}}.send(t, s)
		owedKeys(t, object(t, r), []string{"status", "data"}, []string{"message"})
		agents := map[any]string{}
		for _, entry := range listed(t, browsers[0]) {
			owedKeys(t, entry, []string{"id", "current", "created_at", "last_used_at", "expires_at", "user_agent", "ip"}, []string{"device"})
			for _, name := range []string{"created_at", "last_used_at", "expires_at"} {
				if text, _ := entry[name].(string); !utcText.MatchString(text) {
					t.Errorf("%s is %v, want RFC 3339 in UTC", name, entry[name])
				}
			}
			if entry["ip"] != "127.0.0.1" {
				t.Errorf("ip is %v", entry["ip"])
			}
			ends, _ := time.Parse(time.RFC3339Nano, fmt.Sprint(entry["expires_at"]))
			if left := time.Until(ends); left < 6*24*time.Hour || left > 7*24*time.Hour {
				t.Errorf("expires_at is %v from now, want 7 days", left)
			}
			agents[entry["user_agent"]] = fmt.Sprint(entry["id"])
		}
		if len(agents) != 3 {
			t.Errorf("%d sessions, want 3: %v", len(agents), agents)
		}
		for i, b := range browsers {
			id := currentSession(t, b)
			if id != agents[fmt.Sprintf("Device/%d", i)] || id != claims(t, b, "refresh_token")["sid"] {
				t.Errorf("device %d: session %s; by user agent %v; in its token %v", i, id, agents, claims(t, b, "refresh_token")["sid"])
			}
		}
	})
}

func TestOneSessionIsEnded(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		browsers := devices(t, s, 3)
		target := currentSession(t, browsers[1])
		run(t, s, []scenario{
			{name: "ended", request: "DELETE " + mySessions + "/" + target, as: browsers[0], status: 204, headers: map[string]string{"Set-Cookie": ""}},
			{name: "again", request: "DELETE " + mySessions + "/" + target, as: browsers[0], status: 404, code: "session_not_found"},
		})
		dead(t, browsers[1])
		alive(t, browsers[0])
		alive(t, browsers[2])
		if got := len(listed(t, browsers[0])); got != 2 {
			t.Errorf("%d sessions are listed, want 2", got)
		}
		scenario{request: "DELETE " + mySessions + "/" + currentSession(t, browsers[0]), as: browsers[0], status: 204, check: func(t *testing.T, r apitest.Response) {
			wants(t, "its own", tokens("access_token", "refresh_token", cleared), r)
		}}.named("its own").run(t, s)
		dead(t, browsers[0])
		alive(t, browsers[2])
	})
}

func TestOtherSessionsAreEnded(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		stranger, _ := s.SignedIn(t)
		browsers := devices(t, s, 4)
		browsers[3].Must(http.StatusOK, browsers[3].Do("POST", "/api/auth/logout", nil))
		count := func(n float64) func(*testing.T, apitest.Response) {
			return func(t *testing.T, r apitest.Response) {
				if got := r.JSON("data.revoked"); got != n {
					t.Errorf("data.revoked is %v, want %v", got, n)
				}
			}
		}
		run(t, s, []scenario{
			{name: "two others", request: "DELETE " + mySessions, as: browsers[0], status: 200, check: count(2)},
			{name: "none is left", request: "DELETE " + mySessions, as: browsers[0], status: 200, check: count(0)},
		})
		dead(t, browsers[1])
		dead(t, browsers[2])
		alive(t, browsers[0])
		alive(t, stranger)
	})
}

func TestNobodyEndsAnothersSession(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		victims, attacker := devices(t, s, 2), devices(t, s, 1)[0]
		id := currentSession(t, victims[0])
		for name, path := range map[string]string{
			"the id": id, "upper case": strings.ToUpper(id), "braces": "%7B" + id + "%7D", "urn": "urn:uuid:" + id, "no hyphens": strings.ReplaceAll(id, "-", ""),
			"nil": "00000000-0000-0000-0000-000000000000", "max": "ffffffff-ffff-ffff-ffff-ffffffffffff", "star": "*", "always true": "1=1", "encoded": "1%3D1",
			"or": "%27%20OR%20%271%27=%271", "or with the id": id + "%27%20OR%201=1--", "stacked": id + ";DELETE%20FROM%20sessions", "zero": "0", "minus one": "-1",
			"null": "null", "undefined": "undefined", "space": "%20", "NUL": "%00", "id and NUL": id + "%00", "bad UTF-8": "%ff%fe", "percent": "%25", "underscore": "_",
			"two ids": id + "," + id, "me": "me", "current": "current", "all": "all", "true": "true", "union": "x%27%20UNION%20SELECT%20*%20FROM%20sessions--",
			"long": strings.Repeat("a", 5000), "half": id[:18], "id and more": id + "0", "array": "[%22" + id + "%22]",
		} {
			scenario{
				request: "DELETE " + mySessions + "/" + path, as: attacker, status: 404, code: "session_not_found|not_found", headers: map[string]string{"Set-Cookie": ""},
			}.named("DELETE "+name).run(t, s)
			scenario{request: "GET " + mySessions + "/" + path, as: attacker, status: 405, or: []int{404}, code: "method_not_allowed|not_found", without: []string{"user_agent"}}.named("GET "+name).run(t, s)
		}
		run(t, s, []scenario{
			{name: "no id", request: "DELETE " + mySessions + "/", as: attacker, status: 404, code: "not_found|session_not_found"},
			{name: "id in the query", request: "DELETE " + mySessions + "?id=" + id, as: attacker, status: 200, contains: []string{`"revoked":0`}},
			{name: "id in the body", request: "DELETE " + mySessions, body: map[string]any{"id": id, "user_id": id}, as: attacker, status: 200, contains: []string{`"revoked":0`}},
			{name: "list by query", request: "GET " + mySessions + "?user_id=" + fmt.Sprint(claims(t, victims[0], "access_token")["sub"]), as: attacker, status: 200, without: []string{id}},
			{name: "no credentials", request: "DELETE " + mySessions + "/" + id, status: 401, code: "access_token_missing"},
			{name: "no credentials, all", request: "DELETE " + mySessions, status: 401, code: "access_token_missing"},
			{name: "no credentials, list", request: "GET " + mySessions, status: 401, code: "access_token_missing", contains: []string{notSignedIn}},
		})
		if got := len(listed(t, victims[1])); got != 2 {
			t.Errorf("the victim has %d sessions, want 2", got)
		}
		alive(t, attacker)
		alive(t, victims[0])
		scenario{request: "DELETE " + mySessions + "/" + id, as: victims[1], status: 204}.named("twin").run(t, s)
		dead(t, victims[0])
	})
}

func TestSessionsThatEndedAreNotListed(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		browsers := devices(t, s, 3)
		browsers[1].Must(http.StatusOK, browsers[1].Do("POST", "/api/auth/logout", nil))
		if got := len(listed(t, browsers[0])); got != 2 {
			t.Errorf("after a logout %d sessions are listed, want 2", got)
		}
		s.Clock.Step(4 * 24 * time.Hour)
		browsers[0].Must(http.StatusOK, browsers[0].Send("POST", "/api/auth/refresh", nil))
		s.Clock.Step(4 * 24 * time.Hour)
		browsers[0].Must(http.StatusOK, browsers[0].Send("POST", "/api/auth/refresh", nil))
		if got := len(listed(t, browsers[0])); got != 1 {
			t.Errorf("after 8 days without a refresh of the other %d sessions are listed, want 1", got)
		}
	})
}

func TestSessionsOfOneUserAreBounded(t *testing.T) {
	onBoth(t, settings{"MAX_SESSIONS_PER_USER": "3"}, func(t *testing.T, s *apitest.Server) {
		browsers := devices(t, s, 5)
		dead(t, browsers[0])
		dead(t, browsers[1])
		for _, b := range browsers[2:] {
			alive(t, b)
		}
		if got := len(listed(t, browsers[4])); got != 3 {
			t.Errorf("%d sessions are listed, want 3", got)
		}
	})
}
