package config

import (
	"net/netip"
	"time"
)

const day = 24 * time.Hour

func serviceSettings() []Setting {
	return under("Service",
		row("APP_ENV", "development",
			"How strict the service is. In production cookies are always Secure, cookie names get their prefixes and weak settings are refused.",
			choice(func(d *draft) *Environment { return &d.Env }, Development, Production)),
		row("BIND_ADDRESS", "",
			"The address to listen on. Empty means every interface.",
			bindAddress(func(d *draft) *string { return &d.HTTP.BindAddress })),
		row("PORT", "8000",
			"The TCP port to listen on. 0 takes any free port.",
			whole(0, 65535, func(d *draft) *int { return &d.HTTP.Port })),
		row("METRICS_ADDR", "",
			"Where GET /metrics is served for Prometheus, on a listener of its own. Empty switches it off. Choose an address that the public cannot reach.",
			listenAddress(func(d *draft) *string { return &d.HTTP.MetricsAddress })),
		row("PUBLIC_URL", "",
			"Where people reach the service. It is the issuer of tokens when TOKEN_ISSUER is not set, and begins the addresses in /.well-known/oauth-authorization-server.",
			atMost(mostIssuer, publicURL(func(d *draft) *string { return &d.HTTP.PublicURL }))),
		row("TRUSTED_PROXIES", "",
			"Whose forwarded headers are believed. Empty means nobody's; 0.0.0.0/0 and ::/0 are refused in production.",
			proxies(func(d *draft) *[]netip.Prefix { return &d.HTTP.TrustedProxies })),
		row("ALLOWED_HOSTS", "",
			"The values of the Host header that are answered. Empty means any.",
			list("host names separated by commas, each with a port where one is used, such as api.example.com or localhost:8000",
				allowedHost, func(d *draft) *[]string { return &d.HTTP.AllowedHosts })),
		row("DOCS_ENABLED", "auto",
			"Whether the page /docs shows the API and lets people try it. auto means true in development and false in production. /openapi.json is there in any case.",
			orAuto(func(d *draft) *bool { return &d.docsByEnv }, toggle(func(d *draft) *bool { return &d.HTTP.Docs }))),
		row("ACCOUNT_PAGE", "true",
			"Whether the page / is there, on which people sign in and look after their account. When false, / is answered with 404.",
			toggle(func(d *draft) *bool { return &d.HTTP.AccountPage })),
	)
}

func originSettings() []Setting {
	return under("Browser origins",
		row("CLIENT_ORIGIN", "http://localhost:3000",
			"The origins of the web pages that may call the service with cookies. With none, only pages of the service's own origin may.",
			clientOrigins(func(d *draft) *[]string { return &d.Origins.Client })),
		row("GET_REFRESH_LOGOUT", "true",
			"Whether refresh and logout also answer GET, as older web pages expect. When false, GET is answered with 405.",
			toggle(func(d *draft) *bool { return &d.Origins.GETRefreshLogout })),
		row("CORS_MAX_AGE", "1h",
			"How long a browser may remember the answer to a preflight request.",
			duration(0, day, func(d *draft) *time.Duration { return &d.Origins.PreflightCacheTime })),
	)
}

