package strictjson_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"latchkey/internal/strictjson"
)

// claims is a closed document.
type claims struct {
	Sub  string  `json:"sub"`
	Exp  int64   `json:"exp"`
	Name *string `json:"name,omitempty"`
}

func TestClosedTakesExactlyTheAgreedMembers(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want claims
	}{
		"all":           {`{"sub":"a","exp":1,"name":""}`, claims{"a", 1, new("")}},
		"without name":  {`{"sub":"a","exp":1}`, claims{"a", 1, nil}},
		"another order": {`{"exp":1,"sub":""}`, claims{"", 1, nil}},
	} {
		var got claims
		if err := strictjson.Closed([]byte(c.data), &got); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
	for name, data := range map[string]string{
		"missing string": `{"exp":1}`,
		"missing number": `{"sub":"a"}`,
		"empty":          `{}`,
		"unknown":        `{"sub":"a","exp":1,"x":1}`,
		"case variant":   `{"sub":"a","exp":1,"SUB":"b"}`,
		"long s":         `{"sub":"a","exp":1,"ſub":"b"}`,
		"null":           `{"sub":null,"exp":1}`,
		"null number":    `{"sub":"a","exp":null}`,
		"optional null":  `{"sub":"a","exp":1,"name":null}`,
		"twice":          `{"sub":"a","exp":1,"sub":"a"}`,
		"trailing":       `{"sub":"a","exp":1} {}`,
		"wrong type":     `{"sub":1,"exp":1}`,
	} {
		if err := strictjson.Closed([]byte(data), new(claims)); err == nil {
			t.Errorf("%s: Closed accepts %s", name, data)
		}
	}
}
