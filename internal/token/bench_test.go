package token_test

import (
	"strings"
	"testing"

	"github.com/golang-jwt/jwt/v5"

	"latchkey/internal/token"
)

// algorithms runs a benchmark once for each.
func algorithms(b *testing.B, run func(b *testing.B, keys trio, service *token.Service)) {
	b.Helper()
	for _, algorithm := range []string{token.RS256, token.ES256, token.EdDSA} {
		b.Run(algorithm, func(b *testing.B) {
			b.ReportAllocs()
			run(b, trios()[algorithm], newService(b, settingsFor(algorithm)))
		})
	}
}

func BenchmarkSignAccess(b *testing.B) {
	claims := access()
	algorithms(b, func(b *testing.B, _ trio, service *token.Service) {
		for b.Loop() {
			if _, err := service.SignAccess(claims); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkSignRefresh(b *testing.B) {
	claims := refresh()
	algorithms(b, func(b *testing.B, _ trio, service *token.Service) {
		for b.Loop() {
			if _, err := service.SignRefresh(claims); err != nil {
				b.Fatal(err)
			}
		}
	})
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
	methods := map[string]jwt.SigningMethod{
		token.RS256: jwt.SigningMethodRS256, token.ES256: jwt.SigningMethodES256, token.EdDSA: jwt.SigningMethodEdDSA,
	}
	algorithms(b, func(b *testing.B, keys trio, _ *token.Service) {
		raw := forge(header(keys.access, "at+jwt"), accessClaims, keys.access)
		dot := strings.LastIndex(raw, ".")
		signed, signature := raw[:dot], []byte(decode(b, raw[dot+1:]))
		method, public := methods[algorithmOf(keys.access)], keys.access.Public()
		for b.Loop() {
			if err := method.Verify(signed, signature, public); err != nil {
				b.Fatal(err)
			}
		}
	})
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
