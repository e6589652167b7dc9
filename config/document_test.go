package config_test

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/config"
)

var update = flag.Bool("update", false, "write docs/configuration.md and app.env from the table of settings")

func TestDocuments(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		filepath.Join("..", "docs", "configuration.md"): config.Document(),
		filepath.Join("..", "app.env"):                  config.Template(),
	} {
		if *update {
			if err := os.WriteFile(path, []byte(want), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		got, err := os.ReadFile(path)
		if err != nil {
			t.Errorf("%v; run: go generate ./config", err)
			continue
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s differs from the table of settings; run: go generate ./config\n(-table +file)\n%s", path, diff)
		}
	}
}

// TestTemplateIsInactive also removes the comment signs: every default must be accepted when it is written out.
func TestTemplateIsInactive(t *testing.T) {
	t.Parallel()
	none := load(t, "", nil)
	if diff := cmp.Diff(none, load(t, config.Template(), nil)); diff != "" {
		t.Errorf("the template changes a setting (-without +with):\n%s", diff)
	}
	var active strings.Builder
	for line := range strings.SplitSeq(config.Template(), "\n") {
		name, value, found := strings.Cut(strings.TrimPrefix(line, "# "), "=")
		if found && !strings.Contains(name, " ") {
			active.WriteString(name + "=" + value + "\n")
		}
	}
	if count := strings.Count(active.String(), "\n"); count != len(config.Settings()) {
		t.Errorf("the template shows %d settings, the table has %d", count, len(config.Settings()))
	}
	if diff := cmp.Diff(none, load(t, active.String(), nil)); diff != "" {
		t.Errorf("a default written out changes a setting (-without +with):\n%s", diff)
	}
}

func TestTableIsComplete(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, setting := range config.Settings() {
		switch {
		case seen[setting.Name]:
			t.Errorf("%s stands twice", setting.Name)
		case setting.Group == "", setting.About == "", setting.Allowed == "":
			t.Errorf("%s lacks a text: %+v", setting.Name, setting.About)
		case setting.Secret && setting.Default != "":
			t.Errorf("%s is a secret with a default", setting.Name)
		case strings.HasSuffix(setting.Name, "_FILE"):
			t.Errorf("%s could be taken for the file of another setting", setting.Name)
		}
		seen[setting.Name] = true
	}
	page := config.Document()
	for name := range seen {
		if strings.Count(page, "| `"+name+"` |") != 1 {
			t.Errorf("%s is not documented once", name)
		}
	}
}
