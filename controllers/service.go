package controllers

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/google/uuid"
)

// Service answers what machines ask of the service itself: its keys and its health.
type Service struct {
	Issuer          string                                         // iss of the tokens
	PublicURL       string                                         // begins the addresses that clients are told
	JWKS            func() []byte                                  // the RFC 7517 document of this moment
	RevokedSessions func(ctx context.Context) ([]uuid.UUID, error) // see session.Service.Revoked
	Ready           func(ctx context.Context) error                // nil while the service takes requests
}

// KeySetMaxAge is how old the key set may be that another service goes by. A key has to be in the set for longer than
// that before it signs.
const KeySetMaxAge = 300 * time.Second

// Keys publishes the public keys of access tokens.
func (s *Service) Keys(c *gin.Context) {
	c.Header("Cache-Control", "public, max-age="+strconv.Itoa(int(KeySetMaxAge.Seconds())))
	c.Header("Cross-Origin-Resource-Policy", "cross-origin")
	tagged(c, s.JWKS())
}

// RevokedResponse lists sessions whose access tokens must no longer be believed although they have not expired.
type RevokedResponse struct {
	Revoked []uuid.UUID `json:"revoked"`
}

// Revoked publishes the ids of the sessions that were revoked within the last access lifetime, for services that
// verify tokens offline. The ids are no credentials.
func (s *Service) Revoked(c *gin.Context) {
	ids, err := s.RevokedSessions(c.Request.Context())
	if err != nil {
		report(c, err)
		return
	}
	body, err := json.Marshal(RevokedResponse{ids})
	if err != nil {
		report(c, err)
		return
	}
	c.Header("Cache-Control", "public, max-age=1")
	c.Header("Cross-Origin-Resource-Policy", "cross-origin")
	tagged(c, body)
}

// tagged sends a public document with an ETag (RFC 9110 section 8.8.3), or 304 to who has it.
func tagged(c *gin.Context, body []byte) {
	sum := sha256.Sum256(body)
	etag := `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
	c.Header("ETag", etag)
	if matches(c.GetHeader("If-None-Match"), etag) {
		c.Status(http.StatusNotModified)
		return
	}
	c.Data(http.StatusOK, "application/json; charset=utf-8", body)
}

// matches compares as If-None-Match asks: weakly, with any of a list, or with * (RFC 9110 section 13.1.2).
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		candidate = strings.TrimPrefix(strings.TrimSpace(candidate), "W/")
		if candidate == etag || candidate == "*" {
			return true
		}
	}
	return false
}

// Health says that the process answers requests. It asks nothing of the database.
func (s *Service) Health(c *gin.Context) {
	ok(c, http.StatusOK, success{Message: "Latchkey is up."})
}

// Readiness says whether requests should be sent here: the database answers and no shutdown is under way.
func (s *Service) Readiness(c *gin.Context) {
	if err := s.Ready(c.Request.Context()); err != nil {
		report(c, err)
		return
	}
	ok(c, http.StatusOK, success{Message: "Latchkey is ready."})
}
