package apitest_test

import (
	"encoding/base32"
	"fmt"
	"hash/crc32"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

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

func TestKeysEnd(t *testing.T) {
	onBoth(t, settings{"API_KEY_MAX_AGE": "30d"}, func(t *testing.T, s *apitest.Server) {
		b, email := s.SignedIn(t)
		soon := s.Clock.Now().Add(time.Hour).Format(time.RFC3339)
		r := b.Must(http.StatusCreated, b.Do("POST", apiKeys, map[string]any{"name": "Short", "scopes": []string{"profile:read"}, "expires_at": soon}))
		short, _ := r.JSON("data.key").(string)
		long := keyOf(t, b, "profile:read")
		s.Clock.Step(59 * time.Minute)
		scenario{request: me, with: header("X-API-Key", short), status: 200}.named("before its end").run(t, s)
		s.Clock.Step(2 * time.Minute)
		scenario{request: me, with: header("X-API-Key", short), status: 401, code: "api_key_expired", contains: []string{notSignedIn}}.named("after its end").run(t, s)
		s.Clock.Step(30*24*time.Hour - 2*time.Hour)
		scenario{request: me, with: long.byHeader(), status: 200}.named("before the longest life").run(t, s)
		disable(t, s, email)
		scenario{request: me, with: long.byHeader(), status: 401, code: "api_key_invalid"}.named("disabled").run(t, s)
		scenario{request: me, with: long.byBearer(), status: 401, code: "api_key_invalid"}.named("disabled, as a Bearer").run(t, s)
		change(t, s, "UPDATE users SET disabled_at = NULL WHERE email = '"+email+"'")
		scenario{request: me, with: long.byHeader(), status: 200}.named("enabled again").run(t, s)
		s.Clock.Step(2 * time.Hour)
		scenario{request: me, with: long.byHeader(), status: 401, code: "api_key_expired"}.named("after the longest life").run(t, s)
		remove(t, s, email)
		scenario{request: me, with: long.byHeader(), status: 401, code: "api_key_invalid"}.named("gone").run(t, s)
	})
}

func TestNewKeysAreChecked(t *testing.T) {
	onBoth(t, settings{"API_KEY_MAX_AGE": "30d"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		good := map[string]any{"name": "Test", "scopes": []string{"profile:read"}}
		at := func(d time.Duration) string { return s.Clock.Now().Add(d).Format(time.RFC3339) }
		for name, c := range map[string]struct {
			field string
			value any
		}{
			"no name": {"name", absent{}}, "empty name": {"name", " "}, "long name": {"name", strings.Repeat("n", 101)}, "control": {"name", "a\nb"}, "name 7": {"name", 7},
			"no scopes": {"scopes", absent{}}, "empty scopes": {"scopes", []string{}}, "unknown scope": {"scopes", []string{"profile:read", "admin"}}, "no scope": {"scopes", []string{""}},
			"scopes as text": {"scopes", "profile:read"}, "scopes as numbers": {"scopes", []int{1}}, "upper case": {"scopes", []string{"Profile:Read"}}, "null scopes": {"scopes", nil},
			"past": {"expires_at", at(-time.Second)}, "too far": {"expires_at", at(30*24*time.Hour + time.Hour)}, "no time": {"expires_at", "tomorrow"}, "a number": {"expires_at", 7}, "a date": {"expires_at", "2999-01-01"},
		} {
			scenario{request: makeKey, as: b, body: edited(good, c.field, c.value), status: 400, code: "validation_failed", fields: []string{c.field}}.named(name).run(t, s)
		}
		for name, body := range map[string]map[string]any{"twin": good, "null end": edited(good, "expires_at", nil), "an end elsewhere": edited(good, "expires_at", s.Clock.Now().Add(time.Hour).In(time.FixedZone("", 7200)).Format(time.RFC3339))} {
			scenario{request: makeKey, as: b, body: body, status: 201}.named(name).run(t, s)
		}
		scenario{request: makeKey, body: good, status: 401, code: "access_token_missing"}.named("nobody").run(t, s)
	})
}

// The bound holds for many at once.
func TestKeysAreBounded(t *testing.T) {
	onBoth(t, settings{"API_KEYS_PER_USER": "3"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		answers := make(chan int, 12)
		for range cap(answers) {
			go func() {
				answers <- b.Clone().Do("POST", apiKeys, map[string]any{"name": "Test", "scopes": []string{"profile:read"}}).Status
			}()
		}
		counts := map[int]int{}
		for range cap(answers) {
			counts[<-answers]++
		}
		if counts[201] != 3 || counts[409] != 9 {
			t.Errorf("answers %v", counts)
		}
		r := b.Must(http.StatusOK, b.Do("GET", apiKeys, nil))
		list, _ := r.JSON("data.api_keys").([]any)
		id, _ := list[0].(map[string]any)["id"].(string)
		scenario{request: makeKey, as: b, body: map[string]any{"name": "Test", "scopes": []string{"profile:read"}}, status: 409, code: "too_many_api_keys"}.send(t, s)
		b.Must(http.StatusNoContent, b.Do("DELETE", apiKeys+"/"+id, nil))
		keyOf(t, b, "profile:read")
	})
}

// A use is written down at most once a minute.
func TestUseOfAKeyIsShown(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		key := keyOf(t, b, "profile:read")
		used := func() string {
			s.Browser(t).Must(http.StatusOK, s.Browser(t).Do("GET", "/api/users/me", nil, key.byHeader()...))
			r := b.Must(http.StatusOK, b.Do("GET", apiKeys, nil))
			list, _ := r.JSON("data.api_keys").([]any)
			return fmt.Sprint(list[0].(map[string]any)["last_used_at"])
		}
		first := used()
		s.Clock.Step(20 * time.Second)
		if again := used(); again != first {
			t.Errorf("20 seconds later it is %s, was %s", again, first)
		}
		s.Clock.Step(time.Minute)
		if later := used(); later <= first {
			t.Errorf("a minute later it is %s, was %s", later, first)
		}
	})
}

