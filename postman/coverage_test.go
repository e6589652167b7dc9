package postman_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// item is a folder or a request of the collection.
type item struct {
	Name  string
	Item  []item
	Event []struct {
		Listen string
		Script struct{ Exec []string }
	}
	Request struct {
		Method, Description string
		URL                 struct {
			Raw  string
			Path []string
		}
	}
}

// address is what newman asks for, which is not what Postman shows unless both are written alike.
func (i item) address() string { return "/" + strings.Join(i.Request.URL.Path, "/") }

// wants reports whether the request says what it wants. Without that it would be held to what the one before it wanted.
func (i item) wants() bool {
	for _, event := range i.Event {
		if event.Listen == "prerequest" && slices.ContainsFunc(event.Script.Exec, func(line string) bool {
			return strings.HasPrefix(line, "pm.variables.set('want', JSON.stringify(")
		}) {
			return true
		}
	}
	return false
}

// requests are those of all folders, with the folder in their names.
func requests(t *testing.T) (found []item) {
	t.Helper()
	var whole item
	if err := json.Unmarshal(read(t, collection), &whole); err != nil {
		t.Fatal(err)
	}
	for _, folder := range whole.Item {
		for _, request := range folder.Item {
			request.Name = folder.Name + ": " + request.Name
			found = append(found, request)
		}
	}
	return found
}

// Every operation of the OpenAPI document has its request in the collection.
func TestEveryRouteHasARequest(t *testing.T) {
	var sent []string
	for _, r := range requests(t) {
		sent = append(sent, r.Request.Method+" "+r.address())
	}
	for _, operation := range apitest.Unasked(sent) {
		t.Errorf("%s has no request for %s", collection, operation)
	}
}

// Every request has a name of its own, says what it is for and what it wants, and is sent where Postman shows it to be.
func TestRequestsAreWhole(t *testing.T) {
	names := map[string]bool{}
	for _, r := range requests(t) {
		if names[r.Name] || r.Request.Description == "" || !r.wants() || r.Request.URL.Raw != "{{base_url}}"+r.address() {
			t.Errorf("%s: name taken: %v, description %q, says what it wants: %v, %s is shown and %s sent",
				r.Name, names[r.Name], r.Request.Description, r.wants(), r.Request.URL.Raw, r.address())
		}
		names[r.Name] = true
	}
}
