package cli_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"
)

// keyOf is a private key of a size as a setting takes it.
func keyOf(t *testing.T, bits int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, bits)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// goodKeys are settings with two sound pairs, made once.
var goodKeys = sync.OnceValue(func() map[string]string {
	keys := map[string]string{}
	for _, kind := range []string{"ACCESS", "REFRESH"} {
		key, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		der := x509.MarshalPKCS1PrivateKey(key)
		keys[kind+"_TOKEN_PRIVATE_KEY"] = base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: der}))
	}
	return keys
})

// finding is one line of a diagnosis; a test wants its level, its subject, and parts of what it says.
type finding struct{ level, subject, says string }

// finds reports whether a diagnosis holds a finding.
func (o outcome) finds(t *testing.T, want finding) bool {
	t.Helper()
	for _, f := range o.json(t)["findings"].([]any) {
		got := f.(map[string]any)
		remedy, _ := got["remedy"].(string)
		if got["level"] == want.level && got["subject"] == want.subject && strings.Contains(got["message"].(string)+"; "+remedy, want.says) {
			if want.level != "ok" && remedy == "" {
				t.Errorf("no remedy: %v", got)
			}
			return true
		}
	}
	return false
}

// diagnose runs the doctor and wants a finding of it; the exit code is 1 if and only if something failed.
func (w with) diagnose(t *testing.T, want finding, args ...string) outcome {
	t.Helper()
	out := w.run(t, append([]string{"doctor", "--json"}, args...)...)
	if !out.finds(t, want) {
		t.Errorf("not found: %v in\n%s%s", want, out.stdout, out.stderr)
	}
	failed := strings.Contains(out.stdout, `"level": "fail"`)
	if failed != (out.code == 1) || out.code > 1 || out.json(t)["ok"] != !failed || want.level == "fail" && out.code != 1 {
		t.Errorf("exit code %d, failed %v", out.code, failed)
	}
	return out
}

