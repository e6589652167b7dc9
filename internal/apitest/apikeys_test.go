package apitest_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/apitest"
	"latchkey/models"
)

const (
	apiKeys = "/api/users/me/api-keys"
	makeKey = "POST " + apiKeys
)

var wholeKey = regexp.MustCompile(`^lk_[A-Z2-7]{45}$`)

// apiKey is a key that a test made.
type apiKey struct{ id, key string }

// byHeader and byBearer are the two ways to present a key.
func (k apiKey) byHeader() []apitest.Option { return header("X-API-Key", k.key) }
func (k apiKey) byBearer() []apitest.Option { return bearer(k.key) }

func allScopes() (all []string) {
	for _, scope := range models.Scopes() {
		all = append(all, string(scope))
	}
	return all
}

// keyOf makes a key for the browser's user.
func keyOf(t *testing.T, b *apitest.Browser, scopes ...string) apiKey {
	t.Helper()
	r := b.Must(http.StatusCreated, b.Do("POST", apiKeys, map[string]any{"name": "Test", "scopes": scopes}))
	id, _ := r.JSON("data.api_key.id").(string)
	key, _ := r.JSON("data.key").(string)
	return apiKey{id, key}
}

func TestAPIKeysAreMadeListedAndRevoked(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		other, _ := s.SignedIn(t)
		r := scenario{
			request: makeKey, as: b, body: map[string]any{"name": " Backup ", "scopes": []string{"users:read", "profile:read", "users:read"}}, status: 201,
			headers: map[string]string{"Set-Cookie": "", "Cache-Control": "no-store"}, contains: []string{`"scopes":["profile:read","users:read"]`, `"name":"Backup"`, `"last_used_at":null`},
		}.send(t, s)
		key, _ := r.JSON("data.key").(string)
		id, _ := r.JSON("data.api_key.id").(string)
		prefix, _ := r.JSON("data.api_key.prefix").(string)
		if !wholeKey.MatchString(key) || !strings.HasPrefix(key, prefix) || len(prefix) != 15 {
			t.Errorf("key %s, prefix %s", key, prefix)
		}
		second := keyOf(t, b, "profile:read")
		made := apiKey{id, key}
		scenario{request: me, with: made.byHeader(), status: 200, headers: map[string]string{"Set-Cookie": ""}}.named("by its header").run(t, s)
		scenario{request: me, with: made.byBearer(), status: 200, headers: map[string]string{"Set-Cookie": ""}}.named("as a Bearer").run(t, s)
		scenario{request: me, with: header("Authorization", "bEARER  "+key), status: 200}.named("as a bearer with two spaces").run(t, s)

		r = b.Must(http.StatusOK, b.Do("GET", apiKeys, nil))
		list, _ := r.JSON("data.api_keys").([]any)
		if len(list) != 2 || strings.Contains(r.Body, key) || list[0].(map[string]any)["id"] != second.id || list[1].(map[string]any)["last_used_at"] == nil {
			t.Errorf("listed: %s", r.Body)
		}
		r = other.Must(http.StatusOK, other.Do("GET", apiKeys, nil))
		if list, _ := r.JSON("data.api_keys").([]any); len(list) != 0 {
			t.Errorf("another user's keys are listed: %s", r.Body)
		}
		for _, c := range []scenario{
			{name: "another user's", as: other, request: "DELETE " + apiKeys + "/" + id, status: 404, code: "api_key_not_found"},
			{name: "nobody", request: "DELETE " + apiKeys + "/" + id, status: 401, code: "access_token_missing"},
			{name: "nil", as: b, request: "DELETE " + apiKeys + "/00000000-0000-0000-0000-000000000000", status: 404, code: "api_key_not_found"},
			{name: "upper case", as: b, request: "DELETE " + apiKeys + "/" + strings.ToUpper(id), status: 404, code: "api_key_not_found"},
			{name: "no id", as: b, request: "DELETE " + apiKeys + "/1=1", status: 404, code: "api_key_not_found"},
			{name: "still works", request: me, with: made.byHeader(), status: 200},
			{name: "revoked", as: b, request: "DELETE " + apiKeys + "/" + id, status: 204},
			{name: "twice", as: b, request: "DELETE " + apiKeys + "/" + id, status: 404, code: "api_key_not_found"},
			{name: "works no more", request: me, with: made.byHeader(), status: 401, code: "api_key_invalid", contains: []string{notSignedIn}},
			{name: "works no more as a Bearer", request: me, with: made.byBearer(), status: 401, code: "api_key_invalid"},
			{name: "the other one works", request: me, with: second.byHeader(), status: 200},
		} {
			c.run(t, s)
		}
		var kinds []string
		if err := apitest.Database(t, s.DatabaseURL).Model(&models.Event{}).Where("kind LIKE 'api_key%'").Order("id").Pluck("kind", &kinds).Error; err != nil {
			t.Fatal(err)
		}
		if want := []string{"api_key_created", "api_key_created", "api_key_revoked", "api_key_refused", "api_key_refused"}; !slices.Equal(kinds, want) {
			t.Errorf("events %q, want %q", kinds, want)
		}
		leaks(t, s, key)
	})
}

