package controllers

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"latchkey/internal/account"
	"latchkey/internal/request"
	"latchkey/internal/session"
	"latchkey/models"
)

// tokenResponse is the answer of RFC 6749 section 5.1 in the usual envelope. There is no refresh token: those live in
// cookies only.
type tokenResponse struct {
	Status      string `json:"status"`
	AccessToken string `json:"access_token"`
	TokenType   string `json:"token_type"`
	ExpiresIn   int64  `json:"expires_in"` // seconds
}

// Token is the login for clients without cookies: the password grant of RFC 6749 section 4.3. Cookies that a browser
// happens to send neither count nor change.
func (a *Auth) Token(c *gin.Context) {
	in, err := readPasswordGrant(c)
	if err != nil {
		report(c, err)
		return
	}
	user, err := a.Accounts.SignIn(c.Request.Context(), in, nil, request.Origin(c))
	if err != nil {
		report(c, inGrantWords(err))
		return
	}
	issued, err := a.Sessions.OpenBearer(c.Request.Context(), user, request.Origin(c))
	if err != nil {
		report(c, inGrantWords(err))
		return
	}
	c.Header("Pragma", "no-cache")
	c.JSON(http.StatusOK, tokenResponse{
		Status: "success", AccessToken: issued.AccessToken, TokenType: "Bearer",
		ExpiresIn: issued.AccessExpiresAt.Unix() - issued.At.Unix(), // as the claims count
	})
}

// inGrantWords names a refused sign-in as OAuth does. A name that no account can have is one that does not exist.
func inGrantWords(err error) error {
	invalid := (*models.ValidationError)(nil)
	if errors.Is(err, account.ErrInvalidCredentials) || errors.Is(err, session.ErrSignInStale) || errors.As(err, &invalid) {
		return fmt.Errorf("%w: %s", request.ErrInvalidGrant, err.Error()) // what it wraps has another answer
	}
	return err
}

// readPasswordGrant reads the form. What it does not know, such as scope and client_id, is left alone; a parameter
// without a value is a missing one (RFC 6749 sections 3.1 and 3.2).
func readPasswordGrant(c *gin.Context) (account.Credentials, error) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		return account.Credentials{}, request.ErrInvalidForm
	}
	form, err := url.ParseQuery(string(body))
	if err != nil || !plainForm(form) {
		return account.Credentials{}, request.ErrInvalidForm
	}
	name, in := form.Get("username"), account.Credentials{Password: form.Get("password")}
	switch grant := form.Get("grant_type"); {
	case grant != "" && grant != "password":
		return in, request.ErrUnsupportedGrantType
	case grant == "", name == "", in.Password == "":
		return in, request.ErrInvalidForm
	case strings.Contains(name, "@"): // no username has one
		in.Email = name
	default:
		in.Username = name
	}
	return in, nil
}

// plainForm reports whether no parameter comes twice and every value is UTF-8.
func plainForm(form url.Values) bool {
	for _, values := range form {
		if len(values) > 1 || !utf8.ValidString(values[0]) {
			return false
		}
	}
	return true
}
