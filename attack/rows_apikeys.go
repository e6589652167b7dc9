package main

import (
	"encoding/base32"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"strings"
)

const apiKeysPath = "/api/users/me/api-keys" //nolint:gosec // an address

// apiKeyRows attack the keys that users give to programs, as the rows of the same number attack tokens.
func apiKeyRows() []row {
	return []row{
		{id: "20.2", attack: "malleable replay of an API key", expected: "401 after its end", run: replayedKey},
		{id: "21.2", attack: "two credentials, one a key", expected: "the documented one, never a mix", run: keyBesideOthers},
		{id: "22.2", attack: "forged API key", expected: "401", run: forgedKey},
		{id: "42.2", attack: "simple-request CSRF with keys", expected: "403/415, unchanged", run: keysBehindTheGuard},
		{id: "73.2", attack: "zero selector, keys and users", expected: "400/401/404", run: zeroKey},
	}
}

// apiKeyThrottleRows lock addresses.
func apiKeyThrottleRows() []row {
	return []row{
		{id: "59.2", attack: "guessing at API keys", expected: "429; the right one is let in", needs: needThrottles, run: guessedKeys},
		{id: "60.3", attack: "header spoof, API keys", expected: "one counter", needs: needThrottles, run: spoofedKeyGuesses},
		{id: "62.2", attack: "parallel burst of API keys", expected: "no more guesses; no false lock", needs: needThrottles, run: burstOfKeys},
	}
}

// programKey is an API key of a session's user.
type programKey struct{ id, key string }

// makeKey asks for a key with scopes, or skips the row where there are none.
func (c *check) makeKey(v *session, scopes ...string) programKey {
	wanted, err := json.Marshal(map[string]any{"name": "attack", "scopes": scopes})
	if err != nil {
		panic(err) // strings always encode
	}
	r := postJSON(apiKeysPath, string(wanted)).bearer(v.access)
	got := c.send(r)
	if got.status == http.StatusNotFound || got.status == http.StatusConflict {
		c.skip("the target makes no API keys: API_KEYS_PER_USER=0?")
	}
	var body struct {
		Data struct {
			Key    string `json:"key"`
			APIKey struct {
				ID string `json:"id"`
			} `json:"api_key"`
		} `json:"data"`
	}
	_ = json.Unmarshal(got.body, &body)
	made := programKey{body.Data.APIKey.ID, body.Data.Key}
	c.holdsTwin("a key is made", got.status == http.StatusCreated && strings.HasPrefix(made.key, "lk_"), "201 and a key", got.String())
	return made
}

func (c *check) revokeKey(v *session, k programKey) answer {
	return c.send(remove(apiKeysPath + "/" + k.id).bearer(v.access))
}

func (r request) apiKey(key string) request { return r.with("X-API-Key", key) }

// keyOfParts puts a key of the form together, with a right checksum, so that it has to be looked up.
func keyOfParts(lookup, secret string) string {
	body := "lk_" + lookup + secret
	sum := crc32.NewIEEE()
	_, _ = sum.Write([]byte(body)) // a hash takes everything
	return body + base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(sum.Sum(nil))
}

// inventedKey is one that nobody was given.
func inventedKey() string {
	return keyOfParts(strings.ToUpper(random(12)), strings.ToUpper(random(26)))
}

func refusedKey() want {
	return status(http.StatusUnauthorized).code("api_key_invalid", "access_token_missing", "access_token_invalid").silent()
}

// keySpellings are other ways to write a key.
func keySpellings(key string) map[string]request {
	me := get(mePath)
	return map[string]request{
		"as it was": me.apiKey(key), "Bearer": me.bearer(key), "bearer": me.with("Authorization", "bearer "+key), "two spaces": me.with("Authorization", "Bearer  "+key),
		"lower case": me.apiKey(strings.ToLower(key)), "without prefix": me.apiKey(strings.TrimPrefix(key, "lk_")), "quoted": me.apiKey(`"` + key + `"`),
		"one more": me.apiKey(key + "A"), "padding": me.apiKey(key + "="), "twice": me.apiKey(key + "," + key), "cookie": me.cookie("X-API-Key=" + key), "query": get(mePath + "?api_key=" + key + "&X-API-Key=" + key),
	}
}

