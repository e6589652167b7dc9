package doctor

import (
	"fmt"
	"slices"
	"time"

	"latchkey/config"
)

// Foundations is what was found below the service. Whoever looked changed nothing there.
type Foundations struct {
	Keys     Keys
	Database Database
	Redis    *Redis // nil when none is configured
}

// Keys is what was found of the keys in settings and folder.
type Keys struct {
	Faults  []string // lines of the form "WHERE: why; remedy"
	Signing string   // the kid of the key that signs access tokens; "" when there is none yet
	Source  string
}

// Database is what was found in the database.
type Database struct {
	Fault   string // a line of the form "SETTING: why; remedy"; "" when it answers
	Absent  bool   // an SQLite file that is not there yet
	Applied int    // migrations
	Pending int
	Unknown int            // applied, but not known to this program
	Ahead   *time.Duration // of its clock before the one here; nil when it has none of its own
	SignIns []string       // the addresses of the latest sign-ins
	Mount   string         // the file system under an SQLite file; "" when not known
}

// Redis is what was found on the Redis server.
type Redis struct {
	Fault  string
	Policy string // what it does when its memory is full
}

const (
	// clockWarn and clockFail are by how much two clocks may differ. An HTTP date has whole seconds.
	clockWarn = 3 * time.Second
	clockFail = 30 * time.Second
	// enoughSignIns is how many sign-ins from one address are no accident.
	enoughSignIns = 10
)

// Below judges what the service stands on.
func Below(f Foundations, c config.Config) []Finding {
	found := judgeKeys(f.Keys)
	found = append(found, judgeDatabase(f.Database, c)...)
	if f.Redis != nil {
		found = append(found, judgeRedis(*f.Redis))
	}
	return found
}

func judgeKeys(k Keys) []Finding {
	var found []Finding
	for _, line := range k.Faults {
		found = append(found, parseLine(Fail, line))
	}
	if len(found) == 0 && k.Signing == "" {
		return []Finding{ok("keys", "none yet; the first start makes them")}
	}
	return orOK(found, "keys", "sound, from "+k.Source)
}

func judgeDatabase(d Database, c config.Config) []Finding {
	name := c.Database.Setting
	switch {
	case d.Fault != "":
		return []Finding{parseLine(Fail, d.Fault)}
	case d.Absent:
		return []Finding{ok(name, c.Database.Display+" is not there yet; the first start makes it")}
	}
	found := []Finding{ok(name, c.Database.Display+" answers"), judgeMigrations(d)}
	if networkFileSystems[d.Mount] {
		found = append(found, fail(name, "the SQLite file lies on "+d.Mount+", a network file system, whose locks lose writes", "move it to a local disk, or use PostgreSQL"))
	}
	if c.Database.SQLitePath == ":memory:" {
		found = append(found, warn(name, "SQLite in memory: accounts and sessions are gone when the service stops", "name a file"))
	}
	if d.Ahead != nil {
		found = append(found, judgeClock("database clock", *d.Ahead))
	}
	return append(found, judgeSignIns(d.SignIns, c)...)
}

func judgeMigrations(d Database) Finding {
	switch {
	case d.Unknown > 0:
		return fail("migrations", fmt.Sprintf("%d were applied that this program does not know: it is older than the database", d.Unknown), "use the newer program")
	case d.Pending > 0:
		return warn("migrations", fmt.Sprintf("%d of %d are pending", d.Pending, d.Pending+d.Applied), `run "latchkey migrate up", or restart the service, which applies them`)
	}
	return ok("migrations", fmt.Sprintf("all %d are applied", d.Applied))
}

// judgeClock is about how far another clock is ahead of the one here.
func judgeClock(subject string, ahead time.Duration) Finding {
	const remedy = "let both machines set their clocks by NTP: tokens carry times"
	message := fmt.Sprintf("%s ahead of the clock here", ahead.Abs().Round(time.Second))
	if ahead < 0 {
		message = fmt.Sprintf("%s behind the clock here", ahead.Abs().Round(time.Second))
	}
	switch {
	case ahead.Abs() >= clockFail:
		return fail(subject, message, remedy)
	case ahead.Abs() >= clockWarn:
		return warn(subject, message, remedy)
	}
	return ok(subject, "agrees with the clock here")
}

// judgeSignIns finds the proxy that is not trusted in the addresses that were recorded.
func judgeSignIns(addresses []string, c config.Config) []Finding {
	public, set := parseOrigin(c.HTTP.PublicURL)
	elsewhere := c.Production() || set && !isLoopback(public.Hostname())
	if !elsewhere || len(addresses) < enoughSignIns || !isPrivate(addresses[0]) ||
		slices.ContainsFunc(addresses, func(a string) bool { return a != addresses[0] }) {
		return nil
	}
	return []Finding{fail("TRUSTED_PROXIES", fmt.Sprintf("the latest %d sign-ins all came from %s: that is your proxy, so all people share one rate limit",
		len(addresses), addresses[0]), "write TRUSTED_PROXIES="+addresses[0])}
}

func judgeRedis(r Redis) Finding {
	switch {
	case r.Fault != "":
		return parseLine(Fail, r.Fault)
	case r.Policy != "noeviction":
		return fail("REDIS_URL", "the Redis there throws keys away when its memory is full ("+r.Policy+"), and with them counted attempts",
			"set maxmemory-policy noeviction there")
	}
	return ok("REDIS_URL", "answers and keeps what it counts")
}

// networkFileSystems are those on which SQLite's locks cannot be relied on, as the kernel names them.
var networkFileSystems = map[string]bool{ //nolint:gochecknoglobals // a constant that Go cannot express as one
	"nfs": true, "nfs4": true, "cifs": true, "smb3": true, "smbfs": true, "9p": true, "ceph": true, "afs": true, "lustre": true,
	"glusterfs": true, "fuse.glusterfs": true, "fuse.sshfs": true, "fuse.s3fs": true, "fuse.rclone": true, "fuse.ceph": true,
}
