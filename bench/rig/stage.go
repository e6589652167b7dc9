package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// stage holds what runs while the harness measures.
type stage struct {
	options  options
	out      io.Writer
	folder   string
	database *url.URL // the server, which TEST_DATABASE_URL names
	targets  map[string]string
	started  []*exec.Cmd
	before   map[string]median // what the last act measured
}

// production is what the service is measured with: all that is on in production, and limits that this one address and its
// few accounts do not reach.
//
//nolint:gochecknoglobals // a constant table
var production = []string{
	"APP_ENV=production", "PUBLIC_URL=https://auth.example.com", "CLIENT_ORIGIN=https://app.example.com", "COOKIE_PREFIXES=false",
	"LOGIN_LIMIT_ADDRESS=1000000/1s", "LOGIN_LIMIT_ACCOUNT_ADDRESS=1000/1s", "LOGIN_LIMIT_DEVICE=1000/1s",
	"REGISTER_LIMIT_ADDRESS=1000000/1s", "MAX_SESSIONS_PER_USER=10000",
}

// newStage builds the floor, the harness and the service, and starts what is measured.
func newStage(ctx context.Context, o options, folder string, out io.Writer) (*stage, error) {
	server, err := url.Parse(os.Getenv("TEST_DATABASE_URL"))
	if err != nil || server.Host == "" {
		return nil, errors.New("TEST_DATABASE_URL must name a PostgreSQL; scripts/with-postgres.sh sets one up")
	}
	s := &stage{options: o, out: out, folder: folder, database: server, targets: map[string]string{}}
	for name, from := range map[string]string{"floor": filepath.Join(o.from, "floor"), "harness": filepath.Join(o.from, "authload"), "latchkey": "."} {
		build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", s.path(name), ".") //nolint:gosec // our own names
		build.Dir, build.Env = from, append(os.Environ(), "CGO_ENABLED=0")
		if said, err := build.CombinedOutput(); err != nil {
			return nil, fmt.Errorf("build %s: %w\n%s", name, err, said)
		}
	}
	return s, errors.Join(s.startFloor(ctx),
		s.startService(ctx, "postgres", ""), s.startService(ctx, "rotating", "", "REFRESH_GRACE=0s"),
		s.startService(ctx, "es256", "", "REFRESH_GRACE=0s", "JWT_ALGORITHM=ES256", "KEYS_DIR="+s.path("keys-es256")),
		s.startService(ctx, "eddsa", "", "REFRESH_GRACE=0s", "JWT_ALGORITHM=EdDSA", "KEYS_DIR="+s.path("keys-eddsa")),
		s.startService(ctx, "sqlite", "sqlite:"+s.path("sqlite.db")), s.writeUnknown())
}

func (s *stage) path(name string) string { return filepath.Join(s.folder, name) }

func (s *stage) print(format string, args ...any) { _, _ = fmt.Fprintf(s.out, format, args...) }

func (s *stage) close() {
	for _, c := range s.started {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait()
	}
}

// newDatabase makes an empty database on the server.
func (s *stage) newDatabase(ctx context.Context, name string) (string, error) {
	c, err := pgx.Connect(ctx, s.database.String())
	if err != nil {
		return "", err
	}
	defer func() { _ = c.Close(ctx) }()
	name = fmt.Sprintf("rig_%s_%d", name, time.Now().UnixNano())
	_, err = c.Exec(ctx, "CREATE DATABASE "+name)
	made := *s.database
	made.Path = "/" + name
	return made.String(), err
}

func (s *stage) startFloor(ctx context.Context) error {
	database, err := s.newDatabase(ctx, "floor")
	if err != nil {
		return err
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	s.targets["floor"] = s.target("floor", "floor.json", address, true)
	return s.start(ctx, "floor", address, "/ping", []string{"FLOOR_DSN=" + database}, "-addr", address)
}

// startService starts the service on a database, a new one of PostgreSQL when none is named.
func (s *stage) startService(ctx context.Context, name, database string, settings ...string) error {
	onPostgres := database == ""
	if onPostgres {
		made, err := s.newDatabase(ctx, name)
		if err != nil {
			return err
		}
		database = made
	}
	address, err := freeAddress(ctx)
	if err != nil {
		return err
	}
	_, port, _ := net.SplitHostPort(address)
	env := append(slices.Clone(production), "BIND_ADDRESS=127.0.0.1", "PORT="+port, "ALLOWED_HOSTS="+address, "METRICS_ADDR=127.0.0.1:0",
		"DATABASE_URL="+database, "KEYS_DIR="+s.path("keys"))
	s.targets[name] = s.target(name, "goal.json", address, onPostgres)
	return s.start(ctx, "latchkey", address, "/livez", append(env, settings...))
}

// target is how the harness is told of it.
func (s *stage) target(name, adapter, address string, onPostgres bool) string {
	if !filepath.IsAbs(adapter) {
		adapter = filepath.Join(s.options.from, "authload", "adapters", adapter)
	}
	t := name + ",adapter=" + adapter + ",url=http://" + address
	if onPostgres {
		t += ",db=" + s.database.Host
	}
	return t
}

// start starts a program in the rig's folder and waits until it answers.
func (s *stage) start(ctx context.Context, program, address, path string, env []string, args ...string) error {
	c := exec.CommandContext(ctx, s.path(program), args...) //nolint:gosec // built a moment ago
	log, err := os.Create(s.path(strings.ReplaceAll(address, ":", "-") + ".log"))
	if err != nil {
		return err
	}
	defer log.Close()
	c.Dir, c.Env, c.Stderr = s.folder, append(os.Environ(), env...), log
	if err := c.Start(); err != nil {
		return err
	}
	s.started = append(s.started, c)
	return answers(ctx, "http://"+address+path)
}

// answers waits for the first 200, asking as fast as it can.
func answers(ctx context.Context, address string) error {
	client := http.Client{Timeout: time.Second}
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && ctx.Err() == nil; time.Sleep(time.Millisecond) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return err
		}
		r, err := client.Do(request)
		if err == nil {
			_ = r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return nil
			}
		}
	}
	return fmt.Errorf("%s does not answer", address)
}

