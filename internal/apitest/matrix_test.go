package apitest_test

import (
	"net/http"
	"strings"
	"testing"

	"latchkey/internal/apitest"
)

// callers are who may ask: the columns of the matrix.
var callers = []string{"nobody", "owner", "another user", "disabled user", "admin"}

// open is what routes answer that serve anybody.
func open(status int) []int { return []int{status, status, status, status, status} }

// own is what routes answer that serve whoever is signed in, about himself.
func own(status int) []int { return []int{401, status, status, 401, status} }

// matrix says what each operation of the OpenAPI document answers to whom (ASVS 8.2.1, 8.2.2). An id in a path is one of the
// owner's, and an admin has no more rights than anybody else here.
var matrix = map[string][]int{
	"POST /api/auth/register": open(201),
	"POST /api/auth/login":    {200, 200, 200, 403, 200},
	"GET /api/auth/refresh":   own(200),
	"POST /api/auth/refresh":  own(200),
	"GET /api/auth/logout":    open(200),
	"POST /api/auth/logout":   open(200),
	"GET /api/auth/session":   open(200),
	"GET /api/auth/verify":    own(204),
	"POST /api/auth/token":    {200, 200, 200, 400, 200},

	"GET /api/users/me":                  own(200),
	"PATCH /api/users/me":                own(200),
	"GET /api/users/me/sessions":         own(200),
	"DELETE /api/users/me/sessions":      own(200),
	"DELETE /api/users/me/sessions/{id}": {401, 204, 404, 401, 404},
	"GET /api/users/me/metadata":         own(200),
	"POST /api/users/me/api-keys":        own(201),
	"GET /api/users/me/api-keys":         own(200),
	"DELETE /api/users/me/api-keys/{id}": {401, 204, 404, 401, 404},
	"GET /api/users/{id}":                {401, 200, 200, 401, 200},

	"GET /.well-known/jwks.json":                  open(200),
	"GET /.well-known/oauth-authorization-server": open(200),
	"GET /.well-known/revoked-sessions":           open(200),
	"GET /api/healthchecker":                      open(200),
	"GET /livez":                                  open(200),
	"GET /readyz":                                 open(200),
	"GET /openapi.json":                           open(200),
	"GET /docs":                                   open(200),
	"GET /docs/{file}":                            open(200),
	"GET /":                                       open(200),
	"GET /account/{file}":                         open(200),
}

// Every operation answers everybody as the matrix says, and none is missing there.
func TestEverybodyMayDoWhatTheMatrixSays(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		described := map[string]bool{}
		for path, item := range apitest.Described().Paths.Map() {
			for method := range item.Operations() {
				if method == http.MethodHead {
					continue // it is GET without a body
				}
				described[method+" "+path] = true
				if matrix[method+" "+path] == nil {
					t.Errorf("%s %s is not in the matrix", method, path)
				}
			}
		}
		for operation, want := range matrix {
			if !described[operation] {
				t.Errorf("%s is in the matrix and not in the document", operation)
				continue
			}
			for i, caller := range callers {
				t.Run(operation+" by "+caller, func(t *testing.T) { askAs(t, s, operation, caller, want[i]) })
			}
		}
	})
}

// askAs sends the operation as one of the callers. The owner of what is asked for is there in any case.
func askAs(t *testing.T, s *apitest.Server, operation, caller string, want int) {
	owner, email := s.SignedIn(t)
	sessionID, _ := listed(t, owner)[0]["id"].(string)
	ids := map[string]string{
		"/sessions/{id}": sessionID, "/api-keys/{id}": keyOf(t, owner, "profile:read").id, "/users/{id}": idOf(t, owner),
	}
	who := owner
	switch caller {
	case "nobody":
		who = s.Browser(t)
	case "another user", "admin":
		who, email = s.SignedIn(t)
	}
	switch caller {
	case "admin":
		change(t, s, "UPDATE users SET role = 'admin' WHERE email = '"+email+"'")
	case "disabled user":
		disable(t, s, email)
	}
	method, path, _ := strings.Cut(operation, " ")
	for end, id := range ids {
		if strings.HasSuffix(path, end) {
			path = strings.Replace(path, "{id}", id, 1)
		}
	}
	path = strings.Replace(path, "{file}", "start.js", 1)
	var body any
	var with []apitest.Option
	switch operation {
	case "POST /api/auth/register":
		body = apitest.Registration(apitest.NewEmail())
	case "POST /api/auth/login":
		body = apitest.Credentials(email)
	case "PATCH /api/users/me":
		body = map[string]any{"name": "Changed"}
	case "POST /api/users/me/api-keys":
		body = map[string]any{"name": "Test", "scopes": []string{"profile:read"}}
	case "POST /api/auth/token":
		body, with = form("grant_type", "password", "username", email, "password", apitest.Password)
	}
	if r := who.Do(method, path, body, with...); r.Status != want {
		t.Errorf("status %d, want %d: %.300s", r.Status, want, r.Body)
	}
	if caller == "another user" {
		owner.Must(http.StatusOK, owner.Do("GET", "/api/users/me", nil))
	}
}
