package controllers

import (
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"latchkey/internal/account"
	"latchkey/internal/cookie"
	"latchkey/internal/request"
	"latchkey/internal/session"
	"latchkey/models"
)

// Auth answers the routes below /api/auth.
type Auth struct {
	Accounts       *account.Service
	Sessions       *session.Service
	Jar            *cookie.Jar
	AccessInBody   bool // ACCESS_TOKEN_IN_BODY
	RegisterLogsIn bool // REGISTER_LOGS_IN
}

// RegisterRequest is the body of a registration. Role, verification and id cannot be given.
type RegisterRequest struct {
	Name            string        `json:"name"`
	Email           string        `json:"email"`
	Password        string        `json:"password"`
	PasswordConfirm string        `json:"passwordConfirm"`
	Photo           string        `json:"photo"`
	Username        string        `json:"username"`
	Metadata        account.Patch `json:"metadata"`
}

// Register makes an account and, if settings say so, signs it in.
func (a *Auth) Register(c *gin.Context) {
	var in RegisterRequest
	if err := decode(c, &in); err != nil {
		report(c, err)
		return
	}
	user, err := a.Accounts.Register(c.Request.Context(), account.Registration(in), request.Origin(c))
	if err != nil {
		report(c, err)
		return
	}
	if !a.RegisterLogsIn {
		ok(c, http.StatusCreated, success{Data: userDataOf(user)})
		return
	}
	issued, err := a.open(c, user)
	if err != nil {
		// The account is made and stays made; the person signs in when the database can record it.
		_ = c.Error(err)
		ok(c, http.StatusCreated, success{Data: userDataOf(user)})
		return
	}
	a.welcome(c, http.StatusCreated, user, issued)
}

// LoginRequest is the body of a login: one of e-mail and username, and the password.
type LoginRequest struct {
	Email    string `json:"email"`
	Username string `json:"username"`
	Password string `json:"password"`
}

// Login proves a password and opens a session.
func (a *Auth) Login(c *gin.Context) {
	var in LoginRequest
	if err := decode(c, &in); err != nil {
		report(c, err)
		return
	}
	knownTo := slices.Collect(maps.Values(a.presented(c)))
	user, err := a.Accounts.SignIn(c.Request.Context(), account.Credentials(in), knownTo, request.Origin(c))
	if err != nil {
		report(c, err)
		return
	}
	issued, err := a.open(c, user)
	if err != nil {
		report(c, err)
		return
	}
	a.welcome(c, http.StatusOK, user, issued)
}

// presented returns the sessions, and their users, that the browser still has tokens of.
func (a *Auth) presented(c *gin.Context) map[uuid.UUID]uuid.UUID {
	return a.Sessions.Presented(request.Tokens(c.Request, a.Jar))
}

// open starts a session in place of the ones that the browser may still have.
func (a *Auth) open(c *gin.Context, user models.User) (session.Issued, error) {
	former := slices.Collect(maps.Keys(a.presented(c)))
	return a.Sessions.Open(c.Request.Context(), user, request.Origin(c), former...)
}

// welcome answers a sign-in.
func (a *Auth) welcome(c *gin.Context, status int, user models.User, issued session.Issued) {
	a.setCookies(c, issued)
	ok(c, status, success{AccessToken: a.inBody(issued), Data: userDataOf(user)})
}

// Refresh applies the rotation rule to the presented refresh token. Cookies are cleared only when the session cannot
// go on, never by an outage.
func (a *Auth) Refresh(c *gin.Context) {
	raw, err := a.Jar.Refresh(c.Request)
	if err != nil {
		err = session.ErrRefreshInvalid
	}
	var refreshed session.Refreshed
	if err == nil {
		// An ambiguous access token is none: only the refresh token signs anybody in here.
		access, _ := a.Jar.Access(c.Request)
		refreshed, err = a.Sessions.Refresh(c.Request.Context(), raw, access, request.Origin(c))
	}
	if err != nil {
		if session.Over(err) {
			a.Jar.Clear(c.Writer)
		}
		report(c, err)
		return
	}
	c.Header("X-Refresh-Outcome", string(refreshed.Outcome))
	a.setCookies(c, refreshed.Issued)
	ok(c, http.StatusOK, success{AccessToken: a.inBody(refreshed.Issued)})
}

