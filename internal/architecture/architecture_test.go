package architecture

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strconv"
	"testing"
)

// floors places every package of the service. An import must lead from a higher floor to a lower one.
var floors = map[string]int{
	"models":     0,
	"migrations": 0,

	"config":              1,
	"internal/asset":      1,
	"internal/strictjson": 1,

	"internal/token":       2,
	"internal/password":    2,
	"internal/cookie":      2,
	"internal/metrics":     2,
	"internal/openapi":     2,
	"internal/accountpage": 2,
	"internal/breach":      2,
	"internal/telemetry":   2,
	"internal/throttle":    2,

	"internal/account": 3,
	"internal/apikey":  3,
	"internal/session": 3,
	"internal/store":   3,
	"internal/doctor":  3,
	"internal/seed":    3,
	// a keeper of counts, as the store is one
	"internal/throttle/redisthrottle": 3,

	"internal/request": 4,

	"controllers": 5,
	"middleware":  5,

	"routes": 6,

	"initializers": 7,

	"internal/cli": 8,

	".": 9, // package main
}

// apart names what is for other services: of this module such a package may import only what stands behind it here, and
// nothing of the server may import it. So whoever uses it gets no server along with it.
var apart = map[string][]string{
	"verify":           {"internal/strictjson"},
	"verify/ginverify": {"verify"},
	"examples/posts":   {"verify", "verify/ginverify"},
}

// scaffolding names the packages that only tests and scripts use: the service must not import them.
// What they may import themselves is not restricted.
var scaffolding = []string{
	"attack",
	"bench",
	"bench/rig",
	"clients/js",
	"deploy",
	"e2e",
	"internal/apitest",
	"internal/architecture",
	"internal/faults",
	"internal/interop",
	"internal/testdb",
	"internal/testdb/withpostgres",
	"internal/throttle/throttletest",
	"postman",
}

func TestImportsPointDownward(t *testing.T) {
	for _, fault := range faults(readModule(t)) {
		t.Error(fault)
	}
}

// faults lists in sentences what is wrong with the arrows between packages.
func faults(packages map[string]source) (found []string) {
	for from, p := range packages {
		if slices.Contains(scaffolding, from) {
			continue
		}
		if own, isApart := apart[from]; isApart {
			found = append(found, strays(from, p.imports, own)...)
			continue
		}
		if _, placed := floors[from]; !placed {
			found = append(found, fmt.Sprintf("%s stands on no floor: place it in the table of internal/architecture", from))
			continue
		}
		for _, to := range p.imports {
			if fault := arrow(from, to); fault != "" {
				found = append(found, fault)
			}
		}
	}
	slices.Sort(found)
	return found
}

// strays lists the imports of a package that stands apart which lead into the server.
func strays(from string, imports, own []string) (found []string) {
	for _, to := range imports {
		if !slices.Contains(own, to) {
			found = append(found, fmt.Sprintf("%s stands apart and imports %s", from, to))
		}
	}
	return found
}

// arrow says what is wrong with one import, or nothing.
func arrow(from, to string) string {
	below, placed := floors[to]
	_, isApart := apart[to]
	switch {
	case isApart:
		return fmt.Sprintf("%s imports %s, which is for other services", from, to)
	case slices.Contains(scaffolding, to):
		return fmt.Sprintf("%s imports %s, which is for tests only", from, to)
	case !placed:
		return "" // reported once, as a package without a floor
	case floors[from] < below:
		return fmt.Sprintf("%s (floor %d) imports upward %s (floor %d)", from, floors[from], to, below)
	case floors[from] == below:
		return fmt.Sprintf("%s imports sideways %s: both stand on floor %d", from, to, below)
	}
	return ""
}

