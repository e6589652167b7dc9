package token_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/token"
)

// What is remembered of a token is what it says, and nothing of what may have changed since.
func TestARememberedTokenIsLookedAtAgain(t *testing.T) {
	now := noon
	s := settings()
	s.Now = func() time.Time { return now }
	service := newService(t, s)
	raw, err := service.SignAccess(access())
	if err != nil {
		t.Fatal(err)
	}
	first, err := service.ParseAccess(raw)
	if err != nil {
		t.Fatal(err)
	}
	if again, err := service.ParseAccess(raw); err != nil || cmp.Diff(first, again) != "" {
		t.Fatalf("the second time: %v %s", err, cmp.Diff(first, again))
	}
	for name, forged := range map[string]string{
		"another signature": raw[:len(raw)-4] + "AAAA",
		"no signature":      raw[:len(raw)-342],
		"one more octet":    raw + "A",
		"other claims":      forgeParts(accessHeader(), swap(t, accessClaims, `"user"`, `"admin"`), accessKey()) + raw[len(raw)-343:],
	} {
		if _, err := service.ParseAccess(forged); !errors.Is(err, token.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := service.ParseRefresh(raw); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("as a refresh token: %v", err)
	}
	now = first.NotBefore.Add(-time.Second)
	if _, err := service.ParseAccess(raw); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("before its time: %v", err)
	}
	now = first.ExpiresAt
	if _, err := service.ParseAccess(raw); !errors.Is(err, token.ErrExpired) {
		t.Errorf("after its time: %v", err)
	}
	now = noon
	if err := service.UseKeys(token.KeySet{Signing: strangerKey()}, s.Refresh); err != nil {
		t.Fatal(err)
	}
	if _, err := service.ParseAccess(raw); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("after its key was taken away: %v", err)
	}
}

// A key that still stands in the set, but whose turn is over for good, verifies nothing that was remembered either.
func TestARememberedTokenEndsWithItsKey(t *testing.T) {
	now := noon
	s := turns(&now)
	s.Access.Lifetime = time.Minute // shorter than the token, so that its own end is not what is seen
	service := newService(t, s)
	claims := access()
	claims.IssuedAt, claims.ExpiresAt = noon, noon.Add(24*365*time.Hour)
	raw, err := service.SignAccess(claims)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := service.ParseAccess(raw); err != nil {
		t.Fatal(err)
	}
	now = s.Access.Later[0].From.Add(time.Minute)
	if _, err := service.ParseAccess(raw); !errors.Is(err, token.ErrInvalid) {
		t.Errorf("after the end of its key: %v", err)
	}
}
