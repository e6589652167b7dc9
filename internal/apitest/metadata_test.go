package apitest_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/apitest"
)

const myMetadata = "GET /api/users/me/metadata"

func metadata(t *testing.T, b *apitest.Browser) any {
	t.Helper()
	r := b.Must(http.StatusOK, b.Do("GET", "/api/users/me/metadata", nil))
	return r.JSON("data.metadata")
}

type bag = map[string]any

func TestMetadataIsMerged(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := signedInAs(t, s, "surname", "Ignored", "metadata", bag{"surname": "Person", "website": "https://example.com", "drop": nil})
		want := bag{"surname": "Person", "website": "https://example.com"}
		if diff := cmp.Diff(any(want), metadata(t, b)); diff != "" {
			t.Errorf("after the registration (-want +got):\n%s", diff)
		}
		for _, step := range []struct {
			patch any
			want  bag
		}{
			{bag{"website": nil, "age": 7}, bag{"surname": "Person", "age": 7.}},
			{bag{}, bag{"surname": "Person", "age": 7.}},
			{bag{"address": bag{"city": "Ulm", "zip": "1"}}, bag{"surname": "Person", "age": 7., "address": bag{"city": "Ulm", "zip": "1"}}},
			{bag{"address": bag{"zip": nil}, "tags": []any{"a", nil}}, bag{"surname": "Person", "age": 7., "address": bag{"city": "Ulm"}, "tags": []any{"a", nil}}},
			{bag{"address": "none", "tags": []any{}, "age": nil}, bag{"surname": "Person", "address": "none", "tags": []any{}}},
			{bag{"<&>": "\u2028 é 🙂 \x00\n", "__proto__": bag{"x": true}}, bag{"surname": "Person", "address": "none", "tags": []any{}, "<&>": "\u2028 é 🙂 \x00\n", "__proto__": bag{"x": true}}},
		} {
			r := scenario{request: profile, as: b, body: bag{"metadata": step.patch}, status: 200}.send(t, s)
			isUser(t, r)
			if diff := cmp.Diff(any(step.want), r.JSON("data.metadata")); diff != "" {
				t.Errorf("after %v (-want +got):\n%s", step.patch, diff)
			}
			if diff := cmp.Diff(any(step.want), metadata(t, b)); diff != "" {
				t.Errorf("read after %v (-want +got):\n%s", step.patch, diff)
			}
		}
		for _, body := range []bag{{"name": "Other"}, {"metadata": nil}, {}} {
			r := scenario{request: profile, as: b, body: body, status: 200}.send(t, s)
			if r.JSON("data.metadata") != nil {
				t.Errorf("%v is answered with metadata: %s", body, r.Body)
			}
		}
		exact := scenario{request: profile, as: b, body: `{"metadata":{"n":12345678901234567890.10}}`, status: 200, contains: []string{`"n":12345678901234567890.10`}}
		exact.named("numbers as they are written").run(t, s)
		if plain := signedInAs(t, s); metadata(t, plain) == nil || len(metadata(t, plain).(map[string]any)) != 0 {
			t.Error("who has none does not get {}")
		}
		scenario{request: myMetadata, status: 401, code: "access_token_missing"}.named("nobody").run(t, s)
	})
}

func TestMetadataIsBounded(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := signedInAs(t, s, "metadata", bag{"kept": true})
		full := strings.Repeat("x", 4096-len(`{"a":"","kept":true}`))
		refused := map[string]any{
			"text": "x", "number": 7, "boolean": true, "list": []any{}, "empty text": "",
			"four levels": bag{"a": bag{"b": bag{"c": bag{}}}}, "four with a list": bag{"a": []any{[]any{[]any{}}}},
			"empty name": bag{"": 1}, "long name": bag{strings.Repeat("n", 65): 1}, "control in a name": bag{"a\n": 1}, "control in an inner name": bag{"a": []any{bag{"\x00": 1}}},
			"too many bytes": bag{"a": full + strings.Repeat("x", 20)}, "in many bytes": bag{"a": strings.Repeat("é", 2100)},
		}
		for name, value := range refused {
			scenario{request: profile, as: b, body: bag{"metadata": value, "name": "Half"}, status: 400, code: "validation_failed", fields: []string{"metadata"}}.named(name).run(t, s)
			scenario{request: register, body: newcomer("metadata", value), status: 400, code: "validation_failed", fields: []string{"metadata"}}.named(name+", new").run(t, s)
		}
		for name, text := range map[string]string{
			"twice": `{"a":1,"a":2}`, "twice within": `{"a":{"b":1,"b":2}}`, "twice escaped": `{"a":1,"\u0061":2}`, "too large a number": `{"a":1e999}`, "half a pair": `{"a":"\ud800"}`, "no JSON": `{a:1}`,
		} {
			scenario{request: profile, as: b, body: `{"metadata":` + text + `}`, status: 400, code: "malformed_json"}.named(name).run(t, s)
		}
		deep := scenario{request: profile, as: b, body: `{"metadata":{"a":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}}`, status: 400, code: "validation_failed"}
		deep.named("9000 levels").run(t, s)
		if diff := cmp.Diff(any(bag{"kept": true}), metadata(t, b)); diff != "" {
			t.Errorf("a refused change was made (-want +got):\n%s", diff)
		}
		if r := b.Do("GET", "/api/users/me", nil); r.JSON("data.user.name") != "Test Person" {
			t.Error("half of a refused change was made")
		}
		for _, c := range []scenario{
			{name: "to the last byte", body: bag{"metadata": bag{"a": full}}},
			{name: "three levels", body: bag{"metadata": bag{"a": nil, "b": bag{"c": []any{strings.Repeat("x", 100)}}}}},
			{name: "64 characters", body: bag{"metadata": bag{strings.Repeat("ü", 64): 1}}},
		} {
			c.request, c.as, c.status = profile, b, 200
			c.run(t, s)
		}
		scenario{request: profile, as: b, body: bag{"metadata": bag{"a": full + "x", "b": nil, strings.Repeat("ü", 64): nil}}, status: 400, code: "validation_failed"}.named("one byte more").run(t, s)
		scenario{request: profile, as: b, body: bag{"metadata": bag{"d": full}}, status: 400, code: "validation_failed"}.named("too much with what is there").run(t, s)
	})
}

// Patches that come at once are all there in the end.
func TestMetadataLosesNoPatch(t *testing.T) {
	onBoth(t, nil, func(t *testing.T, s *apitest.Server) {
		b := signedInAs(t, s)
		const many = 16
		var all sync.WaitGroup
		for i := range many {
			all.Go(func() {
				r := b.Clone().Do("PATCH", "/api/users/me", bag{"metadata": bag{fmt.Sprint("n", i): i}})
				if r.Status != http.StatusOK {
					t.Errorf("patch %d: %d %s", i, r.Status, r.Body)
				}
			})
		}
		all.Wait()
		if got, _ := metadata(t, b).(map[string]any); len(got) != many {
			t.Errorf("%d of %d are there: %v", len(got), many, got)
		}
	})
}
