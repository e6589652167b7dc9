package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// choice takes one of a few words in any case.
func choice[T ~string](field func(*draft) *T, words ...T) kind {
	names := make([]string, len(words))
	for i, word := range words {
		names[i] = string(word)
	}
	return kind{allowed: either(names), set: func(value string, d *draft) *flaw {
		at := slices.IndexFunc(names, func(name string) bool { return strings.EqualFold(name, value) })
		if at < 0 {
			return &flaw{value, "is not known"}
		}
		*field(d) = words[at]
		return nil
	}}
}

// toggle takes the usual words for yes and no.
func toggle(field func(*draft) *bool) kind {
	return kind{allowed: "true or false (also 1, 0, yes, no, on, off)", set: func(value string, d *draft) *flaw {
		switch strings.ToLower(value) {
		case "true", "1", "yes", "on":
			*field(d) = true
		case "false", "0", "no", "off":
			*field(d) = false
		default:
			return &flaw{value, "is neither true nor false"}
		}
		return nil
	}}
}

// orAuto takes the word auto, which leaves the choice to a rule, beside what k takes.
func orAuto(auto func(*draft) *bool, k kind) kind {
	set := k.set
	k.allowed = "auto, " + k.allowed
	k.set = func(value string, d *draft) *flaw {
		if *auto(d) = strings.EqualFold(value, "auto"); *auto(d) {
			return nil
		}
		return set(value, d)
	}
	return k
}

// whole takes a whole number within bounds.
func whole[T int | uint8 | uint32](least, most T, field func(*draft) *T) kind {
	allowed := fmt.Sprintf("a whole number from %d to %d", least, most)
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		number, err := strconv.ParseInt(value, 10, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange): // out of range, ParseInt returns the nearest number
			return &flaw{value, "is not a whole number"}
		case number < int64(least):
			return &flaw{value, fmt.Sprintf("is below %d", least)}
		case number > int64(most):
			return &flaw{value, fmt.Sprintf("is above %d", most)}
		}
		*field(d) = T(number)
		return nil
	}}
}

// oneOf takes one of a few whole numbers.
func oneOf(field func(*draft) *int, numbers ...int) kind {
	names := make([]string, len(numbers))
	for i, number := range numbers {
		names[i] = strconv.Itoa(number)
	}
	return kind{allowed: either(names), set: func(value string, d *draft) *flaw {
		at := slices.Index(names, value)
		if at < 0 {
			return &flaw{value, "is not offered"}
		}
		*field(d) = numbers[at]
		return nil
	}}
}

// duration takes a time span within bounds.
func duration(least, most time.Duration, field func(*draft) *time.Duration) kind {
	allowed := fmt.Sprintf("a duration such as %s, from %s to %s", spanExamples(least, most), spanText(least), spanText(most))
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		span, what := parseSpan(value)
		switch {
		case what != "":
			return &flaw{value, what}
		case span < least:
			return &flaw{value, "is below " + spanText(least)}
		case span > most:
			return &flaw{value, "is above " + spanText(most)}
		}
		*field(d) = span
		return nil
	}}
}

// timeout is a duration that cannot be switched off.
func timeout(field func(*draft) *time.Duration) kind {
	return duration(time.Millisecond, 10*time.Minute, field)
}

// parseSpan reads Go's duration syntax and whole days (7d). The second result is the fault, or "".
func parseSpan(value string) (time.Duration, string) {
	if strings.Trim(value, "+-.0123456789") == "" {
		return 0, "has no unit"
	}
	if days, found := strings.CutSuffix(value, "d"); found {
		count, err := strconv.Atoi(days)
		if err != nil {
			return 0, "is not a whole number of days"
		}
		const most = int(1<<63-1) / int(day)
		if count > most || count < -most {
			return 0, "is longer than can be counted"
		}
		return time.Duration(count) * day, ""
	}
	span, err := time.ParseDuration(value)
	if err != nil {
		return 0, "is not a duration"
	}
	return span, ""
}

// spanText writes a duration as people do: 7d, 15m, 2h30m.
func spanText(span time.Duration) string {
	if span > day && span%day == 0 {
		return strconv.Itoa(int(span/day)) + "d"
	}
	written := span.String()
	if strings.HasSuffix(written, "m0s") {
		written = strings.TrimSuffix(written, "0s")
	}
	if strings.HasSuffix(written, "h0m") {
		written = strings.TrimSuffix(written, "0m")
	}
	return written
}

// spanExamples lists up to three usual durations that are within bounds.
func spanExamples(least, most time.Duration) string {
	usual := []time.Duration{10 * time.Second, 15 * time.Minute, 12 * time.Hour, 7 * day}
	var fitting []string
	for _, span := range usual {
		if span >= least && span <= most {
			fitting = append(fitting, spanText(span))
		}
	}
	return either(fitting[max(0, len(fitting)-3):])
}

// plain takes any text on one line.
func plain[T ~string](allowed string, field func(*draft) *T) kind {
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		*field(d) = T(value)
		return nil
	}}
}

// mostIssuer bounds names that stand in every token, in bytes: with the longest keys, cookie and value stay within the 4096
// bytes that every browser keeps (RFC 6265bis section 5.6, ASVS 3.3.5).
const mostIssuer = 255

// atMost is the same kind for values of at most so many bytes.
func atMost(bytes int, k kind) kind {
	set := k.set
	k.allowed = fmt.Sprintf("%s, of at most %d bytes", k.allowed, bytes)
	k.set = func(value string, d *draft) *flaw {
		if len(value) > bytes {
			return &flaw{"", fmt.Sprintf("is longer than %d bytes", bytes)}
		}
		return set(value, d)
	}
	return k
}

// keyText takes a key as it is, but for the whitespace around it; whoever uses the key parses it.
func keyText[T ~string](allowed string, field func(*draft) *T) kind {
	return verbatim(kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		*field(d) = T(strings.TrimSpace(value))
		return nil
	}})
}

// checked takes text that a parse function accepts and puts in its normal form.
func checked(allowed string, parse func(string) (string, *flaw), field func(*draft) *string) kind {
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		normal, wrong := parse(value)
		*field(d) = normal
		return wrong
	}}
}

// list takes entries separated by commas; an entry that stands twice counts once.
func list[T comparable](allowed string, parse func(string) (T, *flaw), field func(*draft) *[]T) kind {
	return kind{allowed: allowed, set: func(value string, d *draft) *flaw {
		var entries []T
		for entry := range strings.SplitSeq(value, ",") {
			entry = strings.TrimSpace(entry)
			if entry == "" {
				return &flaw{"", "has an empty entry"}
			}
			parsed, wrong := parse(entry)
			if wrong != nil {
				return wrong
			}
			if !slices.Contains(entries, parsed) {
				entries = append(entries, parsed)
			}
		}
		*field(d) = entries
		return nil
	}}
}

func anyEntry(entry string) (string, *flaw) { return entry, nil }

func secret(k kind) kind {
	k.secret = true
	return k
}

func verbatim(k kind) kind {
	k.verbatim = true
	return k
}

// either joins words as in "a, b or c".
func either(words []string) string {
	last := len(words) - 1
	if last < 1 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
