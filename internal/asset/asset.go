// Package asset owns the files of web pages that are part of the binary: their media type, their version and their
// compressed form.
// It must not know which pages there are, or how a file is asked for.
package asset

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"io"
)

// File is one file of a page.
type File struct {
	Type string // its Content-Type
	Tag  string // the opaque part of its ETag, the same for both encodings

	plain, packed []byte // at least one of them
}

// Plain is a file that is sent as it is.
func Plain(media string, content []byte) File {
	return File{Type: media, Tag: tag(content), plain: content}
}

// Packed is a file that was compressed with gzip beforehand.
func Packed(media string, content []byte) File {
	return File{Type: media, Tag: tag(content), packed: content}
}

// Pack is a file that is also sent compressed, if that makes it smaller.
func Pack(media string, content []byte) File {
	f := Plain(media, content)
	var out bytes.Buffer
	w, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return f
	}
	_, err = w.Write(content)
	if err == nil && w.Close() == nil && out.Len() < len(content) {
		f.packed = out.Bytes()
	}
	return f
}

// Gzip returns the file in gzip, or false when there is no such form.
func (f File) Gzip() ([]byte, bool) { return f.packed, f.packed != nil }

// Content returns the file as it is.
func (f File) Content() ([]byte, error) {
	if f.plain != nil {
		return f.plain, nil
	}
	reader, err := gzip.NewReader(bytes.NewReader(f.packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(reader)
}

// tag names content, so that a client that has it need not fetch it again.
func tag(content []byte) string {
	sum := sha256.Sum256(content)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
