package browser

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// axe is the file of axe-core below the top of the repository, where npm puts it.
const axe = ".ci/node_modules/axe-core/axe.min.js"

// Accessible fails the test if axe-core finds fault with the page: contrast, labels,
// roles, order of headings. Without axe-core nothing is checked, unless MUSTER_TEST_TOOLS
// is "required".
func (b *Tab) Accessible() {
	b.t.Helper()
	script, err := os.ReadFile(filepath.Join(top(), axe))
	switch {
	case errors.Is(err, fs.ErrNotExist) && os.Getenv("MUSTER_TEST_TOOLS") != "required":
		b.t.Log("axe-core is not installed: the page was not checked")
		return
	case err != nil:
		b.t.Fatal(err)
	}
	// Not an element of the page, which the page's policy would refuse.
	b.Call("Runtime.evaluate", map[string]any{"expression": string(script)}, nil)
	var found []struct {
		ID, Help string
		Nodes    []struct {
			HTML           string
			FailureSummary string
		}
	}
	text := b.Eval("axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']}).then(r => JSON.stringify(r.violations))")
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		b.t.Fatal(err)
	}
	for _, violation := range found {
		for _, node := range violation.Nodes {
			b.t.Errorf("%s: %s (%s): %s\n%s", b.Eval("location.pathname"), violation.Help, violation.ID, node.HTML, node.FailureSummary)
		}
	}
}

// top returns the top of the repository, above the folder of the test.
func top() string {
	folder, err := os.Getwd()
	for err == nil && filepath.Dir(folder) != folder {
		if _, err := os.Stat(filepath.Join(folder, "go.mod")); err == nil {
			return folder
		}
		folder = filepath.Dir(folder)
	}
	return "."
}
