package doctor

import (
	"slices"
	"strings"
)

// Level says how bad a finding is.
type Level string

// The levels. Only Fail is an error: something will not work, or is not safe.
const (
	OK   Level = "ok"
	Warn Level = "warn"
	Fail Level = "fail"
)

// Finding is one thing that was looked at. No text of it holds a secret.
type Finding struct {
	Level   Level  `json:"level"`
	Subject string `json:"subject"`          // the setting that mends it, or what was looked at
	Message string `json:"message"`          // what was seen
	Remedy  string `json:"remedy,omitempty"` // what to do; empty for OK
}

// String is the finding on one line.
func (f Finding) String() string {
	line := strings.ToUpper(string(f.Level))
	line += strings.Repeat(" ", max(1, 6-len(line))) + f.Subject + ": " + f.Message
	if f.Remedy != "" {
		line += "; " + f.Remedy
	}
	return line
}

// Failed reports whether one of the findings is a Fail.
func Failed(all []Finding) bool {
	return slices.ContainsFunc(all, func(f Finding) bool { return f.Level == Fail })
}

func ok(subject, message string) Finding {
	return Finding{Level: OK, Subject: subject, Message: message}
}

func warn(subject, message, remedy string) Finding { return Finding{Warn, subject, message, remedy} }

func fail(subject, message, remedy string) Finding { return Finding{Fail, subject, message, remedy} }

// orOK is the findings, or one OK in place of none.
func orOK(found []Finding, subject, message string) []Finding {
	if len(found) == 0 {
		return []Finding{ok(subject, message)}
	}
	return found
}

// parseLine takes a line of the form "SUBJECT: what is wrong; what to do" apart.
func parseLine(level Level, line string) Finding {
	subject, rest, found := strings.Cut(line, ": ")
	if !found {
		subject, rest = "settings", line
	}
	message, remedy := rest, ""
	at := strings.Index(rest, "; write ") // what follows may hold semicolons of its own
	if at < 0 {
		at = strings.LastIndex(rest, "; ")
	}
	if at >= 0 {
		message, remedy = rest[:at], rest[at+2:]
	}
	return Finding{level, subject, message, remedy}
}
