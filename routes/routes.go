// Package routes owns the whole map from addresses to controllers and the order of the middleware.
// It must not know how anything on the map works.
package routes

import (
	"fmt"
	"log/slog"

	"github.com/gin-gonic/gin"

	"latchkey/config"
	"latchkey/controllers"
	"latchkey/internal/metrics"
	"latchkey/internal/telemetry"
	"latchkey/middleware"
	"latchkey/models"
)

// Parts are what the routes lead to.
type Parts struct {
	Log      *slog.Logger
	Metrics  *metrics.Metrics
	Tracer   *telemetry.Tracer // nil while traces are off
	Auth     *controllers.Auth
	Users    *controllers.Users
	Sessions *controllers.Sessions
	APIKeys  *controllers.APIKeys
	Service  *controllers.Service
	Identify middleware.Identify
}

// tokenPath is where clients without cookies sign in by a form.
const tokenPath = "/api/auth/token" //nolint:gosec // an address

// New builds the handler of every address. Its errors are those of settings that gin or the guards refuse.
func New(cfg config.Config, p Parts) (*gin.Engine, error) {
	engine, err := newEngine(cfg.HTTP)
	if err != nil {
		return nil, err
	}
	cross, err := middleware.NewCrossOrigin(cfg.Origins.Client)
	if err != nil {
		return nil, fmt.Errorf("CLIENT_ORIGIN: %w", err)
	}

	observe(engine, p)
	engine.Use(
		middleware.OAuth(tokenPath),
		middleware.Headers(cfg.Production()),
		middleware.Recovery(p.Log),
		middleware.Errors(),
		middleware.AllowedHosts(cfg.HTTP.AllowedHosts),
		middleware.CORS(cfg.Origins.Client, cfg.Origins.PreflightCacheTime),
		cross.Guard,
	)
	deadline := middleware.Deadline(cfg.HTTP.RequestTimeout)
	// A proxy asks with the headers of a request whose body it keeps: this route stands before bodies are read.
	engine.GET("/api/auth/verify", middleware.Bodiless(), deadline, p.Identify.DeserializeSession(), p.Sessions.Verify)
	engine.Use(middleware.Body(), deadline)
	engine.NoRoute(middleware.NoRoute)
	engine.NoMethod(middleware.NoMethod)

	public := func(path string, h gin.HandlerFunc) {
		engine.GET(path, h)
		engine.HEAD(path, h)
	}
	forAnybody(public, cfg.HTTP, p)

	auth := engine.Group("/api/auth")
	auth.POST("/register", p.Auth.Register)
	auth.POST("/login", p.Auth.Login)
	auth.POST("/refresh", p.Auth.Refresh)
	auth.POST("/logout", p.Auth.Logout)
	auth.GET("/session", p.Auth.Session)
	if cfg.Tokens.Endpoint {
		engine.POST(tokenPath, p.Auth.Token)
	} else {
		engine.Any(tokenPath, middleware.NoRoute)
	}
	if cfg.Origins.GETRefreshLogout {
		auth.GET("/refresh", cross.GuardGET, p.Auth.Refresh)
		auth.GET("/logout", cross.GuardGET, p.Auth.Logout)
	}

	users(engine, p)
	public("/.well-known/oauth-authorization-server", p.Service.Metadata(onMap(cfg, engine)))
	return engine, nil
}

// users is the part of the map that asks for a sign-in. What an API key may do stands with each address; sessions may do
// everything.
func users(engine *gin.Engine, p Parts) {
	may := p.Identify.DeserializeUser
	me := engine.Group("/api/users/me")
	me.GET("", may(models.ProfileRead), p.Users.Me)
	me.PATCH("", may(models.ProfileWrite), p.Users.UpdateMe)
	me.GET("/metadata", may(models.ProfileRead), p.Users.Metadata)
	me.GET("/sessions", may(models.SessionsRead), p.Sessions.List)
	me.DELETE("/sessions", may(models.SessionsWrite), p.Sessions.RevokeOthers)
	me.DELETE("/sessions/:id", may(models.SessionsWrite), p.Sessions.Revoke)
	me.GET("/api-keys", may(models.NoScope), p.APIKeys.List)
	me.POST("/api-keys", may(models.NoScope), p.APIKeys.Create)
	me.DELETE("/api-keys/:id", may(models.NoScope), p.APIKeys.Revoke)
	engine.GET("/api/users/:id", may(models.UsersRead), p.Users.Profile)
}

// forAnybody leads to what is the same for everybody: health, keys, the description and the pages.
func forAnybody(public func(string, gin.HandlerFunc), cfg config.HTTP, p Parts) {
	public("/livez", p.Service.Health)
	public("/readyz", p.Service.Readiness)
	public("/api/healthchecker", p.Service.Health)
	public("/.well-known/jwks.json", p.Service.Keys)
	public("/.well-known/revoked-sessions", p.Service.Revoked)
	docs := controllers.Docs{}
	public("/openapi.json", docs.Document)
	if cfg.Docs {
		public("/docs", docs.Page)
		public("/docs/:file", docs.Page)
	}
	if cfg.AccountPage {
		public("/", controllers.AccountPage{}.File)
		public("/account/:file", controllers.AccountPage{}.File)
	}
}

// onMap tells which addresses are there, for the document that names them to clients.
func onMap(cfg config.Config, engine *gin.Engine) func(method, path string) bool {
	known := map[string]bool{}
	for _, route := range engine.Routes() {
		known[route.Method+" "+route.Path] = route.Path != tokenPath || cfg.Tokens.Endpoint
	}
	return func(method, path string) bool { return known[method+" "+path] }
}

// observe comes first, so that whatever the others answer is logged, measured and, where traces are on, traced.
func observe(engine *gin.Engine, p Parts) {
	engine.Use(middleware.RequestID(), middleware.AccessLog(p.Log), middleware.Measure(p.Metrics))
	if p.Tracer != nil {
		engine.Use(middleware.Trace(p.Tracer))
	}
}

// newEngine makes an engine that answers exactly the addresses on the map: no redirects to near misses, no
// decoding before matching, wrong methods told from wrong addresses, and no forwarded header believed by default.
func newEngine(cfg config.HTTP) (*gin.Engine, error) {
	gin.SetMode(gin.ReleaseMode)
	engine := gin.New()
	engine.HandleMethodNotAllowed = true
	engine.RedirectTrailingSlash = false
	engine.RedirectFixedPath = false
	engine.UseRawPath = true
	proxies := make([]string, 0, len(cfg.TrustedProxies))
	for _, p := range cfg.TrustedProxies {
		proxies = append(proxies, p.String())
	}
	if err := engine.SetTrustedProxies(proxies); err != nil {
		return nil, fmt.Errorf("TRUSTED_PROXIES: %w", err)
	}
	return engine, nil
}
