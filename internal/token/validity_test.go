package token_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"latchkey/internal/token"
)

func TestTokensExpire(t *testing.T) {
	for name, c := range map[string]struct {
		leeway, late time.Duration
		expired      bool
	}{
		"before":                  {0, -time.Nanosecond, false},
		"at exp exactly":          {0, 0, true},
		"a second past":           {0, time.Second, true},
		"past, within the leeway": {5 * time.Second, 4999 * time.Millisecond, false},
		"at the end of leeway":    {5 * time.Second, 5 * time.Second, true},
	} {
		t.Run(name, func(t *testing.T) {
			s := settings()
			s.Leeway = c.leeway
			now := noon
			s.Now = func() time.Time { return now }
			service := newService(t, s)
			rawAccess, errAccess := service.SignAccess(access())
			rawRefresh, errRefresh := service.SignRefresh(refresh())
			if errAccess != nil || errRefresh != nil {
				t.Fatal(errAccess, errRefresh)
			}
			now = access().ExpiresAt.Truncate(time.Second).Add(c.late)
			gotAccess, err := service.ParseAccess(rawAccess)
			if errors.Is(err, token.ErrExpired) != c.expired || errors.Is(err, token.ErrInvalid) || gotAccess.Session != sessionID {
				t.Errorf("access: %v, session %v", err, gotAccess.Session)
			}
			now = refresh().ExpiresAt.Truncate(time.Second).Add(c.late)
			gotRefresh, err := service.ParseRefresh(rawRefresh)
			if errors.Is(err, token.ErrExpired) != c.expired || errors.Is(err, token.ErrInvalid) || gotRefresh.Session != sessionID {
				t.Errorf("refresh: %v, session %v", err, gotRefresh.Session)
			}
		})
	}
}

// Clocks of two nodes may differ by ten seconds and the leeway. Whether the iat of a refresh token can be true is for the
// session to say.
func TestTokensOfTheFuture(t *testing.T) {
	for name, c := range map[string]struct {
		leeway, early time.Duration
		good          bool
	}{
		"from the second of issue on": {0, 0, true},
		"clocks ten seconds apart":    {0, 10 * time.Second, true},
		"a moment too early":          {0, 10*time.Second + time.Nanosecond, false},
		"early, within the leeway":    {5 * time.Second, 15 * time.Second, true},
		"too early for the leeway":    {5 * time.Second, 15001 * time.Millisecond, false},
		"an hour":                     {0, time.Hour, false},
	} {
		s := settings()
		s.Leeway = c.leeway
		s.Now = func() time.Time { return noon.Truncate(time.Second).Add(-c.early) }
		service := newService(t, s)
		claims := access()
		claims.NotBefore = claims.IssuedAt.Add(-token.ClockSkew)
		rawAccess, _ := service.SignAccess(claims)
		if _, err := service.ParseAccess(rawAccess); (err == nil) != c.good {
			t.Errorf("access: %s: %v", name, err)
		}
		rawRefresh, _ := service.SignRefresh(refresh())
		if _, err := service.ParseRefresh(rawRefresh); err != nil {
			t.Errorf("refresh: %s: %v", name, err)
		}
	}
}

func TestKeysRoll(t *testing.T) {
	before := settings()
	before.Access = token.KeySet{Signing: previousKey()}
	old, err := newService(t, before).SignAccess(access())
	if err != nil {
		t.Fatal(err)
	}
	after := settings()
	if _, err := newService(t, after).ParseAccess(old); err != nil {
		t.Errorf("a token of the previous key: %v", err)
	}
	fresh, _ := newService(t, after).SignAccess(access())
	if header := decode(t, strings.Split(fresh, ".")[0]); header != accessHeader() {
		t.Errorf("new tokens are not signed with the new key: %s", header)
	}
	after.Access.Previous = nil
	if _, err := newService(t, after).ParseAccess(old); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("a token of a dropped key: %v", err)
	}
}
