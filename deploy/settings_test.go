package deploy_test

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"latchkey/config"
)

// accepted fails unless the service takes the settings, in which files stand for what is in them.
func accepted(t *testing.T, where string, settings, files map[string]string) config.Config {
	t.Helper()
	known := map[string]bool{}
	for _, s := range config.Settings() {
		known[s.Name], known[s.Name+"_FILE"] = true, true
	}
	for name := range settings {
		if !known[name] {
			t.Errorf("%s sets %s, which is no setting", where, name)
		}
	}
	settings = maps.Clone(settings)
	for path, content := range files {
		for name, value := range settings {
			if value == path {
				settings[name] = write(t, filepath.Join(t.TempDir(), "value"), content)
			}
		}
	}
	cfg, err := config.Load(config.Options{Getenv: func(name string) (string, bool) {
		value, set := settings[name]
		return value, set
	}})
	if err != nil || len(cfg.Warnings) > 0 {
		t.Errorf("%s: %v %q", where, err, cfg.Warnings)
	}
	return cfg
}

// stopTime is how long a node may take from SIGTERM to its end: the last part is for what no setting bounds.
func stopTime(cfg config.Config) time.Duration {
	return cfg.HTTP.ShutdownNotice + cfg.HTTP.ShutdownGrace + 4*time.Second
}

// interpolation is how Compose writes a variable with a default.
var interpolation = regexp.MustCompile(`\$\{(\w+)(?::-([^}]*)|:\?[^}]*)?\}`)

// compose is docker-compose.yml as far as its truth can be checked without a container engine.
type compose struct {
	Services map[string]struct {
		Build       any
		Image       string
		Profiles    []string
		Environment map[string]string
		Volumes     []string
		Secrets     []string
		Networks    map[string]struct {
			Aliases []string
			IPv4    string `yaml:"ipv4_address"`
		}
		DependsOn any    `yaml:"depends_on"`
		Grace     string `yaml:"stop_grace_period"`
	}
	Secrets, Volumes map[string]any
	Networks         map[string]struct {
		IPAM struct{ Config []struct{ Subnet string } }
	}
}

func TestCompose(t *testing.T) {
	text := interpolation.ReplaceAllString(read(t, "../docker-compose.yml"), "$2")
	var file compose
	if err := yaml.Unmarshal([]byte(text), &file); err != nil {
		t.Fatal(err)
	}
	profiles := map[string][]string{}
	for name, service := range file.Services {
		for _, p := range append(service.Profiles, "default")[:max(len(service.Profiles), 1)] {
			profiles[p] = append(profiles[p], name)
		}
		for _, volume := range service.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(from, "./deploy") {
				if _, err := os.Stat(filepath.Join("..", from)); err != nil {
					t.Errorf("%s: %v", name, err)
				}
			} else if _, named := file.Volumes[from]; !named && from != "./tls" {
				t.Errorf("%s uses the volume %s, which is not declared", name, from)
			}
		}
		for _, secret := range service.Secrets {
			if _, declared := file.Secrets[secret]; !declared {
				t.Errorf("%s uses the secret %s, which is not declared", name, secret)
			}
		}
		if service.Image == "latchkey:dev" || service.Build != nil {
			cfg := accepted(t, "docker-compose.yml: "+name, service.Environment, map[string]string{"/run/secrets/postgres_password": "pa$$word"})
			if grace, err := time.ParseDuration(service.Grace); err != nil || grace < stopTime(cfg) {
				t.Errorf("%s is killed after %s, before it has drained in %v", name, service.Grace, stopTime(cfg))
			}
			if len(cfg.HTTP.TrustedProxies) != 1 || cfg.HTTP.TrustedProxies[0].Addr().String() != file.Services["proxy"].Networks["default"].IPv4 {
				t.Errorf("%s trusts %v, not the proxy", name, cfg.HTTP.TrustedProxies)
			}
		}
	}
	for _, names := range profiles {
		slices.Sort(names)
	}
	if !maps.EqualFunc(profiles, map[string][]string{
		"default": {"latchkey", "postgres"}, "proxy": {"latchkey2", "proxy"}, "observability": {"grafana", "prometheus"},
	}, slices.Equal) {
		t.Errorf("profiles %v", profiles)
	}
	for i, name := range []string{"latchkey", "latchkey2"} {
		alias := "node" + strconv.Itoa(i+1) + ".internal"
		if !slices.Contains(file.Services[name].Networks["default"].Aliases, alias) || !strings.Contains(read(t, "nginx/latchkey.conf"), "server "+alias+":8000 ") {
			t.Errorf("nginx does not find %s as %s", name, alias)
		}
	}
	promtool(t, "check", "config", "prometheus/prometheus.yml")
	for _, provisioning := range []string{"datasources/prometheus.yml", "dashboards/latchkey.yml"} {
		var found map[string]any
		if err := yaml.Unmarshal([]byte(read(t, "grafana/provisioning/"+provisioning)), &found); err != nil || found["apiVersion"] != 1 {
			t.Errorf("%s: %v", provisioning, err)
		}
	}
}