func freeAddress(ctx context.Context) (string, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// writeUnknown describes sign-ins to addresses that nobody has, for a comparison with wrong passwords.
func (s *stage) writeUnknown() error {
	raw, err := os.ReadFile(filepath.Join(s.options.from, "authload", "adapters", "goal.json"))
	if err != nil {
		return err
	}
	unknown := strings.Replace(string(raw), `{"email": "{{email}}", "password": "{{wrong}}"}`, `{"email": "nobody-{{email}}", "password": "{{wrong}}"}`, 1)
	if unknown == string(raw) {
		return errors.New("goal.json has another form than this program knows")
	}
	_, address, _ := strings.Cut(s.targets["postgres"], ",url=http://")
	address, _, _ = strings.Cut(address, ",")
	s.targets["unknown"] = s.target("unknown", s.path("unknown.json"), address, true)
	return os.WriteFile(s.path("unknown.json"), []byte(unknown), 0o600) //nolint:gosec // in a folder of our own
}

// measureStart tells how long the service takes from its start to the first answer, with an embedded database and keys that
// are there.
func (s *stage) measureStart(ctx context.Context) error {
	var took []time.Duration
	for range s.options.rounds {
		begin := time.Now()
		if err := s.startService(ctx, "sqlite-start", "sqlite:"+s.path("start.db")); err != nil {
			return err
		}
		took = append(took, time.Since(begin))
		last := s.started[len(s.started)-1]
		s.started = s.started[:len(s.started)-1]
		_ = last.Process.Signal(os.Interrupt)
		_ = last.Wait()
	}
	slices.Sort(took)
	s.print("%-58s %-14s %d ms\n", "start to first answer, embedded", "≤ 150 ms", took[len(took)/2].Milliseconds())
	return nil
}

// play lets the harness measure the targets of an act in turns, and prints its lines.
func (s *stage) play(ctx context.Context, a act) error {
	file := s.path("result.json")
	args := []string{
		"compare", "-q", "-md", "-rounds", strconv.Itoa(s.options.rounds), "-d", s.options.each.String(), "-warm", "500ms",
		"-c", strconv.Itoa(a.workers), "-users", strconv.Itoa(a.users), "-scenarios", a.scenarios, "-json", file,
	}
	for _, name := range a.targets {
		args = append(args, "-target", s.targets[name])
	}
	harness := exec.CommandContext(ctx, s.path("harness"), args...) //nolint:gosec // built a moment ago
	said, err := harness.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%w\n%s", err, said)
	}
	s.print("\n%s\n\n%s", a.name, said)
	raw, err := os.ReadFile(file) //nolint:gosec // written a moment ago
	if err != nil {
		return err
	}
	var result struct {
		Targets []struct {
			Target, Scenario string
			Median           median
			Errors           int
		} `json:"median"`
	}
	if err := json.Unmarshal(raw, &result); err != nil {
		return err
	}
	of := map[string]median{}
	for _, m := range result.Targets {
		of[m.Target+"/"+m.Scenario] = m.Median
		if m.Errors > 0 && m.Target != "floor" {
			s.print("%s, %s: %d answers were wrong\n", m.Target, m.Scenario, m.Errors)
		}
	}
	for _, l := range a.lines {
		base := of[a.targets[0]+"/"+l.scenario]
		if l.against != "" {
			base = s.before[l.against+"/"+l.scenario]
		}
		s.print("%-58s %-14s %s\n", l.what, l.goal, l.value(of[l.target+"/"+l.scenario], base))
	}
	s.before = of
	return nil
}
