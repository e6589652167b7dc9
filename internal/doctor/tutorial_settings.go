package doctor

import (
	"encoding/base64"
	"strings"
	"time"

	"latchkey/internal/token"
)

// kept are the names that mean here what they meant in the tutorial.
var kept = []string{ //nolint:gochecknoglobals // a constant that Go cannot express as one
	"PORT", "CLIENT_ORIGIN", "POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_USER", "POSTGRES_PASSWORD", "POSTGRES_DB", "POSTGRES_SSLMODE",
	"ACCESS_TOKEN_EXPIRED_IN", "REFRESH_TOKEN_EXPIRED_IN", "REDIS_URL",
}

// keyBits is the size of new keys.
const keyBits = 2048

// Settings writes our app.env out of the old settings, with new keys or leaving them to the first start. The old keys are
// never taken over: they stood in a settings file.
func (old Tutorial) Settings(withKeys bool) (string, error) {
	var file strings.Builder
	file.WriteString("# Latchkey's settings, made from those of a tutorial project. Keep this file out of the repository.\n" +
		"# Where others can reach the service, add: APP_ENV=production, PUBLIC_URL, ALLOWED_HOSTS and TRUSTED_PROXIES.\n\n")
	for _, name := range kept {
		if value := old.translate(name); value != "" {
			file.WriteString(name + "=" + quoteEnv(value) + "\n")
		}
	}
	if !withKeys {
		file.WriteString("\n# Keys are made in keys/ at the first start. Several nodes need the same ones: see \"latchkey keys generate\".\n")
		return file.String(), nil
	}
	file.WriteString("\n")
	for _, kind := range []string{"ACCESS", "REFRESH"} {
		key, err := token.Generate(token.RS256, keyBits)
		if err != nil {
			return "", err
		}
		file.WriteString(kind + "_TOKEN_PRIVATE_KEY=" + base64.StdEncoding.EncodeToString(token.EncodePrivatePEM(key)) + "\n" +
			kind + "_TOKEN_PUBLIC_KEY=" + base64.StdEncoding.EncodeToString(token.EncodePublicPEM(key.Public())) + "\n")
	}
	return file.String(), nil
}

// Differs names a setting that the new file, as it was read back, does not hold as it was meant; "" when all is well.
// Some texts cannot be written in an env file at all.
func (old Tutorial) Differs(read map[string]string) string {
	for _, name := range kept {
		if read[name] != old.translate(name) {
			return name
		}
	}
	return ""
}

// translate is the new value of a setting, "" to leave it to the default.
func (old Tutorial) translate(name string) string {
	switch name {
	case "CLIENT_ORIGIN":
		if old[name] == "" {
			return ""
		}
		return or(strings.Join(old.origins(), ","), "none")
	case "ACCESS_TOKEN_EXPIRED_IN":
		return old.lifeText("ACCESS_TOKEN", longAccess)
	case "REFRESH_TOKEN_EXPIRED_IN":
		return old.lifeText("REFRESH_TOKEN", longRefresh)
	}
	return old.get(name)
}

func (old Tutorial) lifeText(kind string, most time.Duration) string {
	life, known := old.life(kind)
	if !known || life > most {
		return ""
	}
	return span(life)
}

// quoteEnv writes a value so that it is read back as it is: in an env file $ and # and quotation marks mean something.
func quoteEnv(value string) string {
	switch {
	case !strings.ContainsAny(value, " \t$#'\"\\`"):
		return value
	case !strings.Contains(value, "'"):
		return "'" + value + "'"
	}
	return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`, "$", `\$`).Replace(value) + `"`
}