// strictly decodes each document of a file and refuses what the type does not know.
func strictly[T any](t *testing.T, text string) (found []T) {
	t.Helper()
	decoder := yaml.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.KnownFields(true)
	for {
		var one T
		err := decoder.Decode(&one)
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		found = append(found, one)
	}
}

// findSystemd looks for systemd's own checker and installs it where that is possible without asking anybody.
var findSystemd = sync.OnceValues(func() (string, error) {
	if path, err := exec.LookPath("systemd-analyze"); err == nil {
		return path, nil
	}
	if out, err := exec.Command("../scripts/apt-install.sh", "systemd").CombinedOutput(); err != nil {
		return "", errors.New(strings.TrimSpace(string(out)))
	}
	return exec.LookPath("systemd-analyze")
})

// exposure is the line with which systemd sums up what a unit still may do: 0 is nothing, 10 everything.
var exposure = regexp.MustCompile(`Overall exposure level[^:]*: (\d+\.\d)`)

func TestUnit(t *testing.T) {
	unit := read(t, "systemd/latchkey.service")
	stop, err := strconv.Atoi(regexp.MustCompile(`TimeoutStopSec=(\d+)s`).FindStringSubmatch(unit)[1])
	standard, _ := config.Load(config.Options{})
	if err != nil || time.Duration(stop)*time.Second < stopTime(standard) {
		t.Errorf("systemd kills after %d s, before a node has drained in %v", stop, stopTime(standard))
	}
	set := map[string]string{}
	for pair := range strings.FieldsSeq(regexp.MustCompile(`(?m)^Environment=(.*)$`).FindStringSubmatch(unit)[1]) {
		name, value, _ := strings.Cut(pair, "=")
		set[name] = value
		if !strings.HasPrefix(value, "/var/lib/latchkey/") {
			t.Errorf("%s is outside the only folder that the unit may write to", pair)
		}
	}
	accepted(t, "latchkey.service", set, nil)

	analyze, err := findSystemd()
	if err != nil {
		if inCI, _ := strconv.ParseBool(os.Getenv("CI")); inCI {
			t.Fatalf("no systemd-analyze: %v", err)
		}
		t.Skipf("######## THE UNIT IS NOT CHECKED: no systemd-analyze (Debian package systemd): %v ########", err)
	}
	program, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	here := write(t, filepath.Join(t.TempDir(), "latchkey.service"), replaced(t, unit, [][2]string{{"/usr/local/bin/latchkey", program}}))
	if out, err := exec.CommandContext(t.Context(), analyze, "verify", here).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), analyze, "security", "--offline=true", here).CombinedOutput()
	found := exposure.FindSubmatch(out)
	if err != nil || found == nil {
		t.Fatalf("systemd-analyze security: %v\n%s", err, out)
	}
	if level, err := strconv.ParseFloat(string(found[1]), 64); err != nil || level > 1.5 {
		t.Errorf("exposure %s, want at most 1.5", found[1])
	}
}