// leaks looks for a key in the log and in the database.
func leaks(t *testing.T, s *apitest.Server, key string) {
	t.Helper()
	secret := key[15:41]
	if strings.Contains(s.Logs.String(), secret) {
		t.Error("the log holds the key")
	}
	db := apitest.Database(t, s.DatabaseURL)
	var rows []models.APIKey
	var details []string
	if err := db.Find(&rows).Error; err != nil {
		t.Fatal(err)
	}
	if err := db.Model(&models.Event{}).Pluck("detail", &details).Error; err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprintf("%+v %q %s", rows, details, rows[0].Hash); strings.Contains(text, secret) {
		t.Errorf("the database holds the key: %s", text)
	}
}

// Each route with a key of every scope but one, of that one alone, and of all: the matrix of docs/http.md.
func TestScopes(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		id := idOf(t, b)
		all := keyOf(t, b, allScopes()...)
		for _, c := range []struct {
			request string
			body    any
			scope   string
			status  int
		}{
			{me, nil, "profile:read", 200},
			{myMetadata, nil, "profile:read", 200},
			{profile, map[string]any{"name": "Test Person", "photo": "", "metadata": map[string]any{"a": "b"}}, "profile:write", 200},
			{profile, map[string]any{"username": "taken_by_key"}, "", 403},
			{"GET /api/users/" + id, nil, "users:read", 200},
			{"GET " + mySessions, nil, "sessions:read", 200},
			{"DELETE " + mySessions + "/0190c5a0-0000-7000-8000-00000000abcd", nil, "sessions:write", 404},
			{"GET " + apiKeys, nil, "", 403},
			{makeKey, map[string]any{"name": "More", "scopes": allScopes()}, "", 403},
			{"DELETE " + apiKeys + "/" + all.id, nil, "", 403},
		} {
			narrow := scenario{request: c.request, body: c.body, status: 403, code: "insufficient_scope", headers: map[string]string{"Set-Cookie": ""}}
			challenge := `Bearer realm="latchkey", error="insufficient_scope", error_description="The API key is not allowed to do this."`
			if c.status == 403 {
				narrow.with, narrow.headers["WWW-Authenticate"] = all.byHeader(), challenge
				narrow.named(c.request+" with all").run(t, s)
				continue
			}
			scenario{request: c.request, body: c.body, with: all.byHeader(), status: c.status}.named(c.request+" with all").run(t, s)
			one := keyOf(t, b, c.scope)
			scenario{request: c.request, body: c.body, with: one.byBearer(), status: c.status}.named(c.request+" with "+c.scope).run(t, s)
			others := keyOf(t, b, slices.DeleteFunc(allScopes(), func(scope string) bool { return scope == c.scope })...)
			narrow.with, narrow.headers["WWW-Authenticate"] = others.byHeader(), challenge+`, scope="`+c.scope+`"`
			narrow.named(c.request+" without "+c.scope).run(t, s)
			b.Must(http.StatusNoContent, b.Do("DELETE", apiKeys+"/"+one.id, nil))
			b.Must(http.StatusNoContent, b.Do("DELETE", apiKeys+"/"+others.id, nil))
		}
		// Without a session of its own a key ends them all.
		alive(t, b)
		last := keyOf(t, b, "sessions:write")
		scenario{request: "DELETE " + mySessions, with: last.byHeader(), status: 200, contains: []string{`"revoked":1`}}.send(t, s)
		dead(t, b)
		scenario{request: "GET " + mySessions, with: all.byHeader(), status: 200, contains: []string{`"sessions":[]`}}.named("keys outlive sessions").run(t, s)
	})
}

