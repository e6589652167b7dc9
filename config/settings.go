package config

import "slices"

// Setting is one row of the table from which everything else is made:
// what viper knows, how text is parsed, docs/configuration.md and app.env.
type Setting struct {
	Name    string // as written in app.env and in the environment
	Group   string // the heading under which it is documented
	Default string // the text that counts when nothing is set; empty means none
	About   string // what it is, in one or two sentences
	Allowed string // what may be written; it reads on after "write"
	Secret  bool   // its value is never shown

	verbatim bool // neither trimmed nor held to one line
	set      func(text string, d *draft) *flaw
}

// kind is how one sort of value is parsed and what it allows.
type kind struct {
	allowed  string
	secret   bool
	verbatim bool
	set      func(text string, d *draft) *flaw
}

// flaw is what is wrong with a value. The value is kept apart, so that a secret is never printed.
type flaw struct {
	value string // the text at fault; empty when it must not be shown
	what  string // reads on after the value: "has no unit"
}

// draft is a Config in the making, with the settings that end up in another field or in none.
type draft struct {
	Config
	cookiePrefixes bool
	docsByEnv      bool
	accessMinutes  int
	refreshMinutes int
	dataDir        string
	postgres       postgresParts

	explicit map[string]bool   // set in app.env or in the environment
	sources  map[string]string // where an explicit setting was found
	bad      map[string]bool   // has a fault already
	faults   Faults
}

// Settings returns the table in the order of the documentation.
func Settings() []Setting { return slices.Clone(table) }

var table = slices.Concat(
	serviceSettings(), originSettings(), databaseSettings(), keySettings(), tokenSettings(), cookieSettings(),
	sessionSettings(), passwordSettings(), limitSettings(), serverSettings(), logSettings(), traceSettings(),
)

func row(name, standard, about string, k kind) Setting {
	return Setting{
		Name: name, Default: standard, About: about, Allowed: k.allowed, Secret: k.secret,
		verbatim: k.verbatim, set: k.set,
	}
}

func under(group string, rows ...Setting) []Setting {
	for i := range rows {
		rows[i].Group = group
	}
	return rows
}

// ok reports whether none of the settings has a fault, so that a rule between them makes sense.
func (d *draft) ok(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { return d.bad[name] })
}

func (d *draft) fault(line string) { d.faults = append(d.faults, line) }

func (d *draft) warn(line string) { d.Warnings = append(d.Warnings, line) }

// refuse is a fault in production and a warning elsewhere.
func (d *draft) refuse(line string) {
	if d.Production() {
		d.fault(line)
		return
	}
	d.warn(line)
}