// Every mistake stands beside its twin, where the same thing is right.
func TestDoctorOnSettings(t *testing.T) {
	live := map[string]string{
		"APP_ENV": "production", "PUBLIC_URL": "https://auth.example.com", "CLIENT_ORIGIN": "https://app.example.com",
		"ALLOWED_HOSTS": "auth.example.com", "TRUSTED_PROXIES": "10.0.0.7", "RATE_LIMIT_ENABLED": "true",
		"PASSWORD_MEMORY_KIB": "19456", "PASSWORD_ITERATIONS": "2",
	}
	weak, sound := keyOf(t, 1024), goodKeys()["ACCESS_TOKEN_PRIVATE_KEY"]
	for _, tc := range []struct {
		name string
		base map[string]string
		bad  map[string]string
		want finding
		good map[string]string
		twin finding
	}{
		{
			"cookie domain that is an address", nil,
			map[string]string{"COOKIE_DOMAIN": "127.0.0.1"},
			finding{"fail", "COOKIE_DOMAIN", "is an IP address; remove COOKIE_DOMAIN"},
			nil,
			finding{"ok", "COOKIE_DOMAIN", "not set"},
		},
		{
			"cookie domain localhost", nil,
			map[string]string{"COOKIE_DOMAIN": "localhost"},
			finding{"fail", "COOKIE_DOMAIN", "remove COOKIE_DOMAIN"},
			nil,
			finding{"ok", "COOKIE_DOMAIN", "not set"},
		},
		{
			"cookie domain of another host",
			map[string]string{"COOKIE_DOMAIN": "example.com"},
			map[string]string{"PUBLIC_URL": "https://auth.example.org"},
			finding{"fail", "COOKIE_DOMAIN", "auth.example.org drop"},
			map[string]string{"PUBLIC_URL": "https://auth.example.com"},
			finding{"ok", "COOKIE_DOMAIN", "example.com covers auth.example.com"},
		},
		{
			"cookie domain that is a suffix",
			map[string]string{"PUBLIC_URL": "https://auth.shop.co.uk"},
			map[string]string{"COOKIE_DOMAIN": "co.uk"},
			finding{"fail", "COOKIE_DOMAIN", "public suffix"},
			map[string]string{"COOKIE_DOMAIN": "shop.co.uk"},
			finding{"ok", "COOKIE_DOMAIN", "covers"},
		},
		{
			"Secure over http",
			map[string]string{"COOKIE_SECURE": "true"},
			map[string]string{"PUBLIC_URL": "http://auth.example.com"},
			finding{"fail", "COOKIE_SECURE", "browsers drop them"},
			map[string]string{"PUBLIC_URL": "https://auth.example.com"},
			finding{"ok", "COOKIE_SECURE", "https only"},
		},
		{
			"Secure over http on this machine", nil,
			map[string]string{"COOKIE_SECURE": "true"},
			finding{"warn", "COOKIE_SECURE", "Safari"},
			nil,
			finding{"ok", "COOKIE_SECURE", "http at localhost"},
		},
		{
			"https without Secure",
			map[string]string{"PUBLIC_URL": "https://auth.example.com"},
			nil,
			finding{"warn", "COOKIE_SECURE", "travel over http as well"},
			map[string]string{"COOKIE_SECURE": "true"},
			finding{"ok", "COOKIE_SECURE", "https only"},
		},
		{
			"None without Secure",
			map[string]string{"COOKIE_SAMESITE": "None", "PUBLIC_URL": "https://auth.example.com", "CLIENT_ORIGIN": "https://app.example.net"},
			nil,
			finding{"fail", "COOKIE_SAMESITE", "COOKIE_SECURE=true"},
			map[string]string{"COOKIE_SECURE": "true"},
			finding{"warn", "COOKIE_SAMESITE", "Safari"},
		},
		{
			"None for nothing",
			map[string]string{"COOKIE_SECURE": "true", "PUBLIC_URL": "https://auth.example.com", "CLIENT_ORIGIN": "https://app.example.com"},
			map[string]string{"COOKIE_SAMESITE": "None"},
			finding{"warn", "COOKIE_SAMESITE", "set COOKIE_SAMESITE=Lax"},
			nil,
			finding{"ok", "COOKIE_SAMESITE", "Lax fits"},
		},
		{
			"page of another site",
			map[string]string{"COOKIE_SECURE": "true", "PUBLIC_URL": "https://auth.example.com"},
			map[string]string{"CLIENT_ORIGIN": "https://app.example.net"},
			finding{"fail", "COOKIE_SAMESITE", "None with COOKIE_SECURE=true"},
			map[string]string{"CLIENT_ORIGIN": "https://app.example.com"},
			finding{"ok", "COOKIE_SAMESITE", "Lax fits"},
		},
		{
			"two names of this machine", nil,
			map[string]string{"CLIENT_ORIGIN": "http://127.0.0.1:3000"},
			finding{"fail", "CLIENT_ORIGIN", "use one name for both"},
			map[string]string{"CLIENT_ORIGIN": "http://localhost:3000"},
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"http page of an https service",
			map[string]string{"PUBLIC_URL": "https://auth.example.com", "COOKIE_SECURE": "true"},
			map[string]string{"CLIENT_ORIGIN": "http://app.example.com"},
			finding{"fail", "CLIENT_ORIGIN", "serve both over https"},
			map[string]string{"CLIENT_ORIGIN": "https://app.example.com"},
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"origin with a slash", nil,
			map[string]string{"CLIENT_ORIGIN": "http://localhost:3000/"},
			finding{"fail", "CLIENT_ORIGIN", "has a slash at the end; write CLIENT_ORIGIN=http://localhost:3000"},
			map[string]string{"CLIENT_ORIGIN": "http://localhost:3000"},
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"origin with a path", nil,
			map[string]string{"CLIENT_ORIGIN": "http://localhost:3000/app,https://a.example"},
			finding{"fail", "CLIENT_ORIGIN", "write CLIENT_ORIGIN=http://localhost:3000,https://a.example"},
			map[string]string{"CLIENT_ORIGIN": "http://localhost:3000"},
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"origin that is the service",
			map[string]string{"PORT": "8000"},
			map[string]string{"CLIENT_ORIGIN": "http://localhost:8000"},
			finding{"warn", "CLIENT_ORIGIN", "service's own address"},
			map[string]string{"CLIENT_ORIGIN": "http://localhost:5173"},
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"origin with the other scheme's port", nil,
			map[string]string{"CLIENT_ORIGIN": "https://localhost:80"},
			finding{"fail", "CLIENT_ORIGIN", "port of the other one"},
			map[string]string{"CLIENT_ORIGIN": "http://localhost:80"},
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"development that others reach", nil,
			map[string]string{"PUBLIC_URL": "https://auth.example.com"},
			finding{"warn", "APP_ENV", "set APP_ENV=production"},
			live,
			finding{"ok", "APP_ENV", "production"},
		},
		{
			"production without an address", live,
			map[string]string{"PUBLIC_URL": ""},
			finding{"warn", "PUBLIC_URL", "not set"},
			nil,
			finding{"ok", "PUBLIC_URL", ""},
		},
		{
			"production over http", live,
			map[string]string{"PUBLIC_URL": "http://auth.example.com"},
			finding{"fail", "PUBLIC_URL", "write PUBLIC_URL=https://auth.example.com"},
			nil,
			finding{"ok", "PUBLIC_URL", ""},
		},
		{
			"production for any host", live,
			map[string]string{"ALLOWED_HOSTS": ""},
			finding{"warn", "ALLOWED_HOSTS", ""},
			nil,
			finding{"ok", "ALLOWED_HOSTS", ""},
		},
		{
			"production for another host", live,
			map[string]string{"ALLOWED_HOSTS": "example.com"},
			finding{"fail", "ALLOWED_HOSTS", "add auth.example.com"},
			nil,
			finding{"ok", "ALLOWED_HOSTS", ""},
		},
		{
			"production without a trusted proxy", live,
			map[string]string{"TRUSTED_PROXIES": ""},
			finding{"warn", "TRUSTED_PROXIES", "rate limits"},
			nil,
			finding{"ok", "TRUSTED_PROXIES", "10.0.0.7"},
		},
		{
			"production for a developer's page", live,
			map[string]string{"CLIENT_ORIGIN": "https://app.example.com,https://localhost:3000"},
			finding{"warn", "CLIENT_ORIGIN", "localhost:3000 in production"},
			nil,
			finding{"ok", "CLIENT_ORIGIN", ""},
		},
		{
			"weak key",
			map[string]string{"REFRESH_TOKEN_PRIVATE_KEY": goodKeys()["REFRESH_TOKEN_PRIVATE_KEY"]},
			map[string]string{"ACCESS_TOKEN_PRIVATE_KEY": weak},
			finding{"fail", "ACCESS_TOKEN_PRIVATE_KEY", "1024 bits"},
			map[string]string{"ACCESS_TOKEN_PRIVATE_KEY": sound},
			finding{"ok", "keys", "settings"},
		},
		{
			"one pair for both",
			map[string]string{"ACCESS_TOKEN_PRIVATE_KEY": sound},
			map[string]string{"REFRESH_TOKEN_PRIVATE_KEY": sound},
			finding{"fail", "REFRESH_TOKEN_PRIVATE_KEY", "each kind of token needs its own"},
			map[string]string{"REFRESH_TOKEN_PRIVATE_KEY": goodKeys()["REFRESH_TOKEN_PRIVATE_KEY"]},
			finding{"ok", "keys", "settings"},
		},
		{
			"database that is not there", nil,
			map[string]string{"DATABASE_URL": "postgres://u:hunter2@127.0.0.1:1/d", "DB_CONNECT_TIMEOUT": "1s"},
			finding{"fail", "DATABASE_URL", "does not answer"},
			nil,
			finding{"ok", "DATA_DIR", "the first start makes it"},
		},
		{
			"Redis that is not there", nil,
			map[string]string{"REDIS_URL": "redis://:hunter2@127.0.0.1:1"},
			finding{"fail", "REDIS_URL", "does not answer"},
			nil,
			finding{"ok", "DATA_DIR", ""},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			bad := with{env: merged(tc.base, tc.bad)}.diagnose(t, tc.want)
			good := with{env: merged(tc.base, tc.good)}.diagnose(t, tc.twin)
			if good.finds(t, tc.want) {
				t.Errorf("found in the twin too: %v", tc.want)
			}
			for _, hidden := range []string{"hunter2", weak, sound} {
				if strings.Contains(bad.stdout+bad.stderr, hidden) {
					t.Error("a secret is shown")
				}
			}
			if files, err := os.ReadDir("."); err != nil || len(files) > 0 {
				t.Errorf("files were made: %v, error %v", files, err)
			}
		})
	}
}

