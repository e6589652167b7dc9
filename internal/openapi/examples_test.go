package openapi_test

import (
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"latchkey/internal/openapi"
)

// Every JSON answer has an example, a failure one for each of its codes, and so has every body of a request. Where a
// failure comes as a problem document too, one example shows the form.
func TestEverythingHasAnExample(t *testing.T) {
	document, err := openapi3.NewLoader().LoadFromData(openapi.Document())
	if err != nil {
		t.Fatal(err)
	}
	missing := lacking(document)
	for _, what := range missing {
		t.Error(what)
	}
	// The test can fail: without the examples of one answer it does.
	login := document.Paths.Value("/api/auth/login").Post.Responses.Status(403).Value
	delete(login.Content["application/json"].Examples, "account_disabled")
	login.Content["application/problem+json"].Examples = nil
	if got := lacking(document); len(got) != len(missing)+2 {
		t.Errorf("two examples were taken away, and these are missed: %q", got)
	}
}

// lacking says which examples are missing.
func lacking(document *openapi3.T) (missing []string) {
	for path, item := range document.Paths.Map() {
		for method, operation := range item.Operations() {
			at := method + " " + path
			if operation.RequestBody != nil {
				missing = append(missing, missingFrom(at+" request", operation.RequestBody.Value.Content)...)
			}
			for status, response := range operation.Responses.Map() {
				missing = append(missing, missingFrom(at+" "+status, response.Value.Content)...)
			}
		}
	}
	return missing
}

func missingFrom(at string, content openapi3.Content) (missing []string) {
	for name, media := range content {
		if !strings.Contains(name, "json") || isAnything(media.Schema.Value) {
			continue
		}
		shown := map[string]bool{}
		for _, example := range media.Examples {
			if value, ok := example.Value.Value.(map[string]any); ok {
				code, _ := value["code"].(string)
				shown[code] = true
			}
		}
		if len(shown) == 0 {
			missing = append(missing, at+" "+name+" has no example")
		}
		for _, code := range codesOf(media.Schema.Value) {
			if name == "application/json" && !shown[code] {
				missing = append(missing, at+" "+name+" has no example of "+code)
			}
		}
	}
	return missing
}

// isAnything tells a schema that asks for no member, such as that of the document itself.
func isAnything(schema *openapi3.Schema) bool { return len(schema.Properties)+len(schema.AllOf) == 0 }

// codesOf are the codes that a failure can have: those of the narrower part beside Failure or Problem.
func codesOf(schema *openapi3.Schema) (codes []string) {
	for _, part := range schema.AllOf {
		if code := part.Value.Properties["code"]; code != nil && part.Ref == "" {
			for _, one := range code.Value.Enum {
				codes = append(codes, one.(string))
			}
		}
	}
	return codes
}
