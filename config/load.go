package config

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/spf13/viper"
)

// fileSuffix makes the name of a setting's file: POSTGRES_PASSWORD_FILE.
const fileSuffix = "_FILE"

// mostBytes bounds app.env and the file of one setting.
const mostBytes = 1 << 20

// Options says where settings come from.
type Options struct {
	File   string                      // the path of app.env; empty or missing means no file
	Getenv func(string) (string, bool) // the environment, such as os.LookupEnv; nil means an empty one
}

// Faults is every reason why the settings cannot be used, one line each. No line shows the value of a secret.
type Faults []string

// Error joins the lines.
func (f Faults) Error() string { return strings.Join(f, "\n") }

// Load reads app.env and then the environment, which counts before it, and validates everything.
// An empty value counts as not set. The error is a Faults with every fault; the Config then holds the warnings only.
func Load(opts Options) (Config, error) {
	d, _ := read(opts)
	if len(d.faults) > 0 {
		return Config{Warnings: d.Warnings}, d.faults
	}
	return d.Config, nil
}

// read takes every setting in and applies the rules between them. The viper holds the texts that count.
func read(opts Options) (*draft, *viper.Viper) {
	if opts.Getenv == nil {
		opts.Getenv = func(string) (string, bool) { return "", false }
	}
	d := &draft{explicit: map[string]bool{}, bad: map[string]bool{}, sources: map[string]string{}}
	v := newViper()
	for _, setting := range table {
		v.SetDefault(setting.Name, setting.Default)
	}
	d.readEnvFile(v, opts.File)
	for _, setting := range table {
		d.settle(v, setting, opts)
		d.parse(setting, v.GetString(setting.Name))
		if d.bad[setting.Name] && setting.Default != "" {
			setting.set(setting.Default, d) // for whoever looks at the rest in spite of the fault
		}
	}
	d.applyRules()
	return d, v
}

// newViper returns a viper of its own: the global one would be shared by parallel tests.
// No name in an env file can hold the delimiter, so names with dots stay whole.
func newViper() *viper.Viper {
	v := viper.NewWithOptions(viper.KeyDelimiter("::"))
	v.SetConfigType("env")
	return v
}

// settle leaves in viper the text that counts for a setting: environment, else app.env, else the default.
func (d *draft) settle(v *viper.Viper, setting Setting, opts Options) {
	inFile := func(name string) (string, bool) {
		if !v.InConfig(name) { // GetString would return the default
			return "", false
		}
		return v.GetString(name), true
	}
	for _, layer := range []struct {
		name string
		get  func(string) (string, bool)
	}{{environment, opts.Getenv}, {opts.File, inFile}} {
		value, found := d.fromLayer(setting, layer.get)
		if found {
			d.explicit[setting.Name] = true
			d.sources[setting.Name] = layer.name
			v.Set(setting.Name, value)
			return
		}
	}
	// An empty value in app.env would hide the default.
	v.Set(setting.Name, setting.Default)
}

// fromLayer reads NAME or the file that NAME_FILE names. With a fault the text is empty, but found: no lower layer counts.
func (d *draft) fromLayer(setting Setting, layer func(string) (string, bool)) (string, bool) {
	value, _ := layer(setting.Name)
	path, _ := layer(setting.Name + fileSuffix)
	path = strings.TrimSpace(path)
	if !setting.verbatim {
		value = strings.TrimSpace(value)
	}
	switch {
	case path == "":
		return value, value != ""
	case value != "":
		d.reject(setting, fmt.Sprintf("%s: is set by %s%s too; remove one of them", setting.Name, setting.Name, fileSuffix))
		return "", true
	}
	value, err := readBounded(path)
	value = strings.TrimSuffix(strings.TrimSuffix(value, "\n"), "\r")
	if !setting.verbatim {
		value = strings.TrimSpace(value)
	}
	switch {
	case err != nil:
		d.reject(setting, fmt.Sprintf("%s%s: %s cannot be read (%s); name a readable file",
			setting.Name, fileSuffix, shownPath(setting, path), err))
	case value == "":
		d.reject(setting, fmt.Sprintf("%s%s: %s is empty; put the value into it or remove the setting",
			setting.Name, fileSuffix, shownPath(setting, path)))
	}
	return value, true
}

// shownPath hides the path for a secret: the secret itself may stand there by mistake.
func shownPath(setting Setting, path string) string {
	if setting.Secret {
		return "the file"
	}
	return quote(path)
}

// readBounded reads a file. Its error is the cause alone, without the path.
func readBounded(path string) (string, error) {
	file, err := os.Open(filepath.Clean(path))
	if err == nil {
		defer func() { _ = file.Close() }() // nothing was written
		var content []byte
		content, err = io.ReadAll(io.LimitReader(file, mostBytes+1))
		if err == nil && len(content) > mostBytes {
			err = errors.New("it is larger than 1 MiB")
		}
		if err == nil {
			return string(content), nil
		}
	}
	if inPath, found := errors.AsType[*os.PathError](err); found {
		return "", inPath.Err
	}
	return "", err
}

// parse puts the text into the draft. Text that stands for nothing leaves the field as it is.
func (d *draft) parse(setting Setting, text string) {
	if text == "" {
		return
	}
	wrong := &flaw{"", "has a line break, another control character or bytes that are not UTF-8"}
	if setting.verbatim || isOneLine(text) {
		wrong = setting.set(text, d)
	}
	if wrong == nil {
		return
	}
	subject := "the value"
	if wrong.value != "" && !setting.Secret {
		subject = quote(wrong.value)
	}
	d.reject(setting, setting.Name+": "+subject+" "+wrong.what+"; write "+setting.Allowed)
}

func (d *draft) reject(setting Setting, line string) {
	d.bad[setting.Name] = true
	d.fault(line)
}

func isOneLine(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, isControl)
}

// isControl also names the two characters that Unicode defines as line breaks.
func isControl(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' }

// quote shows a value on one line and cuts it where nobody would read on.
func quote(value string) string {
	const most = 200
	if runes := []rune(value); len(runes) > most {
		return strconv.Quote(string(runes[:most])) + "…"
	}
	return strconv.Quote(value)
}

// oneLine keeps text that is shown without quotes from breaking the line.
func oneLine(text string) string {
	if isOneLine(text) {
		return text
	}
	return quote(text)
}
