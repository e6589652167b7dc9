package config

import (
	_ "embed"
	"strings"
)

//go:generate go test -run ^TestDocuments$ -update .

//go:embed document.md
var documentIntro string

//go:embed template.env
var templateIntro string

// Document renders docs/configuration.md from the table.
func Document() string {
	var page strings.Builder
	page.WriteString(documentIntro)
	group := ""
	for _, setting := range table {
		if setting.Group != group {
			group = setting.Group
			page.WriteString("\n## " + group + "\n\n| name | default | meaning | allowed |\n| --- | --- | --- | --- |\n")
		}
		standard := "not set"
		if setting.Default != "" {
			standard = "`" + setting.Default + "`"
		}
		about := setting.About
		if setting.Secret {
			about += " Secret."
		}
		page.WriteString("| `" + setting.Name + "` | " + standard + " | " + cell(about) + " | " + cell(setting.Allowed) + " |\n")
	}
	return page.String()
}

// cell keeps a vertical bar from ending a cell of a Markdown table.
func cell(text string) string { return strings.ReplaceAll(text, "|", `\|`) }

// Template renders app.env from the table: every setting is there, none is active.
func Template() string {
	var file strings.Builder
	file.WriteString(templateIntro)
	group := ""
	for _, setting := range table {
		if setting.Group != group {
			group = setting.Group
			file.WriteString("\n# ---- " + group + " ----\n")
		}
		file.WriteString("\n" + comment(setting.About+" Write "+setting.Allowed+"."))
		file.WriteString("# " + setting.Name + "=" + setting.Default + "\n")
	}
	return file.String()
}

// comment wraps text into lines of a comment that fit a terminal.
func comment(text string) string {
	const width = 100
	var lines strings.Builder
	line := "#"
	for word := range strings.FieldsSeq(text) {
		if len(line)+1+len(word) > width {
			lines.WriteString(line + "\n")
			line = "#"
		}
		line += " " + word
	}
	return lines.String() + line + "\n"
}
