package token_test

import (
	"crypto"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/token"
)

var (
	secondKey = newKey()
	thirdKey  = newKey()
)

// turns are settings in which three refresh keys and two access keys take turns, with the clock in the test's hand.
func turns(now *time.Time) token.Settings {
	s := settings()
	s.Access = token.KeySet{Signing: accessKey(), Later: []token.LaterKey{{From: turn, Private: previousKey()}}, Lifetime: 15 * time.Minute}
	s.Refresh = token.KeySet{
		Signing:  refreshKey(),
		Later:    []token.LaterKey{{From: turn, Private: secondKey()}, {From: turn.Add(24 * time.Hour), Private: thirdKey()}},
		Lifetime: 7 * 24 * time.Hour,
	}
	s.Now = func() time.Time { return *now }
	return s
}

// turn is when the second keys begin to sign.
var turn = noon.Truncate(time.Second).Add(time.Hour)

func kid(t *testing.T, raw string) string {
	t.Helper()
	var header struct{ Kid string }
	if err := json.Unmarshal([]byte(decode(t, strings.Split(raw, ".")[0])), &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}

// The token's iat decides, whatever the clock says: this is what makes a replay the same on every node and at any time.
func TestTheIssueDecidesWhoSigns(t *testing.T) {
	for _, clock := range []time.Time{noon, turn.Add(-time.Hour), turn, turn.Add(100 * time.Hour)} {
		service := newService(t, turns(&clock))
		for name, c := range map[string]struct {
			issued time.Time
			want   *rsa.PrivateKey
		}{
			"long before":       {turn.Add(-1000 * time.Hour), refreshKey()},
			"a moment before":   {turn.Add(-time.Microsecond), refreshKey()},
			"at the turn":       {turn, secondKey()},
			"a moment after":    {turn.Add(time.Microsecond), secondKey()},
			"before the third":  {turn.Add(24*time.Hour - time.Microsecond), secondKey()},
			"at the third turn": {turn.Add(24 * time.Hour), thirdKey()},
			"long after":        {turn.Add(1000 * time.Hour), thirdKey()},
		} {
			claims := refresh()
			claims.IssuedAt, claims.ExpiresAt = c.issued, c.issued.Add(7*24*time.Hour)
			raw, err := service.SignRefresh(claims)
			if err != nil || kid(t, raw) != token.Thumbprint(&c.want.PublicKey) {
				t.Errorf("at %v, issued %s: signed by %s (error %v)", clock, name, kid(t, raw), err)
			}
			// The claims hold the second alone: whoever signs from them again comes to the same key.
			claims.IssuedAt = claims.IssuedAt.Truncate(time.Second)
			if again, err := service.SignRefresh(claims); err != nil || again != raw {
				t.Errorf("at %v, issued %s: another token the second time (error %v)", clock, name, err)
			}
		}
	}
}

func TestKeysVerifyFromTheirPublicationToTheEndOfTheirLastToken(t *testing.T) {
	clock := noon
	s := turns(&clock)
	service := newService(t, s)
	sign := func(key *rsa.PrivateKey, issued time.Time) string {
		t.Helper()
		one := s
		one.Access = token.KeySet{Signing: key}
		claims := access()
		claims.IssuedAt, claims.NotBefore, claims.ExpiresAt = issued, issued, issued.Add(15*time.Minute)
		raw, err := newService(t, one).SignAccess(claims)
		if err != nil {
			t.Fatal(err)
		}
		return raw
	}
	last := turn.Add(-time.Second)
	old, fresh := sign(accessKey(), last), sign(previousKey(), turn)
	for _, c := range []struct {
		at        time.Time
		raw       string
		want      error
		published []*rsa.PrivateKey
	}{
		{last, old, nil, []*rsa.PrivateKey{previousKey(), accessKey()}},
		{turn, old, nil, []*rsa.PrivateKey{previousKey(), accessKey()}},
		{turn, fresh, nil, []*rsa.PrivateKey{previousKey(), accessKey()}},
		{last.Add(15*time.Minute - time.Nanosecond), old, nil, []*rsa.PrivateKey{previousKey(), accessKey()}},
		{last.Add(15 * time.Minute), old, token.ErrExpired, []*rsa.PrivateKey{previousKey(), accessKey()}},
		{turn.Add(15*time.Minute - time.Nanosecond), sign(accessKey(), turn), nil, []*rsa.PrivateKey{previousKey(), accessKey()}},
		{turn.Add(15 * time.Minute), sign(accessKey(), turn.Add(time.Minute)), token.ErrInvalid, []*rsa.PrivateKey{previousKey()}},
		{turn.Add(15 * time.Minute), sign(previousKey(), turn.Add(time.Minute)), nil, []*rsa.PrivateKey{previousKey()}},
	} {
		clock = c.at
		if _, err := service.ParseAccess(c.raw); !errors.Is(err, c.want) {
			t.Errorf("at %v: %v, want %v", c.at, err, c.want)
		}
		var want []string
		for _, key := range c.published {
			want = append(want, token.Thumbprint(&key.PublicKey))
		}
		if diff := cmp.Diff(want, kids(t, service)); diff != "" {
			t.Errorf("key set at %v: -want +got\n%s", c.at, diff)
		}
	}
}

// kids lists the published keys.
func kids(t *testing.T, service *token.Service) (all []string) {
	t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal(service.JWKS(), &set); err != nil {
		t.Fatal(err)
	}
	for _, k := range set.Keys {
		all = append(all, k.Kid)
	}
	return all
}

// A key that a setting lists as a previous one verifies as long as it is listed, and one that is there twice until the
// later end.
func TestListedKeysHaveNoEnd(t *testing.T) {
	clock := turn.Add(1000 * time.Hour)
	s := turns(&clock)
	s.Access.Previous = []crypto.PublicKey{&accessKey().PublicKey}
	if got := kids(t, newService(t, s)); len(got) != 2 {
		t.Errorf("keys %v", got)
	}
	s.Access = token.KeySet{Signing: accessKey(), Later: []token.LaterKey{{From: turn, Private: accessKey()}}, Lifetime: time.Minute}
	if got := kids(t, newService(t, s)); len(got) != 1 {
		t.Errorf("keys %v", got)
	}
}

func TestUseKeysChangesAllOrNothing(t *testing.T) {
	clock := noon
	s := turns(&clock)
	service := newService(t, s)
	before := string(service.JWKS())
	for name, change := range map[string]func(access, refresh *token.KeySet){
		"no key":          func(a, _ *token.KeySet) { a.Signing = nil },
		"one for both":    func(_, r *token.KeySet) { r.Later[1].Private = previousKey() },
		"two of one turn": func(_, r *token.KeySet) { r.Later[1].From = r.Later[0].From },
		"out of order":    func(_, r *token.KeySet) { r.Later[0], r.Later[1] = r.Later[1], r.Later[0] },
		"a turn too soon": func(a, _ *token.KeySet) { a.Later[0].From = time.Time{} },
	} {
		bad := turns(&clock)
		change(&bad.Access, &bad.Refresh)
		if err := service.UseKeys(bad.Access, bad.Refresh); err == nil || string(service.JWKS()) != before {
			t.Errorf("%s: error %v, and the key set changed: %v", name, err, string(service.JWKS()) != before)
		}
	}
	if err := service.UseKeys(token.KeySet{Signing: strangerKey()}, s.Refresh); err != nil {
		t.Fatal(err)
	}
	if got := kids(t, service); len(got) != 1 || got[0] != token.Thumbprint(&strangerKey().PublicKey) {
		t.Errorf("keys %v", got)
	}
}

// Whoever signs and verifies while the keys change sees the old set or the new one. It is for the race detector.
func TestKeysChangeUnderway(t *testing.T) {
	clock := noon
	s := turns(&clock)
	service := newService(t, s)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for range 20 {
				raw, err := service.SignRefresh(refresh())
				if err == nil {
					_, err = service.ParseRefresh(raw)
				}
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 20 {
		if err := service.UseKeys(s.Access, s.Refresh); err != nil {
			t.Error(err)
		}
		service.JWKS()
	}
	all.Wait()
}

func TestLaterKeysDoNotShowTheirKeys(t *testing.T) {
	clock := noon
	set := turns(&clock).Refresh
	encoded, err := json.Marshal(map[string]any{"set": set, "later": set.Later})
	if err != nil {
		t.Fatal(err)
	}
	d := secondKey().D.String()[:20]
	if strings.Contains(string(encoded), d) || !strings.Contains(set.String(), "2 later") {
		t.Errorf("%s %s", encoded, set)
	}
}
