// Package config owns the settings: it reads them as text and hands out one typed, validated Config.
// It must not know what the settings are used for: no HTTP, no database, no cryptography.
package config

import (
	"net/netip"
	"strconv"
	"strings"
	"time"
)

// Environment says how strict the defaults are.
type Environment string

// The two environments. Production forces Secure cookies, cookie name prefixes and HSTS.
const (
	Development Environment = "development"
	Production  Environment = "production"
)

// Config is every setting after reading, defaulting and validating. It is a value: nobody changes it after Load.
type Config struct {
	Env      Environment
	HTTP     HTTP
	Origins  Origins
	Database Database
	Keys     Keys
	Tokens   Tokens
	Cookies  Cookies
	Sessions Sessions
	Accounts Accounts
	Password Password
	Limits   Limits
	Log      Log
	Traces   Traces

	// Warnings are one-line remarks about settings that are legal but probably not meant,
	// such as an unknown name in app.env.
	Warnings []string
}

// Production reports whether APP_ENV=production.
func (c Config) Production() bool { return c.Env == Production }

// BaseURL begins the addresses that others are told: PUBLIC_URL, else TOKEN_ISSUER if it is a URL, else
// http://localhost:PORT. There is no slash at its end.
func (c Config) BaseURL() string {
	switch issuer := c.Tokens.Issuer; {
	case c.HTTP.PublicURL != "":
		return c.HTTP.PublicURL
	case strings.HasPrefix(issuer, "https://"), strings.HasPrefix(issuer, "http://"):
		return strings.TrimSuffix(issuer, "/")
	default:
		return "http://localhost:" + strconv.Itoa(c.HTTP.Port)
	}
}

// HTTP holds the listener's settings.
type HTTP struct {
	BindAddress       string         // BIND_ADDRESS; empty means every interface
	Port              int            // PORT
	MetricsAddress    string         // METRICS_ADDR; host:port, empty means off
	PublicURL         string         // PUBLIC_URL; an origin without a slash at the end, empty when not set
	TrustedProxies    []netip.Prefix // TRUSTED_PROXIES; empty means that forwarded headers never count
	AllowedHosts      []string       // ALLOWED_HOSTS; lower case, empty means any
	Docs              bool           // DOCS_ENABLED: whether /docs is there
	AccountPage       bool           // ACCOUNT_PAGE: whether / is there
	ReadHeaderTimeout time.Duration  // HTTP_READ_HEADER_TIMEOUT
	ReadTimeout       time.Duration  // HTTP_READ_TIMEOUT
	WriteTimeout      time.Duration  // HTTP_WRITE_TIMEOUT
	IdleTimeout       time.Duration  // HTTP_IDLE_TIMEOUT
	RequestTimeout    time.Duration  // HTTP_REQUEST_TIMEOUT
	ShutdownNotice    time.Duration  // SHUTDOWN_NOTICE
	ShutdownGrace     time.Duration  // SHUTDOWN_GRACE
}

// Origins says who may call from a browser.
type Origins struct {
	Client             []string // CLIENT_ORIGIN; scheme://host[:port], lower case, no slash at the end
	GETRefreshLogout   bool     // GET_REFRESH_LOGOUT
	PreflightCacheTime time.Duration
}

// Engine names a supported database.
type Engine string

// The two engines; both are production stores.
const (
	SQLite   Engine = "sqlite"
	Postgres Engine = "postgres"
)

// Database says where rows are kept.
type Database struct {
	Engine            Engine
	SQLitePath        string        // the file, or ":memory:"
	PostgresDSN       Secret        // a postgres:// URL made from DATABASE_URL or the POSTGRES_* names
	Setting           string        // the name of the setting that chose the database, for error messages
	Display           string        // where the rows are, fit for a banner: never a password
	MaxOpenConns      int           // DB_MAX_OPEN_CONNS
	ConnMaxLifetime   time.Duration // DB_CONN_MAX_LIFETIME
	ConnectTimeout    time.Duration // DB_CONNECT_TIMEOUT
	StatementTimeout  time.Duration // DB_STATEMENT_TIMEOUT
	SQLiteSynchronous string        // SQLITE_SYNCHRONOUS: FULL or NORMAL
}

