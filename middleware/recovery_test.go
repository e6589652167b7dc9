package middleware_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/gin-gonic/gin"

	"latchkey/middleware"
)

// A panic costs the request that it happened in and no other (ASVS 16.5.4). The log has where it was, and nobody has what it
// said, which may be anything.
func TestAPanicCostsOneRequest(t *testing.T) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	var logged strings.Builder
	engine.Use(middleware.RequestID(), middleware.Recovery(slog.New(slog.NewJSONHandler(&logged, nil))), middleware.Errors())
	engine.GET("/panic", func(*gin.Context) { panic("the reason") })
	engine.GET("/fine", func(c *gin.Context) { c.String(http.StatusOK, "fine") })
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		return w
	}

	w := get("/panic")
	if w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), `"code":"internal_error"`) {
		t.Errorf("the panic is answered with %d %s", w.Code, w.Body)
	}
	if strings.Contains(w.Body.String()+logged.String(), "the reason") || !strings.Contains(logged.String(), "recovery_test.go") {
		t.Errorf("the answer is %s, the log %s", w.Body, logged.String())
	}
	if w := get("/fine"); w.Code != http.StatusOK {
		t.Errorf("the next request is answered with %d", w.Code)
	}
}
