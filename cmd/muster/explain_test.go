package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// Every code that stands in the source is explained, none is explained that
// does not, and the topic codes lists them all.
func TestEveryCodeIsExplained(t *testing.T) {
	t.Parallel()
	groups, err := loadCodes()
	if err != nil {
		t.Fatal(err)
	}
	explained := map[string]bool{}
	for _, g := range groups {
		for code, e := range g.Codes {
			if explained[code] {
				t.Errorf("%s is explained twice", code)
			}
			explained[code] = true
			if !strings.HasSuffix(e.Meaning, ".") || !strings.HasSuffix(e.Fix, ".") {
				t.Errorf("%s: a sentence lacks its full stop", code)
			}
		}
	}
	written := codesInSource(t, filepath.Join("..", ".."))
	for code, where := range written {
		if !explained[code] {
			t.Errorf("%s is not explained (%s)", code, where)
		}
	}
	listed := textOf(t, "codes")
	for code := range explained {
		if written[code] == "" {
			t.Errorf("%s is explained and never written", code)
		}
		if !strings.Contains(listed, "\n  "+code+"\n") {
			t.Errorf("the topic codes does not list %s", code)
		}
	}
}

// codesInSource returns the codes that the program can write, and where one
// of each stands: constants called Code… or Undo…, what is given to a field
// Code, and the first argument of those who make problems.
func codesInSource(t *testing.T, root string) map[string]string {
	t.Helper()
	codes := map[string]string{}
	files := token.NewFileSet()
	form := regexp.MustCompile(`^[a-z]+(_[a-z]+)*$`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "simulator" || d.Name() == "testdata" || strings.HasPrefix(d.Name(), ".") && path != root):
			return filepath.SkipDir
		case !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
			return nil
		}
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		add := func(e ast.Expr) {
			if text, ok := e.(*ast.BasicLit); ok && text.Kind == token.STRING {
				if code, err := strconv.Unquote(text.Value); err == nil && form.MatchString(code) {
					codes[code] = files.Position(text.Pos()).String()
				}
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.ValueSpec:
				for i, name := range n.Names {
					if i < len(n.Values) && (strings.HasPrefix(name.Name, "Code") || strings.HasPrefix(name.Name, "code")) {
						add(n.Values[i])
					}
				}
			case *ast.KeyValueExpr:
				if key, ok := n.Key.(*ast.Ident); ok && key.Name == "Code" {
					add(n.Value)
				}
			case *ast.AssignStmt:
				for i, to := range n.Lhs {
					if field, ok := to.(*ast.SelectorExpr); ok && field.Sel.Name == "Code" && i < len(n.Rhs) {
						add(n.Rhs[i])
					}
				}
			case *ast.CompositeLit:
				// The meanings of procore's answers are a table whose rows have no type.
				if filepath.Base(path) == "statusmeaning.go" {
					for _, e := range n.Elts {
						add(e)
					}
				}
			case *ast.CallExpr:
				switch f := n.Fun.(type) {
				case *ast.SelectorExpr:
					if f.Sel.Name == "problem" && len(n.Args) > 0 {
						add(n.Args[0])
					}
				case *ast.Ident:
					if f.Name == "fail" && len(n.Args) > 0 {
						add(n.Args[0])
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return codes
}