func replayedKey(c *check) {
	v := c.signIn(c.victim)
	k := c.makeKey(v, "profile:read")
	for name, r := range keySpellings(k.key) {
		switch name {
		case "as it was", "Bearer", "bearer", "two spaces":
			c.twin(name, r, status(http.StatusOK))
		default:
			c.attack(name+", alive", r, refusedKey())
		}
	}
	revoked := c.revokeKey(v, k)
	c.holdsTwin("the key is revoked", revoked.status == http.StatusNoContent, "204", revoked.String())
	for name, r := range keySpellings(k.key) {
		c.attack(name, r, refusedKey())
	}
	c.untouched(v)
}

func keyBesideOthers(c *check) {
	a, b := c.signIn(c.victim), c.signIn(c.attacker)
	k := c.makeKey(b, "profile:read")
	me, other := get(mePath).apiKey(k.key), c.makeKey(a, "profile:read")
	c.twin("the key alone", me, status(http.StatusOK))
	for name, r := range map[string]request{
		"and a cookie": me.cookie(c.both(a)), "and a Bearer": me.bearer(a.access), "and another key": me.bearer(other.key), "and a bad Bearer": me.bearer("x.y.z"),
		"as Bearer, and a cookie": get(mePath).bearer(k.key).cookie(c.both(a)),
	} {
		got := c.attack(name, r, status(http.StatusOK).silent())
		c.holds(name+": whose", got.user().ID == b.of.id, b.of.email, got.user().Email)
	}
	bad := get(mePath).apiKey(inventedKey())
	for name, r := range map[string]request{
		"a bad key and a cookie": bad.cookie(c.both(a)), "a bad key and a Bearer": bad.bearer(a.access), "a bad key and a good one": bad.bearer(other.key), "an empty key and a cookie": get(mePath).apiKey("").cookie(c.both(a)),
		"two keys": me.apiKey(other.key), "a token as a key": get(mePath).apiKey(a.access), "a key in the cookie": get(mePath).cookie(c.accessLine(k.key)),
	} {
		c.attack(name, r, refusedKey())
	}
	narrow := status(http.StatusForbidden).code("insufficient_scope").silent()
	for name, r := range map[string]request{
		"profile": patchJSON(mePath, `{"name":"Changed"}`), "sessions": get(sessionsPath), "end sessions": remove(sessionsPath), "keys": get(apiKeysPath), "revoke": remove(apiKeysPath + "/" + other.id),
		"make a key": postJSON(apiKeysPath, `{"name":"x","scopes":["profile:write"]}`), "user": get("/api/users/" + a.of.id),
	} {
		c.attack(name+" beyond the scope", r.apiKey(k.key), narrow)
		c.attack(name+" beyond the scope, beside a cookie", r.apiKey(k.key).cookie(c.both(a)), narrow)
	}
	c.attack("logout by a key", post(logoutPath).bearer(k.key), status(http.StatusOK))
	c.attack("refresh by a key", post(refreshPath).apiKey(k.key), status(401).code("refresh_token_missing"))
	c.twin("the key still works", me, status(http.StatusOK))
	c.revokeKey(a, other)
	c.revokeKey(b, k)
	c.untouched(a)
	c.untouched(b)
}

func forgedKey(c *check) {
	v := c.signIn(c.victim)
	k := c.makeKey(v, "profile:read")
	c.twin("the key itself", get(mePath).apiKey(k.key), status(http.StatusOK))
	if len(k.key) != len(inventedKey()) {
		c.skip("the target's keys have another form")
	}
	lookup, secret := k.key[3:15], k.key[15:41]
	for name, key := range map[string]string{
		"invented": inventedKey(), "another secret": keyOfParts(lookup, strings.ToUpper(random(26))), "another lookup": keyOfParts(strings.ToUpper(random(12)), secret),
		"wildcards": keyOfParts("%%%%%%%%%%%%", secret), "SQL": keyOfParts("' OR 1=1-- A", secret), "lookup alone": "lk_" + lookup, "no secret": keyOfParts(lookup, ""),
		"parts exchanged": keyOfParts(secret[:12], lookup+secret[12:]), "wrong checksum": k.key[:41] + "AAAAAAA", "prefix alone": "lk_", "long": "lk_" + strings.Repeat("A", 8000), "id": k.id,
	} {
		c.attack(name, get(mePath).apiKey(key), refusedKey())
		c.attack(name+", Bearer", get(mePath).bearer(key), refusedKey())
	}
	for i := 3; i < len(k.key); i += 4 {
		other := "A"
		if k.key[i] == 'A' {
			other = "2"
		}
		c.attack(fmt.Sprintf("character %d", i), get(mePath).apiKey(k.key[:i]+other+k.key[i+1:]), refusedKey())
	}
	c.revokeKey(v, k)
	c.untouched(v)
}