// One credential counts, whole: X-API-Key, then Authorization, then the cookie.
func TestTwoCredentials(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		a, c, d := signedInAs(t, s, "email", "cookie@example.com"), signedInAs(t, s, "email", "bearer@example.com"), signedInAs(t, s, "email", "header@example.com")
		token := c.Cookie("access_token")
		keyC, keyD := keyOf(t, c, "profile:read"), keyOf(t, d, "profile:read")
		both := func(k apiKey, value string) []apitest.Option { return append(k.byHeader(), bearer(value)...) }
		for _, x := range []scenario{
			{name: "key and cookie", as: a, with: keyD.byHeader(), status: 200, contains: []string{"header@"}},
			{name: "key and token", with: both(keyD, token), status: 200, contains: []string{"header@"}},
			{name: "two keys", with: both(keyD, keyC.key), status: 200, contains: []string{"header@"}},
			{name: "all three", as: a, with: both(keyD, keyC.key), status: 200, contains: []string{"header@"}},
			{name: "Bearer key and cookie", as: a, with: keyC.byBearer(), status: 200, contains: []string{"bearer@"}},
			{name: "bad key, good token", with: both(apiKey{"", keyD.key + "A"}, token), status: 401, code: "api_key_invalid"},
			{name: "bad key, good cookie", as: a, with: header("X-API-Key", "x"), status: 401, code: "api_key_invalid"},
			{name: "empty key, good cookie", as: a, with: header("X-API-Key", ""), status: 401, code: "api_key_invalid"},
			{name: "a token as a key", as: a, with: header("X-API-Key", token), status: 401, code: "api_key_invalid"},
			{name: "bad Bearer key, good cookie", as: a, with: bearer("lk_x"), status: 401, code: "api_key_invalid"},
			{name: "good key, bad token", with: both(keyD, "x.y.z"), status: 200, contains: []string{"header@"}},
			{name: "two keys in one name", with: append(keyD.byHeader(), also("X-Api-Key", keyD.key)), status: 401, code: "api_key_invalid"},
			{name: "two Bearers", with: append(keyD.byBearer(), also("Authorization", "Bearer "+keyD.key)), status: 401, code: "access_token_invalid"},
			{name: "Basic beside a key", with: append(keyD.byHeader(), apitest.Header("Authorization", "Basic dXNlcjpwYXNz")), status: 200, contains: []string{"header@"}},
			{name: "key in a cookie", with: cookieLine("access_token=" + keyD.key), status: 401, code: "access_token_invalid"},
			{name: "key without scheme", with: header("Authorization", keyD.key), status: 401, code: "access_token_missing"},
			{name: "key in the query", request: me + "?api_key=" + keyD.key, status: 401, code: "access_token_missing"},
		} {
			if x.request == "" {
				x.request = me
			}
			x.run(t, s)
		}
		narrow := scenario{request: profile, as: a, body: map[string]any{"name": "x"}, with: keyD.byHeader(), status: 403, code: "insufficient_scope"}
		narrow.named("the cookie does not lend its rights").run(t, s)
	})
}

// No key gets a foreign page past the guard, whatever else is sent.
func TestKeysDoNotPassTheGuard(t *testing.T) {
	onBoth(t, withOrigins(), func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		key := keyOf(t, b, allScopes()...)
		for _, from := range fromElsewhere() {
			for _, credentials := range [][]apitest.Option{key.byHeader(), key.byBearer(), header("X-API-Key", "x")} {
				for _, as := range []*apitest.Browser{nil, b} {
					scenario{request: profile, as: as, body: map[string]any{"name": "Evil"}, with: append(slices.Clone(credentials), from.headers...), status: 403, code: "cross_origin_request"}.named(from.name).run(t, s)
				}
			}
		}
		alive(t, b)
		scenario{request: profile, body: map[string]any{"name": "Test Person"}, with: key.byHeader(), status: 200}.named("twin").run(t, s)
	})
}
