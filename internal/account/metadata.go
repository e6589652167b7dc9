package account

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"

	"latchkey/models"
)

// Bounds of a user's metadata. The object itself is the first level.
const (
	maxMetadata       = 4096 // bytes of its JSON text
	maxMetadataLevels = 3
	maxMemberName     = 64 // characters
)

// Patch is the JSON text of a merge patch (RFC 7396), nil for none. Whoever read it saw to it that no name comes twice.
type Patch []byte

// UnmarshalJSON keeps the text. A null is the same as leaving the patch out.
func (p *Patch) UnmarshalJSON(text []byte) error {
	if string(text) != "null" {
		*p = bytes.Clone(text)
	}
	return nil
}

// Metadata returns the JSON object that the user keeps beside the profile; "" is an empty one.
func (s *Service) Metadata(ctx context.Context, userID uuid.UUID) (models.Metadata, error) {
	m, err := s.Store.Metadata(ctx, userID)
	if err != nil {
		return "", fmt.Errorf("read metadata: %w", err)
	}
	return m, nil
}

// merged applies a patch to what is stored: members that are null go, objects merge, all else is replaced.
// It is a *models.ValidationError when what comes out breaks the bounds.
func merged(current models.Metadata, p Patch) (models.Metadata, error) {
	if current == "" {
		current = "{}"
	}
	patch, err := decodeJSON(p)
	if err != nil {
		return "", fmt.Errorf("decode metadata patch: %w", err)
	}
	stored, err := decodeJSON([]byte(current))
	if err != nil {
		return "", fmt.Errorf("decode stored metadata: %w", err)
	}
	var c checker
	if _, ok := patch.(map[string]any); !ok {
		c.refuse("metadata", "wrong_type", "This field must be an object.")
		return "", c.err()
	}
	object := mergePatch(stored, patch)
	text, err := encodeJSON(object)
	if err != nil {
		return "", fmt.Errorf("encode metadata: %w", err)
	}
	c.metadata(object, len(text))
	return models.Metadata(text), c.err()
}

// patch applies a patch to an empty object and collects what is wrong with it. The error is a fault of ours.
func (c *checker) patch(p Patch) (models.Metadata, error) {
	if p == nil {
		return "", nil
	}
	m, err := merged("", p)
	if invalid := (*models.ValidationError)(nil); errors.As(err, &invalid) {
		c.fields = append(c.fields, invalid.Fields...)
		return "", nil
	}
	return m, err
}

// mergePatch is the algorithm of RFC 7396 section 2.
func mergePatch(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	object, ok := target.(map[string]any)
	if !ok {
		object = map[string]any{}
	}
	for name, value := range changes {
		if value == nil {
			delete(object, name)
			continue
		}
		object[name] = mergePatch(object[name], value)
	}
	return object
}

// metadata refuses an object that is too large, too deep, or has names that no program would choose.
func (c *checker) metadata(object any, size int) {
	switch {
	case size > maxMetadata:
		c.refuse("metadata", "too_long", "Metadata takes at most "+strconv.Itoa(maxMetadata)+" bytes of JSON in all.")
	case levels(object) > maxMetadataLevels:
		c.refuse("metadata", "invalid", "Metadata may be nested "+strconv.Itoa(maxMetadataLevels)+" levels deep.")
	case !plainNames(object):
		c.refuse("metadata", "invalid", "Names in metadata have 1 to "+strconv.Itoa(maxMemberName)+" characters, no control characters among them.")
	}
}

// levels counts how deep objects and arrays stand in each other.
func levels(value any) int {
	deepest := 0
	switch v := value.(type) {
	case map[string]any:
		for _, member := range v {
			deepest = max(deepest, levels(member))
		}
	case []any:
		for _, item := range v {
			deepest = max(deepest, levels(item))
		}
	default:
		return 0
	}
	return deepest + 1
}

func plainNames(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if n := utf8.RuneCountInString(name); n < 1 || n > maxMemberName || strings.ContainsFunc(name, unicode.IsControl) || !plainNames(member) {
				return false
			}
		}
	case []any:
		for _, item := range v {
			if !plainNames(item) {
				return false
			}
		}
	}
	return true
}

// decodeJSON keeps numbers as they are written.
func decodeJSON(text []byte) (value any, err error) {
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	return value, d.Decode(&value)
}

// encodeJSON writes members in the order of their names, without spaces.
func encodeJSON(value any) (string, error) {
	var out bytes.Buffer
	e := json.NewEncoder(&out)
	e.SetEscapeHTML(false)
	err := e.Encode(value)
	return strings.TrimSuffix(out.String(), "\n"), err
}
