package main

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sync"
	"testing"
	"time"
)

// folder holds the service's binary as long as the tests run.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "attacked"); err != nil {
		panic(err)
	}
	code := m.Run() // the PostgreSQL of the tests ends with this process
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// binary is the service, built once.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(folder, "latchkey")
	build := exec.Command("go", "build", "-o", path, "..")
	build.Stderr = os.Stderr
	return path, build.Run()
})

type settings map[string]string

// service is a running process of the service.
type service struct{ url, keys, log string }

// deploy starts the service with cheap hashes and without throttles, and with the given settings on top.
func deploy(t *testing.T, databaseURL string, with settings) service {
	t.Helper()
	program, err := binary()
	if err != nil {
		t.Fatalf("build the service: %v", err)
	}
	s := service{keys: filepath.Join(t.TempDir(), "keys"), log: filepath.Join(t.TempDir(), "log")}
	env := settings{
		"DATABASE_URL": databaseURL, "KEYS_DIR": s.keys, "BIND_ADDRESS": "127.0.0.1", "PORT": "0", "PASSWORD_MEMORY_KIB": "64", "PASSWORD_ITERATIONS": "1",
		"RATE_LIMIT_ENABLED": "false",
		"REFRESH_GRACE":      "100ms", "ALLOWED_HOSTS": "127.0.0.1,localhost",
	}
	maps.Copy(env, with)
	s.keys = env["KEYS_DIR"]
	log, err := os.Create(s.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	process := exec.Command(program)
	process.Dir, process.Stdout, process.Stderr = t.TempDir(), log, log
	for name, value := range env {
		process.Env = append(process.Env, name+"="+value)
	}
	if err := process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = process.Process.Signal(os.Interrupt)
		_ = process.Wait()
	})
	s.url = awaitAddress(t, s.log)
	return s
}

var port = regexp.MustCompile(`listening on [^ )]*:(\d+)`)

// awaitAddress waits until the service says where it listens.
func awaitAddress(t *testing.T, log string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		text, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		if found := port.FindSubmatch(text); found != nil {
			return "http://127.0.0.1:" + string(found[1])
		}
	}
	text, _ := os.ReadFile(log)
	t.Fatalf("the service does not listen:\n%s", text)
	return ""
}

// assault runs the suite against a service, with its keys and log.
func assault(t *testing.T, s service, change func(*Options)) (Report, string) {
	t.Helper()
	o := Options{
		Target: s.url, Origin: "http://localhost:3000", KeysDir: s.keys, LogFile: s.log, Timeout: 4 * time.Minute, Wait: 5 * time.Second, Rounds: 5,
	}
	if change != nil {
		change(&o)
	}
	var out bytes.Buffer
	report, err := Run(t.Context(), o, &out)
	if err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	return report, out.String()
}

// withVerdict returns the ids of the rows with a verdict.
func withVerdict(r Report, verdict string) (ids []string) {
	for _, x := range r.Results {
		if x.Verdict == verdict {
			ids = append(ids, x.ID)
		}
	}
	return ids
}

// clean demands that exactly the given rows were run, and that none found anything.
func clean(t *testing.T, report Report, out string, rows ...string) {
	t.Helper()
	if report.Failed != 0 || report.Incomplete {
		t.Errorf("%d findings, incomplete: %v\n%s", report.Failed, report.Incomplete, out)
	}
	if passed := withVerdict(report, verdictOK); !slices.Equal(passed, rows) && report.Failed == 0 {
		t.Errorf("passed %q,\nwant   %q\n%s", passed, rows, out)
	}
}

type keyFile struct{ path, public string }

// writeKey makes a key pair: the private half as a file, the public one as the service's settings want it.
func writeKey(t *testing.T) keyFile {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	k := keyFile{path: filepath.Join(t.TempDir(), "former.pem")}
	k.public = base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: public}))
	private := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})
	if err := os.WriteFile(k.path, private, 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}