// keysBehindTheGuard: a browser that is signed in makes and revokes no keys for a foreign page, and a key is no way past
// the guard.
func keysBehindTheGuard(c *check) {
	v := c.signIn(c.victim)
	k := c.makeKey(v, "profile:read", "profile:write", "sessions:write")
	c.twin("the key from no page", get(mePath).apiKey(k.key), status(http.StatusOK))
	refused := status(403, 415).code("cross_origin_request", "unsupported_media_type").silent()
	for _, mark := range [][]string{{"Origin", "https://evil.example"}, {"Origin", "null"}, {"Sec-Fetch-Site", "cross-site"}, {"Sec-Fetch-Site", "same-site"}} {
		for name, r := range map[string]request{
			"make": postJSON(apiKeysPath, `{"name":"x","scopes":["profile:write"]}`), "revoke": remove(apiKeysPath + "/" + k.id),
			"profile": patchJSON(mePath, `{"name":"Changed"}`), "sessions": remove(sessionsPath),
		} {
			c.attack(name+" by cookie "+mark[1], r.cookie(c.both(v)).with(mark...), refused)
			c.attack(name+" by key "+mark[1], r.apiKey(k.key).with(mark...), refused)
			c.attack(name+" by both "+mark[1], r.apiKey(k.key).cookie(c.both(v)).with(mark...), refused)
			c.attack(name+" beside a bad key "+mark[1], r.apiKey("x").cookie(c.both(v)).with(mark...), refused)
		}
	}
	for media, body := range bodies(`{"name":"x","scopes":["profile:write"]}`) {
		if media != "application/json" && media != "" {
			c.attack("make, "+media, post(apiKeysPath).with("Content-Type", media).text(body).cookie(c.both(v)), refused)
		}
	}
	c.twin("the key is still there", get(mePath).apiKey(k.key), status(http.StatusOK))
	c.revokeKey(v, k)
	c.untouched(v)
}

func zeroKey(c *check) {
	v, foreign := c.signIn(c.victim), c.signIn(c.attacker)
	k := c.makeKey(v, "profile:read")
	c.twin("a user by id", get("/api/users/"+c.attacker.id).bearer(v.access), status(http.StatusOK))
	for _, id := range []string{"null", "undefined", "0", "-1", "00000000-0000-0000-0000-000000000000", "%00", "%20", "current", "all", "*", "true", "[]", "{}", ":id", "%7Bid%7D", "1=1", "'%20OR%201=1--", k.id} {
		c.attack("user "+id, get("/api/users/"+id).bearer(v.access), status(404).code("user_not_found"))
		for _, of := range []*session{v, foreign} {
			if of == v && id == k.id {
				continue
			}
			c.attack("key "+id, remove(apiKeysPath+"/"+id).bearer(of.access), status(404).code("api_key_not_found"))
		}
	}
	c.attack("no id", remove(apiKeysPath+"/").bearer(v.access), status(404))
	c.attack("every key", remove(apiKeysPath).bearer(v.access), status(405))
	for _, key := range []string{"", "null", "undefined", "0", "lk_", "lk_null", "*", "%"} {
		c.attack("key as "+key, get(mePath).apiKey(key), refusedKey())
	}
	c.twin("the key is still there", get(mePath).apiKey(k.key), status(http.StatusOK))
	c.revokeKey(v, k)
	c.untouched(v)
	c.untouched(foreign)
}
