package postman_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"latchkey/internal/testdb"
)

const (
	collection  = "latchkey.postman_collection.json"
	environment = "latchkey.postman_environment.json"
)

// graceMilliseconds is long enough for two requests on a busy machine and short enough to wait for.
const graceMilliseconds = "5000"

// newman is where the pinned newman is, installed when its lock file has changed.
var newman = sync.OnceValues(func() (string, error) {
	if out, err := exec.Command("../scripts/npm.sh", "tools/newman").CombinedOutput(); err != nil {
		return "", fmt.Errorf("%w: %s", err, strings.TrimSpace(string(out)))
	}
	return filepath.Abs("../tools/newman/node_modules/newman/bin/newman.js")
})

// report is what newman says of a run, as far as it is looked at.
type report struct {
	Run struct {
		Stats struct {
			Requests   count
			Assertions count
		}
		Failures []struct {
			Source struct{ Name string }
			Error  struct{ Test, Message string }
		}
	}
	exit   int
	output string
}

type count struct{ Total, Pending, Failed int }

// collect runs the collection against the service at base, with values of the environment and other options.
func collect(t *testing.T, base string, values map[string]string, options ...string) report {
	t.Helper()
	program, err := newman()
	if err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("no newman: %v", err)
		}
		t.Skipf("######## THE POSTMAN COLLECTION IS NOT RUN: no newman (it needs Node.js with npm): %v ########", err)
	}
	export := filepath.Join(t.TempDir(), "report.json")
	args := []string{
		program, "run", collection, "--environment", environment, "--env-var", "base_url=" + base,
		"--env-var", "refresh_grace_ms=" + graceMilliseconds,
		"--color", "off", "--timeout-request", "60000", "--reporters", "cli,json", "--reporter-json-export", export,
	}
	for name, value := range values {
		args = append(args, "--env-var", name+"="+value)
	}
	out, err := exec.CommandContext(t.Context(), "node", append(args, options...)...).CombinedOutput()
	r := report{output: string(out)}
	if failed := (*exec.ExitError)(nil); errors.As(err, &failed) {
		r.exit = failed.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(read(t, export), &r); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return r
}

// passed demands that requests were sent, and that every one of their assertions was made and held.
func passed(t *testing.T, r report) {
	t.Helper()
	requests, assertions := r.Run.Stats.Requests, r.Run.Stats.Assertions
	if r.exit == 0 && requests.Failed == 0 && assertions.Failed == 0 && assertions.Pending == 0 && requests.Total > 0 && assertions.Total > requests.Total {
		t.Logf("%d requests, %d assertions", requests.Total, assertions.Total)
		return
	}
	t.Errorf("exit code %d; requests %+v, assertions %+v\n%s", r.exit, requests, assertions, r.output)
}

func notShort(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("newman takes its time, and the walk waits for the grace to end")
	}
}

// The whole collection holds, and a second run against the same service does as well.
func TestCollection(t *testing.T) {
	notShort(t)
	testdb.Each(t, func(t *testing.T, url string) {
		t.Parallel()
		base := "http://localhost:" + serve(t, url, map[string]string{"REFRESH_GRACE": graceMilliseconds + "ms"})
		passed(t, collect(t, base, nil))
		passed(t, collect(t, base, nil, "--folder", "Sessions"))
	})
}

// In production the cookies have other names, and are Secure; to loopback they are sent all the same. /docs is off.
func TestCollectionInProduction(t *testing.T) {
	notShort(t)
	t.Parallel()
	base := "http://localhost:" + serve(t, testdb.SQLite(t), map[string]string{
		"APP_ENV": "production", "CLIENT_ORIGIN": "https://app.example.com", "PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2",
		"REFRESH_GRACE": graceMilliseconds + "ms",
	})
	passed(t, collect(t, base, map[string]string{
		"access_cookie": "__Host-access_token", "refresh_cookie": "__Secure-refresh_token", "secure": "true", "docs": "false",
	}))
}

// A service whose cookies are not those of the environment does not pass.
func TestCollectionFindsFaults(t *testing.T) {
	notShort(t)
	t.Parallel()
	base := "http://localhost:" + serve(t, testdb.SQLite(t), map[string]string{"COOKIE_SAMESITE": "Strict", "ACCESS_TOKEN_EXPIRED_IN": "5m"})
	r := collect(t, base, nil, "--folder", "Sessions")
	if r.exit == 0 || r.Run.Stats.Assertions.Failed == 0 {
		t.Errorf("exit code %d, assertions %+v\n%s", r.exit, r.Run.Stats.Assertions, r.output)
	}
	for _, f := range r.Run.Failures {
		if !strings.Contains(f.Error.Test, "lifetime") {
			t.Errorf("%s: %s: %s", f.Source.Name, f.Error.Test, f.Error.Message)
		}
	}
}

// variable finds the names that a request or a script uses.
var variable = regexp.MustCompile(`\{\{(\w+)\}\}|(?:environment|collectionVariables)\.get\('(\w+)'\)|\benv\('(\w+)'\)`)

// Each variable that is used has its description, and each that is described is used.
func TestVariablesAreDescribed(t *testing.T) {
	type described struct{ Key, Description string }
	var documents struct{ Variable, Values []described }
	for _, file := range []string{collection, environment} {
		if err := json.Unmarshal(read(t, file), &documents); err != nil {
			t.Fatal(err)
		}
	}
	used := map[string]bool{"access_lifetime_s": true, "refresh_lifetime_s": true} // one of the two is chosen by a condition
	for _, match := range variable.FindAllStringSubmatch(string(read(t, collection)), -1) {
		used[match[1]+match[2]+match[3]] = true
	}
	known := map[string]bool{"large": true} // the request that uses it makes it
	for _, v := range append(documents.Variable, documents.Values...) {
		known[v.Key] = true
		if v.Description == "" || !used[v.Key] {
			t.Errorf("%s: description %q, used: %v", v.Key, v.Description, used[v.Key])
		}
	}
	for name := range used {
		if !known[name] {
			t.Errorf("%s is used and not described", name)
		}
	}
	for _, v := range documents.Values {
		if !strings.Contains(string(read(t, "README.md")), "| `"+v.Key+"` |") {
			t.Errorf("README.md does not name %s", v.Key)
		}
	}
}
