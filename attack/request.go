package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The routes under attack.
const (
	registerPath = "/api/auth/register"
	loginPath    = "/api/auth/login"
	refreshPath  = "/api/auth/refresh"
	logoutPath   = "/api/auth/logout"
	lookPath     = "/api/auth/session" // not every deployment has it
	mePath       = "/api/users/me"
	sessionsPath = "/api/users/me/sessions"
	jwksPath     = "/.well-known/jwks.json"
	healthPath   = "/livez"
)

// request is one HTTP request as data. Its methods return changed copies.
type request struct {
	method, path string
	header       [][2]string
	body         string
	node         int    // index of the node that gets it
	source       string // address to send from, "" for any
}

func get(path string) request { return request{method: http.MethodGet, path: path} }

func post(path string) request { return request{method: http.MethodPost, path: path} }

func remove(path string) request { return request{method: http.MethodDelete, path: path} }

// postJSON has the given text, JSON or not, as application/json.
func postJSON(path, body string) request {
	return post(path).with("Content-Type", "application/json").text(body)
}

func patchJSON(path, body string) request {
	r := postJSON(path, body)
	r.method = http.MethodPatch
	return r
}

// with adds header fields: name, value, name, value.
func (r request) with(pairs ...string) request {
	r.header = slices.Clone(r.header)
	for i := 0; i+1 < len(pairs); i += 2 {
		r.header = append(r.header, [2]string{pairs[i], pairs[i+1]})
	}
	return r
}

func (r request) text(body string) request {
	r.body = body
	return r
}

func (r request) at(node int) request {
	r.node = node
	return r
}

func (r request) from(address string) request {
	r.source = address
	return r
}

func (r request) bearer(token string) request { return r.with("Authorization", "Bearer "+token) }

// cookie sets the whole Cookie line.
func (r request) cookie(line string) request { return r.with("Cookie", line) }

// String is what a reader needs to send the request again.
func (r request) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", r.method, r.path)
	for _, h := range r.header {
		fmt.Fprintf(&b, " -H %q", h[0]+": "+h[1])
	}
	if r.body != "" {
		fmt.Fprintf(&b, " -d %q", r.body)
	}
	return b.String()
}

// answer is what came back. A failure to get one is err.
type answer struct {
	status int
	header http.Header
	body   []byte
	took   time.Duration
	err    error
}

// envelope is the part of the contract's JSON that rows look at.
type envelope struct {
	Status      string `json:"status"`
	Code        string `json:"code"`
	Message     string `json:"message"`
	AccessToken string `json:"access_token"`
	Data        struct {
		User     *profile        `json:"user"`
		Sessions []listedSession `json:"sessions"`
	} `json:"data"`
}

type profile struct {
	ID       string  `json:"id"`
	Name     string  `json:"name"`
	Email    string  `json:"email"`
	Username *string `json:"username"`
	Role     string  `json:"role"`
	Photo    string  `json:"photo"`
	Provider string  `json:"provider"`
	Verified bool    `json:"verified"`
}

type listedSession struct {
	ID      string `json:"id"`
	Current bool   `json:"current"`
	IP      string `json:"ip"`
}

// envelope is empty when the body is no JSON object.
func (a answer) envelope() (e envelope) {
	if json.Unmarshal(a.body, &e) != nil {
		return envelope{}
	}
	return e
}

// user is empty when the answer names none.
func (a answer) user() profile {
	if u := a.envelope().Data.User; u != nil {
		return *u
	}
	return profile{}
}

// setCookies returns the values that the answer gives to the cookies of a name; a cookie that is cleared has "".
func (a answer) setCookies(name string) (values []string) {
	for _, c := range (&http.Response{Header: a.header}).Cookies() {
		if c.Name == name {
			values = append(values, c.Value)
		}
	}
	return values
}

// String is the status and the contract's code.
func (a answer) String() string {
	switch {
	case a.err != nil:
		return "no answer"
	case a.envelope().Code != "":
		return fmt.Sprintf("%d %s", a.status, a.envelope().Code)
	default:
		return strconv.Itoa(a.status)
	}
}
