package main

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/gin-contrib/cors"
	"github.com/gin-gonic/gin"
	"github.com/google/uuid"

	"latchkey/verify"
	"latchkey/verify/ginverify"
)

// newHandler is the map of the addresses. Every one of them needs a sign-in.
func newHandler(s *store, trust verify.Options, clients []string) (http.Handler, error) {
	verifier, err := verify.New(trust)
	if err != nil {
		return nil, err
	}
	// The browser sends the cookie whoever made it send the request: pages that are not ours get nothing done.
	guard := http.NewCrossOriginProtection()
	for _, origin := range clients {
		if err := guard.AddTrustedOrigin(origin); err != nil {
			return nil, fmt.Errorf("-client: %w", err)
		}
	}
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed, engine.RedirectTrailingSlash, engine.UseRawPath = true, false, true
	if err := engine.SetTrustedProxies(nil); err != nil {
		return nil, err
	}
	engine.Use(gin.CustomRecoveryWithWriter(nil, func(c *gin.Context, _ any) { fail(c, errors.New("panic")) }), headers)
	engine.Use(func(c *gin.Context) {
		if guard.Check(c.Request) != nil {
			fail(c, errCrossOrigin)
		}
	}, cors.New(cors.Config{
		AllowOrigins: clients, AllowCredentials: true,
		AllowMethods: []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete},
		AllowHeaders: []string{"Authorization", "Content-Type"},
		// Without it pages cannot read when to try again, nor which line of a log is theirs.
		ExposeHeaders: []string{"Retry-After", "X-Request-ID"},
	}))
	engine.NoRoute(func(c *gin.Context) { fail(c, errNotFound) })
	engine.NoMethod(func(c *gin.Context) { fail(c, errNoMethod) })

	p := posts{s}
	signedIn := engine.Group("/posts", ginverify.Middleware(verifier))
	signedIn.GET("", p.list)
	signedIn.POST("", p.create)
	signedIn.GET("/:id", p.read)
	signedIn.PUT("/:id", p.update)
	signedIn.DELETE("/:id", p.remove)
	return engine, nil
}

// headers gives each request an id, which refusals of the verifier carry too, and keeps answers out of caches.
func headers(c *gin.Context) {
	c.Header("X-Request-ID", uuid.NewString())
	c.Header("Cache-Control", "no-store")
	c.Header("X-Content-Type-Options", "nosniff")
}

var (
	errCrossOrigin = errors.New("the request comes from an origin that is not allowed")
	errNoMethod    = errors.New("the route has no such method")
	errMalformed   = errors.New("the body is not one JSON object")
	errMedia       = errors.New("the body is not application/json")
	errTooLarge    = errors.New("the body is too large")
	errInvalid     = errors.New("a field was not accepted")
	errPage        = errors.New("before is not an id")
)

// answers is the table from errors to answers, in Latchkey's envelope. What is not in it is an outage.
var answers = []struct {
	err     error
	status  int
	code    string
	message string
}{
	{errCrossOrigin, http.StatusForbidden, "cross_origin_request", "Requests from this origin are not allowed."},
	{errNotOwner, http.StatusForbidden, "forbidden", "Only its author may change a post."},
	{errNotFound, http.StatusNotFound, "not_found", "There is no such post or address."},
	{errNoMethod, http.StatusMethodNotAllowed, "method_not_allowed", "This address does not take this method."},
	{errMalformed, http.StatusBadRequest, "malformed_json", "The body must be one JSON object in UTF-8 with unique names."},
	{errInvalid, http.StatusBadRequest, "validation_failed", "A title has 1 to 200 characters, a content 1 to 10000."},
	{errPage, http.StatusBadRequest, "validation_failed", "The list goes on before the id of a post."},
	{errTooLarge, http.StatusRequestEntityTooLarge, "body_too_large", "The body may have at most 64 KiB."},
	{errMedia, http.StatusUnsupportedMediaType, "unsupported_media_type", "A body must be sent as application/json."},
}

// fail writes the answer to err and ends the request.
func fail(c *gin.Context, err error) {
	for _, a := range answers {
		if errors.Is(err, a.err) {
			refuse(c, a.status, "fail", a.code, a.message)
			return
		}
	}
	refuse(c, http.StatusServiceUnavailable, "error", "unavailable", "The service is not available at the moment; please try again.")
}

func refuse(c *gin.Context, status int, word, code, message string) {
	c.AbortWithStatusJSON(status, gin.H{
		"status": word, "code": code, "message": message, "request_id": c.Writer.Header().Get("X-Request-ID"),
	})
}
