package strictjson

import (
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// kind says how a field is filled.
type kind uint8

const (
	kindString kind = iota
	kindInteger
	kindBool
	kindOwn // by its own UnmarshalJSON
)

// unmarshaler is json.Unmarshaler, without its package.
type unmarshaler interface{ UnmarshalJSON(value []byte) error }

// field is one member that a struct can take.
type field struct {
	name     string
	index    int
	kind     kind
	pointer  bool
	optional bool // omitempty: Closed does not miss it
}

// layout is what reflection found out about a struct type; it is found once for each type.
type layout struct {
	fields []field
	byName map[string]int // index into fields
}

// maxFields is how many fields the bit set of seen members holds.
const maxFields = 64

var layouts sync.Map //nolint:gochecknoglobals // a cache: reflect.Type → *layout

func layoutOf(t reflect.Type) *layout {
	if known, ok := layouts.Load(t); ok {
		return known.(*layout) //nolint:forcetypeassert // nothing else is stored
	}
	known, _ := layouts.LoadOrStore(t, newLayout(t))
	return known.(*layout) //nolint:forcetypeassert // nothing else is stored
}

func newLayout(t reflect.Type) *layout {
	l := &layout{byName: map[string]int{}}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || name == "" || name == "-" {
			continue
		}
		kind, pointer := kindOf(t, f)
		l.byName[name] = len(l.fields)
		l.fields = append(l.fields, field{
			name: name, index: i, kind: kind, pointer: pointer, optional: strings.Contains(options, "omitempty"),
		})
	}
	if len(l.fields) > maxFields {
		panic(fmt.Sprintf("strictjson: %v has over %d fields", t, maxFields))
	}
	return l
}

func kindOf(owner reflect.Type, f reflect.StructField) (k kind, pointer bool) {
	if reflect.PointerTo(f.Type).Implements(reflect.TypeFor[unmarshaler]()) {
		return kindOwn, false
	}
	t := f.Type
	if t.Kind() == reflect.Pointer {
		t, pointer = t.Elem(), true
	}
	switch t.Kind() { //nolint:exhaustive // the rest is refused
	case reflect.String:
		return kindString, pointer
	case reflect.Int64:
		return kindInteger, pointer
	case reflect.Bool:
		return kindBool, pointer
	}
	panic(fmt.Sprintf("strictjson: field %s of %v has the type %v, which cannot be read", f.Name, owner, f.Type))
}

// want is the noun for what a field takes.
func (f field) want() string {
	switch f.kind {
	case kindString:
		return "string"
	case kindInteger:
		return "whole number"
	case kindBool:
		return "boolean"
	case kindOwn:
	}
	return "valid value"
}
