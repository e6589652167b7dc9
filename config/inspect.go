package config

import (
	"errors"
	"fmt"
	"strings"
)

// environment is the name of the source of settings that stand in no file.
const environment = "environment"

// Report is a look at the settings that does not stop at the first fault.
type Report struct {
	Config Config // what could be read: a setting at fault has its default
	Values []Value
	Faults Faults // what Load would refuse
}

// Value is what was found for one setting.
type Value struct {
	Name   string
	Text   string // what counts, "" for nothing; of a secret "[redacted]"
	Secret bool
	Source string // "environment", the path of app.env, or "" for the default
}

// Inspect reads what Load reads and reports everything about it, with no secret among the values.
func Inspect(opts Options) Report {
	d, v := read(opts)
	report := Report{Config: d.Config, Faults: d.faults}
	for _, setting := range table {
		value := Value{Name: setting.Name, Text: v.GetString(setting.Name), Secret: setting.Secret, Source: d.sources[setting.Name]}
		if value.Secret && value.Text != "" {
			value.Text = redacted
		}
		report.Values = append(report.Values, value)
	}
	return report
}

// Explicit reports whether the setting stands in app.env or in the environment.
func (r Report) Explicit(name string) bool {
	for _, v := range r.Values {
		if v.Name == name {
			return v.Source != ""
		}
	}
	return false
}

// ReadEnvFile reads the names and values of any env file, the names in upper case; what they mean is not checked.
// No error shows a value.
func ReadEnvFile(path string) (map[string]string, error) {
	content, err := readBounded(path)
	if err != nil {
		return nil, fmt.Errorf("%s: cannot be read (%w); name a readable file", oneLine(path), err)
	}
	content = strings.TrimPrefix(content, "\uFEFF")
	v := newViper()
	if err := v.ReadConfig(strings.NewReader(content)); err != nil {
		return nil, errors.New(oneLine(path) + ": " + syntaxFault(content, err))
	}
	values := map[string]string{}
	for _, key := range v.AllKeys() {
		values[strings.ToUpper(key)] = v.GetString(key)
	}
	return values, nil
}
