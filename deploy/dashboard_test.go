package deploy_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// panel is the part of a Grafana panel that can be checked without Grafana.
type panel struct {
	ID      int
	Type    string
	Title   string
	GridPos struct{ H, W, X, Y int }
	Targets []struct{ Expr string }
}

func panels(t *testing.T) []panel {
	t.Helper()
	var board struct{ Panels []panel }
	if err := json.Unmarshal([]byte(read(t, dashboard)), &board); err != nil {
		t.Fatal(err)
	}
	if len(board.Panels) < 10 {
		t.Fatalf("%d panels", len(board.Panels))
	}
	return board.Panels
}

// The panels lie side by side, and each asks the Prometheus that was chosen something that it understands.
func TestDashboard(t *testing.T) {
	var queries []string
	ids, taken := map[int]string{}, map[[2]int]string{}
	for _, p := range panels(t) {
		if other, twice := ids[p.ID]; twice {
			t.Errorf("%q and %q share the id %d", other, p.Title, p.ID)
		}
		ids[p.ID] = p.Title
		if p.Type != "row" && len(p.Targets) == 0 {
			t.Errorf("%q asks nothing", p.Title)
		}
		for x := range p.GridPos.W {
			for y := range p.GridPos.H {
				cell := [2]int{p.GridPos.X + x, p.GridPos.Y + y}
				if other, twice := taken[cell]; twice || cell[0] >= 24 {
					t.Fatalf("%q lies on %q or beside the grid", p.Title, other)
				}
				taken[cell] = p.Title
			}
		}
		for _, target := range p.Targets {
			queries = append(queries, target.Expr)
		}
	}
	understood(t, queries)
	for _, uid := range regexp.MustCompile(`"uid": "(.*?)"`).FindAllStringSubmatch(read(t, dashboard), -1) {
		if uid[1] != "${datasource}" && uid[1] != "latchkey" {
			t.Errorf("the datasource %q is one machine's own", uid[1])
		}
	}
}

// understood fails unless Prometheus can parse the queries.
func understood(t *testing.T, queries []string) {
	t.Helper()
	rules := "groups:\n- name: queries\n  rules:\n"
	variables := strings.NewReplacer("$__rate_interval", "5m", "$job", ".*", "$instance", ".*")
	for i, query := range queries {
		rules += fmt.Sprintf("  - record: query_%d\n    expr: %s\n", i, quoted(t, variables.Replace(query)))
	}
	promtool(t, "check", "rules", write(t, filepath.Join(t.TempDir(), "rules.yml"), rules))
}

// quoted is text as YAML takes it: JSON is YAML.
func quoted(t *testing.T, text string) string {
	t.Helper()
	out, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}
