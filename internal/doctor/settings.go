package doctor

import (
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"latchkey/config"
)

// Settings judges the settings by themselves: what the service would refuse or warn of, and what it takes but does not do
// what was meant.
func Settings(report config.Report) []Finding {
	var found []Finding
	for _, line := range report.Faults {
		found = append(found, sharpen(parseLine(Fail, line), report))
	}
	found = append(found, judgeService(report)...)
	for _, line := range report.Config.Warnings {
		f := parseLine(Warn, line)
		if !slices.ContainsFunc(found, func(other Finding) bool { return other.Level == Fail && other.Subject == f.Subject }) {
			found = append(found, f)
		}
	}
	c := report.Config
	at := ownAddress(c)
	pages := parseOrigins(c.Origins.Client)
	found = append(found, judgeOrigins(report, at)...)
	if !mentions(report.Faults, "COOKIE_") {
		found = append(found, judgeCookies(attributes{c.Cookies.Domain, c.Cookies.Secure, string(c.Cookies.SameSite)}, at, pages)...)
	}
	return found
}

func mentions(faults config.Faults, prefix string) bool {
	return slices.ContainsFunc(faults, func(line string) bool { return strings.HasPrefix(line, prefix) })
}

// ownAddress is where browsers reach the service, as far as settings tell.
func ownAddress(c config.Config) *url.URL {
	if u, ok := parseOrigin(c.HTTP.PublicURL); ok {
		return u
	}
	return &url.URL{Scheme: "http", Host: "localhost:" + strconv.Itoa(c.HTTP.Port)}
}

// sharpen names the very value to write where the loader can only say what is allowed.
func sharpen(f Finding, report config.Report) Finding {
	switch f.Subject {
	case "COOKIE_DOMAIN":
		f.Remedy = "remove COOKIE_DOMAIN: without it the cookies stay with the host that set them"
	case "CLIENT_ORIGIN", "PUBLIC_URL":
		var mended []string
		for entry := range strings.SplitSeq(textOf(report, f.Subject), ",") {
			u, ok := parseOrigin(entry)
			if !ok {
				return f
			}
			mended = append(mended, u.String())
		}
		f.Remedy = "write " + f.Subject + "=" + strings.Join(mended, ",")
	}
	return f
}

func textOf(report config.Report, name string) string {
	for _, v := range report.Values {
		if v.Name == name {
			return v.Text
		}
	}
	return ""
}

// judgeService is about what production needs.
func judgeService(report config.Report) []Finding {
	c := report.Config
	public, hasPublic := parseOrigin(c.HTTP.PublicURL)
	if !c.Production() {
		if hasPublic && !isLoopback(public.Hostname()) {
			return []Finding{warn("APP_ENV", "development, although PUBLIC_URL is "+public.String()+": cookies are not Secure and have no name prefixes",
				"set APP_ENV=production where others can reach the service")}
		}
		return []Finding{ok("APP_ENV", "development")}
	}
	found := []Finding{ok("APP_ENV", "production")}
	switch {
	case !hasPublic:
		found = append(found, warn("PUBLIC_URL", "not set in production", "write the https address that browsers use"))
	case public.Scheme != "https":
		found = append(found, fail("PUBLIC_URL", public.String()+" is not https, but production cookies travel over https only",
			"put TLS in front and write PUBLIC_URL=https://"+public.Host))
	default:
		found = append(found, ok("PUBLIC_URL", public.String()))
	}
	found = append(found, judgeHosts(c.HTTP.AllowedHosts, public)...)
	// The service itself speaks plain HTTP: who reaches it over https comes through a proxy.
	if len(c.HTTP.TrustedProxies) == 0 {
		found = append(found, warn("TRUSTED_PROXIES", "empty, so everybody behind the proxy that ends TLS has the proxy's address, and shares its rate limits",
			"write the proxy's address as the service sees it"))
	} else {
		found = append(found, ok("TRUSTED_PROXIES", fmt.Sprint(c.HTTP.TrustedProxies)))
	}
	if !c.Limits.Enabled {
		found = append(found, warn("RATE_LIMIT_ENABLED", "false in production: passwords can be guessed at full speed", "remove it"))
	}
	return found
}

func judgeHosts(allowed []string, public *url.URL) []Finding {
	switch {
	case len(allowed) == 0:
		return []Finding{warn("ALLOWED_HOSTS", "empty in production, so any Host header is answered", "write the host names of the service")}
	case public != nil && !slices.Contains(allowed, public.Host) && !slices.Contains(allowed, public.Hostname()):
		return []Finding{fail("ALLOWED_HOSTS", "the host of PUBLIC_URL is missing, so the service answers 421 there", "add "+public.Host)}
	}
	return []Finding{ok("ALLOWED_HOSTS", strings.Join(allowed, ", "))}
}

// judgeOrigins is about who CLIENT_ORIGIN names.
func judgeOrigins(report config.Report, at *url.URL) []Finding {
	const name = "CLIENT_ORIGIN"
	if mentions(report.Faults, name) {
		return nil // told already, and what stands there is the default
	}
	var found []Finding
	for _, page := range parseOrigins(report.Config.Origins.Client) {
		_, port, _ := strings.Cut(page.Host, ":")
		switch {
		case page.String() == at.String():
			found = append(found, warn(name, page.String()+" is the service's own address, not that of a page", "write what the browser's address bar shows for your app, up to the port"))
		case page.Scheme == "http" && port == "443", page.Scheme == "https" && port == "80":
			found = append(found, fail(name, page.String()+" joins a scheme with the port of the other one", "write "+page.Scheme+"://"+page.Hostname()))
		case report.Config.Production() && isLoopback(page.Hostname()):
			found = append(found, warn(name, page.String()+" in production lets pages of every visitor's own machine in", "write the origin of the deployed app"))
		case report.Config.Production() && page.Scheme == "http":
			found = append(found, fail(name, page.String()+" is not https: whoever is on the way can change that page and act as its user", "serve the app over https and write "+"https://"+page.Host))
		}
	}
	return orOK(found, name, or(strings.Join(report.Config.Origins.Client, ", "), "none: only pages of the service's own origin"))
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
