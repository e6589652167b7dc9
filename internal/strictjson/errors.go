package strictjson

import (
	"fmt"
	"strings"
)

// SyntaxError says that the data is not one unambiguous JSON object.
type SyntaxError struct {
	// Reason is fit for a log: it names no value and no name other than a field's own.
	Reason string
	// Offset is the number of bytes that were read before the fault.
	Offset int64
}

// Error gives the reason and the place.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("%s, after byte %d", e.Reason, e.Offset)
}

// TypeError names one member of the wrong type.
type TypeError struct {
	Field string // as in the JSON
	Want  string // the type as a noun: "string", "whole number", "boolean", "valid value"
}

// TypeErrors holds every member that had the wrong type, in the order of the document.
type TypeErrors []TypeError

// Error lists the members.
func (e TypeErrors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Field + " is not a " + one.Want
	}
	return strings.Join(texts, ", ")
}
