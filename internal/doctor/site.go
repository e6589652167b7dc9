package doctor

import (
	"net/netip"
	"net/url"
	"strings"

	"golang.org/x/net/publicsuffix"
)

// site is the scheme and registrable domain of an address, by which browsers tell same-site from cross-site
// (HTML standard, "same site"). Without a registrable domain it is the host.
func site(u *url.URL) string {
	host := u.Hostname()
	if _, err := netip.ParseAddr(host); err == nil {
		return u.Scheme + "://" + host
	}
	if domain, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		host = domain
	}
	return u.Scheme + "://" + host
}

// isLoopback reports whether a host is this machine.
func isLoopback(host string) bool {
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback() || host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// isPrivate reports whether an address is of this machine or of a private network.
func isPrivate(text string) bool {
	address, err := netip.ParseAddr(text)
	return err == nil && (address.IsLoopback() || address.IsPrivate() || address.IsLinkLocalUnicast())
}

// isSuffix reports whether nobody can own a domain, such as co.uk.
func isSuffix(domain string) bool {
	suffix, listed := publicsuffix.PublicSuffix(domain)
	return suffix == domain && (listed || strings.Contains(domain, "."))
}

// within reports whether a cookie of the domain is sent to the host (RFC 6265 section 5.1.3).
func within(host, domain string) bool {
	_, err := netip.ParseAddr(host)
	return err != nil && (host == domain || strings.HasSuffix(host, "."+domain))
}

// parseOrigin reads the address of a page or of a service and cuts it down to its origin.
func parseOrigin(text string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, false
	}
	origin := &url.URL{Scheme: u.Scheme, Host: strings.ToLower(u.Host)}
	if origin.Scheme == "http" && origin.Port() == "80" || origin.Scheme == "https" && origin.Port() == "443" {
		origin.Host = strings.TrimSuffix(origin.Host, ":"+origin.Port())
	}
	return origin, true
}

// parseOrigins leaves out what is no origin.
func parseOrigins(texts []string) []*url.URL {
	var found []*url.URL
	for _, text := range texts {
		if u, ok := parseOrigin(text); ok {
			found = append(found, u)
		}
	}
	return found
}

// Origin is the normal form of a page's origin, "" when the text is none.
func Origin(text string) string {
	if u, ok := parseOrigin(text); ok {
		return u.String()
	}
	return ""
}
