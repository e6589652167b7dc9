package verify_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/gin-gonic/gin"

	"latchkey/verify"
	"latchkey/verify/ginverify"
)

// A service that takes the token from the header or, from browsers, from the cookie.
func ExampleVerifier_Middleware() {
	latchkey, token := exampleIssuer()
	defer latchkey.Close()
	verifier, err := verify.New(verify.Options{
		Issuer: "https://id.example.com", Audience: "https://api.example.com", URL: latchkey.URL,
		Cookie:             verify.HostCookie,
		RevocationInterval: 5 * time.Second,
		Now:                exampleTime,
	})
	if err != nil {
		panic(err)
	}
	hello := func(w http.ResponseWriter, r *http.Request) {
		claims, _ := verify.FromContext(r.Context())
		fmt.Fprintf(w, "hello %s (%s)", claims.Username, claims.Role)
	}
	mux := http.NewServeMux()
	mux.Handle("GET /hello", verifier.Middleware(http.HandlerFunc(hello)))
	// Cookies come along whoever made the browser send the request: refuse what foreign pages send.
	handler := http.NewCrossOriginProtection().Handler(mux)

	for _, authorization := range []string{"Bearer " + token, "Bearer garbage", ""} {
		r := httptest.NewRequest(http.MethodGet, "/hello", http.NoBody)
		if authorization != "" {
			r.Header.Set("Authorization", authorization)
		}
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		fmt.Printf("%d %q\n", w.Code, w.Header().Get("WWW-Authenticate"))
	}
	// Output:
	// 200 ""
	// 401 "Bearer realm=\"latchkey\", error=\"invalid_token\", error_description=\"You are not logged in: the access token is not valid.\""
	// 401 "Bearer realm=\"latchkey\""
}

// The same with Gin, and a route for administrators alone.
func Example_gin() {
	latchkey, token := exampleIssuer()
	defer latchkey.Close()
	verifier, err := verify.New(verify.Options{
		Issuer: "https://id.example.com", Audience: "https://api.example.com", URL: latchkey.URL, Now: exampleTime,
	})
	if err != nil {
		panic(err)
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.Use(ginverify.Middleware(verifier))
	engine.GET("/hello", func(c *gin.Context) {
		claims, _ := verify.FromContext(c.Request.Context())
		c.String(http.StatusOK, "hello "+claims.Username)
	})
	engine.GET("/admin", ginverify.RequireRole(verifier, "admin"), func(c *gin.Context) { c.Status(http.StatusOK) })

	for _, path := range []string{"/hello", "/admin"} {
		r := httptest.NewRequest(http.MethodGet, path, http.NoBody)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("X-Request-ID", "r1")
		w := httptest.NewRecorder()
		engine.ServeHTTP(w, r)
		fmt.Println(w.Code, w.Body)
	}
	// Output:
	// 200 hello ada
	// 403 {"status":"fail","code":"forbidden","message":"You may not do this.","request_id":"r1"}
}

// Without any middleware, for a message queue or a WebSocket.
func ExampleVerifier_Verify() {
	latchkey, token := exampleIssuer()
	defer latchkey.Close()
	verifier, err := verify.New(verify.Options{
		Issuer: "https://id.example.com", Audience: "https://api.example.com", URL: latchkey.URL, Now: exampleTime,
	})
	if err != nil {
		panic(err)
	}
	claims, err := verifier.Verify(context.Background(), token)
	fmt.Println(claims.Username, claims.ExpiresAt.Format(time.RFC3339), err)
	_, err = verifier.Verify(context.Background(), token+"A")
	fmt.Println(err)
	// Output:
	// ada 2026-03-01T12:15:00Z <nil>
	// invalid access token: the signature is wrong
}

// exampleIssuer stands in for Latchkey, and has signed one token.
func exampleIssuer() (*httptest.Server, string) {
	i := &issuer{key: newKey(), revoked: quoted()}
	i.keys = jwks(jwk("k1", &i.key.PublicKey))
	i.Server = httptest.NewServer(i.mux())
	return i.Server, i.good()
}

func exampleTime() time.Time { return start }
