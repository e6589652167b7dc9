package verify_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"latchkey/verify"
)

func TestAGoodTokenIsRead(t *testing.T) {
	i := newIssuer(t)
	got, err := i.verifier(t, newClock()).Verify(t.Context(), i.good())
	if err != nil {
		t.Fatal(err)
	}
	want := verify.Claims{
		Subject: userID, Session: sessionID, ID: tokenID, Role: "user", Username: "ada",
		IssuedAt: start.UTC(), NotBefore: start.UTC().Add(-10 * time.Second), ExpiresAt: start.UTC().Add(15 * time.Minute),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// Each row changes one thing of a good token and signs it anew.
func TestClaims(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(t, newClock())
	list := func(aud string) string { return strings.Replace(goodClaims, `"aud":"`+service+`"`, `"aud":`+aud, 1) }
	swap := func(old, replacement string) string {
		if !strings.Contains(goodClaims, old) {
			t.Fatalf("%q is not in the claims", old)
		}
		return strings.Replace(goodClaims, old, replacement, 1)
	}
	at := func(name string, seconds int64) string { return fmt.Sprintf(`%q:%d`, name, start.Unix()+seconds) }
	for name, c := range map[string]struct {
		claims string
		want   error
	}{
		"unchanged":                    {goodClaims, nil},
		"claim that we do not know":    {swap(`"gen":7`, `"gen":7,"scope":{"a":["b"]}`), nil},
		"no username":                  {swap(`,"username":"ada"`, ``), nil},
		"null username":                {swap(`"ada"`, `null`), nil},
		"another role":                 {swap(`"user",`, `"moderator",`), nil},
		"one of many audiences":        {list(`["x","` + service + `"]`), nil},
		"other issuer":                 {swap(issuerName, issuerName+"/"), verify.ErrInvalid},
		"issuer in another case":       {swap(issuerName, "https://ID.example.com"), verify.ErrInvalid},
		"no issuer":                    {swap(`"iss":"`+issuerName+`",`, ``), verify.ErrInvalid},
		"other audience":               {list(`"https://other.example.com"`), verify.ErrInvalid},
		"audience with a slash":        {list(`"` + service + `/"`), verify.ErrInvalid},
		"many audiences, none ours":    {list(`["x","y"]`), verify.ErrInvalid},
		"no audiences":                 {list(`[]`), verify.ErrInvalid},
		"audience among other things":  {list(`["` + service + `",5]`), verify.ErrInvalid},
		"audience as an object":        {list(`{"` + service + `":true}`), verify.ErrInvalid},
		"null audience":                {list(`null`), verify.ErrInvalid},
		"no audience":                  {swap(`"aud":"`+service+`",`, ``), verify.ErrInvalid},
		"no sub":                       {swap(`"sub":"`+userID+`",`, ``), verify.ErrInvalid},
		"empty sub":                    {swap(userID, ``), verify.ErrInvalid},
		"null sub":                     {swap(`"`+userID+`"`, `null`), verify.ErrInvalid},
		"numeric sub":                  {swap(`"`+userID+`"`, `7`), verify.ErrInvalid},
		"sub in upper case":            {swap(userID, strings.ToUpper(userID)), verify.ErrInvalid},
		"sub without dashes":           {swap(userID, strings.ReplaceAll(userID, "-", "0")), verify.ErrInvalid},
		"no sid":                       {swap(`"sid":"`+sessionID+`",`, ``), verify.ErrInvalid},
		"no jti":                       {swap(`"jti":"`+tokenID+`",`, ``), verify.ErrInvalid},
		"no role":                      {swap(`"role":"user",`, ``), verify.ErrInvalid},
		"empty role":                   {swap(`"user",`, `"",`), verify.ErrInvalid},
		"sub twice":                    {swap(`"gen":7`, `"gen":7,"sub":"`+tokenID+`"`), verify.ErrInvalid},
		"SUB beside sub":               {swap(`"gen":7`, `"gen":7,"SUB":"`+tokenID+`"`), verify.ErrInvalid},
		"sub with a long s beside sub": {swap(`"gen":7`, `"gen":7,"ſub":"`+tokenID+`"`), verify.ErrInvalid},
		"Sub instead of sub":           {swap(`"sub"`, `"Sub"`), verify.ErrInvalid},
		"a name twice further down":    {swap(`"gen":7`, `"gen":7,"x":{"a":1,"a":2}`), verify.ErrInvalid},
		"something behind":             {goodClaims + `{}`, verify.ErrInvalid},
		"invalid UTF-8":                {swap(`ada`, "a\xff"), verify.ErrInvalid},
		"a list":                       {`[` + goodClaims + `]`, verify.ErrInvalid},
		"exp as text":                  {swap(at("exp", 900), fmt.Sprintf(`"exp":"%d"`, start.Unix()+900)), verify.ErrInvalid},
		"exp with a fraction":          {swap(at("exp", 900), at("exp", 900)+".5"), verify.ErrInvalid},
		"exp beyond all years":         {swap(at("exp", 900), `"exp":999999999999`), verify.ErrInvalid},
		"negative exp":                 {swap(at("exp", 900), `"exp":-1`), verify.ErrInvalid},
		"no exp":                       {swap(`,`+at("exp", 900), ``), verify.ErrInvalid},
		"null exp":                     {swap(at("exp", 900), `"exp":null`), verify.ErrInvalid},
		"no iat":                       {swap(`,`+at("iat", 0), ``), verify.ErrInvalid},
		"no nbf":                       {swap(`,`+at("nbf", -10), ``), verify.ErrInvalid},
		"nbf a second ahead":           {swap(at("nbf", -10), at("nbf", 1)), verify.ErrInvalid},
		"nbf now":                      {swap(at("nbf", -10), at("nbf", 0)), nil},
		"iat ten seconds ahead":        {swap(at("iat", 0), at("iat", 10)), nil},
		"iat eleven seconds ahead":     {swap(at("iat", 0), at("iat", 11)), verify.ErrInvalid},
		"exp now":                      {swap(at("exp", 900), at("exp", 0)), verify.ErrExpired},
		"exp in a second":              {swap(at("exp", 900), at("exp", 1)), nil},
		"expired, of another issuer":   {strings.Replace(swap(at("exp", 900), at("exp", 0)), issuerName, "x", 1), verify.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) { judged(t, v, i.sign(goodHeader, c.claims), c.want) })
	}
}

// judged checks what becomes of a token, and that an error repeats nothing of it.
func judged(t *testing.T, v *verify.Verifier, raw string, want error) {
	t.Helper()
	claims, err := v.Verify(t.Context(), raw)
	if want == nil && err != nil || !errors.Is(err, want) {
		t.Fatalf("error %v, want %v", err, want)
	}
	if err == nil {
		return
	}
	if claims != (verify.Claims{}) {
		t.Error("claims come with the error")
	}
	for part := range strings.SplitSeq(raw, ".") {
		if len(part) > 8 && strings.Contains(err.Error(), part[:8]) {
			t.Errorf("the error shows a part of the token: %v", err)
		}
	}
}

func TestHeaderAndForm(t *testing.T) {
	i := newIssuer(t)
	v := i.verifier(t, newClock())
	header := func(text string) string { return i.sign(text, goodClaims) }
	good := i.good()
	parts := strings.Split(good, ".")
	public := i.key.N.Bytes()
	mac := hmac.New(sha256.New, public)
	confused := b64([]byte(`{"alg":"HS256","kid":"k1","typ":"at+jwt"}`)) + "." + parts[1]
	mac.Write([]byte(confused))
	for name, c := range map[string]struct {
		raw  string
		want error
	}{
		"unchanged":                {good, nil},
		"members in another order": {header(`{"typ":"at+jwt","kid":"k1","alg":"RS256"}`), nil},
		"nothing":                  {"", verify.ErrMissing},
		"none":                     {b64([]byte(`{"alg":"none","kid":"k1","typ":"at+jwt"}`)) + "." + parts[1] + ".", verify.ErrInvalid},
		"none with a signature":    {header(`{"alg":"none","kid":"k1","typ":"at+jwt"}`), verify.ErrInvalid},
		"HS256 with the modulus":   {confused + "." + b64(mac.Sum(nil)), verify.ErrInvalid},
		"RS512":                    {header(`{"alg":"RS512","kid":"k1","typ":"at+jwt"}`), verify.ErrInvalid},
		"rs256":                    {header(`{"alg":"rs256","kid":"k1","typ":"at+jwt"}`), verify.ErrInvalid},
		"no alg":                   {header(`{"kid":"k1","typ":"at+jwt"}`), verify.ErrInvalid},
		"refresh token":            {header(`{"alg":"RS256","kid":"k1","typ":"rt+jwt"}`), verify.ErrInvalid},
		"plain JWT":                {header(`{"alg":"RS256","kid":"k1","typ":"JWT"}`), verify.ErrInvalid},
		"no typ":                   {header(`{"alg":"RS256","kid":"k1"}`), verify.ErrInvalid},
		"typ in capitals":          {header(`{"alg":"RS256","kid":"k1","typ":"AT+JWT"}`), verify.ErrInvalid},
		"no kid":                   {header(`{"alg":"RS256","typ":"at+jwt"}`), verify.ErrInvalid},
		"unknown kid":              {header(`{"alg":"RS256","kid":"k2","typ":"at+jwt"}`), verify.ErrInvalid},
		"crit":                     {header(`{"alg":"RS256","kid":"k1","typ":"at+jwt","crit":["exp"]}`), verify.ErrInvalid},
		"jwk":                      {header(`{"alg":"RS256","kid":"k1","typ":"at+jwt","jwk":` + jwk("k1", &i.key.PublicKey) + `}`), verify.ErrInvalid},
		"jku":                      {header(`{"alg":"RS256","kid":"k1","typ":"at+jwt","jku":"` + i.URL + `"}`), verify.ErrInvalid},
		"b64":                      {header(`{"alg":"RS256","kid":"k1","typ":"at+jwt","b64":false}`), verify.ErrInvalid},
		"alg twice":                {header(`{"alg":"none","alg":"RS256","kid":"k1","typ":"at+jwt"}`), verify.ErrInvalid},
		"Alg":                      {header(`{"Alg":"none","alg":"RS256","kid":"k1","typ":"at+jwt"}`), verify.ErrInvalid},
		"two parts":                {parts[0] + "." + parts[1], verify.ErrInvalid},
		"four parts":               {good + ".x", verify.ErrInvalid},
		"many dots":                {strings.Repeat(".", 8000), verify.ErrInvalid},
		"too long":                 {good + strings.Repeat("A", 9000), verify.ErrInvalid},
		"line break in the middle": {good[:len(good)-4] + "\n" + good[len(good)-4:], verify.ErrInvalid},
		"padding":                  {good + "==", verify.ErrInvalid},
		"space in front":           {" " + good, verify.ErrInvalid},
		"standard alphabet":        {parts[0] + "." + parts[1] + "." + strings.NewReplacer("-", "+", "_", "/").Replace(parts[2]) + "+", verify.ErrInvalid},
		"signature of another":     {signParts(parts[0], parts[1], anotherKey()), verify.ErrInvalid},
		"claims of another":        {parts[0] + "." + b64([]byte(strings.Replace(goodClaims, `"user"`, `"admin"`, 1))) + "." + parts[2], verify.ErrInvalid},
	} {
		t.Run(name, func(t *testing.T) { judged(t, v, c.raw, c.want) })
	}
	// 256 octets leave two bits of the last character unused: each other spelling of them is refused.
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	last := strings.IndexByte(alphabet, good[len(good)-1])
	for other := last + 1; other < last+16 && other < len(alphabet) && other/16 == last/16; other++ {
		judged(t, v, good[:len(good)-1]+alphabet[other:other+1], verify.ErrInvalid)
	}
}

func TestLeeway(t *testing.T) {
	i, c := newIssuer(t), newClock()
	v := i.verifier(t, c, func(o *verify.Options) { o.Leeway = 5 * time.Second })
	for _, at := range []struct {
		second int // after start, when the token was issued
		want   error
	}{
		{-16, verify.ErrInvalid}, {-15, nil}, {0, nil}, {904, nil}, {905, verify.ErrExpired},
	} {
		c.nanos.Store(start.Add(time.Duration(at.second) * time.Second).UnixNano())
		t.Run(fmt.Sprintf("%ds", at.second), func(t *testing.T) { judged(t, v, i.good(), at.want) })
	}
}

func TestOptionsAreChecked(t *testing.T) {
	good := verify.Options{Issuer: "i", Audience: "a", URL: "http://localhost:8000"}
	for name, c := range map[string]struct {
		change func(*verify.Options)
		fault  string
	}{
		"unchanged":      {func(*verify.Options) {}, ""},
		"path":           {func(o *verify.Options) { o.URL = "https://example.com/id/" }, ""},
		"cookie":         {func(o *verify.Options) { o.Cookie = verify.HostCookie }, ""},
		"no issuer":      {func(o *verify.Options) { o.Issuer = "" }, "Issuer"},
		"no audience":    {func(o *verify.Options) { o.Audience = "" }, "Audience"},
		"no URL":         {func(o *verify.Options) { o.URL = "" }, "URL"},
		"other scheme":   {func(o *verify.Options) { o.URL = "file:///etc" }, "URL"},
		"query":          {func(o *verify.Options) { o.URL += "?x" }, "URL"},
		"odd cookie":     {func(o *verify.Options) { o.Cookie = "a b" }, "cookie"},
		"leeway":         {func(o *verify.Options) { o.Leeway = time.Hour }, "Leeway"},
		"interval":       {func(o *verify.Options) { o.RevocationInterval = time.Millisecond }, "RevocationInterval"},
		"negative age":   {func(o *verify.Options) { o.KeysMaxAge = -1 }, "KeysMaxAge"},
		"negative stale": {func(o *verify.Options) { o.RevocationMaxStale = -1 }, "RevocationMaxStale"},
	} {
		t.Run(name, func(t *testing.T) {
			o := good
			c.change(&o)
			_, err := verify.New(o)
			if (err == nil) != (c.fault == "") || (err != nil && !strings.Contains(err.Error(), c.fault)) {
				t.Errorf("error %v, want one about %q", err, c.fault)
			}
		})
	}
}
