package doctor

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"latchkey/internal/password"
	"latchkey/internal/token"
)

// Tutorial is the settings file of a project that was made after one of the well-known tutorials, by name and value.
type Tutorial map[string]string

// longAccess and longRefresh are lives of tokens that are too long to be meant.
const (
	longAccess  = time.Hour
	longRefresh = 30 * 24 * time.Hour
)

// renamed are the names of other editions of the tutorial, with ours.
var renamed = map[string]string{ //nolint:gochecknoglobals,gosec // a constant that Go cannot express as one; names, no credentials
	"POSTGRES_HOSTNAME": "POSTGRES_HOST", "DATABASE_PORT": "POSTGRES_PORT", "DB_HOST": "POSTGRES_HOST", "DB_PORT": "POSTGRES_PORT",
	"DB_USER": "POSTGRES_USER", "DB_PASSWORD": "POSTGRES_PASSWORD", "DB_NAME": "POSTGRES_DB", "SERVER_PORT": "PORT",
	"ACCESS_TOKEN_EXPIRES_IN": "ACCESS_TOKEN_EXPIRED_IN", "REFRESH_TOKEN_EXPIRES_IN": "REFRESH_TOKEN_EXPIRED_IN",
}

// Examine says what was unsafe about the old settings and what becomes of each.
func (old Tutorial) Examine() []Finding {
	found := old.judgeKeys()
	found = append(found, old.judgePassword()...)
	found = append(found, old.judgeLives()...)
	found = append(found, old.judgeOrigin()...)
	return append(found, old.judgeRest()...)
}

// get is a value under our name or under that of another edition.
func (old Tutorial) get(name string) string {
	if value := old[name]; value != "" {
		return value
	}
	for other, ours := range renamed {
		if ours == name && old[other] != "" {
			return old[other]
		}
	}
	return ""
}

func (old Tutorial) judgeKeys() []Finding {
	const remedy = "new keys are made at the first start, in keys/"
	var found []Finding
	for _, name := range old.names(isKeyName) {
		if strings.Contains(name, "SECRET") {
			found = append(found, fail(name, "one secret signs and verifies: every service that checks a token can make one", remedy))
			continue
		}
		if strings.Contains(name, "PUBLIC") {
			continue // goes with its private half
		}
		if weak := weakness(old[name]); weak != "" {
			found = append(found, fail(name, weak, remedy))
			continue
		}
		found = append(found, warn(name, "it stands in a settings file and is left behind", remedy))
	}
	if a, r := old["ACCESS_TOKEN_PRIVATE_KEY"], old["REFRESH_TOKEN_PRIVATE_KEY"]; a != "" && a == r {
		found = append(found, fail("REFRESH_TOKEN_PRIVATE_KEY", "it is the access token's key too, so a token of one kind passes for the other", remedy))
	}
	return found
}

func isKeyName(name string) bool {
	return strings.HasSuffix(name, "_PRIVATE_KEY") || strings.HasSuffix(name, "_PUBLIC_KEY") ||
		strings.HasSuffix(name, "TOKEN_SECRET") || strings.HasSuffix(name, "JWT_SECRET")
}

