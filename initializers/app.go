package initializers

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"gorm.io/gorm"

	"latchkey/config"
	"latchkey/controllers"
	"latchkey/internal/account"
	"latchkey/internal/apikey"
	"latchkey/internal/breach"
	"latchkey/internal/cookie"
	"latchkey/internal/password"
	"latchkey/internal/session"
	"latchkey/internal/store"
	"latchkey/internal/telemetry"
	"latchkey/internal/throttle/redisthrottle"
	"latchkey/internal/token"
	"latchkey/middleware"
	"latchkey/models"
	"latchkey/routes"
)

// App is the service, ready to answer requests.
type App struct {
	Handler http.Handler
	Metrics http.Handler // what METRICS_ADDR serves; never a part of Handler
	Keys    KeySource

	cfg             config.Config // as it was at the start; withLive says what has changed since
	parts           routes.Parts
	handler         *swapped // what Handler is
	keys            *keyring
	logLevel        *slog.LevelVar // nil when the level is fixed
	reloading       sync.Mutex
	db              *gorm.DB
	redis           *redisthrottle.Counter // nil when the database counts attempts
	tracer          *telemetry.Tracer      // nil while traces are off
	log             *slog.Logger
	draining        atomic.Bool
	chores          func(ctx context.Context) // run beside the server until ctx ends
	metricsListener net.Listener              // nil when METRICS_ADDR is not set
}

// Outside is what the service takes from its surroundings.
type Outside struct {
	Log      *slog.Logger
	LogLevel *slog.LevelVar // the level of Log, for Reload; nil means that it stays
	Now      func() time.Time
	Crowded  func(int) // told how many hashes run when every slot is taken, and 0 when that is over; nil means nobody
	Version  string    // of the program, for latchkey_build_info; "" is the same as "dev"
}

// New loads the keys, opens and migrates the database and builds the graph. Close the App in the end.
func New(ctx context.Context, cfg config.Config, out Outside) (*App, error) {
	accessKeys, refreshKeys, source, err := LoadKeys(cfg.Keys)
	if err != nil {
		return nil, err
	}
	tokens, err := token.New(token.Settings{
		Issuer: cfg.Tokens.Issuer, Audience: cfg.Tokens.Audience, Leeway: cfg.Tokens.Leeway,
		Access: accessKeys, Refresh: refreshKeys, Now: out.Now,
	})
	if err != nil {
		return nil, err
	}
	if err := checkLimits(cfg.Limits); err != nil {
		return nil, err
	}
	db, err := OpenDatabase(ctx, cfg.Database)
	if err != nil {
		return nil, err
	}
	app := &App{Keys: source, cfg: cfg, db: db, log: out.Log, logLevel: out.LogLevel}
	app.keys = &keyring{tokens: tokens, lifetime: keyLifetimes(cfg.Tokens), now: out.Now, log: out.Log, cfg: cfg.Keys}
	if err := app.build(ctx, tokens, out); err != nil {
		app.Close() //nolint:contextcheck // what is open is closed in any case
		return nil, err
	}
	return app, nil
}

// build migrates and ties the parts together.
func (a *App) build(ctx context.Context, tokens *token.Service, out Outside) error {
	migrator, err := NewMigrator(a.db)
	if err != nil {
		return err
	}
	if _, err := migrator.Up(ctx); err != nil {
		return err
	}
	if err := a.trace(ctx, out); err != nil {
		return err
	}
	hasher, err := a.hasher(out.Crowded)
	if err != nil {
		return err
	}
	rows := store.New(a.db)
	guard, err := a.guard(ctx, rows)
	if err != nil {
		return err
	}
	measured, err := a.measure(rows, hasher, out) //nolint:contextcheck // what is measured is read at a scrape, long after the start
	if err != nil {
		return err
	}
	jar := cookie.New(cookieSettings(a.cfg.Cookies))
	sessions := &session.Service{Store: rows, Tokens: tokens, Now: out.Now, Settings: session.Settings{
		AccessLifetime: a.cfg.Tokens.AccessLifetime, RefreshLifetime: a.cfg.Tokens.RefreshLifetime,
		MaxAge: a.cfg.Sessions.MaxAge, Grace: a.cfg.Sessions.RefreshGrace, MaxPerUser: a.cfg.Sessions.MaxPerUser,
	}}
	accounts := &account.Service{
		Store: rows, Hasher: hasher, Guard: guard, Breached: breached(a.cfg.Password, a.log), Policy: password.Policy{ProductName: productName}, Now: out.Now,
		Settings: account.Settings{RequireVerifiedEmail: a.cfg.Accounts.RequireVerifiedEmail},
	}
	keys := &apikey.Service{Store: rows, Guard: guard, Now: out.Now, Settings: apikey.Settings{
		MaxPerUser: a.cfg.Accounts.APIKeysPerUser, MaxAge: a.cfg.Accounts.APIKeyMaxAge,
	}}
	a.parts = routes.Parts{
		Log:     a.log,
		Metrics: measured,
		Tracer:  a.tracer,
		Auth: &controllers.Auth{
			Accounts: accounts, Sessions: sessions, Jar: jar,
			AccessInBody: a.cfg.Tokens.AccessInBody, RegisterLogsIn: a.cfg.Accounts.RegisterLogsIn,
		},
		Users:    &controllers.Users{Accounts: accounts},
		Sessions: &controllers.Sessions{Sessions: sessions, Jar: jar},
		APIKeys:  &controllers.APIKeys{Keys: keys},
		Service: &controllers.Service{
			Issuer: a.cfg.Tokens.Issuer, PublicURL: a.cfg.BaseURL(),
			JWKS: tokens.JWKS, RevokedSessions: sessions.Revoked, Ready: a.ready(rows),
		},
		Identify: middleware.Identify{Sessions: sessions, Keys: keys, Jar: jar},
	}
	a.chores = func(ctx context.Context) {
		go a.keys.keep(ctx)
		a.prune(ctx, rows, out.Now)
	}
	return a.open(rows)
}

