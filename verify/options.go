package verify

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// The names of the cookie that holds the access token. Which one the issuer sets follows from its settings.
const (
	Cookie     = "access_token"        // in development, and with COOKIE_PREFIXES=false
	HostCookie = "__Host-access_token" // in production: no other host can set it
)

// Options says whom to trust. Issuer, Audience and URL are needed.
type Options struct {
	Issuer   string // iss of the tokens, to the letter: TOKEN_ISSUER, else PUBLIC_URL, of the issuer
	Audience string // what aud must be or hold: TOKEN_AUDIENCE of the issuer
	URL      string // where the issuer is reached; the documents are fetched below its /.well-known/

	Cookie string        // the cookie that counts when there is no Bearer header: Cookie, HostCookie, or "" for none
	Leeway time.Duration // by how much the clocks may differ, in exp, nbf and iat; 0 to 5 min

	RevocationInterval time.Duration // how old the list of revoked sessions may become; 1 s at least, 0 means no list
	RevocationMaxStale time.Duration // for how long an old list serves while no new one can be had; default 1 min
	KeysMaxAge         time.Duration // for how long old keys serve while no new ones can be had; default 24 h

	Client *http.Client     // fetches the documents; default: 5 s timeout, no redirects
	Now    func() time.Time // default time.Now

	// Refuse answers a request that Middleware or RequireRole does not let pass; default Refuse.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

const (
	fetchTimeout = 5 * time.Second
	maxLeeway    = 5 * time.Minute
)

// check says what is wrong.
func (o *Options) check() error {
	switch {
	case o.Issuer == "" || o.Audience == "":
		return errors.New("verify: Issuer and Audience must be set")
	case !isBase(o.URL):
		return fmt.Errorf("verify: URL must be an http or https address without a query, not %q", o.URL)
	case o.Cookie != "" && (&http.Cookie{Name: o.Cookie, Value: "x"}).Valid() != nil: //nolint:gosec // only the name is looked at
		return fmt.Errorf("verify: %q cannot be the name of a cookie", o.Cookie)
	case o.Leeway < 0 || o.Leeway > maxLeeway:
		return fmt.Errorf("verify: Leeway must be 0 to %s, not %s", maxLeeway, o.Leeway)
	case o.RevocationInterval != 0 && o.RevocationInterval < time.Second:
		return fmt.Errorf("verify: RevocationInterval must be 0 or 1s at least, not %s", o.RevocationInterval)
	case o.RevocationMaxStale < 0 || o.KeysMaxAge < 0:
		return errors.New("verify: RevocationMaxStale and KeysMaxAge cannot be negative")
	}
	return nil
}

// isBase reports whether paths can be put behind an address.
func isBase(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && u.RawQuery == "" && u.Fragment == ""
}

// complete fills in the defaults.
func (o *Options) complete() {
	o.URL = strings.TrimSuffix(o.URL, "/")
	o.RevocationMaxStale = max(cmp.Or(o.RevocationMaxStale, time.Minute), o.RevocationInterval)
	o.KeysMaxAge = cmp.Or(o.KeysMaxAge, 24*time.Hour)
	if o.Client == nil {
		o.Client = &http.Client{
			Timeout:       fetchTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Refuse == nil {
		o.Refuse = Refuse
	}
}