// Keys holds the key material as it was set: base64 of PEM. Nothing here is parsed yet.
type Keys struct {
	AccessPrivate    Secret        // ACCESS_TOKEN_PRIVATE_KEY
	AccessPublic     string        // ACCESS_TOKEN_PUBLIC_KEY
	AccessNext       Secret        // ACCESS_TOKEN_NEXT_PRIVATE_KEY
	AccessNextFrom   time.Time     // ACCESS_TOKEN_NEXT_KEY_FROM; zero without a next key
	AccessPrevious   []string      // ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS
	RefreshPrivate   Secret        // REFRESH_TOKEN_PRIVATE_KEY
	RefreshPublic    string        // REFRESH_TOKEN_PUBLIC_KEY
	RefreshNext      Secret        // REFRESH_TOKEN_NEXT_PRIVATE_KEY
	RefreshNextFrom  time.Time     // REFRESH_TOKEN_NEXT_KEY_FROM
	RefreshPrevious  []string      // REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS
	Dir              string        // KEYS_DIR
	Algorithm        string        // JWT_ALGORITHM: RS256, ES256 or EdDSA
	RSABits          int           // RSA_KEY_BITS: 2048, 3072 or 4096
	RotationInterval time.Duration // KEY_ROTATION_INTERVAL; 0 means that keys are rotated by hand only
}

// Tokens holds what goes into tokens and how long they live.
type Tokens struct {
	Issuer          string        // TOKEN_ISSUER, else PUBLIC_URL, else "latchkey"
	Audience        string        // TOKEN_AUDIENCE
	Leeway          time.Duration // TOKEN_LEEWAY
	AccessLifetime  time.Duration // ACCESS_TOKEN_EXPIRED_IN, else ACCESS_TOKEN_MAXAGE minutes
	RefreshLifetime time.Duration // REFRESH_TOKEN_EXPIRED_IN, else REFRESH_TOKEN_MAXAGE minutes
	AccessInBody    bool          // ACCESS_TOKEN_IN_BODY
	Endpoint        bool          // TOKEN_ENDPOINT; never without AccessInBody
}

// SameSite is the cookie attribute of RFC 6265bis section 5.6.7.
type SameSite string

// The values that browsers know.
const (
	Lax    SameSite = "Lax"
	Strict SameSite = "Strict"
	None   SameSite = "None"
)

// Cookies holds the attributes shared by all cookies.
type Cookies struct {
	Domain   string   // COOKIE_DOMAIN
	Secure   bool     // COOKIE_SECURE, always true in production
	SameSite SameSite // COOKIE_SAMESITE
	Prefixes bool     // true in production unless COOKIE_PREFIXES=false: __Host- and __Secure- names
}

// Sessions holds the lifetimes and bounds of sessions.
type Sessions struct {
	RefreshGrace time.Duration // REFRESH_GRACE
	MaxAge       time.Duration // SESSION_MAX_AGE
	MaxPerUser   int           // MAX_SESSIONS_PER_USER
	EventsKept   time.Duration // EVENTS_KEPT_FOR
}

// Accounts holds the rules of registration and sign-in.
type Accounts struct {
	RegisterLogsIn       bool // REGISTER_LOGS_IN
	RequireVerifiedEmail bool // REQUIRE_VERIFIED_EMAIL

	APIKeysPerUser int           // API_KEYS_PER_USER; 0 means that no keys are made
	APIKeyMaxAge   time.Duration // API_KEY_MAX_AGE
}

// Password holds the cost of a hash and the bounds on hashing.
type Password struct {
	MemoryKiB   uint32        // PASSWORD_MEMORY_KIB
	Iterations  uint32        // PASSWORD_ITERATIONS
	Parallelism uint8         // PASSWORD_PARALLELISM
	Slots       int           // HASH_SLOTS; 0 means one less than there are cores, but at least one
	Queue       int           // HASH_QUEUE
	QueueWait   time.Duration // HASH_QUEUE_WAIT
	BreachedURL string        // BREACHED_PASSWORDS_URL; empty means that nobody is asked
}

// Log says how much is logged and in what form.
type Log struct {
	Level  string // LOG_LEVEL: debug, info, warn, error
	Format string // LOG_FORMAT: text or json
}
