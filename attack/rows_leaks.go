package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// leakRows look at what the target says and writes down. They come at the end, since they look at the whole run.
func leakRows() []row {
	return []row{
		{id: "78", attack: "log forging", expected: "one valid line each, id replaced", needs: needLog, run: logForging},
		{id: "80", attack: "canary sweep", expected: "0 hits in answers and -log", run: canarySweep},
	}
}

// maxLog is how much of a log is read.
const maxLog = 256 << 20

// logFile is the target's log from the moment at which the run began.
type logFile struct {
	path  string
	start int64
}

func openLog(path string) (logFile, error) {
	if path == "" {
		return logFile{}, nil
	}
	info, err := os.Stat(path)
	if err != nil {
		return logFile{}, fmt.Errorf("-log: %w", err)
	}
	return logFile{path: path, start: info.Size()}, nil
}

// since returns what was written from the given place on.
func (l logFile) since(start int64) (string, error) {
	f, err := os.Open(filepath.Clean(l.path))
	if err != nil {
		return "", err
	}
	defer f.Close()
	if _, err := f.Seek(start, io.SeekStart); err != nil {
		return "", err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxLog))
	return string(text), err
}

func (l logFile) size() int64 {
	info, err := os.Stat(l.path)
	if err != nil {
		return 0
	}
	return info.Size()
}

// logged sends a request with an id of its own and waits until the log shows it.
func (c *check) logged(start int64) (text string, err error) {
	id := "attack-" + random(16)
	c.send(get(healthPath).with("X-Request-ID", id))
	for range 20 {
		if text, err = c.log.since(start); err != nil || strings.Contains(text, id) {
			return text, err
		}
		c.sleep(50 * time.Millisecond)
	}
	return "", errors.New("the request does not turn up in -log")
}

func logForging(c *check) {
	start := c.log.size()
	if _, err := c.logged(start); err != nil {
		c.skip(err.Error() + ": is it this target's, with LOG_LEVEL=info?")
	}
	forgedID := "forged" + random(8)
	for _, text := range []string{
		"\r\ntime=2020-01-01T00:00:00Z level=INFO msg=" + forgedID, "\n" + `{"time":"2020-01-01T00:00:00Z","level":"INFO","msg":"` + forgedID + `"}`,
		`","msg":"` + forgedID + `","x":"`, `" msg=` + forgedID + ` x="`,
		"\x1b[2K\x1b[1A" + forgedID, "\x1b]0;" + forgedID + "\x07", "\u2028" + forgedID, "\x00" + forgedID, "\u202e" + forgedID, strings.Repeat(forgedID, 1000),
	} {
		path := url.PathEscape(text)
		c.attack("address", get("/"+path), status(404))
		c.attack("query", get(mePath+"?x="+path), status(401))
		c.attack("e-mail", postJSON(loginPath, object("email", text+"@example.com", "password", "x")), status(400, 401).under(hashing))
		c.attack("username", postJSON(loginPath, object("username", text, "password", "x")), status(400, 401).under(hashing))
		c.attack("body", postJSON(loginPath, text), status(400))
		c.attack("token", get(mePath).cookie(c.accessLine(path)), status(401))
		if printable(text) {
			a := c.attack("id", get(mePath).with("X-Request-ID", text, "User-Agent", text), status(401))
			c.holds("the id is replaced", a.header.Get("X-Request-ID") != text, "another", text)
		}
	}
	c.rawAttack("1 MB in the address", c.client.closing("GET /"+strings.Repeat(forgedID, 80_000)+" HTTP/1.1"), status(400, 414, 431).orClosed())
	c.rawAttack("method", c.client.closing(strings.Repeat(strings.ToUpper(forgedID), 500)+" / HTTP/1.1"), status(400, 404, 405, 501).orClosed())
	text, err := c.logged(start)
	c.holdsTwin("the log goes on", err == nil, "our last request", fmt.Sprint(err))
	for line := range strings.Lines(text) {
		if fault := lineFault(strings.TrimSuffix(line, "\n"), forgedID); fault != "" {
			c.find(Finding{Check: "a line of the log", Expected: "one whole line", Got: fault + ": " + quote(shorten(line, 200))})
		}
	}
}

// lineFault says what is wrong with a line of a log, of JSON or of key=value pairs.
func lineFault(line, forgedID string) string {
	switch {
	case strings.ContainsFunc(line, func(r rune) bool { return r < ' ' || r == 0x7f }):
		return "a control character"
	case len(line) > 8<<10:
		return "8 KiB or more"
	case strings.HasPrefix(line, "{"):
		var entry map[string]any
		if json.Unmarshal([]byte(line), &entry) != nil {
			return "broken JSON"
		}
		if fmt.Sprint(entry["msg"]) == forgedID {
			return "a forged entry"
		}
	case !strings.HasPrefix(line, "time="):
		return "neither JSON nor time=…"
	case strings.Contains(strings.ReplaceAll(line, `\"`, ""), " msg="+forgedID):
		return "a forged entry"
	}
	return ""
}

