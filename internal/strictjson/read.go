package strictjson

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strconv"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"
)

// reader walks over one object. The decoder itself refuses what RFC 7493 (I-JSON) refuses, names that occur twice among it.
type reader struct {
	decoder jsontext.Decoder
	source  bytes.Buffer // the decoder reads a bytes.Buffer in place, without a copy
	data    []byte
	closed  bool

	layout *layout
	into   reflect.Value
	seen   uint64 // bit set over layout.fields
	wrong  TypeErrors
}

var readers = sync.Pool{New: func() any { return new(reader) }} //nolint:gochecknoglobals // a pool of buffers

func read(data []byte, into any, closed bool) error {
	target := reflect.ValueOf(into)
	if target.Kind() != reflect.Pointer || target.Elem().Kind() != reflect.Struct {
		panic("strictjson: into must be a pointer to a struct")
	}
	r := readers.Get().(*reader) //nolint:forcetypeassert // nothing else is in the pool
	defer r.release()
	r.data, r.closed = data, closed
	r.source = *bytes.NewBuffer(data)
	r.decoder.Reset(&r.source)
	r.into = target.Elem()
	r.layout = layoutOf(r.into.Type())
	return r.document()
}

// release forgets the data before the reader goes back to the pool: it may hold a password.
func (r *reader) release() {
	r.data, r.into, r.seen, r.wrong = nil, reflect.Value{}, 0, nil
	r.source = bytes.Buffer{}
	r.decoder.Reset(&r.source)
	readers.Put(r)
}

func (r *reader) document() error {
	if r.decoder.PeekKind() != '{' {
		return r.fault("not a JSON object")
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.syntax(err)
	}
	for r.decoder.PeekKind() != '}' {
		if err := r.member(); err != nil {
			return err
		}
	}
	if _, err := r.decoder.ReadToken(); err != nil {
		return r.syntax(err)
	}
	if _, err := r.decoder.ReadToken(); !errors.Is(err, io.EOF) {
		return r.fault("something follows the object")
	}
	if r.closed {
		if err := r.complete(); err != nil {
			return err
		}
	}
	if r.wrong != nil {
		return r.wrong
	}
	return nil
}

// member reads a name and its value.
func (r *reader) member() error {
	quoted, err := r.decoder.ReadValue()
	if err != nil {
		return r.syntax(err)
	}
	at, err := r.find(quoted)
	if err != nil {
		return err
	}
	if at < 0 {
		_, err := r.skip()
		return err
	}
	r.seen |= 1 << at
	return r.fill(r.layout.fields[at])
}

// find returns the index of the field with the given name, or -1 for a name that Object may skip.
func (r *reader) find(quoted []byte) (int, error) {
	plain := quoted[1 : len(quoted)-1]
	if bytes.IndexByte(plain, '\\') >= 0 {
		unquoted, err := jsontext.AppendUnquote(nil, quoted)
		if err != nil {
			return 0, r.syntax(err)
		}
		plain = unquoted
	}
	if at, ok := r.layout.byName[string(plain)]; ok {
		return at, nil
	}
	if r.closed {
		return 0, r.fault("a member that does not belong here")
	}
	name := string(plain)
	for _, f := range r.layout.fields {
		if strings.EqualFold(name, f.name) {
			return 0, r.fault("a name in another case than " + strconv.Quote(f.name))
		}
	}
	return -1, nil
}

// fill reads the value of the field f.
func (r *reader) fill(f field) error {
	switch found := r.decoder.PeekKind(); {
	case found == 'n' && (r.closed || f.kind != kindOwn):
		if r.closed {
			r.wrong = append(r.wrong, TypeError{f.name, f.want()})
		}
	case f.kind == kindOwn:
		return r.fillOwn(f)
	case f.kind == kindString && found == '"':
		return r.fillString(f)
	case f.kind == kindInteger && found == '0':
		return r.fillInteger(f)
	case f.kind == kindBool && (found == 't' || found == 'f'):
		r.target(f).SetBool(found == 't')
	default:
		r.wrong = append(r.wrong, TypeError{f.name, f.want()})
	}
	_, err := r.skip()
	return err
}

func (r *reader) fillString(f field) error {
	token, err := r.decoder.ReadToken()
	if err != nil {
		return r.syntax(err)
	}
	r.target(f).SetString(token.String())
	return nil
}

// fillInteger takes digits only: 1.0 and 1e3 are whole numbers too, but nobody who means well writes them.
func (r *reader) fillInteger(f field) error {
	raw, err := r.skip()
	if err != nil {
		return err
	}
	if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
		r.target(f).SetInt(n)
	} else {
		r.wrong = append(r.wrong, TypeError{f.name, f.want()})
	}
	return nil
}

func (r *reader) fillOwn(f field) error {
	raw, err := r.skip()
	if err != nil {
		return err
	}
	own := r.into.Field(f.index).Addr().Interface().(unmarshaler) //nolint:forcetypeassert // kindOf saw to it
	if own.UnmarshalJSON(raw) != nil {
		r.wrong = append(r.wrong, TypeError{f.name, f.want()})
	}
	return nil
}

// target is the place for the value of f; a pointer gets a new value to point to.
func (r *reader) target(f field) reflect.Value {
	v := r.into.Field(f.index)
	if !f.pointer {
		return v
	}
	v.Set(reflect.New(v.Type().Elem()))
	return v.Elem()
}

// skip reads the next value, whatever it is, and returns its text within data.
func (r *reader) skip() ([]byte, error) {
	start := r.decoder.InputOffset()
	for depth := r.decoder.StackDepth(); ; {
		if r.decoder.PeekKind() == '0' {
			number, err := r.decoder.ReadValue()
			if err != nil {
				return nil, r.syntax(err)
			}
			if overflows(number) {
				return nil, r.fault("a number out of range")
			}
		} else if _, err := r.decoder.ReadToken(); err != nil {
			return nil, r.syntax(err)
		}
		if r.decoder.StackDepth() == depth {
			return bytes.TrimLeft(r.data[start:r.decoder.InputOffset()], ": \t\r\n"), nil
		}
	}
}

// overflows reports whether no float64 can hold a number, such as 1e999: readers disagree on what it means.
func overflows(number []byte) bool {
	if len(number) <= 300 && bytes.IndexByte(number, 'e') < 0 && bytes.IndexByte(number, 'E') < 0 {
		return false
	}
	_, err := strconv.ParseFloat(string(number), 64)
	return err != nil
}

// complete finds the first member that is missing.
func (r *reader) complete() error {
	for i, f := range r.layout.fields {
		if !f.optional && r.seen&(1<<i) == 0 {
			return r.fault("the member " + strconv.Quote(f.name) + " is missing")
		}
	}
	return nil
}

func (r *reader) fault(reason string) error {
	return &SyntaxError{Reason: reason, Offset: r.decoder.InputOffset()}
}

// syntax drops the decoder's own words, which repeat what was sent.
func (r *reader) syntax(err error) error {
	if errors.Is(err, jsontext.ErrDuplicateName) {
		return r.fault("a name occurs twice in one object")
	}
	return r.fault("not JSON")
}
