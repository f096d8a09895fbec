package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	// The wording hides who does what. A plain subject and an active verb say it.
	rejected = regexp.MustCompile(`(?i)\b(nobody|somebody|anybody|everybody|whom|whoever|whomever|likewise|(?:is|are|was|were) to be|comes? to (?:effect|nothing|its end|an end)|at work|goes? by|stands? (?:in|at|for itself|beside|above|below|there)|of its own|as it is|as they are|all the same|but for|in doubt anew|takes? up|taken up|is told|are told|said of|says of)\b`)

	// The words make the first sentence of a doc comment lean on a pronoun.
	leaning = regexp.MustCompile(`(?i)\b(it|its|they|them|their|those|one|ones|whom|whose|that of|who)\b`)
)

// prose counts the texts of each kind, and holds what a pattern finds in them.
type prose struct {
	counts map[string]int
	found  map[string][]string
}

func (p *prose) add(kind, path, text string, count int, pattern *regexp.Regexp) {
	p.counts[kind] += count
	for _, words := range pattern.FindAllString(text, -1) {
		p.found[kind] = append(p.found[kind], path+": "+words)
	}
}

func (p *prose) addDoc(path, name string, group *ast.CommentGroup) {
	if group != nil {
		first, _, _ := strings.Cut(strings.ReplaceAll(group.Text(), "\n", " "), ". ")
		p.add("doc comments", path+" "+name, leaning.FindString(strings.TrimPrefix(first, name)), 1, leaning)
	}
}

func (p *prose) addFile(t *testing.T, path string, text []byte) {
	if filepath.Ext(path) != ".go" {
		p.add("pages", path, string(text), strings.Count(string(text), "\n"), rejected)
		return
	}
	file, err := parser.ParseFile(token.NewFileSet(), path, text, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	for _, group := range file.Comments {
		p.add("comments", path, group.Text(), strings.Count(group.Text(), "\n"), rejected)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncDecl:
			p.addDoc(path, n.Name.Name, n.Doc)
		case *ast.GenDecl:
			if spec, ok := n.Specs[0].(*ast.TypeSpec); ok {
				p.addDoc(path, spec.Name.Name, n.Doc)
			}
		case *ast.BasicLit:
			if len(strings.Fields(n.Value)) >= 4 {
				p.add("messages", path, n.Value, 1, rejected)
			}
		}
		return true
	})
}

func TestProseIsPlain(t *testing.T) {
	bad, tree := prose{map[string]int{}, map[string][]string{}}, prose{map[string]int{}, map[string][]string{}}
	bad.addFile(t, "bad.md", []byte("Somebody takes up the rows.\n"))
	bad.addFile(t, "bad.go", []byte("package p\n\n// F tells them nothing. Nobody is told.\nfunc F() { print(`the row stands in no file`) }"))
	err := filepath.WalkDir("../..", func(path string, entry fs.DirEntry, err error) error {
		folder := filepath.Base(filepath.Dir(path))
		isPage := filepath.Ext(path) == ".md" || folder == "help" || folder == "muster" && filepath.Ext(path) == ".yaml"
		isSource := filepath.Ext(path) == ".go" && !strings.HasSuffix(path, "_test.go")
		if err != nil || entry.IsDir() || !isPage && !isSource {
			return err
		}
		text, err := os.ReadFile(path)
		tree.addFile(t, path, text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for kind, most := range map[string]float64{"doc comments": 0.12, "comments": 0.003, "messages": 0.003, "pages": 0.003} {
		if found := tree.found[kind]; float64(len(found)) > most*float64(tree.counts[kind]) {
			t.Errorf("of %d %s, %d have words that the style rejects:\n%s", tree.counts[kind], kind, len(found), strings.Join(found, "\n"))
		}
		if len(bad.found[kind]) == 0 {
			t.Errorf("the check finds nothing in bad %s", kind)
		}
	}
}
