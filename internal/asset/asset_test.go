package asset_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"strings"
	"testing"

	"latchkey/internal/asset"
)

func squeezed(t *testing.T, text string) []byte {
	t.Helper()
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestFiles(t *testing.T) {
	long := strings.Repeat("the same again, ", 100)
	for name, c := range map[string]struct {
		file   asset.File
		want   string
		packed bool
	}{
		"as it is":                  {asset.Plain("text/plain", []byte(long)), long, false},
		"compressed beforehand":     {asset.Packed("text/plain", squeezed(t, long)), long, true},
		"compressed here":           {asset.Pack("text/plain", []byte(long)), long, true},
		"too short to compress":     {asset.Pack("text/plain", []byte("short")), "short", false},
		"nothing":                   {asset.Pack("text/plain", []byte{}), "", false},
		"not what it is said to be": {asset.Packed("text/plain", []byte("no gzip")), "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.file.Content()
			if (err != nil) != (name == "not what it is said to be") || string(got) != c.want {
				t.Fatalf("content %.40q, %v", got, err)
			}
			packed, ok := c.file.Gzip()
			if ok != c.packed {
				t.Fatalf("compressed: %v", ok)
			}
			if ok && err == nil {
				r, err := gzip.NewReader(bytes.NewReader(packed))
				if err != nil {
					t.Fatal(err)
				}
				if text, err := io.ReadAll(r); err != nil || string(text) != c.want {
					t.Errorf("compressed content %.40q, %v", text, err)
				}
			}
		})
	}
}

func TestTagsTellVersionsApart(t *testing.T) {
	a, b := asset.Plain("text/plain", []byte("a")), asset.Plain("text/plain", []byte("b"))
	if a.Tag == b.Tag || a.Tag == "" || strings.ContainsAny(a.Tag, `" `) {
		t.Errorf("tags %q and %q", a.Tag, b.Tag)
	}
	if again := asset.Pack("text/css", []byte("a")); again.Tag != a.Tag {
		t.Errorf("the same content has the tags %q and %q", a.Tag, again.Tag)
	}
}
