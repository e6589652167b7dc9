package token_test

import (
	"errors"
	"strings"
	"testing"

	"latchkey/internal/token"
)

// FuzzParseAccess: nothing but the very tokens that were signed is accepted, whatever is thrown at the parser.
func FuzzParseAccess(f *testing.F) {
	service, err := token.New(settings())
	if err != nil {
		f.Fatal(err)
	}
	good, err := service.SignAccess(access())
	if err != nil {
		f.Fatal(err)
	}
	over := access()
	over.ExpiresAt = noon
	expired, err := service.SignAccess(over)
	if err != nil {
		f.Fatal(err)
	}
	other, err := service.SignRefresh(refresh())
	if err != nil {
		f.Fatal(err)
	}
	// A seed stands for its token: fuzzing workers make keys of their own.
	for _, seed := range []string{"good", "expired", "refresh", "", "..", "a.b.c", "eyJhbGciOiJub25lIn0.e30."} {
		f.Add(seed, 0, "")
	}
	f.Add("good", 100, "\n")
	f.Add("good", 200, "=")
	f.Fuzz(func(t *testing.T, raw string, at int, noise string) {
		if whole, ok := map[string]string{"good": good, "expired": expired, "refresh": other}[raw]; ok {
			at = max(0, min(at, len(whole)))
			raw = whole[:at] + noise + whole[min(len(whole), at+len(noise)):]
		}
		_, err := service.ParseAccess(raw)
		switch {
		case (err == nil) != (raw == good):
			t.Fatalf("ParseAccess(%q) = %v", raw, err)
		case errors.Is(err, token.ErrExpired) != (raw == expired):
			t.Fatalf("ParseAccess(%q) = %v", raw, err)
		case err != nil && len(raw) > 20 && strings.Contains(err.Error(), raw[:20]):
			t.Fatalf("the error shows the token: %v", err)
		}
	})
}

// FuzzParseClaims signs whatever it is given: what is accepted then has one meaning, and can be signed again.
func FuzzParseClaims(f *testing.F) {
	service, err := token.New(settings())
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{accessClaims, refreshClaims, `{}`, `{"iss":"x","iss":"y"}`, strings.Replace(accessClaims, `"role"`, `"ROLE"`, 1)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, claims string) {
		first, err := service.ParseAccess(forge(accessHeader(), claims, accessKey()))
		if err != nil {
			return
		}
		again, err := service.SignAccess(first)
		if err != nil {
			t.Fatalf("what is accepted cannot be signed: %v", err)
		}
		if second, err := service.ParseAccess(again); err != nil || first != second {
			t.Fatalf("signed again it reads %+v, before %+v (%v)", second, first, err)
		}
	})
}