// canarySweep puts secrets where they do not belong, and then looks for secrets in everything that the run has seen.
func canarySweep(c *check) {
	v := c.signIn(c.victim)
	own := &sweeper{marker: c.marker}
	own.look(mePath, answer{status: 401, header: http.Header{"X-Echo": {v.refresh}}, body: []byte(c.victim.password + v.access)}, c.tokenCookie)
	c.holdsTwin("the sweep sees what is there", len(own.found()) >= 3, "3 hits", strconv.Itoa(len(own.found())))
	password, tokens := c.victim.password, v.access+"."+v.refresh
	basic := "Basic " + base64.StdEncoding.EncodeToString([]byte(c.victim.email+":"+password))
	for name, r := range map[string]request{
		"password in the address": get("/" + password), "password in the query": get(mePath + "?password=" + password),
		"password as username":           postJSON(loginPath, object("username", password, "password", "x")),
		"password as e-mail":             postJSON(loginPath, object("email", password, "password", "x")),
		"password as e-mail, registered": postJSON(registerPath, object("email", password, "name", "x", "password", "y", "passwordConfirm", "y")),
		"password as a field":            postJSON(loginPath, object(password, "x")), "password in broken JSON": postJSON(loginPath, `{"password":"`+password+`",`),
		"password in a form":   post(loginPath).with("Content-Type", "application/x-www-form-urlencoded").text("password=" + password),
		"password in Basic":    get(mePath).with("Authorization", basic),
		"password in a header": get(mePath).with("X-Password", password, "User-Agent", password),
		"password as session":  remove(sessionsPath + "/" + password).bearer(v.access),
		"password as Origin":   post(logoutPath).with("Origin", "https://"+password+".example"),
		"password as Host":     get(mePath).with("Host", password+".example"), "password as cookie": get(mePath).cookie(password + "=x"),
		"password as method override": get(mePath).with("X-HTTP-Method-Override", password),
		"tokens in the address":       get("/" + tokens), "tokens in the query": get(mePath + "?token=" + tokens),
		"tokens as session": remove(sessionsPath + "/" + v.refresh).bearer(v.access), "refresh as Bearer": get(mePath).bearer(v.refresh),
		"tokens as username":   postJSON(loginPath, object("username", tokens, "password", v.refresh)),
		"token as e-mail":      postJSON(loginPath, object("email", v.refresh, "password", "x")),
		"token in broken JSON": postJSON(loginPath, `{"x":"`+v.refresh),
		"tokens in a header":   get(mePath).with("Referer", "https://app.example/?t="+v.refresh, "User-Agent", v.refresh, "X-Request-ID", shorten(v.refresh, 60)),
		"preflight":            preflight("/"+v.refresh, "https://"+c.name+".example", v.refresh),
		"mismatch":             postJSON(registerPath, object("name", "x", "email", "a@"+c.name+".example.com", "password", password, "passwordConfirm", password+"x")),
		"too weak":             postJSON(registerPath, object("name", "x", "email", password[:20]+"@"+c.name+".example.com", "password", password[:22], "passwordConfirm", password[:22])),
	} {
		c.attack(name, r, status(200, 201, 204, 400, 401, 403, 404, 405, 409, 415, 421).under(hashing))
	}
	c.untouched(v)
	c.result.Findings = append(c.result.Findings, c.sweep.found()...)
	c.result.Attacks++
	c.tally.count(fmt.Sprintf("%d answers swept", c.sweep.seen()))
	if c.log.path != "" {
		c.sweepLog(v)
	}
}

// sweepLog looks for secrets in what was logged during the run.
func (c *check) sweepLog(v *session) {
	text, err := c.logged(c.log.start)
	if err != nil {
		c.find(Finding{Check: "-log", Expected: "the log of this target", Got: err.Error()})
		return
	}
	c.tally.count(fmt.Sprintf("%d octets of log swept", len(text)))
	for line := range strings.Lines(text) {
		switch {
		case strings.Contains(line, c.marker):
			c.holds("log", false, "no password", shorten(strings.ReplaceAll(line, c.marker, "PASSWORD"), 200))
		case anyToken.MatchString(line), strings.Contains(line, ending(v.access)), strings.Contains(line, ending(v.refresh)):
			c.holds("log", false, "no token", shorten(anyToken.ReplaceAllString(line, "TOKEN"), 200))
		}
	}
}
