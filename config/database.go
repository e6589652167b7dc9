package config

import (
	"cmp"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
)

const memoryFile = ":memory:"

// postgresParts holds the POSTGRES_ names until a URL is made of them.
type postgresParts struct {
	host     string
	port     int
	user     string
	password Secret
	database string
	sslMode  string
}

func databaseURL() kind {
	const allowed = "postgres://host:5432/database with user:password@ before the host (special characters percent-encoded), sqlite:path or sqlite::memory:"
	return secret(kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		if path, found := strings.CutPrefix(value, "sqlite:"); found {
			return d.useSQLite(path)
		}
		if strings.HasPrefix(value, "postgres://") || strings.HasPrefix(value, "postgresql://") {
			return d.usePostgres(value)
		}
		return &flaw{value, "begins with neither postgres:// nor sqlite:"}
	}})
}

func (d *draft) useSQLite(path string) *flaw {
	if what := sqlitePathFlaw(path); what != "" {
		return &flaw{path, what}
	}
	d.Database.Engine = SQLite
	d.Database.SQLitePath = path
	d.Database.Display = "SQLite " + path
	if path == memoryFile {
		d.Database.Display = "SQLite in memory"
	}
	return nil
}

// sqlitePathFlaw refuses what SQLite would read as a URI with options instead of a file's path.
func sqlitePathFlaw(path string) string {
	switch {
	case path == "":
		return "names no file"
	case strings.HasPrefix(path, "//"):
		return "has slashes that a path does not begin with"
	case strings.HasPrefix(path, "file:"):
		return "begins with file:"
	case strings.ContainsAny(path, "?#%"):
		return "has one of ? # % in its path"
	}
	return ""
}

func sqliteFolder(field func(*draft) *string) kind {
	return checked("the path of a folder, without ? # %", func(value string) (string, *flaw) {
		if what := sqlitePathFlaw(value); what != "" {
			return "", &flaw{value, what}
		}
		return value, nil
	}, field)
}

// usePostgres takes the URL as it is. It refuses what net/url and PostgreSQL's own reading of URLs
// would take apart differently: then a part of the password could pass for the host.
func (d *draft) usePostgres(dsn string) *flaw {
	parsed, err := url.Parse(dsn)
	if err != nil {
		return &flaw{dsn, "is not a URL"}
	}
	query := parsed.Query()
	ats := strings.Count(dsn, "@")
	switch {
	case strings.Contains(dsn, "#"), ats > 1, ats == 1 && parsed.User == nil:
		return &flaw{dsn, "has one of / ? # @ where it must be percent-encoded"}
	case parsed.Hostname() == "" && query.Get("host") == "":
		return &flaw{dsn, "names no host (a socket is named by ?host=/folder)"}
	}
	d.Database.Engine = Postgres
	d.Database.PostgresDSN = Secret(dsn)
	d.Database.Display = displayPostgres(parsed, query)
	return nil
}

// displayPostgres names database, host and port; parameters count before the rest of the URL, as for PostgreSQL.
func displayPostgres(parsed *url.URL, query url.Values) string {
	display := "PostgreSQL"
	if name := cmp.Or(query.Get("dbname"), query.Get("database"), strings.TrimPrefix(parsed.Path, "/")); name != "" {
		display += " " + name
	}
	host := cmp.Or(query.Get("host"), parsed.Hostname())
	switch {
	case strings.Contains(host, ","): // several hosts, with their ports among them
		host = cmp.Or(query.Get("host"), parsed.Host)
	case !strings.HasPrefix(host, "/"):
		host = net.JoinHostPort(host, cmp.Or(query.Get("port"), parsed.Port(), "5432"))
	}
	return oneLine(display + " on " + host)
}

// dsn makes the URL. A socket's folder cannot stand where a host does.
func (p postgresParts) dsn() string {
	made := url.URL{Scheme: "postgres", User: url.User(p.user), Path: "/" + p.database}
	if p.password != "" {
		made.User = url.UserPassword(p.user, p.password.Reveal())
	}
	port := strconv.Itoa(p.port)
	made.RawQuery = "sslmode=" + p.sslMode
	if strings.HasPrefix(p.host, "/") {
		// PostgreSQL reads a plus sign in a parameter as itself, not as a space.
		folder := strings.ReplaceAll(url.QueryEscape(p.host), "+", "%20")
		made.RawQuery += "&host=" + folder + "&port=" + port
	} else {
		made.Host = net.JoinHostPort(p.host, port)
	}
	return made.String()
}

// resolveDatabase chooses between DATABASE_URL, the POSTGRES_ names and the SQLite file, in that order.
func (d *draft) resolveDatabase() {
	switch {
	case d.explicit["DATABASE_URL"]:
		d.Database.Setting = "DATABASE_URL"
		if d.explicit["POSTGRES_HOST"] {
			d.warn("POSTGRES_HOST: DATABASE_URL is set too and counts; remove one of them")
		}
	case d.explicit["POSTGRES_HOST"]:
		d.Database.Setting = "POSTGRES_HOST"
		d.resolvePostgresParts()
	default:
		d.Database.Setting = "DATA_DIR"
		if d.explicit["POSTGRES_DB"] || d.explicit["POSTGRES_USER"] {
			d.warn("POSTGRES_HOST: is not set, so the other POSTGRES_ names do not count and SQLite serves; set it to use PostgreSQL")
		}
		if d.ok("DATA_DIR") {
			d.useSQLite(filepath.Join(d.dataDir, "latchkey.db"))
		}
	}
}

func (d *draft) resolvePostgresParts() {
	complete := d.ok("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_SSLMODE")
	for _, name := range []string{"POSTGRES_USER", "POSTGRES_DB"} {
		if !d.explicit[name] {
			d.fault(name + ": is not set, but POSTGRES_HOST is; set it, or remove POSTGRES_HOST to use SQLite")
			complete = false
		}
	}
	if !complete {
		return
	}
	dsn := d.postgres.dsn()
	parsed, err := url.Parse(dsn)
	if err != nil {
		d.fault("POSTGRES_HOST: cannot be made part of a URL; write a host name, an IP address or the folder of a Unix socket")
		return
	}
	d.Database.Engine = Postgres
	d.Database.PostgresDSN = Secret(dsn)
	d.Database.Display = displayPostgres(parsed, parsed.Query())
}