// weakness says in words why a private key is of no use, or nothing.
func weakness(text string) string {
	key, err := token.ParsePrivateKey(text)
	if err == nil {
		err = token.CheckStrength(key.Public())
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func (old Tutorial) judgePassword() []Finding {
	const name = "POSTGRES_PASSWORD"
	plain := old.get(name)
	switch {
	case plain == "" && old.get("POSTGRES_HOST") != "":
		return []Finding{warn(name, "empty: whoever reaches the database is let in", "give the role a password")}
	case plain == "":
		return nil
	case password.Policy{}.Check(plain, old.get("POSTGRES_USER"), old.get("POSTGRES_DB")) != nil:
		return []Finding{fail(name, "a password that is tried first", "give the role a long random one (ALTER ROLE … PASSWORD …) and write it into the new file")}
	}
	return []Finding{ok(name, "kept")}
}

func (old Tutorial) judgeLives() []Finding {
	var found []Finding
	if life, known := old.life("TOKEN"); known {
		found = append(found, fail("TOKEN_EXPIRED_IN", "one token for "+span(life)+" that nothing ends: a stolen copy works until then, after a sign-out too",
			"it becomes an access token of 15m and a refresh token that rotates"))
	}
	access, haveAccess := old.life("ACCESS_TOKEN")
	if haveAccess && access > longAccess {
		found = append(found, fail("ACCESS_TOKEN_EXPIRED_IN", span(access)+" is long: another service accepts a stolen copy until then", "it becomes 15m"))
	}
	refresh, haveRefresh := old.life("REFRESH_TOKEN")
	switch {
	case haveRefresh && refresh > longRefresh:
		found = append(found, fail("REFRESH_TOKEN_EXPIRED_IN", span(refresh)+" is long, and the old token never rotates", "it becomes 7d"))
	case haveRefresh:
		found = append(found, ok("REFRESH_TOKEN_EXPIRED_IN", span(refresh)+" is kept, and counts anew from each refresh"))
	}
	for _, kind := range []string{"ACCESS_TOKEN", "REFRESH_TOKEN", "TOKEN"} {
		life, known := old.life(kind)
		if minutes, err := strconv.Atoi(old[kind+"_MAXAGE"]); known && err == nil && time.Duration(minutes)*time.Minute != life {
			found = append(found, warn(kind+"_MAXAGE", fmt.Sprintf("%d minutes differ from the token's own life of %s", minutes, span(life)), "cookies now live exactly as long as their tokens"))
		}
	}
	return found
}

// life is how long tokens of a kind live: a duration, or a number of minutes, as in some editions.
func (old Tutorial) life(kind string) (time.Duration, bool) {
	text := old.get(kind + "_EXPIRED_IN")
	if text == "" {
		text = old[kind+"_MAXAGE"]
	}
	if minutes, err := strconv.Atoi(text); err == nil && minutes > 0 {
		return time.Duration(minutes) * time.Minute, true
	}
	life, err := time.ParseDuration(text)
	return life, err == nil && life > 0
}

// span writes whole minutes and hours as people do.
func span(d time.Duration) string {
	text := strings.TrimSuffix(d.String(), "0s")
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

func (old Tutorial) judgeOrigin() []Finding {
	const name = "CLIENT_ORIGIN"
	text := old[name]
	switch {
	case text == "":
		return nil
	case strings.Contains(text, "*"):
		return []Finding{fail(name, "every page may call", "write the origins of your pages; the new file has none")}
	case text != strings.Join(old.origins(), ","):
		return []Finding{warn(name, text+" is not exactly what browsers send as Origin", "it becomes "+or(strings.Join(old.origins(), ","), "none"))}
	}
	return []Finding{ok(name, "kept")}
}

// origins are the old ones in the form that browsers send.
func (old Tutorial) origins() []string {
	var found []string
	for text := range strings.SplitSeq(old["CLIENT_ORIGIN"], ",") {
		if o := Origin(text); o != "" && !strings.Contains(text, "*") {
			found = append(found, o)
		}
	}
	return found
}

// judgeRest names what is not used any more.
func (old Tutorial) judgeRest() []Finding {
	unused := old.names(func(name string) bool {
		return renamed[name] == "" && !slices.Contains(kept, name) && !isKeyName(name) &&
			!strings.HasSuffix(name, "_MAXAGE") && !strings.HasSuffix(name, "_EXPIRED_IN")
	})
	if len(unused) == 0 {
		return nil
	}
	return []Finding{warn(strings.Join(unused, ", "), "not used by Latchkey", "keep them for your own service if it needs them; the new file leaves them out")}
}

// names are the set names of a kind, sorted.
func (old Tutorial) names(of func(string) bool) []string {
	var found []string
	for name, value := range old {
		if value != "" && of(name) {
			found = append(found, name)
		}
	}
	slices.Sort(found)
	return found
}

// cookieCall finds the tutorial's own way of setting a cookie: Domain localhost, not Secure.
var cookieCall = regexp.MustCompile(`SetCookie\([^\n]*"localhost",\s*false`)

// TutorialCode looks into the Go files beside the settings for the cookies that the tutorial's controllers set.
func TutorialCode(folder string) []Finding {
	files, _ := filepath.Glob(filepath.Join(folder, "controllers", "*.go")) // the pattern is right, which is the only error
	for _, file := range files {
		text, err := os.ReadFile(filepath.Clean(file))
		if err == nil && cookieCall.Match(text) {
			return []Finding{
				fail("COOKIE_DOMAIN", "the old code sets Domain=localhost, which does not fit any other host ("+filepath.Base(file)+")", "Latchkey sets no Domain"),
				fail("COOKIE_SECURE", "the old code sets cookies that are not Secure, so they travel over http ("+filepath.Base(file)+")", "set APP_ENV=production where others can reach the service"),
			}
		}
	}
	return nil
}
