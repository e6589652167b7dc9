package doctor_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"latchkey/config"
	"latchkey/internal/doctor"
)

const mounts = `22 28 0:21 / /proc rw,nosuid - proc proc rw
28 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw
40 28 0:44 / /srv rw - xfs /dev/vdb rw
41 40 0:45 / /srv/shared\040data rw shared:7 - nfs4 nas:/x rw
`

func TestMountOf(t *testing.T) {
	for path, want := range map[string]string{
		"/var/lib/latchkey":       "ext4",
		"/srv":                    "xfs",
		"/srvother":               "ext4",
		"/srv/shared data/a/b.db": "nfs4",
		"/srv/shared":             "xfs",
	} {
		if got := doctor.MountOf(mounts, path); got != want {
			t.Errorf("%s lies on %q, want %q", path, got, want)
		}
	}
	if got := doctor.MountOf("not a list\n", "/x"); got != "" {
		t.Errorf("of nonsense: %q", got)
	}
}

// What no test machine can be brought to: other clocks, file systems and newer programs.
func TestBelow(t *testing.T) {
	clock := func(d time.Duration) doctor.Foundations {
		return doctor.Foundations{Database: doctor.Database{Ahead: &d}}
	}
	from := func(addresses ...string) doctor.Foundations {
		return doctor.Foundations{Database: doctor.Database{SignIns: addresses}}
	}
	production := config.Config{Env: config.Production, Database: config.Database{Setting: "DATABASE_URL", Display: "X"}}
	many := slices.Repeat([]string{"10.0.0.7"}, 12)
	for _, tc := range []struct {
		name  string
		f     doctor.Foundations
		line  string // begins a line of the findings
		isNot bool   // no line begins so
	}{
		{"clocks agree", clock(2 * time.Second), "OK    database clock: agrees", false},
		{"clock ahead", clock(5 * time.Second), "WARN  database clock: 5s ahead", false},
		{"clock far behind", clock(-time.Minute), "FAIL  database clock: 1m0s behind", false},
		{"local disk", doctor.Foundations{Database: doctor.Database{Mount: "ext4"}}, "FAIL", true},
		{"network disk", doctor.Foundations{Database: doctor.Database{Mount: "nfs4"}}, "FAIL  DATABASE_URL: the SQLite file lies on nfs4", false},
		{"newer database", doctor.Foundations{Database: doctor.Database{Applied: 5, Unknown: 1}}, "FAIL  migrations: 1 were applied", false},
		{"proxy", from(many...), "FAIL  TRUSTED_PROXIES: the latest 12 sign-ins all came from 10.0.0.7", false},
		{"two proxies or people", from(append(many, "10.0.0.8")...), "FAIL", true},
		{"one public address", from(slices.Repeat([]string{"192.0.2.1"}, 12)...), "FAIL", true},
		{"too few", from(many[:9]...), "FAIL", true},
		{"Redis that forgets", doctor.Foundations{Redis: &doctor.Redis{Policy: "volatile-lru"}}, "FAIL  REDIS_URL: ", false},
		{"Redis that keeps", doctor.Foundations{Redis: &doctor.Redis{Policy: "noeviction"}}, "OK    REDIS_URL: ", false},
		{"fault with a remedy", doctor.Foundations{Keys: doctor.Keys{Faults: []string{"k: a; b; c"}}}, "FAIL  k: a; b; c", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var lines []string
			for _, f := range doctor.Below(tc.f, production) {
				lines = append(lines, f.String())
			}
			found := slices.ContainsFunc(lines, func(l string) bool { return strings.HasPrefix(l, tc.line) })
			if found == tc.isNot {
				t.Errorf("%q: found %v in\n%s", tc.line, found, strings.Join(lines, "\n"))
			}
		})
	}
}

// What an env file cannot hold is noticed.
func TestDiffers(t *testing.T) {
	old := doctor.Tutorial{"POSTGRES_PASSWORD": "a", "DATABASE_PORT": "6500"}
	if got := old.Differs(map[string]string{"POSTGRES_PASSWORD": "a", "POSTGRES_PORT": "6500"}); got != "" {
		t.Errorf("the same differs in %s", got)
	}
	if got := old.Differs(map[string]string{"POSTGRES_PASSWORD": "b", "POSTGRES_PORT": "6500"}); got != "POSTGRES_PASSWORD" {
		t.Errorf("differs in %q", got)
	}
}
