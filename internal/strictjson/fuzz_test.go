package strictjson_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"latchkey/internal/strictjson"
)

// FuzzObject compares with encoding/json: whatever Object takes, encoding/json reads with the same result.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		login, `{}`, `{"age":1,"news":true,"extra":[1,{"a":null}]}`, `{"email":"\u0061","Email":"b"}`, `{"x":1e999}`,
		"\ufeff{}", `{"a":1}{"a":2}`, `{"photo":null,"size":5}`, `{"colour":"red"}`, strings.Repeat("[", 50),
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var got, want form
		err := strictjson.Object(data, &got)
		var syntax *strictjson.SyntaxError
		var types strictjson.TypeErrors
		switch {
		case errors.As(err, &syntax), errors.As(err, &types):
			return
		case err != nil:
			t.Fatalf("an error of no known kind: %v", err)
		}
		if err := json.Unmarshal(data, &want); err != nil {
			t.Fatalf("Object takes what is no JSON object: %v", err)
		}
		// encoding/json fills fields without a tag by their Go names.
		want.Ignored = nil
		a, _ := json.Marshal(got)
		b, _ := json.Marshal(want)
		if string(a) != string(b) {
			t.Errorf("Object reads %s\nencoding/json %s", a, b)
		}
	})
}
