package breach_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"latchkey/internal/breach"
)

// SHA-1 of "password" is 5BAA61E4C9B93F3F0682250B6CF8331B7EE68FD8.
const suffix = "1E4C9B93F3F0682250B6CF8331B7EE68FD8"

func TestSeen(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		seen    bool
		fails   bool
	}{
		{"in the list", lines("0018A45C4D1DEF81644B54AB7F969B88D65:1", suffix+":42"), true, false},
		{"in the list, lower case", lines(strings.ToLower(suffix) + ":42"), true, false},
		{"not in the list", lines("0018A45C4D1DEF81644B54AB7F969B88D65:1"), false, false},
		{"padding", lines(suffix + ":0"), false, false},
		{"empty list", lines(), false, false},
		{"error", func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }, false, true},
		{"redirect", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", http.StatusFound) }, false, true},
		{"an endless line", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Repeat("A", 2<<20)) }, false, true},
		{"a stall", func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-r.Context().Done():
			case <-time.After(10 * time.Second):
			}
		}, false, true},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/range/5BAA6" && r.URL.Path != "/elsewhere" || r.Header.Get("Add-Padding") != "true" {
					t.Errorf("asked for %s", r.URL.Path)
				}
				tc.handler(w, r)
			}))
			defer server.Close()
			seen, err := breach.New(server.URL+"/").Seen(t.Context(), "password")
			if seen != tc.seen || (err != nil) != tc.fails {
				t.Errorf("seen %v, error %v", seen, err)
			}
			if err != nil && (strings.Contains(err.Error(), "password:") || strings.Contains(err.Error(), "5BAA6")) {
				t.Errorf("the error says too much: %v", err)
			}
		})
	}
}

func lines(all ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, strings.Join(all, "\r\n")) }
}
