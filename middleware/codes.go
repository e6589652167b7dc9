package middleware

import (
	"maps"
	"slices"

	"latchkey/internal/password"
	"latchkey/internal/throttle"
	"latchkey/models"
)

// Codes lists every code that a failure can have, each once, in alphabetical order, for what describes them to clients.
func Codes() []string {
	codes := map[string]bool{}
	for _, a := range answers {
		codes[a.code] = true
	}
	for _, err := range []error{&models.ValidationError{}, &password.WeakError{}, &throttle.LimitError{}, errPanic} {
		a, _ := answerTo(err)
		codes[a.code] = true
	}
	return slices.Sorted(maps.Keys(codes))
}
