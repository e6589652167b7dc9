package account

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"latchkey/models"
)

// Lengths in Unicode code points.
const (
	maxName     = 255
	maxPhoto    = 1024
	minUsername = 3
	maxUsername = 32
)

// checker collects what is wrong with the fields of one request.
type checker struct {
	fields []models.FieldError
}

func (c *checker) refuse(field, code, message string) {
	c.fields = append(c.fields, models.FieldError{Field: field, Code: code, Message: message})
}

// err is nil or a *models.ValidationError.
func (c *checker) err() error {
	if len(c.fields) == 0 {
		return nil
	}
	return &models.ValidationError{Fields: c.fields}
}

// present refuses an empty field.
func (c *checker) present(field, value string) bool {
	if value == "" {
		c.refuse(field, "required", "This field is required.")
		return false
	}
	return true
}

// email returns the canonical address.
func (c *checker) email(value string) string {
	if !c.present("email", value) {
		return ""
	}
	canonical, ok := CanonicalEmail(value)
	if !ok {
		c.refuse("email", "invalid", "This is not an e-mail address that can be used here.")
	}
	return canonical
}

// name returns the trimmed name.
func (c *checker) name(value string) string {
	value = strings.TrimSpace(value)
	if c.present("name", value) {
		c.text("name", value, maxName)
	}
	return value
}

// text refuses control characters and a value that is too long.
func (c *checker) text(field, value string, most int) {
	switch {
	case utf8.RuneCountInString(value) > most:
		c.refuse(field, "too_long", "This field takes at most "+strconv.Itoa(most)+" characters.")
	case strings.ContainsFunc(value, unicode.IsControl):
		c.refuse(field, "invalid", "This field takes no control characters.")
	}
}

// username refuses what is not 3 to 32 ASCII letters, digits, dots, hyphens and underscores that begin and end
// with a letter or digit. The alphabet is small so that no two names look alike but differ.
func (c *checker) username(value string) {
	lower := asciiLower(value)
	switch n := utf8.RuneCountInString(value); {
	case n < minUsername:
		c.refuse("username", "too_short", "A username has at least 3 characters.")
	case n > maxUsername:
		c.refuse("username", "too_long", "A username has at most 32 characters.")
	case strings.ContainsFunc(lower, func(r rune) bool { return !isAlphanumeric(r) && !strings.ContainsRune("._-", r) }),
		!isAlphanumeric(rune(lower[0])), !isAlphanumeric(rune(lower[n-1])):
		c.refuse("username", "invalid",
			"A username has letters, digits, dots, hyphens and underscores, and begins and ends with a letter or digit.")
	}
}
