package postman_test

import (
	"encoding/json"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// item is a folder or a request of the collection.
type item struct {
	Name    string
	Item    []item
	Request struct {
		Method string
		URL    struct {
			Raw  string
			Path []string
		}
	}
}

// address is what newman asks for, which is not what Postman shows unless both are written alike.
func (i item) address() string { return "/" + strings.Join(i.Request.URL.Path, "/") }

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
