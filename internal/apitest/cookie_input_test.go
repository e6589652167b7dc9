package apitest_test

import (
	"fmt"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

const refresh = "POST /api/auth/refresh"

func cookieLine(value string) []apitest.Option { return header("Cookie", value) }

// A browser sends two cookies of one name when somebody planted the second: there is no telling which is its own.
func TestTwoCookiesOfOneNameAreRefused(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		mine, email := s.SignedIn(t)
		planted, _ := s.SignedIn(t)
		a, b := mine.Cookie("access_token"), planted.Cookie("access_token")
		r1, r2 := mine.Cookie("refresh_token"), planted.Cookie("refresh_token")
		for name, line := range map[string]string{
			"mine first": "access_token=" + a + "; access_token=" + b, "planted first": "access_token=" + b + "; access_token=" + a,
			"garbage first": "access_token=x; access_token=" + a, "garbage last": "access_token=" + a + "; access_token=x",
			"empty first": "access_token=; access_token=" + a, "apart": "access_token=" + a + "; x=y; access_token=" + b,
			"the same twice": "access_token=" + a + "; access_token=" + a,
		} {
			scenario{request: me, with: cookieLine(line), status: 401, code: "access_token_invalid", without: []string{email}}.named("access "+name).run(t, s)
		}
		for name, line := range map[string]string{
			"mine first": "refresh_token=" + r1 + "; refresh_token=" + r2, "planted first": "refresh_token=" + r2 + "; refresh_token=" + r1,
			"garbage last": "refresh_token=" + r1 + "; refresh_token=x",
		} {
			for _, method := range []string{"POST", "GET"} {
				scenario{request: method + " /api/auth/refresh", with: cookieLine(line), status: 401, code: "refresh_token_invalid"}.named(method+" refresh "+name).run(t, s)
			}
		}
		run(t, s, []scenario{
			{name: "in two lines", request: me, with: options(also("Cookie", "access_token="+a), also("Cookie", "access_token="+b)), status: 401, code: "access_token_invalid"},
			{name: "two hints do no harm", request: me, with: cookieLine("logged_in=true; access_token=" + a + "; logged_in=false"), status: 200, contains: []string{email}},
			{name: "twin access", request: me, with: cookieLine("access_token=" + a), status: 200, contains: []string{email}},
			{name: "twin refresh", request: refresh, with: cookieLine("refresh_token=" + r1), status: 200},
		})
		alive(t, planted)
	})
}

func TestCookiesOfOtherNamesAreNotRead(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		lookAlikes(t, s, b.Cookie("access_token"), b.Cookie("refresh_token"), "access_token", "refresh_token", []string{
			"__Host-access_token", "__Secure-access_token", "Access_Token", "ACCESS_TOKEN", "access_token2", "xaccess_token", "access-token", "$access_token",
			"\u2000access_token", "\u0085access_token", "\u00A0access_token", "access_token\u2000", "access%5Ftoken", `"access_token"`,
		})
	})
}

func TestInProductionCookiesWithoutPrefixAreNotRead(t *testing.T) {
	onBoth(t, settings{
		"APP_ENV": "production", "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2", "CLIENT_ORIGIN": "https://app.example.com",
		"PUBLIC_URL": "https://api.example.com", "COOKIE_SECURE": "true",
	}, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		lookAlikes(t, s, b.Cookie("__Host-access_token"), b.Cookie("__Secure-refresh_token"), "__Host-access_token", "__Secure-refresh_token", []string{
			"access_token", "__host-access_token", "__HOST-access_token", "__Secure-access_token", "\u2000__Host-access_token", "\u0085__Host-access_token",
			"__Host-\u2000access_token", "Host-access_token", "_Host-access_token", "$__Host-access_token",
		})
	})
}

// lookAlikes sends good tokens under names that are nearly right; the names of refresh cookies are made from those of access cookies.
func lookAlikes(t *testing.T, s *apitest.Server, access, refreshToken, accessName, refreshName string, names []string) {
	t.Helper()
	run(t, s, []scenario{
		{name: "twin access", request: me, with: cookieLine(accessName + "=" + access), status: 200},
		{name: "twin refresh", request: refresh, with: cookieLine(refreshName + "=" + refreshToken), status: 200},
	})
	for _, name := range names {
		scenario{request: me, with: cookieLine(name + "=" + access), status: 401, code: "access_token_missing"}.named(fmt.Sprintf("%q", name)).run(t, s)
		other := strings.NewReplacer("access", "refresh", "Access", "Refresh", "ACCESS", "REFRESH").Replace(name)
		if other == refreshName || other == "__Secure-refresh_token" {
			continue
		}
		scenario{
			request: refresh, with: cookieLine(other + "=" + refreshToken), status: 401, code: "refresh_token_missing", headers: map[string]string{"Set-Cookie": ""},
		}.named(fmt.Sprintf("%q", other)).run(t, s)
	}
}

func TestOddCookieValuesAreRefused(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		odd := func(token string) map[string]string {
			return map[string]string{
				"in quotes": `"` + token + `"`, "first letter escaped": "%65" + token[1:], "all dots escaped": strings.ReplaceAll(token, ".", "%2E"),
				"%00": token + "%00", "%0d%0a": token + "%0d%0aSet-Cookie:x=y", "%41": "%41", "5 kB": strings.Repeat("a", 5000), "quote": `"`, "comma": token + ",",
				"bytes above 127": token + "\xff\xfe", "JSON": `{"token":1}`, "true": "true", "null": "null", "nested": "access_token=" + token, "plus": token + "+",
				"space before": " " + token + " x",
			}
		}
		for name, value := range odd(b.Cookie("access_token")) {
			scenario{
				request: me, with: cookieLine("access_token=" + value), status: 401, code: "access_token_invalid|access_token_missing", headers: map[string]string{"Set-Cookie": ""},
			}.named("access "+name).run(t, s)
		}
		for name, value := range odd(b.Cookie("refresh_token")) {
			scenario{
				request: refresh, with: cookieLine("refresh_token=" + value), status: 401, code: "refresh_token_invalid|refresh_token_missing",
			}.named("refresh "+name).run(t, s)
		}
		run(t, s, []scenario{
			{name: "beside odd ones", request: me, with: cookieLine(`a="b; =; ;; $Version=1; x; theme=%00; access_token=` + b.Cookie("access_token")), status: 200},
			{name: "broken byte", request: me, with: cookieLine("access_token=\x80"), status: 401},
		})
		alive(t, b)
	})
}

// Browsers keep some 180 cookies for a host; far more are somebody's attempt to push the tokens out of reach.
func TestFullJars(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b, _ := s.SignedIn(t)
		for count, or := range map[int][]int{100: nil, 400: nil, 2999: {401, 431}, 3000: {401, 431}, 3001: {401, 431}, 20000: {401, 431}} {
			var line strings.Builder
			for i := range count - 1 {
				fmt.Fprintf(&line, "c%d=v; ", i)
			}
			for request, name := range map[string]string{me: "access_token", refresh: "refresh_token", "POST /api/auth/logout": "x"} {
				t.Run(fmt.Sprintf("%d %s", count, request), func(t *testing.T) {
					whole := line.String() + name + "=" + b.Cookie(name)
					scenario{request: request, with: cookieLine(whole), status: 200, or: or}.send(t, s)
					scenario{request: me, as: b, status: 200}.send(t, s)
				})
			}
		}
	})
}
