package main

import (
	"context"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// The service says where it listens once it does, ends with its context, and does not start twice at one address.
func TestRun(t *testing.T) {
	ctx, end := context.WithCancel(t.Context())
	said, stderr := io.Pipe()
	ended := make(chan error, 1)
	with := func(listen string) []string {
		return []string{"-listen", listen, "-database", filepath.Join(t.TempDir(), "posts.db"), "-latchkey", "http://127.0.0.1:1"}
	}
	go func() { ended <- run(ctx, with("127.0.0.1:0"), stderr) }()
	line := make([]byte, 200)
	n, err := said.Read(line)
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`listening on http://(127\.0\.0\.1:[1-9]\d*), trusting http://127\.0\.0\.1:1\n`).FindStringSubmatch(string(line[:n]))
	if found == nil {
		t.Fatalf("it said %q", line[:n])
	}
	res, err := http.Get("http://" + found[1] + "/posts")
	if err != nil {
		t.Fatal(err)
	}
	_ = res.Body.Close()
	if res.StatusCode != http.StatusUnauthorized {
		t.Errorf("it answers %d", res.StatusCode)
	}
	if err := run(ctx, with(found[1]), io.Discard); err == nil || !strings.Contains(err.Error(), "address already in use") {
		t.Errorf("a second one: %v", err)
	}
	end()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(time.Minute):
		t.Fatal("it does not end")
	}
	if conn, err := net.DialTimeout("tcp", found[1], time.Second); err == nil {
		_ = conn.Close()
		t.Error("it still listens")
	}
}
