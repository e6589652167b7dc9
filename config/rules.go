package config

import (
	"fmt"
	"strings"
	"time"
)

// argonFloors are the least costs of argon2id that are thought safe
// (OWASP Password Storage Cheat Sheet): memory in KiB, iterations; one lane.
var argonFloors = [][2]uint32{{19456, 2}, {47104, 1}, {12288, 3}}

// applyRules derives what depends on several settings and checks them against each other.
func (d *draft) applyRules() {
	d.resolveDatabase()
	d.resolveLifetimes()
	d.resolveIssuer()
	d.checkKeys()
	d.checkProxies()
	d.resolveCookies()
	d.checkPassword()
	d.resolveTraces()
	if d.Accounts.RegisterLogsIn && d.Accounts.RequireVerifiedEmail {
		d.Accounts.RegisterLogsIn = false
		d.warn("REGISTER_LOGS_IN: has no effect while REQUIRE_VERIFIED_EMAIL is true; set one of them to false")
	}
	d.resolveTokenEndpoint()
	if d.docsByEnv {
		d.HTTP.Docs = !d.Production()
	}
	if d.Log.Format == "auto" {
		d.Log.Format = "text"
		if d.Production() {
			d.Log.Format = "json"
		}
	}
}

func (d *draft) resolveLifetimes() {
	d.resolveLifetime("ACCESS_TOKEN", d.accessMinutes, &d.Tokens.AccessLifetime)
	d.resolveLifetime("REFRESH_TOKEN", d.refreshMinutes, &d.Tokens.RefreshLifetime)
	known := d.ok("ACCESS_TOKEN_EXPIRED_IN", "ACCESS_TOKEN_MAXAGE", "REFRESH_TOKEN_EXPIRED_IN", "REFRESH_TOKEN_MAXAGE")
	if known && d.Tokens.AccessLifetime > d.Tokens.RefreshLifetime {
		d.warn(fmt.Sprintf("ACCESS_TOKEN_EXPIRED_IN: access tokens live %s, longer than refresh tokens with %s; make them shorter",
			spanText(d.Tokens.AccessLifetime), spanText(d.Tokens.RefreshLifetime)))
	}
}

// resolveLifetime lets the minutes of _MAXAGE count where _EXPIRED_IN is not set.
func (d *draft) resolveLifetime(prefix string, minutes int, lifetime *time.Duration) {
	span, maxAge := prefix+"_EXPIRED_IN", prefix+"_MAXAGE"
	if !d.explicit[maxAge] || !d.ok(span, maxAge) {
		return
	}
	other := time.Duration(minutes) * time.Minute
	switch {
	case !d.explicit[span]:
		*lifetime = other
	case other != *lifetime:
		d.warn(fmt.Sprintf("%s: %d minutes differ from %s=%s, which counts; remove one of them",
			maxAge, minutes, span, spanText(*lifetime)))
	}
}

func (d *draft) resolveIssuer() {
	if d.Production() && strings.HasPrefix(d.HTTP.PublicURL, "http://") {
		d.warn(fmt.Sprintf("PUBLIC_URL: %q is not https, but production cookies travel over https only; write https://host", d.HTTP.PublicURL))
	}
	if d.Tokens.Issuer == "" {
		d.Tokens.Issuer = d.HTTP.PublicURL
	}
	if d.Tokens.Issuer == "" {
		d.Tokens.Issuer = "latchkey"
	}
}

// resolveTokenEndpoint keeps access tokens out of every body when they are to stay in cookies.
func (d *draft) resolveTokenEndpoint() {
	if d.Tokens.AccessInBody || !d.ok("ACCESS_TOKEN_IN_BODY", "TOKEN_ENDPOINT") {
		return
	}
	if d.Tokens.Endpoint && d.explicit["TOKEN_ENDPOINT"] {
		d.fault("TOKEN_ENDPOINT: it answers with an access token in the body, which ACCESS_TOKEN_IN_BODY=false forbids; set one of them otherwise")
	}
	d.Tokens.Endpoint = false
}

func (d *draft) checkProxies() {
	for _, prefix := range d.HTTP.TrustedProxies {
		if prefix.Bits() == 0 {
			d.refuse(fmt.Sprintf("TRUSTED_PROXIES: %q lets everybody forge their address; write the addresses of your proxies", prefix))
		}
	}
}

func (d *draft) resolveCookies() {
	cookies := &d.Cookies
	if d.Production() {
		if d.explicit["COOKIE_SECURE"] && !cookies.Secure && d.ok("COOKIE_SECURE") {
			d.fault("COOKIE_SECURE: false is not possible in production; write true or remove it")
		}
		cookies.Secure = true
		cookies.Prefixes = d.cookiePrefixes
	}
	if cookies.SameSite == None && !cookies.Secure && d.ok("COOKIE_SECURE", "APP_ENV") {
		d.fault("COOKIE_SAMESITE: None needs Secure cookies, or browsers drop them; set COOKIE_SECURE=true or write Lax or Strict")
	}
	if cookies.Domain != "" && cookies.Prefixes {
		d.fault("COOKIE_DOMAIN: __Host- cookies cannot have a Domain; set COOKIE_PREFIXES=false or remove COOKIE_DOMAIN")
	}
}

func (d *draft) checkPassword() {
	if !d.ok("PASSWORD_MEMORY_KIB", "PASSWORD_ITERATIONS", "PASSWORD_PARALLELISM") {
		return
	}
	cost := d.Password
	// RFC 9106 section 3.1: argon2 needs 8 KiB for each lane.
	if lanes := uint32(cost.Parallelism); cost.MemoryKiB < 8*lanes {
		d.fault(fmt.Sprintf("PASSWORD_MEMORY_KIB: %d is too little for %d lanes; write at least %d or lower PASSWORD_PARALLELISM",
			cost.MemoryKiB, lanes, 8*lanes))
		return
	}
	for _, floor := range argonFloors {
		if cost.MemoryKiB >= floor[0] && cost.Iterations >= floor[1] {
			return
		}
	}
	d.refuse(fmt.Sprintf("PASSWORD_MEMORY_KIB: %d/%d/%d (memory/iterations/parallelism) is weaker than is safe; write at least 19456/2/1, 47104/1/1 or 12288/3/1",
		cost.MemoryKiB, cost.Iterations, cost.Parallelism))
}
