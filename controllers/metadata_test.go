package controllers_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/gin-gonic/gin"

	"latchkey/controllers"
)

// What is on the map is in the document, and nothing else.
func TestMetadataFollowsTheMap(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	for name, c := range map[string]struct {
		routes []string
		want   string
	}{
		"nothing": {nil, `{"issuer":"i","jwks_uri":"https://a/.well-known/jwks.json","response_types_supported":[],"grant_types_supported":[]}`},
		"a page":  {[]string{"GET /docs"}, `{"issuer":"i","jwks_uri":"https://a/.well-known/jwks.json","service_documentation":"https://a/docs","response_types_supported":[],"grant_types_supported":[]}`},
		"tokens": {
			[]string{"POST /api/auth/token"},
			`{"issuer":"i","jwks_uri":"https://a/.well-known/jwks.json","token_endpoint":"https://a/api/auth/token","token_endpoint_auth_methods_supported":["none"],"response_types_supported":[],"grant_types_supported":["password"]}`,
		},
		"another method": {[]string{"GET /api/auth/token"}, `{"issuer":"i","jwks_uri":"https://a/.well-known/jwks.json","response_types_supported":[],"grant_types_supported":[]}`},
	} {
		t.Run(name, func(t *testing.T) {
			known := map[string]bool{}
			for _, route := range c.routes {
				known[route] = true
			}
			service := &controllers.Service{Issuer: "i", PublicURL: "https://a"}
			engine := gin.New()
			engine.GET("/", service.Metadata(func(method, path string) bool { return known[method+" "+path] }))
			w := httptest.NewRecorder()
			engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", http.NoBody))
			if w.Code != http.StatusOK || w.Body.String() != c.want {
				t.Errorf("%d %s\nwant %s", w.Code, w.Body, c.want)
			}
		})
	}
}
