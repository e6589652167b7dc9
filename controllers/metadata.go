package controllers

import (
	"encoding/json"
	"net/http"

	"github.com/gin-gonic/gin"
)

// Metadata is the document of RFC 8414 section 2: where clients find what. Lists that would be left out say the wrong
// thing by default, so they are there even when they are empty.
type Metadata struct {
	Issuer        string   `json:"issuer"`
	Keys          string   `json:"jwks_uri"`
	Token         string   `json:"token_endpoint,omitempty"`
	TokenAuth     []string `json:"token_endpoint_auth_methods_supported,omitempty"`
	Documentation string   `json:"service_documentation,omitempty"`
	ResponseTypes []string `json:"response_types_supported"` // none: there is no authorization endpoint
	GrantTypes    []string `json:"grant_types_supported"`
}

// Metadata publishes the document. It names the addresses that are on the map and no others.
func (s *Service) Metadata(onMap func(method, path string) bool) gin.HandlerFunc {
	m := Metadata{
		Issuer: s.Issuer, Keys: s.PublicURL + "/.well-known/jwks.json", ResponseTypes: []string{}, GrantTypes: []string{},
	}
	if onMap(http.MethodPost, "/api/auth/token") {
		m.Token, m.TokenAuth, m.GrantTypes = s.PublicURL+"/api/auth/token", []string{"none"}, []string{"password"}
	}
	if onMap(http.MethodGet, "/docs") {
		m.Documentation = s.PublicURL + "/docs"
	}
	body, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings always encode
	}
	return func(c *gin.Context) {
		c.Header("Cache-Control", "public, max-age=300")
		c.Header("Cross-Origin-Resource-Policy", "cross-origin")
		tagged(c, body)
	}
}
