package request

import (
	"net/http"
	"strings"

	"github.com/gin-gonic/gin"

	"latchkey/internal/apikey"
	"latchkey/models"
)

// APIKey returns the API key that a request presents: what stands in X-API-Key if that header is there, else what stands
// in a Bearer header if it begins as keys do. A cookie never holds one. Two headers of the name are none that could be right.
func APIKey(h http.Header) (apikey.Key, bool) {
	if values := h["X-Api-Key"]; len(values) > 0 {
		if len(values) > 1 {
			return "", true
		}
		return apikey.Key(values[0]), true
	}
	if headers := h["Authorization"]; len(headers) == 1 {
		if raw, ok := bearer(headers[0]); ok && strings.HasPrefix(raw, apikey.Prefix) {
			return apikey.Key(raw), true
		}
	}
	return "", false
}

// SetCallerKey keeps the API key by which the caller was let in.
func SetCallerKey(c *gin.Context, key models.APIKey) { c.Set(keyAPIKey, key) }

// CallerKey returns the API key by which the caller was let in, or false when it was a session.
func CallerKey(c *gin.Context) (models.APIKey, bool) {
	v, _ := c.Get(keyAPIKey)
	key, ok := v.(models.APIKey)
	return key, ok
}
