package initializers_test

import (
	"context"
	"net/http"
	"testing"
	"time"

	"latchkey/internal/apitest"
)

// While it drains a server still answers, but says so at /readyz and ends each connection with its answer, so that a
// proxy's store of open connections runs dry before they are cut.
func TestDrainingServerEndsItsConnections(t *testing.T) {
	t.Parallel()
	app, l, err := listen(t, map[string]string{"SHUTDOWN_NOTICE": "2s"}, &apitest.Logs{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- app.Serve(ctx, l) }()
	ask := func(path string) (status int, closes bool) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+l.Addr().String()+path, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = res.Body.Close() }()
		return res.StatusCode, res.Close
	}
	if status, closes := ask("/readyz"); status != http.StatusOK || closes {
		t.Errorf("before: %d, closes %t", status, closes)
	}
	began := time.Now()
	stop()
	for status := http.StatusOK; status == http.StatusOK; {
		status, _ = ask("/readyz")
	}
	if status, closes := ask("/livez"); status != http.StatusOK || !closes {
		t.Errorf("draining: %d, closes %t", status, closes)
	}
	if err := <-ended; err != nil || time.Since(began) < 2*time.Second {
		t.Errorf("ended with %v after %v, before the notice was over", err, time.Since(began))
	}
}
