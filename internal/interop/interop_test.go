package interop_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"latchkey/internal/apitest"
	"latchkey/internal/testdb"
)

func TestMain(m *testing.M) { testdb.Main(m) }

const root = "../../"

// order is what a verifying program is told; its answer names the sub of each good token.
type order struct {
	URL      string            `json:"url"`
	Issuer   string            `json:"issuer"`
	Audience string            `json:"audience"`
	Tokens   map[string]string `json:"tokens"`
}

func TestJoseVerifiesOurTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it starts Node.js")
	}
	if out, err := exec.Command(root+"scripts/npm.sh", "tools/interop").CombinedOutput(); err != nil {
		missing(t, "jose on Node.js", string(out))
	}
	judged(t, "node", root+"tools/interop/verify.mjs")
}

func TestPyJWTVerifiesOurTokens(t *testing.T) {
	if testing.Short() {
		t.Skip("left out by -short: it starts Python")
	}
	// Debian's own Python first: its packages are not seen by another one.
	for _, python := range []string{"/usr/bin/python3", "python3"} {
		if exec.Command(python, "-c", "import jwt, cryptography").Run() == nil {
			judged(t, python, root+"tools/interop/verify.py")
			return
		}
	}
	missing(t, "PyJWT", "Debian packages python3-jwt and python3-cryptography")
}

// missing skips the test, and fails it in CI.
func missing(t *testing.T, what, why string) {
	t.Helper()
	if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
		t.Fatalf("no %s: %s", what, why)
	}
	t.Skipf("######## NOT VERIFIED WITH %s: %s ########", strings.ToUpper(what), strings.TrimSpace(why))
}

// judged has the program verify good and bad tokens of a running service.
func judged(t *testing.T, program string, args ...string) {
	t.Helper()
	for _, algorithm := range []string{"RS256", "ES256", "EdDSA"} {
		t.Run(algorithm, func(t *testing.T) { judgedFor(t, algorithm, program, args...) })
	}
}

func judgedFor(t *testing.T, algorithm, program string, args ...string) {
	t.Helper()
	testdb.Each(t, func(t *testing.T, url string) {
		s := apitest.Start(t, url, serviceFor(algorithm))
		b, _ := s.SignedIn(t)
		me := b.Do("GET", "/api/users/me", nil)
		good := b.Cookie("access_token")
		s.Clock.Step(-time.Hour)
		late, _ := s.SignedIn(t)
		parts := strings.Split(good, ".")
		o := order{s.URL + "/.well-known/jwks.json", "https://id.example.com", "https://api.example.com", map[string]string{
			"good":                 good,
			"expired":              late.Cookie("access_token"),
			"refresh token":        b.Cookie("refresh_token"),
			"claims changed":       parts[0] + "." + recoded(t, parts[1], `"user"`, `"admin"`) + "." + parts[2],
			"signature changed":    parts[0] + "." + parts[1] + "." + flipped(parts[2]),
			"no signature":         recoded(t, parts[0], algorithm, "none") + "." + parts[1] + ".",
			"HS256 with the key":   confused(t, b, algorithm, parts),
			"kid of nobody":        recoded(t, parts[0], `"kid":"`, `"kid":"x`) + "." + parts[1] + "." + parts[2],
			"a token of elsewhere": elsewhere(t, algorithm),
			"of another kind":      elsewhere(t, map[string]string{"RS256": "ES256", "ES256": "EdDSA", "EdDSA": "RS256"}[algorithm]),
		}}
		for name, got := range verified(t, o, program, args...) {
			if want := me.JSON("data.user.id"); name == "good" && got != want || name != "good" && !strings.HasPrefix(got, "refused: ") {
				t.Errorf("%s: %s", name, got)
			}
			t.Logf("%s: %s", name, got)
		}
		for name, other := range map[string]order{
			"another audience": {o.URL, o.Issuer, "https://other.example.com", map[string]string{"good": good}},
			"another issuer":   {o.URL, "https://other.example.com", o.Audience, map[string]string{"good": good}},
		} {
			if got := verified(t, other, program, args...)["good"]; !strings.HasPrefix(got, "refused: ") {
				t.Errorf("%s is wanted: %s", name, got)
			}
		}
	})
}

// verified runs the program. Every token gets an answer.
func verified(t *testing.T, o order, program string, args ...string) map[string]string {
	t.Helper()
	in, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), program, args...)
	var stderr bytes.Buffer
	command.Stdin, command.Stderr = bytes.NewReader(in), &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("%s: %v\n%s", program, err, stderr.String())
	}
	var found map[string]string
	if err := json.Unmarshal(out, &found); err != nil || len(found) != len(o.Tokens) {
		t.Fatalf("%s answers %q: %v", program, out, err)
	}
	return found
}

// recoded changes the text of an encoded part.
func recoded(t *testing.T, part, from, to string) string {
	t.Helper()
	text, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil || !strings.Contains(string(text), from) {
		t.Fatalf("%q is not in %q: %v", from, text, err)
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strings.Replace(string(text), from, to, 1)))
}

// flipped changes the first character, all of whose bits count.
func flipped(part string) string {
	if part[0] == 'A' {
		return "B" + part[1:]
	}
	return "A" + part[1:]
}

// confused signs with HMAC, keyed with what everybody can read.
func confused(t *testing.T, b *apitest.Browser, algorithm string, parts []string) string {
	t.Helper()
	set := b.Do("GET", "/.well-known/jwks.json", nil)
	signed := recoded(t, parts[0], algorithm, "HS256") + "." + parts[1]
	mac := hmac.New(sha256.New, []byte(set.Body))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// elsewhere is a good token of a service with keys of its own.
func elsewhere(t *testing.T, algorithm string) string {
	t.Helper()
	b, _ := apitest.Start(t, testdb.SQLite(t), serviceFor(algorithm)).SignedIn(t)
	return b.Cookie("access_token")
}

// serviceFor are settings of a service that makes its own keys.
func serviceFor(algorithm string) map[string]string {
	return map[string]string{
		"PUBLIC_URL": "https://id.example.com", "TOKEN_AUDIENCE": "https://api.example.com", "JWT_ALGORITHM": algorithm,
		"ACCESS_TOKEN_PRIVATE_KEY": "", "ACCESS_TOKEN_PUBLIC_KEY": "", "REFRESH_TOKEN_PRIVATE_KEY": "", "REFRESH_TOKEN_PUBLIC_KEY": "",
	}
}
