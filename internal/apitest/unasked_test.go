package apitest_test

import (
	"slices"
	"testing"

	"latchkey/internal/apitest"
)

func TestOperationsThatNobodyAsksForAreFound(t *testing.T) {
	all := apitest.Unasked(nil)
	for _, c := range []struct {
		request, operation string // "" when the request is for none
	}{
		{"GET /api/users/me", "GET /api/users/me"},
		{"GET /api/users/{{friend}}", "GET /api/users/{id}"},
		{"PATCH /api/users/me", "PATCH /api/users/me"},
		{"DELETE /api/users/me/sessions/$id", "DELETE /api/users/me/sessions/{id}"},
		{"HEAD /docs/licenses.txt", "GET /docs/{file}"},
		{"GET /", "GET /"},
		{"POST /", ""},
		{"GET /api/users/", ""},
		{"GET /api/auth/sign-in", ""},
	} {
		t.Run(c.request, func(t *testing.T) {
			want := slices.DeleteFunc(slices.Clone(all), func(operation string) bool { return operation == c.operation })
			if c.operation != "" && len(want) != len(all)-1 {
				t.Fatalf("%s is not among %q", c.operation, all)
			}
			if got := apitest.Unasked([]string{c.request}); !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}