func merged(all ...map[string]string) map[string]string {
	out := map[string]string{}
	for _, m := range all {
		maps.Copy(out, m)
	}
	return out
}

// Where the loader stops at a start, the doctor reports every fault, in plain lines too.
func TestDoctorReportsEverything(t *testing.T) {
	t.Chdir(t.TempDir())
	w := with{env: map[string]string{"COOKIE_DOMAIN": "localhost", "CLIENT_ORIGIN": "http://localhost:3000/", "ACCESS_TOKEN_EXPIRED_IN": "15", "ACCESS_TOKEN_PRIVATE_KEY": "c2VjcmV0"}}
	out := w.run(t, "doctor")
	for _, line := range []string{"FAIL  COOKIE_DOMAIN: ", "FAIL  CLIENT_ORIGIN: ", "FAIL  ACCESS_TOKEN_EXPIRED_IN: ", "FAIL  ACCESS_TOKEN_PRIVATE_KEY: "} {
		if !strings.Contains(out.stdout, "\n"+line) && !strings.HasPrefix(out.stdout, line) {
			t.Errorf("%q is missing in\n%s", line, out.stdout)
		}
	}
	if out.code != 1 || out.stderr != "" || strings.Contains(out.stdout, "c2VjcmV0") {
		t.Errorf("exit code %d, stderr %q", out.code, out.stderr)
	}
}
