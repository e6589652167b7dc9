package config_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

// faultOf loads one setting from the environment and returns its one fault, or "".
func faultOf(t *testing.T, name, value string) string {
	t.Helper()
	faults := loadFaults(t, "", map[string]string{name: value})
	if len(faults) > 1 {
		t.Errorf("%s=%q: more than one fault: %q", name, value, faults)
	}
	return strings.Join(faults, "\n")
}

// TestValues holds for each sort of value what is refused, beside the nearest value that is not.
func TestValues(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, bad, fault, good string }{
		{"APP_ENV", "prod", `"prod" is not known; write development or production`, "development"},
		{"LOG_LEVEL", "verbose", `"verbose" is not known; write debug, info, warn or error`, "DEBUG"},
		{"LOG_FORMAT", "xml", `"xml" is not known; write auto, text or json`, "json"},
		{"POSTGRES_SSLMODE", "on", `"on" is not known; write disable, allow, prefer, require, verify-ca or verify-full`, "verify-full"},
		{"SQLITE_SYNCHRONOUS", "OFF", `"OFF" is not known; write FULL or NORMAL`, "normal"},
		{"COOKIE_SAMESITE", "Loose", `"Loose" is not known; write Lax, Strict or None`, "strict"},
		{"DOCS_ENABLED", "maybe", `"maybe" is neither true nor false; write auto, true or false (also 1, 0, yes, no, on, off)`, "Auto"},
		{"REGISTER_LOGS_IN", "ja", `"ja" is neither true nor false; write true or false (also 1, 0, yes, no, on, off)`, "yes"},
		{"RATE_LIMIT_ENABLED", "2", `"2" is neither true nor false`, "0"},
		{"PORT", "-1", `"-1" is below 0; write a whole number from 0 to 65535`, "0"},
		{"PORT", "65536", `"65536" is above 65535`, "65535"},
		{"PORT", "99999999999999999999", `is above 65535`, "8000"},
		{"PORT", "80.5", `"80.5" is not a whole number`, "80"},
		{"PORT", "8_0", `"8_0" is not a whole number`, "80"},
		{"PORT", "80 81", `"80 81" is not a whole number`, "80"},
		{"POSTGRES_PORT", "0", `"0" is below 1`, "1"},
		{"DB_MAX_OPEN_CONNS", "501", `"501" is above 500`, "500"},
		{"MAX_SESSIONS_PER_USER", "0", `"0" is below 1`, "1"},
		{"HASH_SLOTS", "1025", `"1025" is above 1024`, "1024"},
		{"PASSWORD_MEMORY_KIB", "4194305", `"4194305" is above 4194304`, "4194304"},
		{"PASSWORD_ITERATIONS", "101", `"101" is above 100`, "100"},
		{"PASSWORD_PARALLELISM", "65", `"65" is above 64`, "64"},
		{"JWT_ALGORITHM", "HS256", `"HS256" is not known; write RS256, ES256 or EdDSA`, "ES256"},
		{"RSA_KEY_BITS", "1024", `"1024" is not offered; write 2048, 3072 or 4096`, "4096"},
		{"ACCESS_TOKEN_EXPIRED_IN", "15", `"15" has no unit; write a duration such as 10s, 15m or 12h, from 1s to 24h`, "15m"},
		{"ACCESS_TOKEN_EXPIRED_IN", "24h1s", `"24h1s" is above 24h`, "1d"},
		{"ACCESS_TOKEN_EXPIRED_IN", "999ms", `"999ms" is below 1s`, "1s"},
		{"ACCESS_TOKEN_EXPIRED_IN", "-15m", `"-15m" is below 1s`, "15m"},
		{"REFRESH_TOKEN_EXPIRED_IN", "7.5d", `"7.5d" is not a whole number of days; write a duration such as 15m, 12h or 7d, from 1s to 400d`, "180h"},
		{"REFRESH_TOKEN_EXPIRED_IN", "401d", `"401d" is above 400d`, "400d"},
		{"REFRESH_TOKEN_EXPIRED_IN", "106752d", `"106752d" is longer than can be counted`, "100d"},
		{"REFRESH_TOKEN_EXPIRED_IN", "a week", `"a week" is not a duration`, "168h"},
		{"ACCESS_TOKEN_MAXAGE", "15m", `"15m" is not a whole number; write a whole number from 1 to 1440`, "15"},
		{"REFRESH_TOKEN_MAXAGE", "0", `"0" is below 1`, "576000"},
		{"REFRESH_GRACE", "0", `"0" has no unit`, "0s"},
		{"REFRESH_GRACE", "5m1s", `"5m1s" is above 5m`, "5m"},
		{"TOKEN_LEEWAY", "3m", `"3m" is above 2m`, "2m"},
		{"SESSION_MAX_AGE", "0s", `"0s" is below 1s`, "1s"},
		{"EVENTS_KEPT_FOR", "59m", `"59m" is below 1h`, "3650d"},
		{"HTTP_WRITE_TIMEOUT", "0s", `"0s" is below 1ms; write a duration such as 10s, from 1ms to 10m`, "10m"},
		{"CORS_MAX_AGE", "25h", `"25h" is above 24h`, "0s"},
		{"TOKEN_AUDIENCE", "a\nb", `the value has a line break, another control character or bytes that are not UTF-8; write a name or a URL, of at most 255 bytes`, "a b"},
		{"TOKEN_AUDIENCE", strings.Repeat("a", 256), `the value is longer than 255 bytes; write a name or a URL, of at most 255 bytes`, strings.Repeat("a", 255)},
		{"TOKEN_ISSUER", "a\xff", `the value has a line break`, "ä"},
		{"ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS", "a,,b", `the value has an empty entry; write public keys as base64 of PEM, separated by commas`, "a,b"},
		{"KEY_ROTATION_INTERVAL", "23h", `"23h" is below 24h; write a duration such as 7d, from 24h to 400d`, "24h"},
		{"KEY_ROTATION_INTERVAL", "401d", `"401d" is above 400d`, "400d"},
		{"TRUSTED_PROXIES", "proxy.example", `"proxy.example" is neither an IP address nor a network`, "10.0.0.7"},
		{"TRUSTED_PROXIES", "10.0.0.0/33", `"10.0.0.0/33" is neither`, "10.0.0.0/32"},
		{"TRUSTED_PROXIES", "fe80::1%eth0", `"fe80::1%eth0" is neither`, "fe80::1"},
		{"TRUSTED_PROXIES", "10.0.0.7,", `the value has an empty entry`, "10.0.0.7 , ::1"},
		{"ALLOWED_HOSTS", "https://a.example", `"https://a.example" has a scheme`, "a.example"},
		{"ALLOWED_HOSTS", "*.example", `"*.example" has a malformed host`, "w.example"},
		{"ALLOWED_HOSTS", "a.example:0", `"a.example:0" has a port that is not a number from 1 to 65535`, "a.example:1"},
		{"ALLOWED_HOSTS", "::1", `"::1" has a malformed host`, "[::1]"},
		{"BIND_ADDRESS", "0.0.0.0:8000", `"0.0.0.0:8000" is not an address`, "0.0.0.0"},
		{"METRICS_ADDR", "9464", `"9464" is not host:port; write host:port with an IP address`, ":9464"},
		{"METRICS_ADDR", "::1:9464", `"::1:9464" is not host:port`, "[::1]:9464"},
		{"METRICS_ADDR", "http://127.0.0.1:9464", `"http://127.0.0.1:9464" is not host:port`, "127.0.0.1:0"},
		{"METRICS_ADDR", "localhost:metrics", `"localhost:metrics" has a port that is not a number from 0 to 65535`, "localhost:65535"},
		{"METRICS_ADDR", "localhost:65536", `has a port that is not`, "0.0.0.0:80"},
		{"METRICS_ADDR", "a b:9464", `"a b:9464" has a malformed host`, "a-b:9464"},
		{"METRICS_ADDR", "300.0.0.1:9464", `"300.0.0.1:9464" has a malformed host`, "30.0.0.1:9464"},
		{"BIND_ADDRESS", "[::1]", `"[::1]" is not an address`, "::1"},
		{"COOKIE_DOMAIN", "https://a.example", `"https://a.example" has a scheme; write a host name without scheme and port`, "a.example"},
		{"COOKIE_DOMAIN", "a.example:443", `"a.example:443" has a port`, "a.example"},
		{"COOKIE_DOMAIN", "127.0.0.1", `"127.0.0.1" is an IP address`, "a.example"},
		{"COOKIE_DOMAIN", "[::1]", `"[::1]" is an IP address`, "a.example"},
		{"COOKIE_DOMAIN", "LocalHost", `"LocalHost" is not accepted by browsers`, "sub.localhost"},
		{"COOKIE_DOMAIN", "a..example", `"a..example" is not a host name`, ".a.example"},
		{"PUBLIC_URL", "auth.example", `"auth.example" has no scheme`, "https://auth.example"},
		{"PUBLIC_URL", "https://auth.example/", `"https://auth.example/" has a slash at the end`, "https://auth.example:8443"},
		{"DATA_DIR", "data?mode=memory", `"data?mode=memory" has one of ? # % in its path`, "/var/lib/latchkey"},
	} {
		got := faultOf(t, test.name, test.bad)
		if !strings.HasPrefix(got, test.name+": ") || !strings.Contains(got, test.fault) || !strings.Contains(got, "; write ") {
			t.Errorf("%s=%q:\n got %s\nwant %s", test.name, test.bad, got, test.fault)
		}
		if got := faultOf(t, test.name, test.good); got != "" {
			t.Errorf("%s=%q is refused: %s", test.name, test.good, got)
		}
	}
}

