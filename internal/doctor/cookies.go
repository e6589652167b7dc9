package doctor

import (
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// attributes are those of a cookie, as they are set or as they were seen.
type attributes struct {
	Domain   string
	Secure   bool
	SameSite string // Lax, Strict or None
}

// judgeCookies says what a browser does with cookies of the service at an address, for pages of the origins.
func judgeCookies(c attributes, at *url.URL, pages []*url.URL) []Finding {
	found := append(judgeDomain(c, at), judgeSecure(c, at)...)
	return append(found, judgeSameSite(c, at, pages)...)
}

func judgeDomain(c attributes, at *url.URL) []Finding {
	const name, remove = "COOKIE_DOMAIN", "remove COOKIE_DOMAIN: without it the cookies stay with the host that set them"
	domain := strings.TrimPrefix(c.Domain, ".")
	_, notAddress := netip.ParseAddr(domain)
	switch {
	case domain == "":
		return []Finding{ok(name, "not set, so the cookies stay with "+at.Hostname())}
	case notAddress == nil, domain == "localhost":
		return []Finding{fail(name, "browsers accept no cookie with Domain="+domain, remove)}
	case isSuffix(domain):
		return []Finding{fail(name, domain+" is a public suffix, under which browsers accept no cookie", "write a domain of your own, or "+remove)}
	case !within(at.Hostname(), domain):
		return []Finding{fail(name, fmt.Sprintf("browsers at %s drop cookies with Domain=%s", at.Hostname(), domain),
			"reach the service at a host of "+domain+", or "+remove)}
	}
	return []Finding{ok(name, domain+" covers "+at.Hostname())}
}

func judgeSecure(c attributes, at *url.URL) []Finding {
	const name = "COOKIE_SECURE"
	switch {
	case c.Secure && at.Scheme == "http" && isLoopback(at.Hostname()):
		return []Finding{warn(name, "cookies are Secure but "+at.String()+" is http: some browsers keep them on this machine, Safari does not",
			"set COOKIE_SECURE=false and APP_ENV=development on this machine, or put TLS in front")}
	case c.Secure && at.Scheme == "http":
		return []Finding{fail(name, "cookies are Secure but "+at.String()+" is http, so browsers drop them and nobody can sign in",
			"put TLS in front and use the https address")}
	case !c.Secure && at.Scheme == "https":
		return []Finding{warn(name, "cookies are not Secure although "+at.String()+" is https, so they travel over http as well",
			"set APP_ENV=production, or COOKIE_SECURE=true")}
	case c.Secure:
		return []Finding{ok(name, "cookies travel over https only")}
	}
	return []Finding{ok(name, "not Secure, which http at "+at.Host+" needs")}
}

func judgeSameSite(c attributes, at *url.URL, pages []*url.URL) []Finding {
	const name = "COOKIE_SAMESITE"
	if c.SameSite == "None" && !c.Secure {
		return []Finding{fail(name, "None without Secure: browsers drop such cookies", "set COOKIE_SECURE=true, or COOKIE_SAMESITE=Lax")}
	}
	var found []Finding
	cross := false
	for _, page := range pages {
		if site(page) == site(at) {
			continue
		}
		cross = true
		found = append(found, judgeCrossSite(c, at, page))
	}
	if c.SameSite == "None" && !cross && len(pages) > 0 {
		found = append(found, warn(name, "None, although every page of CLIENT_ORIGIN is of the service's own site", "set COOKIE_SAMESITE=Lax"))
	}
	return orOK(found, name, c.SameSite+" fits the pages of CLIENT_ORIGIN")
}

// judgeCrossSite is about a page of another site than the service's.
func judgeCrossSite(c attributes, at, page *url.URL) Finding {
	const name = "COOKIE_SAMESITE"
	between := fmt.Sprintf("to browsers %s and %s are two sites", page, at)
	switch {
	case c.SameSite == "None":
		return warn(name, between+": None lets the cookies through, but not where third-party cookies are blocked (Safari always does)",
			"serve page and service below one domain, then set COOKIE_SAMESITE=Lax")
	case isLoopback(page.Hostname()) && isLoopback(at.Hostname()) && page.Scheme == at.Scheme:
		return fail("CLIENT_ORIGIN", fmt.Sprintf("%s, so %s cookies are not sent with its requests", between, c.SameSite),
			"use one name for both, as in "+page.Scheme+"://"+page.Hostname()+portOf(at)+" for the service")
	case page.Hostname() == at.Hostname() || strings.TrimPrefix(site(page), page.Scheme) == strings.TrimPrefix(site(at), at.Scheme):
		return fail("CLIENT_ORIGIN", fmt.Sprintf("%s because one is http and the other https, so %s cookies are not sent", between, c.SameSite),
			"serve both over https")
	}
	return fail(name, fmt.Sprintf("%s, so %s cookies are not sent with the page's requests", between, c.SameSite),
		"serve both below one domain, or set COOKIE_SAMESITE=None with COOKIE_SECURE=true over https")
}

func portOf(u *url.URL) string {
	if p := u.Port(); p != "" {
		return ":" + p
	}
	return ""
}
