package architecture

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

const (
	module = "latchkey"
	root   = "../.."
)

// source is one package as its files show it, leaving out _test.go files.
type source struct {
	imports []string // packages of this module only, by folder
	files   []*ast.File
	tests   bool // there are _test.go files
}

// readModule parses the module's packages, by folder. A folder with a go.mod of its own is another module.
func readModule(t *testing.T) map[string]source {
	t.Helper()
	packages := map[string]source{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			return skipForeign(file, entry.Name())
		}
		if filepath.Ext(file) != ".go" {
			return nil
		}
		folder, err := filepath.Rel(root, filepath.Dir(file))
		if err != nil {
			return err
		}
		p := packages[filepath.ToSlash(folder)]
		if err := p.add(file); err != nil {
			return err
		}
		if len(p.files) > 0 || p.tests {
			packages[filepath.ToSlash(folder)] = p
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}

func skipForeign(folder, name string) error {
	if folder == root {
		return nil
	}
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	if err == nil || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || name == "testdata" || name == "node_modules" {
		return fs.SkipDir
	}
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// add takes one file in, unless it belongs to no package.
func (p *source) add(file string) error {
	if strings.HasSuffix(file, "_test.go") {
		p.tests = true
		return nil
	}
	syntax, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	if isLoose(syntax) {
		return nil
	}
	p.files = append(p.files, syntax)
	for _, spec := range syntax.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return err
		}
		if folder, ours := strings.CutPrefix(name+"/", module+"/"); ours {
			folder = path.Clean(folder)
			if !slices.Contains(p.imports, folder) {
				p.imports = append(p.imports, folder)
			}
		}
	}
	return nil
}

// isLoose reports whether a file is no part of its folder's package but a program to be run by its name.
func isLoose(file *ast.File) bool {
	for _, group := range file.Comments {
		for _, comment := range group.List {
			if comment.Pos() < file.Package && comment.Text == "//go:build ignore" {
				return true
			}
		}
	}
	return false
}