// open makes the handler of the parts, and lets the key folder be looked after.
func (a *App) open(rows *store.Store) error {
	handler, err := routes.New(a.cfg, a.parts)
	if err != nil {
		return err
	}
	a.handler = &swapped{}
	a.handler.use(handler)
	a.Handler = a.handler
	a.keys.claim = func(ctx context.Context, now, until time.Time) (bool, error) {
		return rows.Claim(ctx, rotationLeaseName, now, until)
	}
	return a.keys.use(a.cfg.Keys)
}

// ready reports why no request should be sent here.
func (a *App) ready(rows *store.Store) func(context.Context) error {
	return func(ctx context.Context) error {
		if a.draining.Load() {
			return fmt.Errorf("%w: shutting down", models.ErrUnavailable)
		}
		ctx, cancel := context.WithTimeout(ctx, a.cfg.Database.ConnectTimeout)
		defer cancel()
		if a.redis != nil {
			if err := a.redis.Ping(ctx); err != nil {
				return err
			}
		}
		return rows.Ping(ctx)
	}
}

// Close gives the connections back.
func (a *App) Close() {
	if a.metricsListener != nil {
		_ = a.metricsListener.Close() // Serve has done so, if it was called
	}
	a.closeTraces(context.Background())
	if a.redis != nil {
		if err := a.redis.Close(); err != nil {
			a.log.Error("close redis", "error", err)
		}
	}
	pool, err := a.db.DB()
	if err != nil {
		return
	}
	if err := pool.Close(); err != nil {
		a.log.Error("close database", "error", err)
	}
}

// idleRelease is how long after the last hash its memory goes back to the system: each takes 19 MiB.
const idleRelease = 5 * time.Second

// productName may not serve as a password.
const productName = "latchkey"

// breached asks the configured service, which fails open: a sign-up must not depend on it.
func breached(cfg config.Password, log *slog.Logger) func(context.Context, string) bool {
	if cfg.BreachedURL == "" {
		return func(context.Context, string) bool { return false }
	}
	list := breach.New(cfg.BreachedURL)
	return func(ctx context.Context, plain string) bool {
		seen, err := list.Seen(ctx, plain)
		if err != nil {
			log.WarnContext(ctx, "breached passwords were not looked up", "error", err)
		}
		return seen
	}
}

// hasher tells the tracer of its work, if there is one.
func (a *App) hasher(crowded func(int)) (*password.Hasher, error) {
	settings := hashing(a.cfg.Password)
	settings.Crowded = crowded
	if a.tracer != nil {
		settings.Span = a.tracer.Inner
	}
	return password.New(settings)
}

func hashing(cfg config.Password) password.Settings {
	return password.Settings{
		Params: password.Params{MemoryKiB: cfg.MemoryKiB, Iterations: cfg.Iterations, Parallelism: cfg.Parallelism},
		Slots:  cfg.Slots, Queue: cfg.Queue, QueueWait: cfg.QueueWait,
		IdleRelease: idleRelease,
	}
}

func cookieSettings(cfg config.Cookies) cookie.Settings {
	sameSite := http.SameSiteLaxMode
	switch cfg.SameSite {
	case config.Strict:
		sameSite = http.SameSiteStrictMode
	case config.None:
		sameSite = http.SameSiteNoneMode
	case config.Lax:
	}
	return cookie.Settings{Domain: cfg.Domain, Secure: cfg.Secure, SameSite: sameSite, Prefixes: cfg.Prefixes}
}
