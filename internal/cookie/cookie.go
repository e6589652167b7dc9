// Package cookie owns the names, paths and flags of the three cookies: setting, clearing and reading them.
// It must not know what a token means.
package cookie

import (
	"errors"
	"net/http"
	"time"
)

// Names without prefix; production puts __Host- and __Secure- in front of the tokens' (RFC 6265bis section 4.1.3).
const (
	accessName  = "access_token"
	refreshName = "refresh_token"
	hintName    = "logged_in"
)

// Paths. The refresh token is sent only to the routes that need it.
const (
	rootPath    = "/"
	refreshPath = "/api/auth"
)

// ErrAmbiguous means that a request carries two cookies of one token's name: which one the browser
// received from us cannot be told, so neither counts.
var ErrAmbiguous = errors.New("two cookies of one name")

// Settings are the attributes that all cookies share.
type Settings struct {
	Domain   string
	Secure   bool
	SameSite http.SameSite
	Prefixes bool // __Host- and __Secure- names
}

// Jar writes and reads the cookies of one service.
type Jar struct {
	settings        Settings
	access, refresh string
}

// New makes a Jar. That the attributes go together (SameSite=None wants Secure, __Host- wants no Domain)
// was checked where settings are read.
func New(s Settings) *Jar {
	j := &Jar{settings: s, access: accessName, refresh: refreshName}
	if s.Prefixes {
		j.access, j.refresh = "__Host-"+accessName, "__Secure-"+refreshName
	}
	return j
}

// SetAccess sets the access token until its end.
func (j *Jar) SetAccess(w http.ResponseWriter, token string, now, expiresAt time.Time) {
	j.write(w, j.access, token, rootPath, true, maxAge(now, expiresAt))
}

// SetRefresh sets the refresh token and, for as long, the hint that tells a SPA that a refresh can work.
func (j *Jar) SetRefresh(w http.ResponseWriter, token string, now, expiresAt time.Time) {
	age := maxAge(now, expiresAt)
	j.write(w, j.refresh, token, refreshPath, true, age)
	j.write(w, hintName, "true", rootPath, false, age)
}

// Clear removes the three cookies by the attributes with which they were set.
func (j *Jar) Clear(w http.ResponseWriter) {
	j.write(w, j.access, "", rootPath, true, -1)
	j.write(w, j.refresh, "", refreshPath, true, -1)
	j.write(w, hintName, "", rootPath, false, -1)
}

// maxAge counts whole seconds as the token's own claims do, so that no cookie is set for longer than its token lives.
// A token at its end removes the cookie.
func maxAge(now, expiresAt time.Time) int {
	if s := expiresAt.Unix() - now.Unix(); s > 0 {
		return int(s)
	}
	return -1
}

func (j *Jar) write(w http.ResponseWriter, name, value, path string, httpOnly bool, maxAge int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the flags are those of the settings; the hint is for scripts to read
		Name: name, Value: value, Path: path, Domain: j.settings.Domain, MaxAge: maxAge,
		Secure: j.settings.Secure, HttpOnly: httpOnly, SameSite: j.settings.SameSite,
	})
}

// All returns every value of both tokens that a request carries, for a logout, which ends whatever it is shown.
func (j *Jar) All(r *http.Request) (access, refresh []string) {
	return values(r, j.access), values(r, j.refresh)
}

func values(r *http.Request, name string) []string {
	found := r.CookiesNamed(name)
	all := make([]string, 0, len(found))
	for _, c := range found {
		all = append(all, c.Value)
	}
	return all
}

// Access returns the access token of a request, "" when there is none.
func (j *Jar) Access(r *http.Request) (string, error) { return read(r, j.access) }

// Refresh returns the refresh token of a request, "" when there is none.
func (j *Jar) Refresh(r *http.Request) (string, error) { return read(r, j.refresh) }

func read(r *http.Request, name string) (string, error) {
	found := r.CookiesNamed(name)
	switch {
	case len(found) == 0:
		return "", nil
	case len(found) > 1:
		return "", ErrAmbiguous
	case found[0].Quoted:
		// Our tokens need no quotes; with them the value is another one.
		return `"` + found[0].Value + `"`, nil
	default:
		return found[0].Value, nil
	}
}
