package apikey

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"latchkey/models"
)

const (
	maxName     = 100 // characters
	standardAge = 90 * 24 * time.Hour
	day         = 24 * time.Hour
)

// Wanted is what a user says of a new key.
type Wanted struct {
	Name      string
	Scopes    []string
	ExpiresAt string // RFC 3339; "" for 90 days, or Settings.MaxAge if that is less
}

// row turns what is wanted into the part of the row that follows from it. The error is a *models.ValidationError.
func (in Wanted) row(now time.Time, maxAge time.Duration) (models.APIKey, error) {
	var wrong []models.FieldError
	refuse := func(field, code, message string) {
		if message != "" {
			wrong = append(wrong, models.FieldError{Field: field, Code: code, Message: message})
		}
	}
	name, code, fault := checkName(in.Name)
	refuse("name", code, fault)
	scopes, code, fault := checkScopes(in.Scopes)
	refuse("scopes", code, fault)
	end, code, fault := checkEnd(in.ExpiresAt, now, maxAge)
	refuse("expires_at", code, fault)
	if wrong != nil {
		return models.APIKey{}, &models.ValidationError{Fields: wrong}
	}
	return models.APIKey{Name: name, Scopes: scopes, CreatedAt: now, ExpiresAt: end}, nil
}

func checkName(given string) (name, code, fault string) {
	name = strings.TrimSpace(given)
	switch {
	case name == "":
		return "", "required", "This field is required."
	case utf8.RuneCountInString(name) > maxName:
		return "", "too_long", fmt.Sprintf("This field takes at most %d characters.", maxName)
	case strings.ContainsFunc(name, unicode.IsControl):
		return "", "invalid", "This field takes no control characters."
	default:
		return name, "", ""
	}
}

// checkScopes brings the scopes into their own order, each once.
func checkScopes(given []string) (scopes, code, fault string) {
	if len(given) == 0 {
		return "", "required", "A key needs at least one scope."
	}
	var known []string
	for _, scope := range models.Scopes() {
		known = append(known, string(scope))
	}
	for _, one := range given {
		if !slices.Contains(known, one) {
			return "", "invalid", "The scopes are " + strings.Join(known, ", ") + "."
		}
	}
	known = slices.DeleteFunc(known, func(scope string) bool { return !slices.Contains(given, scope) })
	return strings.Join(known, " "), "", ""
}

func checkEnd(given string, now time.Time, maxAge time.Duration) (end time.Time, code, fault string) {
	if given == "" {
		return now.Add(min(standardAge, maxAge)), "", ""
	}
	end, err := time.Parse(time.RFC3339Nano, given)
	end = end.UTC().Truncate(time.Microsecond)
	switch {
	case err != nil:
		return end, "invalid", "This is not a time as RFC 3339 writes it, such as 2030-01-31T12:00:00Z."
	case !end.After(now):
		return end, "invalid", "This time is over."
	case end.Sub(now) > maxAge:
		return end, "too_long", fmt.Sprintf("A key lives at most %d days.", int(maxAge/day))
	default:
		return end, "", ""
	}
}