// forged is a key with a right checksum and another secret than the one whose lookup it has.
func forged(key string) string {
	body := key[:15] + strings.Repeat("Z", 26)
	sum := crc32.NewIEEE()
	_, _ = sum.Write([]byte(body))
	return body + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum.Sum(nil))
}

// guess is a key with a right checksum that nobody was given.
const guess = "lk_AAAAAAAAAAAABBBBBBBBBBBBBBBBBBBBBBBBBBB6ORW2A"

func TestGuessesAtKeysAreCounted(t *testing.T) {
	onBoth(t, settings{"RATE_LIMIT_ENABLED": "true", "API_KEY_LIMIT_ADDRESS": "3/1h"}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		key := keyOf(t, b, "profile:read")
		typo := scenario{request: me, with: header("X-API-Key", guess[:47]+"B"), status: 401, code: "api_key_invalid"}
		for range 5 {
			typo.send(t, s)
		}
		for _, wrong := range []string{guess, forged(key.key), guess} {
			scenario{request: me, with: header("X-API-Key", wrong), status: 401, code: "api_key_invalid"}.send(t, s)
		}
		for _, with := range [][]apitest.Option{header("X-API-Key", guess), header("X-API-Key", forged(key.key)), bearer(guess), append(bearer(guess), apitest.Header("X-Forwarded-For", "203.0.113.7"))} {
			r := scenario{request: me, with: with, status: 429, code: "too_many_attempts"}.send(t, s)
			if r.Header.Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
		typo.send(t, s)
		scenario{request: me, with: key.byHeader(), status: 200}.named("the right one is let in").run(t, s)
		alive(t, b)
		var details []string
		err := apitest.Database(t, s.DatabaseURL).Model(&models.Event{}).Where("kind = 'api_key_refused'").Order("id").Pluck("detail", &details).Error
		if want := []string{"unknown_key", "wrong_secret", "unknown_key"}; err != nil || !slices.Equal(details, want) {
			t.Errorf("events %q, want %q; %v", details, want, err)
		}
		for _, line := range []string{`"code":"api_key_invalid"`, `"code":"too_many_attempts"`, `"api_key_id":"` + key.id} {
			if !strings.Contains(s.Logs.String(), line) {
				t.Errorf("the log has no %s", line)
			}
		}
		leaks(t, s, key.key)
	})
}
