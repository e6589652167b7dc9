package token_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"latchkey/internal/token"
)

// The keys of the tests, made once for each run.
var (
	accessKey   = newKey()
	refreshKey  = newKey()
	previousKey = newKey()
	strangerKey = newKey()
)

func newKey() func() *rsa.PrivateKey {
	return sync.OnceValue(func() *rsa.PrivateKey {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return key
	})
}

const (
	issuer   = "https://id.example.com"
	audience = "https://api.example.com"
	canary   = "canary-user"
)

// noon is when the tests take place, a bit after the full second.
var noon = time.Date(2026, 3, 1, 12, 0, 0, 123456000, time.UTC)

func settings() token.Settings {
	return token.Settings{
		Issuer: issuer, Audience: audience,
		Access:  token.KeySet{Signing: accessKey(), Previous: []crypto.PublicKey{&previousKey().PublicKey}},
		Refresh: token.KeySet{Signing: refreshKey()},
		Now:     func() time.Time { return noon },
	}
}

func newService(t testing.TB, s token.Settings) *token.Service {
	t.Helper()
	service, err := token.New(s)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return service
}

var (
	userID    = uuid.MustParse("5e0a1c3e-8a4f-4d57-9b3a-0c1d2e3f4a5b")
	sessionID = uuid.MustParse("0195501d-aaaa-7bbb-8ccc-1234567890ab")
	tokenID   = uuid.MustParse("11111111-2222-4333-8444-555555555555")
)

func access() token.Access {
	return token.Access{
		ID: tokenID, Subject: userID, Session: sessionID, Generation: 7,
		IssuedAt: noon, NotBefore: noon, ExpiresAt: noon.Add(15 * time.Minute), Role: "user", Username: canary,
	}
}

func refresh() token.Refresh {
	return token.Refresh{
		ID: tokenID, Subject: userID, Session: sessionID, Generation: 7, IssuedAt: noon, ExpiresAt: noon.Add(168 * time.Hour),
	}
}

func TestSignedTokensParse(t *testing.T) {
	service := newService(t, settings())
	for name, change := range map[string]func(*token.Access){
		"as it is":          func(*token.Access) {},
		"admin":             func(a *token.Access) { a.Role = "admin" },
		"no username":       func(a *token.Access) { a.Username = "" },
		"odd username":      func(a *token.Access) { a.Username = "\"\\<&>\u2028😀\n" },
		"generation 0":      func(a *token.Access) { a.Generation = 0 },
		"largest numbers":   func(a *token.Access) { a.Generation, a.ExpiresAt = 1<<63-1, time.Unix(253402300799, 0) },
		"another time zone": func(a *token.Access) { a.IssuedAt = noon.In(time.FixedZone("", 7200)) },
	} {
		want := access()
		change(&want)
		raw, err := service.SignAccess(want)
		if err != nil {
			t.Fatalf("%s: SignAccess: %v", name, err)
		}
		got, err := service.ParseAccess(raw)
		if err != nil {
			t.Fatalf("%s: ParseAccess: %v", name, err)
		}
		for _, at := range []*time.Time{&want.IssuedAt, &want.NotBefore, &want.ExpiresAt} {
			*at = at.UTC().Truncate(time.Second)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}

	want := refresh()
	raw, err := service.SignRefresh(want)
	if err != nil {
		t.Fatal(err)
	}
	got, err := service.ParseRefresh(raw)
	if err != nil {
		t.Fatal(err)
	}
	want.IssuedAt, want.ExpiresAt = want.IssuedAt.Truncate(time.Second), want.ExpiresAt.Truncate(time.Second)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("refresh: -want +got\n%s", diff)
	}
}

// TestTokensSayExactlyThis pins the bytes: the services that verify our tokens depend on them.
func TestTokensSayExactlyThis(t *testing.T) {
	for algorithm, keys := range trios() {
		t.Run(algorithm, func(t *testing.T) { saysExactly(t, newService(t, settingsFor(algorithm)), keys) })
	}
}

func saysExactly(t *testing.T, service *token.Service, keys trio) {
	t.Helper()
	signedAccess, err := service.SignAccess(access())
	if err != nil {
		t.Fatal(err)
	}
	signedRefresh, err := service.SignRefresh(refresh())
	if err != nil {
		t.Fatal(err)
	}
	check := func(raw, wantHeader, wantClaims string, key crypto.Signer) {
		t.Helper()
		parts := strings.Split(raw, ".")
		if got := decode(t, parts[0]); got != wantHeader {
			t.Errorf("header\n got %s\nwant %s", got, wantHeader)
		}
		if got := decode(t, parts[1]); got != wantClaims {
			t.Errorf("claims\n got %s\nwant %s", got, wantClaims)
		}
		if !isSignature(key.Public(), parts[0]+"."+parts[1], []byte(decode(t, parts[2]))) {
			t.Error("the signature is not that of the key")
		}
	}
	check(signedAccess, header(keys.access, "at+jwt"), accessClaims, keys.access)
	check(signedRefresh, header(keys.refresh, "rt+jwt"), refreshClaims, keys.refresh)
}

