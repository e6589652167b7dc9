package main

import (
	"bufio"
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// serve runs a handler until the test ends.
func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

// agreeable is a server that answers 200 to everything, signs everybody in, and publishes the public half of its key.
func agreeable(t *testing.T) (h http.HandlerFunc, keys string) {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	keys = t.TempDir()
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	for _, name := range []string{"access_private.pem", "refresh_private.pem"} {
		if err := os.WriteFile(filepath.Join(keys, name), private, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	id := thumbprint(&key.PublicKey)
	claims := `{"iss":"x","aud":"x","sub":"1","sid":"1","gen":1,"jti":"1","iat":1,"nbf":1,"exp":9999999999,"role":"user"}`
	jwt := signText(`{"alg":"RS256","kid":`+quote(id)+`,"typ":"at+jwt"}`, claims, key)
	published := strings.TrimSuffix(jwk(&key.PublicKey), "}") + `,"kid":` + quote(id) + "}"
	body := `{"status":"success","access_token":` + quote(jwt) + `,"keys":[` + published + `],"data":{"user":{"id":"1","name":"x","email":"x"},"sessions":[{"id":"1","current":true,"ip":"127.0.0.1"}]}}`
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for _, name := range []string{"access_token", "refresh_token"} {
			http.SetCookie(w, &http.Cookie{Name: name, Value: jwt, Path: "/"})
		}
		_, _ = io.WriteString(w, body)
	}, keys
}

func yes(t *testing.T) http.HandlerFunc {
	h, _ := agreeable(t)
	return h
}

// A server that never refuses anything passes nothing.
func TestAgreeableServer(t *testing.T) {
	h, keys := agreeable(t)
	log := filepath.Join(t.TempDir(), "log")
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	report, out := assault(t, service{url: serve(t, h), keys: keys, log: log}, func(o *Options) { o.Throttles, o.Wait = true, 100*time.Millisecond })
	if report.Passed > 0 || report.Failed < 50 {
		t.Errorf("it passes %q, and %d rows find something\n%s", withVerdict(report, verdictOK), report.Failed, out)
	}
	var stdout, stderr bytes.Buffer
	if code := start(t.Context(), []string{"-target", serve(t, h), "-only", "1"}, &stdout, &stderr); code != exitFinding {
		t.Errorf("exit code %d: %s%s", code, stdout.String(), stderr.String())
	}
}

// The suite ends by itself against a target that hangs, and then says that it saw nothing.
func TestHangingTarget(t *testing.T) {
	quick := 20 // answers before it hangs: enough to begin with
	var mu sync.Mutex
	agree := yes(t)
	target := serve(t, func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		quick--
		hang := quick < 0
		mu.Unlock()
		if hang {
			_, _ = io.Copy(io.Discard, r.Body) // a server looks out for the client's end only when the body was read
			<-r.Context().Done()
			return
		}
		agree(w, r)
	})
	began := time.Now()
	report, out := assault(t, service{url: target}, func(o *Options) { o.Timeout = 2 * time.Second })
	if !report.Incomplete || report.Passed > 0 || time.Since(began) > 15*time.Second {
		t.Errorf("after %v:\n%s", time.Since(began), out)
	}
}

// A server that reads requests as leniently as some do is what row 76 is about.
func TestLenientReader(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	agree := yes(t)
	go func() {
		for {
			connection, err := l.Accept()
			if err != nil {
				return
			}
			go answerLeniently(connection, agree)
		}
	}()
	report, out := assault(t, service{url: "http://" + l.Addr().String()}, func(o *Options) { o.Only = []string{"76"} })
	if found := report.Results[0].Findings; len(found) < 10 || strings.Contains(out, "twin:") {
		t.Errorf("%d findings\n%s", len(found), out)
	}
}

// answerLeniently keeps the connection open whatever comes.
func answerLeniently(connection net.Conn, agree http.HandlerFunc) {
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(5 * time.Second))
	reader := bufio.NewReader(connection)
	for {
		head, err := readLeniently(reader)
		if err != nil {
			return
		}
		w := httptest.NewRecorder()
		agree(w, nil)
		res := w.Result()
		res.ContentLength = int64(w.Body.Len())
		if strings.Contains(head, loginPath) && !strings.Contains(head, "User-Agent") {
			res.StatusCode = http.StatusUnauthorized
			res.Header.Del("Set-Cookie")
		}
		if res.Write(connection) != nil || strings.Contains(head, "Connection: close") {
			return
		}
	}
}

// readLeniently reads one request and returns its head: any line end, the last length, chunks wherever the word is.
func readLeniently(reader *bufio.Reader) (head string, err error) {
	length, chunked := 0, false
	for line := "x"; strings.TrimSpace(line) != ""; head += line {
		if line, err = reader.ReadString('\n'); err != nil {
			return "", err
		}
		name, value, _ := strings.Cut(strings.ToLower(line), ":")
		chunked = chunked || strings.Contains(line, "chunked")
		if strings.TrimSpace(name) == "content-length" {
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	for chunked {
		size, err := reader.ReadString('\n')
		if err != nil {
			return "", err
		}
		n, _ := strconv.ParseInt(strings.TrimSpace(size), 16, 32)
		_, err = reader.Discard(int(n))
		if _, err2 := reader.ReadString('\n'); err != nil || err2 != nil || n <= 0 {
			return head, errors.Join(err, err2)
		}
		length = 0
	}
	_, err = reader.Discard(max(length, 0))
	return head, err
}
