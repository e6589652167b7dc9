package openapi_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"

	"latchkey/internal/openapi"
)

var update = flag.Bool("update", false, "write openapi.json anew")

// openapi.json says what openapi.yaml says, in the same order.
func TestDocumentIsCurrent(t *testing.T) {
	source, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	want := inJSON(t, source)
	if *update {
		if err := os.WriteFile("openapi.json", want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(want), string(openapi.Document())); diff != "" {
		t.Errorf("run go generate ./internal/openapi (-want +got):\n%s", diff)
	}
}

// The document is one of OpenAPI 3.1, every reference leads somewhere, and the examples match their schemas.
func TestDocumentIsValid(t *testing.T) {
	check := func(document []byte) error {
		loaded, err := openapi3.NewLoader().LoadFromData(document)
		if err != nil {
			return err
		}
		return loaded.Validate(t.Context())
	}
	if err := check(openapi.Document()); err != nil {
		t.Error(err)
	}
	for name, fault := range map[string][2]string{
		"reference that leads nowhere": {"#/components/responses/NotSignedIn", "#/components/responses/Nothing"},
		"example of another type":      {`"verified": false`, `"verified": "no"`},
		"example without a member":     {`"role": "user",`, ``},
		"example of another code":      {`"code": "email_taken"`, `"code": "not_found"`},
	} {
		broken := bytes.ReplaceAll(openapi.Document(), []byte(fault[0]), []byte(fault[1]))
		if bytes.Equal(broken, openapi.Document()) {
			t.Errorf("%s: the document has no %s", name, fault[0])
		}
		if check(broken) == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

func TestYAMLToJSON(t *testing.T) {
	const source = `
b: &b {x: 1, y: [true, null, '2026-01-02', "5", 1.5]}
a:
  <<: *b
  y: *b
  z: |
    text
`
	const want = `{
  "b": {
    "x": 1,
    "y": [
      true,
      null,
      "2026-01-02",
      "5",
      1.5
    ]
  },
  "a": {
    "x": 1,
    "y": {
      "x": 1,
      "y": [
        true,
        null,
        "2026-01-02",
        "5",
        1.5
      ]
    },
    "z": "text\n"
  }
}
`
	if diff := cmp.Diff(want, string(inJSON(t, []byte(source)))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// inJSON turns YAML into JSON. Members keep their order; what an anchor names is written out at every place.
func inJSON(t *testing.T, source []byte) []byte {
	t.Helper()
	var root yaml.Node
	if err := yaml.Unmarshal(source, &root); err != nil {
		t.Fatal(err)
	}
	var compact, out bytes.Buffer
	write(t, &compact, root.Content[0])
	if err := json.Indent(&out, compact.Bytes(), "", "  "); err != nil {
		t.Fatal(err)
	}
	out.WriteByte('\n')
	return out.Bytes()
}

func write(t *testing.T, out *bytes.Buffer, node *yaml.Node) {
	t.Helper()
	switch node.Kind {
	case yaml.AliasNode:
		write(t, out, node.Alias)
	case yaml.MappingNode:
		out.WriteByte('{')
		for i, member := range members(node) {
			if i > 0 {
				out.WriteByte(',')
			}
			writeScalar(t, out, member[0])
			out.WriteByte(':')
			write(t, out, member[1])
		}
		out.WriteByte('}')
	case yaml.SequenceNode:
		out.WriteByte('[')
		for i, item := range node.Content {
			if i > 0 {
				out.WriteByte(',')
			}
			write(t, out, item)
		}
		out.WriteByte(']')
	default:
		writeScalar(t, out, node)
	}
}

// members are the names and values of a mapping. Under the name << stands a mapping whose members count unless the
// mapping has them itself.
func members(node *yaml.Node) (found [][2]*yaml.Node) {
	at := map[string]int{}
	add := func(name, value *yaml.Node, own bool) {
		i, known := at[name.Value]
		switch {
		case !known:
			at[name.Value] = len(found)
			found = append(found, [2]*yaml.Node{name, value})
		case own:
			found[i][1] = value
		}
	}
	for i := 0; i < len(node.Content); i += 2 {
		if name, value := node.Content[i], node.Content[i+1]; name.Tag != "!!merge" {
			add(name, value, true)
		} else {
			for _, member := range members(value.Alias) {
				add(member[0], member[1], false)
			}
		}
	}
	return found
}

func writeScalar(t *testing.T, out *bytes.Buffer, node *yaml.Node) {
	t.Helper()
	var value any
	if err := node.Decode(&value); err != nil {
		t.Fatal(err)
	}
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		t.Fatal(err)
	}
}
