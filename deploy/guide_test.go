package deploy_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

const guide = "../docs/deploy.md"

// fenced are the blocks of a language in a page.
func fenced(t *testing.T, page, language string) (found []string) {
	t.Helper()
	for _, block := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(read(t, page), -1) {
		found = append(found, block[1])
	}
	if len(found) == 0 {
		t.Fatalf("%s has no block of %s", page, language)
	}
	return found
}

// What the guide shows of nginx is what the tests run.
func TestGuideShowsTheConfigurationThatIsTested(t *testing.T) {
	if diff := cmp.Diff(read(t, "nginx/latchkey.conf"), fenced(t, guide, "nginx")[0]); diff != "" {
		t.Errorf("nginx (-tested +shown):\n%s", diff)
	}
}

// Every setting that the guide names is one.
func TestGuideNamesSettings(t *testing.T) {
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Name] = true
	}
	named := regexp.MustCompile("`([A-Z][A-Z]+(?:_[A-Z]+)+)(?:=[^`]*)?`").FindAllStringSubmatch(read(t, guide), -1)
	if len(named) < 12 {
		t.Fatalf("only %d settings were found", len(named))
	}
	for _, name := range named {
		if !known[name[1]] {
			t.Errorf("the guide names %s, which is no setting", name[1])
		}
	}
}

// Each set of settings in the guide is taken without a word, and its cookies are those that the guide speaks of.
func TestGuidesSettingsAreTaken(t *testing.T) {
	const host, whole = "; HttpOnly; Secure; SameSite=Lax", "; Domain=example.com"
	wants := []struct{ access, refresh, attributes string }{
		{"__Host-access_token", "__Secure-refresh_token", "; HttpOnly; Secure; SameSite=Strict"},
		{"__Host-access_token", "__Secure-refresh_token", host},
		{"access_token", "refresh_token", whole},
		{"__Host-access_token", "__Secure-refresh_token", "; HttpOnly; Secure; SameSite=None"},
		{"__Host-access_token", "__Secure-refresh_token", host},
	}
	found := fenced(t, guide, "env")
	if len(found) != len(wants) {
		t.Fatalf("%d sets of settings, %d are expected", len(found), len(wants))
	}
	for i, block := range found {
		settings := map[string]string{}
		for line := range strings.Lines(block) {
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			settings[name] = value
		}
		cfg := accepted(t, "docs/deploy.md", settings, nil)
		delete(settings, "DATABASE_URL")
		settings["PASSWORD_MEMORY_KIB"], settings["PASSWORD_ITERATIONS"] = "19456", "2"
		s := apitest.Start(t, testdb.SQLite(t), settings)
		b, email := s.Browser(t), apitest.NewEmail()
		from := []apitest.Option{apitest.Header("Host", cfg.HTTP.AllowedHosts[0]), apitest.Header("Origin", "https://"+cfg.HTTP.AllowedHosts[0])}
		if len(cfg.Origins.Client) > 0 {
			from[1] = apitest.Header("Origin", cfg.Origins.Client[0])
		}
		b.Must(http.StatusCreated, b.Do("POST", "/api/auth/register", apitest.Registration(email), from...))
		r := b.Must(http.StatusOK, b.Do("POST", "/api/auth/login", apitest.Credentials(email), from...))
		for _, name := range []string{wants[i].access, wants[i].refresh} {
			if c := r.Cookies[name]; c == nil || !strings.Contains(c.Raw, wants[i].attributes) || !c.Secure {
				t.Errorf("set %d: cookie %s is %+v", i, name, c)
			}
		}
		if allowed := r.Header.Get("Access-Control-Allow-Origin"); allowed != strings.Join(cfg.Origins.Client, "") {
			t.Errorf("set %d: allowed origin %q", i, allowed)
		}
	}
}
