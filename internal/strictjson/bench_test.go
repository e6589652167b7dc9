package strictjson_test

import (
	"encoding/json"
	"testing"

	"latchkey/internal/strictjson"
)

const login = `{"email":"someone@example.com","password":"correct horse battery staple","remember":true}`

func BenchmarkObject(b *testing.B) {
	data := []byte(login)
	b.ReportAllocs()
	for b.Loop() {
		var f form
		if err := strictjson.Object(data, &f); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkObjectStandardLibrary(b *testing.B) {
	data := []byte(login)
	b.ReportAllocs()
	for b.Loop() {
		var f form
		if err := json.Unmarshal(data, &f); err != nil {
			b.Fatal(err)
		}
	}
}