func TestFaultsOfAMadeUpHouse(t *testing.T) {
	for _, c := range []struct {
		name, from, to string
		want           []string
	}{
		{"downward", "internal/store", "models", nil},
		{"downward by many floors", ".", "models", nil},
		{"the main program above its commands", ".", "internal/cli", nil},
		{"upward", "models", "internal/store", []string{"models (floor 0) imports upward internal/store (floor 3)"}},
		{"upward by one", "routes", "initializers", []string{"routes (floor 6) imports upward initializers (floor 7)"}},
		{"what middleware leaves for controllers", "controllers", "internal/request", nil},
		{"sideways at the edge", "controllers", "middleware", []string{"controllers imports sideways middleware: both stand on floor 5"}},
		{"sideways", "internal/session", "internal/store", []string{"internal/session imports sideways internal/store: both stand on floor 3"}},
		{"sideways on the ground", "models", "migrations", []string{"models imports sideways migrations: both stand on floor 0"}},
		{"scaffolding", "controllers", "internal/testdb", []string{"controllers imports internal/testdb, which is for tests only"}},
		{"scaffolding is free", "internal/apitest", "initializers", nil},
		{"what stands apart", "verify", "internal/strictjson", nil},
		{"what stands apart, into the server", "verify", "internal/token", []string{"verify stands apart and imports internal/token"}},
		{"the server, into what stands apart", "controllers", "verify", []string{"controllers imports verify, which is for other services"}},
		{"unknown", "internal/utils", "models", []string{"internal/utils stands on no floor: place it in the table of internal/architecture"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			house := map[string]source{c.from: {imports: []string{c.to}}, "config": {imports: []string{"models"}}}
			if got := faults(house); !slices.Equal(got, c.want) {
				t.Errorf("faults %q, want %q", got, c.want)
			}
		})
	}
}

// A row is not a document: what a client sees is decided in controllers.
func TestModelsKnowNoJSON(t *testing.T) {
	models, ok := readModule(t)["models"]
	if !ok {
		t.Fatal("there is no package models: the test would see nothing")
	}
	for _, file := range models.files {
		for _, name := range fieldsWithTag(file, "json") {
			t.Errorf("models: field %s has a json tag", name)
		}
	}
	sample := parse(t, "package p\ntype t struct {\n A int `json:\"a\"`\n B int `gorm:\"x\"`\n C int\n}")
	if got := fieldsWithTag(sample, "json"); !slices.Equal(got, []string{"A"}) {
		t.Errorf("in the sample, fields with a json tag = %q, want A", got)
	}
}

// Settings come from config alone, and config is handed the environment by the main program.
func TestOnlyTheMainProgramReadsTheEnvironment(t *testing.T) {
	for folder, p := range readModule(t) {
		if folder == "." || slices.Contains(scaffolding, folder) {
			continue
		}
		for _, file := range p.files {
			for _, name := range environmentReads(file) {
				t.Errorf("%s uses %s", folder, name)
			}
		}
	}
	sample := parse(t, "package p\nimport \"os\"\nvar a, b = os.Getenv(\"A\"), os.LookupEnv\nfunc c() { os.Exit(1) }")
	if got := environmentReads(sample); !slices.Equal(got, []string{"os.Getenv", "os.LookupEnv"}) {
		t.Errorf("in the sample, reads of the environment = %q", got)
	}
}

func fieldsWithTag(file *ast.File, key string) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		field, ok := n.(*ast.Field)
		if !ok || field.Tag == nil {
			return true
		}
		tag, err := strconv.Unquote(field.Tag.Value)
		if _, tagged := reflect.StructTag(tag).Lookup(key); err == nil && tagged {
			for _, name := range field.Names {
				names = append(names, name.Name)
			}
		}
		return true
	})
	return names
}

func environmentReads(file *ast.File) (names []string) {
	ast.Inspect(file, func(n ast.Node) bool {
		selector, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		if of, ok := selector.X.(*ast.Ident); ok && of.Name == "os" &&
			slices.Contains([]string{"Getenv", "LookupEnv", "Environ", "ExpandEnv"}, selector.Sel.Name) {
			names = append(names, "os."+selector.Sel.Name)
		}
		return true
	})
	return names
}

func parse(t *testing.T, text string) *ast.File {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "sample.go", text, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	return file
}
