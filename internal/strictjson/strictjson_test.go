package strictjson_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"

	"latchkey/internal/strictjson"
)

// form has one field of each kind.
type form struct {
	Email    string         `json:"email"`
	Password string         `json:"password"`
	Photo    *string        `json:"photo"`
	Age      int64          `json:"age"`
	Size     *int64         `json:"size"`
	News     bool           `json:"news"`
	Extra    jsontext.Value `json:"extra"`
	Colour   colour         `json:"colour"`
	Ignored  any            // no tag
}

// colour reads itself.
type colour string

func (c *colour) UnmarshalJSON(value []byte) error {
	switch string(value) {
	case `"red"`:
		*c = "red"
	case "null":
		*c = "none"
	default:
		return errors.New("no colour")
	}
	return nil
}

func TestObjectReads(t *testing.T) {
	for name, c := range map[string]struct {
		data string
		want form
	}{
		"nothing":             {`{}`, form{}},
		"white space":         {" \t\r\n{ \"age\" : 7 } \n", form{Age: 7}},
		"every kind":          {`{"email":"a@b","photo":"","age":-3,"size":9223372036854775807,"news":true,"colour":"red"}`, form{Email: "a@b", Photo: new(""), Age: -3, Size: new(int64(9223372036854775807)), News: true, Colour: "red"}},
		"false":               {`{"news":false}`, form{}},
		"pass-through":        {`{"extra": {"a" : [1, 2e3]} ,"age":1}`, form{Extra: jsontext.Value(`{"a" : [1, 2e3]}`), Age: 1}},
		"pass-through scalar": {`{"extra": 12}`, form{Extra: jsontext.Value(`12`)}},
		"null is absent":      {`{"email":null,"photo":null,"age":null,"news":null}`, form{}},
		"null, seen by types": {`{"extra":null,"colour":null}`, form{Extra: jsontext.Value(`null`), Colour: "none"}},
		"unknown members":     {`{"token":{"email":1,"deep":[[{"x":null}]]},"age":1,"Ignored":"x","hidden":"x"}`, form{Age: 1}},
		"escaped name":        {`{"em\u0061il":"a"}`, form{Email: "a"}},
		"escaped value":       {`{"email":"\u0061\ud83d\ude00\n"}`, form{Email: "a😀\n"}},
		"unknown in two cases, known in none": {
			`{"nick":1,"Nick":2,"NICK":3}`, form{},
		},
		"same name in two objects": {`{"extra":{"email":1},"email":"a"}`, form{Email: "a", Extra: jsontext.Value(`{"email":1}`)}},
		"large but finite":         {`{"other":1e308}`, form{}},
		"levels":                   {`{"other":` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `}`, form{}},
	} {
		t.Run(name, func(t *testing.T) {
			var got form
			data := []byte(c.data)
			if err := strictjson.Object(data, &got); err != nil {
				t.Fatalf("Object: %v", err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("-want +got\n%s", diff)
			}
			if string(data) != c.data {
				t.Error("Object changed the data")
			}
		})
	}
}

func TestObjectRefusesAmbiguousJSON(t *testing.T) {
	for name, data := range map[string]string{
		"empty":                     "",
		"white space alone":         " \n",
		"array":                     `[{"age":1}]`,
		"string":                    `"age"`,
		"number":                    `1`,
		"null":                      `null`,
		"cut short":                 `{"age":1`,
		"cut after the comma":       `{"age":1,`,
		"comma at the end":          `{"age":1,}`,
		"comma at the start":        `{,"age":1}`,
		"no comma":                  `{"age":1 "news":true}`,
		"single quotes":             `{'age':1}`,
		"bare name":                 `{age:1}`,
		"number as name":            `{1:1}`,
		"comment":                   `{"age":1/*x*/}`,
		"line comment":              "{\"age\":1} // x",
		"NaN":                       `{"age":NaN}`,
		"Infinity":                  `{"other":-Infinity}`,
		"hexadecimal":               `{"age":0x10}`,
		"leading zero":              `{"age":01}`,
		"plus":                      `{"age":+1}`,
		"byte order mark":           "\ufeff{\"age\":1}",
		"other white space":         "\u00a0{\"age\":1}",
		"NUL at the end":            "{\"age\":1}\x00",
		"second object":             `{"age":1}{"age":2}`,
		"second value":              `{"age":1} 2`,
		"brace too many":            `{"age":1}}`,
		"name twice":                `{"age":1,"age":1}`,
		"name twice, once escaped":  `{"age":1,"\u0061ge":2}`,
		"unknown name twice":        `{"x":1,"x":2}`,
		"twice, deep":               `{"x":[{"y":{"z":1,"z":2}}]}`,
		"twice, in a pass-through":  `{"extra":{"z":1,"z":2}}`,
		"twice, after a wrong type": `{"age":"x","email":"a","email":"b"}`,
		"capital":                   `{"Email":"a"}`,
		"capitals":                  `{"EMAIL":"a"}`,
		"capital beside the name":   `{"email":"a","Email":"b"}`,
		"long s":                    `{"paſſword":"a"}`,
		"long s, escaped":           `{"pa\u017f\u017fword":"a"}`,
		"overflow":                  `{"age":1e999}`,
		"overflow, unknown":         `{"x":-1e999}`,
		"overflow, deep":            `{"x":[{"y":1E400}]}`,
		"overflow, pass-through":    `{"extra":[1e400]}`,
		"overflow by digits":        `{"x":` + strings.Repeat("9", 310) + `}`,
		"lone high surrogate":       `{"email":"\ud83d"}`,
		"lone low surrogate":        `{"x":"\ude00"}`,
		"surrogates reversed":       `{"email":"\ude00\ud83d"}`,
		"lone surrogate as name":    `{"\ud83d":1}`,
		"bad UTF-8":                 "{\"email\":\"\xff\"}",
		"bad UTF-8, unknown":        "{\"x\":\"\xc3\"}",
		"overlong UTF-8":            "{\"email\":\"\xc0\xaf\"}",
		"surrogate in UTF-8":        "{\"email\":\"\xed\xa0\x80\"}",
		"control in a string":       "{\"email\":\"a\nb\"}",
		"bad escape":                `{"email":"\x41"}`,
		"levels":                    `{"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`,
		"levels, unfinished":        strings.Repeat(`{"x":`, 100_000),
	} {
		t.Run(name, func(t *testing.T) {
			var got form
			err := strictjson.Object([]byte(data), &got)
			if syntax := new(strictjson.SyntaxError); !errors.As(err, &syntax) {
				t.Errorf("Object accepts it: %v", err)
			}
		})
	}
}

func TestObjectNamesEveryWrongType(t *testing.T) {
	data := `{"email":1,"age":"1","password":{"a":[true]},"news":"true","photo":[],"size":1.5,"colour":"blue","x":1}`
	want := strictjson.TypeErrors{
		{"email", "string"},
		{"age", "whole number"},
		{"password", "string"},
		{"news", "boolean"},
		{"photo", "string"},
		{"size", "whole number"},
		{"colour", "valid value"},
	}
	var got strictjson.TypeErrors
	if err := strictjson.Object([]byte(data), new(form)); !errors.As(err, &got) {
		t.Fatalf("Object: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if text := got[:2].Error(); text != "email is not a string, age is not a whole number" {
		t.Errorf("Error() = %q", text)
	}
}

func TestWholeNumbersAreDigits(t *testing.T) {
	for number, good := range map[string]bool{
		"0": true, "7": true, "-7": true, "9223372036854775807": true, "-9223372036854775808": true,
		"9223372036854775808": false, "1.0": false, "1e3": false, "1E3": false, "1e308": false, "0.5": false, `"7"`: false, "true": false,
	} {
		var types strictjson.TypeErrors
		err := strictjson.Object([]byte(`{"age":`+number+`}`), new(form))
		if good && err != nil || !good && !errors.As(err, &types) {
			t.Errorf("age %s: %v", number, err)
		}
	}
}

func TestErrorsRepeatNothingThatWasSent(t *testing.T) {
	const secret = "hunter2"
	for _, data := range []string{
		`{"password":"` + secret, `{"` + secret + `":1,"` + secret + `":2}`, `{"password":["` + secret + `"]}`, secret,
		`{"password":"x"}` + secret, `{"password" "` + secret + `"}`,
	} {
		err := strictjson.Object([]byte(data), new(form))
		if err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", data, err)
		}
	}
	if err := strictjson.Closed([]byte(`{"`+secret+`":1}`), new(claims)); err == nil || strings.Contains(err.Error(), secret) {
		t.Errorf("Closed: %v", err)
	}
}

func TestObjectPanicsOnWhatItCannotFill(t *testing.T) {
	for name, into := range map[string]any{
		"no pointer": form{},
		"no struct":  new(string),
		"float": new(struct {
			A float64 `json:"a"`
		}),
		"slice": new(struct {
			A []string `json:"a"`
		}),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			_ = strictjson.Object([]byte(`{}`), into)
		})
	}
}
