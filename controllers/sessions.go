package controllers

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
	"github.com/mileusna/useragent"

	"latchkey/internal/cookie"
	"latchkey/internal/request"
	"latchkey/internal/session"
	"latchkey/models"
)

// Sessions answers the routes on which a user sees and ends sessions.
type Sessions struct {
	Sessions *session.Service
	Jar      *cookie.Jar
}

// Verify tells a proxy in front of another service who is signed in. All three headers are in each answer, so that a
// proxy that copies them always replaces what the client may have sent under their names.
func (s *Sessions) Verify(c *gin.Context) {
	caller := request.Caller(c)
	c.Header("X-Auth-User", caller.User.ID.String())
	c.Header("X-Auth-Role", string(caller.User.Role))
	c.Header("X-Auth-Session", caller.Session.ID.String())
	c.Status(http.StatusNoContent)
}

// SessionResponse is one entry of data.sessions.
type SessionResponse struct {
	ID         string    `json:"id"`
	Current    bool      `json:"current"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
	ExpiresAt  time.Time `json:"expires_at"`
	UserAgent  string    `json:"user_agent"`
	Device     string    `json:"device"` // the user agent in words
	IP         string    `json:"ip"`
}

// device names a user agent as a person would, such as "Chrome on Windows"; "" when nothing is known.
func device(userAgent string) string {
	switch ua := useragent.Parse(userAgent); {
	case ua.Name == "":
		return ""
	case ua.OS == "":
		return ua.Name
	default:
		return ua.Name + " on " + ua.OS
	}
}

type sessionsData struct {
	Sessions []SessionResponse `json:"sessions"`
}

type revokedData struct {
	Revoked int `json:"revoked"`
}

// List returns the caller's live sessions, newest first.
func (s *Sessions) List(c *gin.Context) {
	caller := request.Caller(c)
	rows, err := s.Sessions.List(c.Request.Context(), caller)
	if err != nil {
		report(c, err)
		return
	}
	out := make([]SessionResponse, 0, len(rows))
	for _, row := range rows {
		out = append(out, sessionResponse(row, caller.Session.ID))
	}
	ok(c, http.StatusOK, success{Data: sessionsData{out}})
}

func sessionResponse(row models.Session, current uuid.UUID) SessionResponse {
	return SessionResponse{
		ID: row.ID.String(), Current: row.ID == current, CreatedAt: row.CreatedAt.UTC(), LastUsedAt: row.LastUsedAt.UTC(),
		ExpiresAt: row.ExpiresAt.UTC(), UserAgent: row.UserAgent, Device: device(row.UserAgent), IP: row.IP,
	}
}

// Revoke ends one of the caller's sessions. If it is the present one the cookies go too.
func (s *Sessions) Revoke(c *gin.Context) {
	caller := request.Caller(c)
	id, found := idOf(c)
	if !found {
		report(c, session.ErrSessionNotFound)
		return
	}
	if err := s.Sessions.Revoke(c.Request.Context(), caller, id, request.Origin(c)); err != nil {
		report(c, err)
		return
	}
	if id == caller.Session.ID {
		s.Jar.Clear(c.Writer)
	}
	c.Status(http.StatusNoContent)
}

// RevokeOthers ends every session of the caller but the present one.
func (s *Sessions) RevokeOthers(c *gin.Context) {
	n, err := s.Sessions.RevokeOthers(c.Request.Context(), request.Caller(c), request.Origin(c))
	if err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusOK, success{Data: revokedData{n}})
}
