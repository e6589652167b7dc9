package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
)

// idOf asks the service for the id of the browser's user.
func idOf(t *testing.T, b *apitest.Browser) string {
	t.Helper()
	r := b.Must(http.StatusOK, b.Do("GET", "/api/users/me", nil))
	id, _ := r.JSON("data.user.id").(string)
	return id
}

func TestUsersSeeEachOther(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		viewer := signedInAs(t, s)
		named := signedInAs(t, s, "username", "Seen_1", "photo", "https://example.com/s.png", "metadata", map[string]any{"surname": "Hidden"})
		bare := signedInAs(t, s)
		id, email := idOf(t, named), emailOf(t, named)
		seen := func(r apitest.Response) any { return r.JSON("data.user") }
		r := viewer.Must(http.StatusOK, viewer.Do("GET", "/api/users/"+id, nil))
		want := map[string]any{"id": id, "name": "Test Person", "username": "Seen_1", "photo": "https://example.com/s.png"}
		if diff := cmp.Diff(any(want), seen(r)); diff != "" || strings.Contains(r.Body, email) {
			t.Errorf("(-want +got):\n%s", diff)
		}
		r = viewer.Must(http.StatusOK, viewer.Do("GET", "/api/users/"+idOf(t, bare), nil))
		want = map[string]any{"id": idOf(t, bare), "name": "Test Person", "username": nil, "photo": ""}
		if diff := cmp.Diff(any(want), seen(r)); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		scenario{request: "GET /api/users/" + id, status: 401, code: "access_token_missing"}.named("nobody").run(t, s)
		scenario{request: "GET /api/users/" + id, as: named, status: 200}.named("oneself").run(t, s)

		for _, other := range []string{
			"0190c5a0-0000-7000-8000-00000000abcd", "00000000-0000-0000-0000-000000000000", strings.ToUpper(id), "%7B" + id + "%7D", "urn:uuid:" + id,
			strings.ReplaceAll(id, "-", ""), id + "x", id + "%20", id + "%00", "1", "-1", "null", "1=1", "'%20OR%20'1'='1", "me%20", "%6de%2f", "Seen_1", email, "%ff", "*", "%25",
		} {
			scenario{request: "GET /api/users/" + other, as: viewer, status: 404, code: "user_not_found"}.named(other).run(t, s)
		}
		disable(t, s, email)
		scenario{request: "GET /api/users/" + id, as: viewer, status: 404, code: "user_not_found"}.named("disabled").run(t, s)
		change(t, s, "UPDATE users SET disabled_at = NULL WHERE email = '"+email+"'")
		scenario{request: "GET /api/users/" + id, as: viewer, status: 200}.named("enabled again").run(t, s)
		remove(t, s, email)
		scenario{request: "GET /api/users/" + id, as: viewer, status: 404, code: "user_not_found"}.named("gone").run(t, s)
	})
}
