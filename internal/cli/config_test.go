package cli_test

import (
	"strings"
	"testing"
)

func TestConfigPrint(t *testing.T) {
	t.Chdir(t.TempDir())
	writeFile(t, "app.env", "CLIENT_ORIGIN=https://app.example\nPOSTGRES_PASSWORD='hunter2 word'\n", 0o600)
	w := with{env: map[string]string{"REDIS_URL": "redis://:hunter2@localhost:6379", "ACCESS_TOKEN_PRIVATE_KEY": "aHVudGVyMg"}}
	out := w.must(t, "config", "print")
	for _, want := range []string{" https://app.example ", "REDIS_URL", " app.env\n", "[redacted]", "environment", "default"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("%q is missing in\n%s", want, out.stdout)
		}
	}
	all := w.must(t, "config", "print", "--all", "--json")
	for _, hidden := range []string{"hunter2", "aHVudGVyMg"} {
		if strings.Contains(out.stdout+all.stdout, hidden) {
			t.Errorf("%q is shown", hidden)
		}
	}
	found := map[any]any{}
	for _, s := range all.json(t)["settings"].([]any) {
		found[s.(map[string]any)["name"]] = s.(map[string]any)["value"]
	}
	if found["REDIS_URL"] != "[redacted]" || found["PUBLIC_URL"] != "" || found["REFRESH_GRACE"] != "10s" {
		t.Errorf("settings %v", found)
	}

	w.env["COOKIE_DOMAIN"] = "localhost"
	if bad := w.run(t, "config", "print"); bad.code != 1 || !strings.HasPrefix(bad.stderr, "COOKIE_DOMAIN: ") || bad.stdout == "" {
		t.Errorf("with a fault: %+v", bad)
	}
}

func TestVersion(t *testing.T) {
	if out := (with{}).must(t, "version"); out.stdout != "test\n" {
		t.Errorf("printed %q", out.stdout)
	}
	if v := (with{}).must(t, "version", "--json").json(t); v["version"] != "test" || v["go"] == "" {
		t.Errorf("printed %v", v)
	}
}

func TestMigrateJSON(t *testing.T) {
	w := with{env: map[string]string{"DATABASE_URL": "sqlite:" + t.TempDir() + "/x.db"}}
	before := w.must(t, "migrate", "status", "--json").json(t)
	if before["pending"] == 0.0 || before["pending"] != float64(len(before["migrations"].([]any))) {
		t.Errorf("status of an empty database: %v", before)
	}
	if up := w.must(t, "migrate", "up", "--json").json(t); up["applied"] != before["pending"] {
		t.Errorf("up: %v", up)
	}
	if after := w.must(t, "migrate", "status", "--json").json(t); after["pending"] != 0.0 {
		t.Errorf("status after up: %v", after)
	}
	if down := w.must(t, "migrate", "down", "--json").json(t); !strings.HasSuffix(down["took_back"].(string), ".sql") {
		t.Errorf("down: %v", down)
	}
}