// Logout ends every session of which the request carries a token. The cookies go in any case; a 200 means that the
// tokens are dead. Two cookies of one name are ended too but answered with 401, as on every route.
func (a *Auth) Logout(c *gin.Context) {
	access, refresh := request.Tokens(c.Request, a.Jar)
	a.Jar.Clear(c.Writer)
	if err := a.Sessions.End(c.Request.Context(), access, refresh, request.Origin(c)); err != nil {
		report(c, err)
		return
	}
	if _, err := a.Jar.Refresh(c.Request); err != nil {
		report(c, session.ErrRefreshInvalid)
		return
	}
	if _, err := a.Jar.Access(c.Request); err != nil {
		report(c, session.ErrAccessInvalid)
		return
	}
	ok(c, http.StatusOK, success{Message: "You are signed out."})
}

// SessionView is data.session of the read-only look at a sign-in.
type SessionView struct {
	ID              string     `json:"id"`
	CreatedAt       time.Time  `json:"created_at"`
	ExpiresAt       time.Time  `json:"expires_at"`        // without another refresh
	EndsAt          time.Time  `json:"ends_at"`           // with any number of them
	AccessExpiresAt *time.Time `json:"access_expires_at"` // null when only a refresh can go on
	RefreshAt       time.Time  `json:"refresh_at"`        // a good moment for the next refresh
}

type sessionData struct {
	Session *SessionView  `json:"session"`
	User    *UserResponse `json:"user"`
}

// refreshAhead is how long before the end of an access token a refresh is advised.
const refreshAhead = 30 * time.Second

// Session says who is signed in and until when. It never rotates and never fails for want of a sign-in.
func (a *Auth) Session(c *gin.Context) {
	access, err := request.AccessToken(c.Request, a.Jar)
	if err != nil {
		access = ""
	}
	refresh, err := a.Jar.Refresh(c.Request)
	if err != nil {
		refresh = ""
	}
	view, err := a.Sessions.Look(c.Request.Context(), access, refresh)
	switch {
	case errors.Is(err, session.ErrAccessMissing):
		ok(c, http.StatusOK, success{Data: sessionData{}})
	case err != nil:
		report(c, err)
	default:
		user := userDataOf(view.User).User
		ok(c, http.StatusOK, success{Data: sessionData{sessionView(view), &user}})
	}
}

func sessionView(view session.View) *SessionView {
	row := view.Session
	v := &SessionView{
		ID: row.ID.String(), CreatedAt: row.CreatedAt.UTC(), ExpiresAt: row.ExpiresAt.UTC(), EndsAt: row.EndsAt.UTC(),
	}
	if !view.AccessExpiresAt.IsZero() {
		v.AccessExpiresAt = &view.AccessExpiresAt
		v.RefreshAt = view.AccessExpiresAt.Add(-refreshAhead)
	}
	if now := view.At.Truncate(time.Second); v.RefreshAt.Before(now) {
		v.RefreshAt = now // it is due at once
	}
	return v
}

// setCookies sets what was issued; a held refresh token and its hint stay as they are.
func (a *Auth) setCookies(c *gin.Context, i session.Issued) {
	a.Jar.SetAccess(c.Writer, i.AccessToken, i.At, i.AccessExpiresAt)
	if i.RefreshToken != "" {
		a.Jar.SetRefresh(c.Writer, i.RefreshToken, i.At, i.RefreshExpiresAt)
	}
}

func (a *Auth) inBody(i session.Issued) string {
	if a.AccessInBody {
		return i.AccessToken
	}
	return ""
}
