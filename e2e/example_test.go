package e2e_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// example is the app of examples/spa on an origin of its own. It is there once it was built for its services.
type example struct {
	folder string
	origin string
}

func newExample(t *testing.T) example {
	t.Helper()
	e := example{folder: t.TempDir()}
	site := httptest.NewServer(http.FileServer(http.Dir(e.folder)))
	t.Cleanup(site.Close)
	e.origin = "http://localhost:" + port(site.Listener)
	return e
}

// build makes the app for these addresses of Latchkey and of the posts service.
func (e example) build(t *testing.T, latchkey, posts string) {
	t.Helper()
	build := exec.CommandContext(t.Context(), "node_modules/.bin/vite", "build", "--outDir", e.folder, "--emptyOutDir", "--logLevel", "warn")
	build.Dir = "../examples/spa"
	build.Env = append(os.Environ(), "VITE_LATCHKEY_URL="+latchkey, "VITE_POSTS_URL="+posts)
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the example app: %v\n%s", err, out)
	}
}

// startPosts starts the service of examples/posts, which trusts the Latchkey at the address, and returns its own.
func startPosts(t *testing.T, logs, latchkey, client string) string {
	t.Helper()
	program, err := postsBinary()
	if err != nil {
		t.Fatalf("build the posts service: %v", err)
	}
	process := exec.Command(program, "-listen", "127.0.0.1:0", "-latchkey", latchkey, "-client", client, "-database", filepath.Join(t.TempDir(), "posts.db"))
	return launch(t, logs, "posts", process).address(t).String()
}

// packages installs what the cases, the example app and the browser client need, and builds the client.
func packages() error {
	for _, of := range []string{"e2e", "clients/js", "examples/spa"} {
		if out, err := exec.Command("../scripts/npm.sh", of).CombinedOutput(); err != nil {
			return fmt.Errorf("install the Node.js packages of %s: %w: %s", of, err, out)
		}
	}
	if out, err := exec.Command("npm", "--prefix", "../clients/js", "run", "build").CombinedOutput(); err != nil {
		return fmt.Errorf("build the browser client: %w: %s", err, out)
	}
	return nil
}