// TestFields sets every setting to a value that is not its default and sees it arrive.
func TestFields(t *testing.T) {
	t.Parallel()
	got := load(t, "", map[string]string{
		"APP_ENV": "Production", "BIND_ADDRESS": "127.0.0.1", "PORT": "8443", "METRICS_ADDR": "127.0.0.1:9464", "PUBLIC_URL": "https://Auth.Example:443",
		"TRUSTED_PROXIES": "10.1.2.3/8, ::1,::ffff:192.0.2.1, 10.0.0.0/8", "ALLOWED_HOSTS": "Auth.Example,auth.example:8443,[0:0::1]:80",
		"DOCS_ENABLED": "yes", "ACCOUNT_PAGE": "no",
		"RATE_LIMIT_ENABLED": "off", "REDIS_URL": "redis:6379", "LOGIN_LIMIT_ADDRESS": "1/1s", "LOGIN_LIMIT_ACCOUNT_ADDRESS": "2/1m",
		"LOGIN_LIMIT_ACCOUNT": "3/1h", "LOGIN_LIMIT_RESERVE": "4/1d", "LOGIN_LIMIT_NEWCOMER": "5/7d", "LOGIN_LIMIT_DEVICE": "6/1m", "REGISTER_LIMIT_ADDRESS": "7/90s", "API_KEY_LIMIT_ADDRESS": "8/1m",
		"API_KEYS_PER_USER": "0", "API_KEY_MAX_AGE": "7d",
		"CLIENT_ORIGIN": "https://app.example", "GET_REFRESH_LOGOUT": "no", "CORS_MAX_AGE": "10m",
		"DATABASE_URL": "sqlite:/srv/a.db", "DB_MAX_OPEN_CONNS": "9", "DB_CONN_MAX_LIFETIME": "0s", "DB_CONNECT_TIMEOUT": "1s",
		"DB_STATEMENT_TIMEOUT": "2s", "SQLITE_SYNCHRONOUS": "normal", "KEYS_DIR": "/srv/keys", "JWT_ALGORITHM": "eddsa", "RSA_KEY_BITS": "3072", "KEY_ROTATION_INTERVAL": "90d",
		"ACCESS_TOKEN_NEXT_PRIVATE_KEY": "a5", "ACCESS_TOKEN_NEXT_KEY_FROM": "2026-03-01T12:00:00Z",
		"REFRESH_TOKEN_NEXT_PRIVATE_KEY": "r5", "REFRESH_TOKEN_NEXT_KEY_FROM": "2026-03-02T00:00:00Z",
		"ACCESS_TOKEN_PRIVATE_KEY": " a1\n", "ACCESS_TOKEN_PUBLIC_KEY": "a\n2 ", "ACCESS_TOKEN_PREVIOUS_PUBLIC_KEYS": "a3 , a4\n",
		"REFRESH_TOKEN_PRIVATE_KEY": "r1", "REFRESH_TOKEN_PUBLIC_KEY": "r2", "REFRESH_TOKEN_PREVIOUS_PUBLIC_KEYS": "r3",
		"TOKEN_ISSUER": "me", "TOKEN_AUDIENCE": "you", "TOKEN_LEEWAY": "3s", "ACCESS_TOKEN_EXPIRED_IN": "4m", "REFRESH_TOKEN_EXPIRED_IN": "5d",
		"ACCESS_TOKEN_IN_BODY": "FALSE", "TOKEN_ENDPOINT": "no", "COOKIE_DOMAIN": ".Example.COM", "COOKIE_SECURE": "on", "COOKIE_SAMESITE": "none", "COOKIE_PREFIXES": "false",
		"REFRESH_GRACE": "6s", "SESSION_MAX_AGE": "7h30m", "MAX_SESSIONS_PER_USER": "8", "EVENTS_KEPT_FOR": "9h",
		"REGISTER_LOGS_IN":    "1",
		"PASSWORD_MEMORY_KIB": "47104", "PASSWORD_ITERATIONS": "1", "PASSWORD_PARALLELISM": "3", "BREACHED_PASSWORDS_URL": "https://range.example", "HASH_SLOTS": "4", "HASH_QUEUE": "0",
		"HASH_QUEUE_WAIT": "0s", "HTTP_READ_HEADER_TIMEOUT": "1s", "HTTP_READ_TIMEOUT": "2s", "HTTP_WRITE_TIMEOUT": "3s",
		"HTTP_IDLE_TIMEOUT": "4s", "HTTP_REQUEST_TIMEOUT": "6s", "SHUTDOWN_NOTICE": "7s", "SHUTDOWN_GRACE": "5s", "LOG_LEVEL": "Warn", "LOG_FORMAT": "TEXT",
		"OTEL_SDK_DISABLED": "1", "OTEL_TRACES_EXPORTER": "OTLP", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL": "http/json", "OTEL_EXPORTER_OTLP_HEADERS": "a=b",
		"OTEL_EXPORTER_OTLP_TIMEOUT": "7", "OTEL_EXPORTER_OTLP_COMPRESSION": "gzip", "OTEL_EXPORTER_OTLP_CERTIFICATE": "ca.pem",
		"OTEL_SERVICE_NAME": "auth", "OTEL_RESOURCE_ATTRIBUTES": "c=d", "OTEL_TRACES_SAMPLER": "TraceIDRatio", "OTEL_TRACES_SAMPLER_ARG": "0.5",
	})
	want := config.Config{
		Env: config.Production,
		HTTP: config.HTTP{
			BindAddress: "127.0.0.1", Port: 8443, MetricsAddress: "127.0.0.1:9464", PublicURL: "https://auth.example", TrustedProxies: prefixes("10.0.0.0/8", "::1/128", "192.0.2.1/32"),
			AllowedHosts:      []string{"auth.example", "auth.example:8443", "[::1]:80"},
			Docs:              true,
			ReadHeaderTimeout: time.Second, ReadTimeout: 2 * time.Second, WriteTimeout: 3 * time.Second, IdleTimeout: 4 * time.Second, RequestTimeout: 6 * time.Second,
			ShutdownNotice: 7 * time.Second, ShutdownGrace: 5 * time.Second,
		},
		Origins: config.Origins{Client: []string{"https://app.example"}, PreflightCacheTime: 10 * time.Minute},
		Database: config.Database{
			Engine: config.SQLite, Setting: "DATABASE_URL", SQLitePath: "/srv/a.db", Display: "SQLite /srv/a.db", MaxOpenConns: 9,
			ConnectTimeout: time.Second, StatementTimeout: 2 * time.Second, SQLiteSynchronous: "NORMAL",
		},
		Keys: config.Keys{
			AccessPrivate: "a1", AccessPublic: "a\n2", AccessPrevious: []string{"a3", "a4"},
			RefreshPrivate: "r1", RefreshPublic: "r2", RefreshPrevious: []string{"r3"}, Dir: "/srv/keys", Algorithm: "EdDSA", RSABits: 3072,
			AccessNext: "a5", AccessNextFrom: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
			RefreshNext: "r5", RefreshNextFrom: time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC), RotationInterval: 90 * 24 * time.Hour,
		},
		Tokens:   config.Tokens{Issuer: "me", Audience: "you", Leeway: 3 * time.Second, AccessLifetime: 4 * time.Minute, RefreshLifetime: 120 * time.Hour},
		Cookies:  config.Cookies{Domain: "example.com", Secure: true, SameSite: config.None},
		Sessions: config.Sessions{RefreshGrace: 6 * time.Second, MaxAge: 450 * time.Minute, MaxPerUser: 8, EventsKept: 9 * time.Hour},
		Accounts: config.Accounts{RegisterLogsIn: true, APIKeyMaxAge: 168 * time.Hour},
		Password: config.Password{MemoryKiB: 47104, Iterations: 1, Parallelism: 3, Slots: 4, BreachedURL: "https://range.example"},
		Limits: config.Limits{
			RedisURL: "redis://redis:6379", LoginAddress: config.Rate{Tries: 1, Period: time.Second},
			LoginAccountAddress: config.Rate{Tries: 2, Period: time.Minute}, LoginAccount: config.Rate{Tries: 3, Period: time.Hour},
			LoginReserve: config.Rate{Tries: 4, Period: 24 * time.Hour}, LoginNewcomer: config.Rate{Tries: 5, Period: 168 * time.Hour},
			LoginDevice: config.Rate{Tries: 6, Period: time.Minute}, RegisterAddress: config.Rate{Tries: 7, Period: 90 * time.Second},
			APIKeyAddress: config.Rate{Tries: 8, Period: time.Minute},
		},
		Log:      config.Log{Level: "warn", Format: "text"},
		Warnings: []string{"KEY_ROTATION_INTERVAL: has no effect on keys that are settings; remove it, or let KEYS_DIR hold the keys"},
		Traces: config.Traces{
			Disabled: true, Exporter: "otlp", Protocol: "http/json", Headers: map[string]config.Secret{"a": "b"},
			Timeout: 7 * time.Millisecond, Compression: "gzip", Certificate: "ca.pem",
			Service: "auth", Resource: map[string]string{"c": "d"}, Sampler: "traceidratio", SampleRatio: .5,
		},
	}
	if diff := cmp.Diff(want, got, comparePrefixes, revealSecrets); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
}
