package apitest_test

import (
	"encoding/base32"
	"fmt"
	"hash/crc32"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/models"
)

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
