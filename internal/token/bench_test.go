package token_test

import (
	"testing"

	"github.com/golang-jwt/jwt/v5"
)

func BenchmarkSignAccess(b *testing.B) {
	service := newService(b, settings())
	claims := access()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.SignAccess(claims); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSignRefresh(b *testing.B) {
	service := newService(b, settings())
	claims := refresh()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.SignRefresh(claims); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAccessAgain is what each request but the first one with a token pays; the first one pays for the signature
// too, which BenchmarkSignatureAlone shows.
func BenchmarkParseAccessAgain(b *testing.B) {
	service := newService(b, settings())
	raw := forge(accessHeader(), accessClaims, accessKey())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.ParseAccess(raw); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkParseRefreshAgain(b *testing.B) {
	service := newService(b, settings())
	raw := forge(refreshHeader(), refreshClaims, refreshKey())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := service.ParseRefresh(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSignatureAlone is the most of what the first request with a token pays.
func BenchmarkSignatureAlone(b *testing.B) {
	raw := forge(accessHeader(), accessClaims, accessKey())
	signed, signature := raw[:len(raw)-343], []byte(decode(b, raw[len(raw)-342:]))
	b.ReportAllocs()
	for b.Loop() {
		if err := jwt.SigningMethodRS256.Verify(signed, signature, &accessKey().PublicKey); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAccessByLibrary is what golang-jwt's own, more lenient parser takes for the same token.
func BenchmarkParseAccessByLibrary(b *testing.B) {
	raw := forge(accessHeader(), accessClaims, accessKey())
	parser := jwt.NewParser(jwt.WithValidMethods([]string{"RS256"}), jwt.WithoutClaimsValidation())
	b.ReportAllocs()
	for b.Loop() {
		claims := jwt.MapClaims{}
		if _, err := parser.ParseWithClaims(raw, claims, func(*jwt.Token) (any, error) { return &accessKey().PublicKey, nil }); err != nil {
			b.Fatal(err)
		}
	}
}