func databaseSettings() []Setting {
	return under("Database",
		row("DATABASE_URL", "",
			"Where rows are kept. It counts before POSTGRES_HOST; with neither, SQLite keeps them in DATA_DIR.",
			databaseURL()),
		row("DATA_DIR", "data",
			"The folder of the SQLite file latchkey.db, used when no database is named.",
			sqliteFolder(func(d *draft) *string { return &d.dataDir })),
		row("POSTGRES_HOST", "",
			"The PostgreSQL server. Setting it chooses PostgreSQL; POSTGRES_USER and POSTGRES_DB are needed then.",
			postgresHost(func(d *draft) *string { return &d.postgres.host })),
		row("POSTGRES_PORT", "5432",
			"The port of the PostgreSQL server.",
			whole(1, 65535, func(d *draft) *int { return &d.postgres.port })),
		row("POSTGRES_USER", "",
			"The PostgreSQL role.",
			plain("the name of a role", func(d *draft) *string { return &d.postgres.user })),
		row("POSTGRES_PASSWORD", "",
			"The password of the PostgreSQL role.",
			verbatim(secret(plain("the password as it is, not percent-encoded", func(d *draft) *Secret { return &d.postgres.password })))),
		row("POSTGRES_DB", "",
			"The name of the PostgreSQL database.",
			plain("the name of a database", func(d *draft) *string { return &d.postgres.database })),
		row("POSTGRES_SSLMODE", "prefer",
			"Whether the connection made from the POSTGRES_ names is encrypted and the server's certificate checked. Only verify-full does both in full.",
			choice(func(d *draft) *string { return &d.postgres.sslMode },
				"disable", "allow", "prefer", "require", "verify-ca", "verify-full")),
		row("DB_MAX_OPEN_CONNS", "8",
			"The most connections that are open to the database at once.",
			whole(1, 500, func(d *draft) *int { return &d.Database.MaxOpenConns })),
		row("DB_CONN_MAX_LIFETIME", "30m",
			"How long a connection is reused before it is made anew. 0s means for ever.",
			duration(0, day, func(d *draft) *time.Duration { return &d.Database.ConnMaxLifetime })),
		row("DB_CONNECT_TIMEOUT", "5s",
			"How long to wait for a connection.",
			timeout(func(d *draft) *time.Duration { return &d.Database.ConnectTimeout })),
		row("DB_STATEMENT_TIMEOUT", "5s",
			"How long one statement may take.",
			timeout(func(d *draft) *time.Duration { return &d.Database.StatementTimeout })),
		row("SQLITE_SYNCHRONOUS", "FULL",
			"FULL: a write that was acknowledged survives a power cut. NORMAL: faster, but a power cut may lose the last moments.",
			choice(func(d *draft) *string { return &d.Database.SQLiteSynchronous }, "FULL", "NORMAL")),
	)
}

func serverSettings() []Setting {
	return under("Timeouts of the HTTP server",
		row("HTTP_READ_HEADER_TIMEOUT", "10s",
			"How long a client may take to send the headers of a request.",
			timeout(func(d *draft) *time.Duration { return &d.HTTP.ReadHeaderTimeout })),
		row("HTTP_READ_TIMEOUT", "15s",
			"How long a client may take to send a whole request.",
			timeout(func(d *draft) *time.Duration { return &d.HTTP.ReadTimeout })),
		row("HTTP_WRITE_TIMEOUT", "30s",
			"How long an answer may take, counted from the end of the request's headers.",
			timeout(func(d *draft) *time.Duration { return &d.HTTP.WriteTimeout })),
		row("HTTP_IDLE_TIMEOUT", "120s",
			"How long a connection is kept open between two requests.",
			timeout(func(d *draft) *time.Duration { return &d.HTTP.IdleTimeout })),
		row("HTTP_REQUEST_TIMEOUT", "10s",
			"How long a request may wait for the database and for other work before it is answered with 503.",
			timeout(func(d *draft) *time.Duration { return &d.HTTP.RequestTimeout })),
		row("SHUTDOWN_NOTICE", "500ms",
			"How long, when the service is told to stop, it still takes requests while /readyz says 503, so that what stands in front looks away.",
			duration(0, 10*time.Minute, func(d *draft) *time.Duration { return &d.HTTP.ShutdownNotice })),
		row("SHUTDOWN_GRACE", "15s",
			"How long requests under way may take once SHUTDOWN_NOTICE is over.",
			timeout(func(d *draft) *time.Duration { return &d.HTTP.ShutdownGrace })),
	)
}

func logSettings() []Setting {
	return under("Log",
		row("LOG_LEVEL", "info",
			"The least important lines that are written.",
			choice(func(d *draft) *string { return &d.Log.Level }, "debug", "info", "warn", "error")),
		row("LOG_FORMAT", "auto",
			"The form of a log line. auto means text in development and json in production.",
			choice(func(d *draft) *string { return &d.Log.Format }, "auto", "text", "json")),
	)
}
