// Package strictjson owns the reading of one JSON object so that it has one meaning only: UTF-8, unique names, exact
// spelling, nothing after the end. It must not know what the members mean, nor where the bytes came from.
package strictjson

// Object reads data, the JSON object that somebody outside sent, into the struct that into points to.
//
// A member goes to the exported field whose json tag is exactly its name; fields without a tag take no part. A field is
// a string, an int64, a bool, a pointer to one of them, or any type whose pointer has UnmarshalJSON (jsontext.Value
// takes whatever stands there). Members without a field are skipped. A null is the same as a missing member: the field
// stays as it was; only UnmarshalJSON gets to see it.
//
// The error is a *SyntaxError when data is not exactly one unambiguous object (ASVS v5.0.0-1.5.3): not JSON as RFC 8259
// has it, a name twice in one object at any depth, a second value, a byte order mark, invalid UTF-8, half a surrogate
// pair, a name that is a field's in another case ("Email", "paſſword"), a number that no float64 can hold, more than
// 10,000 levels. Otherwise it is TypeErrors when members had the wrong type. No error repeats a value.
//
// Object panics when into is not a pointer to a struct made of such fields.
func Object(data []byte, into any) error {
	return read(data, into, false)
}

// Closed reads data like [Object], but as a document of which every member is agreed: a member without a field, a null,
// and a missing member whose tag does not say omitempty are refused as well.
func Closed(data []byte, into any) error {
	return read(data, into, true)
}