// isSignature verifies by the standard library alone.
func isSignature(key crypto.PublicKey, text string, signature []byte) bool {
	digest := sha256.Sum256([]byte(text))
	switch key := key.(type) {
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	case *ecdsa.PublicKey:
		return len(signature) == 64 &&
			ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:]))
	case ed25519.PublicKey:
		return ed25519.Verify(key, []byte(text), signature)
	}
	return false
}

func TestRefreshTokensAreDeterministic(t *testing.T) {
	for algorithm := range trios() {
		t.Run(algorithm, func(t *testing.T) { deterministic(t, settingsFor(algorithm)) })
	}
}

func deterministic(t *testing.T, s token.Settings) {
	t.Helper()
	first, err := newService(t, s).SignRefresh(refresh())
	if err != nil {
		t.Fatal(err)
	}
	// Another node, another clock, and the times as a database hands them out.
	s.Now = func() time.Time { return noon.Add(time.Hour) }
	same := refresh()
	same.IssuedAt = same.IssuedAt.In(time.FixedZone("", -3600)).Truncate(time.Second)
	second, err := newService(t, s).SignRefresh(same)
	if err != nil || first != second {
		t.Errorf("the second token of the same claims differs (error %v)", err)
	}
	other := refresh()
	other.Generation++
	if third, err := newService(t, s).SignRefresh(other); err != nil || third == first {
		t.Errorf("another generation has the same token (error %v)", err)
	}
}

func TestSignRefusesWhatParseWould(t *testing.T) {
	service := newService(t, settings())
	for name, change := range map[string]func(*token.Access){
		"no id":               func(a *token.Access) { a.ID = uuid.Nil },
		"no subject":          func(a *token.Access) { a.Subject = uuid.Nil },
		"no session":          func(a *token.Access) { a.Session = uuid.Nil },
		"negative generation": func(a *token.Access) { a.Generation = -1 },
		"zero time":           func(a *token.Access) { a.IssuedAt = time.Time{} },
		"not before zero":     func(a *token.Access) { a.NotBefore = time.Time{} },
		"year 10000":          func(a *token.Access) { a.ExpiresAt = time.Unix(253402300800, 0) },
		"no role":             func(a *token.Access) { a.Role = "" },
		"another role":        func(a *token.Access) { a.Role = "Admin" },
		"not UTF-8":           func(a *token.Access) { a.Username = "\xff" },
		"too long":            func(a *token.Access) { a.Username = strings.Repeat("x", 8<<10) },
	} {
		a := access()
		change(&a)
		if raw, err := service.SignAccess(a); err == nil || raw != "" {
			t.Errorf("SignAccess: %s: no error", name)
		}
	}
	for name, change := range map[string]func(*token.Refresh){
		"no id":               func(r *token.Refresh) { r.ID = uuid.Nil },
		"no subject":          func(r *token.Refresh) { r.Subject = uuid.Nil },
		"no session":          func(r *token.Refresh) { r.Session = uuid.Nil },
		"negative generation": func(r *token.Refresh) { r.Generation = -1 },
		"zero time":           func(r *token.Refresh) { r.IssuedAt = time.Time{} },
		"no end":              func(r *token.Refresh) { r.ExpiresAt = time.Time{} },
	} {
		r := refresh()
		change(&r)
		if raw, err := service.SignRefresh(r); err == nil || raw != "" {
			t.Errorf("SignRefresh: %s: no error", name)
		}
	}
}

func TestNewRefusesBadSettings(t *testing.T) {
	newService(t, settings())
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*token.Settings){
		"no issuer":             func(s *token.Settings) { s.Issuer = "" },
		"no audience":           func(s *token.Settings) { s.Audience = "" },
		"issuer not UTF-8":      func(s *token.Settings) { s.Issuer = "\xff" },
		"negative leeway":       func(s *token.Settings) { s.Leeway = -1 },
		"no access key":         func(s *token.Settings) { s.Access.Signing = nil },
		"no refresh key":        func(s *token.Settings) { s.Refresh.Signing = nil },
		"one key for both":      func(s *token.Settings) { s.Refresh.Signing = accessKey() },
		"previous key of other": func(s *token.Settings) { s.Refresh.Previous = []crypto.PublicKey{&previousKey().PublicKey} },
		"weak signing key":      func(s *token.Settings) { s.Access.Signing = weak },
		"weak previous key":     func(s *token.Settings) { s.Refresh.Previous = []crypto.PublicKey{&weak.PublicKey} },
		"weak exponent, previous": func(s *token.Settings) {
			s.Access.Previous = []crypto.PublicKey{&rsa.PublicKey{N: strangerKey().N, E: 3}}
		},
	} {
		s := settings()
		change(&s)
		if _, err := token.New(s); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func decode(t testing.TB, part string) string {
	t.Helper()
	decoded, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded)
}
