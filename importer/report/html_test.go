package report_test

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"muster/importer/outcome"
	"muster/importer/report"
)

// row is a row that a test adds to a report.
type row struct {
	label string
	outcome.Outcome
}

// written returns the page of a run with these rows.
func written(t testing.TB, s report.Summary, rows ...row) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report.html")
	h, err := report.CreateHTML(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		h.Row(r.label, r.Outcome)
		s.Add(r.Status, 1)
	}
	if err := h.Commit(s); err != nil {
		t.Fatal(err)
	}
	return read(t, path)
}

func read(t testing.TB, path string) string {
	t.Helper()
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

func parse(t testing.TB, page string) *html.Node {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	return root
}

// all returns the elements that a function accepts, in the page's order.
func all(root *html.Node, is func(*html.Node) bool) []*html.Node {
	var list []*html.Node
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && is(n) {
			list = append(list, n)
		}
	}
	return list
}

func named(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return n.Data == name }
}

func class(name string) func(*html.Node) bool {
	return func(n *html.Node) bool { return slices.Contains(strings.Fields(attribute(n, "class")), name) }
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

// text returns the words of an element, separated by single spaces.
func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data + " ")
		}
	}
	return strings.Join(strings.Fields(b.String()), " ")
}

// outline returns the visible text, a line for each element.
func outline(root *html.Node) string {
	var b strings.Builder
	lines := []string{"title", "h1", "h2", "h3", "p", "code", "dt", "dd", "li", "tr", "figcaption", "label"}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode || !slices.Contains(lines, n.Data) {
			continue
		}
		inner := false
		for p := n.Parent; p != nil; p = p.Parent {
			inner = inner || p.Data == "tr" || p.Data == "li" && n.Data != "h3" && n.Data != "p"
		}
		if words := text(n); words != "" && !inner && (n.Data != "li" || len(all(n, named("h3"))) == 0) {
			fmt.Fprintf(&b, "%-10s %s\n", n.Data, words)
		}
	}
	return b.String()
}

// dataRows returns the arrays that the script reads.
func dataRows(t testing.TB, root *html.Node) [][]any {
	t.Helper()
	var rows [][]any
	for _, n := range all(root, class("rows")) {
		var block [][]any
		if err := json.Unmarshal([]byte(n.FirstChild.Data), &block); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, block...)
	}
	return rows
}

func problem(code, cell, message, hint string) []outcome.Problem {
	return []outcome.Problem{{Code: code, Cell: cell, Message: message, Hint: hint}}
}

func TestHTMLText(t *testing.T) {
	t.Parallel()
	missing := problem("name_missing", "C3", "the last name is missing", "write it into the cell")
	tests := []struct {
		name string
		give report.Summary
		rows []row
	}{
		{
			"html some to look at",
			report.Summary{
				Run: "20260304-ab12", Status: report.Finished, Effort: report.Effort{Requests: 9, Throttled: 2, Retries: 1, Elapsed: 75},
				Results: "crew.results.csv", Details: report.Details{Project: "Hillside & Sons", Remarks: []string{"delimiter ;"}, Next: "muster retry 'my crew.results.csv' --company 1 --project 2", Notes: []outcome.Group{{Code: "name_only", Count: 1, ExampleRows: []int{4}, Message: "found by name alone", Hint: "check that it is the same person"}}},
				Problems: []outcome.Group{{Code: "name_missing", Field: "last_name", Count: 1, ExampleRows: []int{3}, Cells: []string{"C3"}, Message: missing[0].Message, Hint: missing[0].Hint}},
			},
			[]row{
				{"Anna Schmidt", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 9007199254740993}},
				{"José", outcome.Outcome{Row: 3, Status: outcome.Invalid, Problems: missing}},
				{"Wei Lin", outcome.Outcome{Row: 4, Status: outcome.Existing, PersonID: 5, Problems: problem("name_only", "", "found by name alone", "check that it is the same person")}},
			},
		},
		{
			"html stopped rehearsal",
			report.Summary{Status: report.Stopped, Details: report.Details{Why: "Procore refused the credentials.", Rehearsal: true, Next: "muster import crew.csv"}},
			[]row{
				{"Anna", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 1}},
				{"", outcome.Outcome{Row: 3, Status: outcome.Pending}},
			},
		},
		{"html no row", report.Summary{Status: report.Finished}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			root := parse(t, written(t, test.give, test.rows...))
			got := outline(root)
			for _, n := range all(root, named("dd")) {
				if strings.Contains(text(n.Parent), "Started") {
					got = strings.Replace(got, text(n), "TIME", 1)
				}
			}
			golden(t, test.name, got)
		})
	}
}

func TestHTMLHoldsEveryRow(t *testing.T) {
	t.Parallel()
	const count = 20_500 // more than two blocks
	rows := make([]row, count)
	for i := range rows {
		rows[i] = row{"Person " + strconv.Itoa(i), outcome.Outcome{Row: i + 2, Status: outcome.Created, PersonID: 1<<62 + int64(i)}}
		if i%4 == 0 {
			rows[i].Outcome = outcome.Outcome{Row: i + 2, Status: outcome.Invalid, Problems: problem("c", "A"+strconv.Itoa(i+2), "m\u2028"+strconv.Itoa(i), "h"+strconv.Itoa(i))}
		}
	}
	page := written(t, report.Summary{Status: report.Finished}, rows...)
	root := parse(t, page)
	got := dataRows(t, root)
	if len(got) != count {
		t.Fatalf("%d rows, want %d", len(got), count)
	}
	for i, r := range got {
		want := []any{float64(i + 2), 0.0, "Person " + strconv.Itoa(i), strconv.FormatInt(1<<62+int64(i), 10)}
		if i%4 == 0 {
			want = []any{
				float64(i + 2), 3.0, "Person " + strconv.Itoa(i), "",
				[]any{[]any{"c", "A" + strconv.Itoa(i+2), "m " + strconv.Itoa(i), "h" + strconv.Itoa(i)}},
			}
		}
		if diff := cmp.Diff(want, r); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", i+2, diff)
		}
	}
	if n := len(all(root, class("badge"))); n != 200 {
		t.Errorf("%d rows without a script, want the first 200 to look at", n)
	}
	if n := len(all(root, class("on-invalid"))); n != 200 {
		t.Errorf("%d of them are invalid", n)
	}
	if !strings.Contains(page, "The first 200 of 5,125 rows to look at, of 20,500 rows.") {
		t.Error("the page doesn't say that it shows only some of them")
	}
	if len(page) > 100*count {
		t.Errorf("%d bytes a row", len(page)/count)
	}
}

// The page shows how the run ended and a limited number of groups.
func TestHTMLInterrupted(t *testing.T) {
	t.Parallel()
	s := report.Summary{Status: report.Interrupted, Problems: make([]outcome.Group, 102)}
	for i := range s.Problems {
		s.Problems[i] = outcome.Group{Code: fmt.Sprintf("code_%d", i), Count: 1, ExampleRows: []int{2}}
	}
	page := written(t, s, row{"Anna", outcome.Outcome{Row: 2, Status: outcome.Pending}})
	for _, want := range []string{"<title>muster: interrupted</title>", "And 2 more kinds, listed with the rows below.", "code_99"} {
		if !strings.Contains(page, want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(page, "code_100") {
		t.Error("a kind beyond the hundredth is shown")
	}
}

func TestHTMLWithoutProblems(t *testing.T) {
	t.Parallel()
	root := parse(t, written(
		t, report.Summary{Status: report.Finished},
		row{"Anna", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 7}},
	))
	if n := len(all(root, class("on-created"))); n != 1 {
		t.Errorf("%d rows", n)
	}
}

func TestHTMLBoundsARow(t *testing.T) {
	t.Parallel()
	var problems []outcome.Problem
	for range 5000 {
		problems = append(problems, problem("c", "A2", strings.Repeat("long ", 5000), "h")...)
	}
	page := written(
		t, report.Summary{Status: report.Finished},
		row{strings.Repeat("x", 1<<20), outcome.Outcome{Row: 2, Status: outcome.Invalid, Problems: problems}},
	)
	if len(page) > 64<<10 {
		t.Errorf("one row makes a page of %d bytes", len(page))
	}
	if strings.Count(page, "4,990 more") != 2 {
		t.Error("the page doesn't say, with and without a script, that there is more")
	}
}

// hostile returns texts that a roster, a file name or a server may contain.
func hostile() []string {
	return []string{
		`<script>alert(1)</script>`, `</script><script>alert(1)</script>`, `</SCRIPT >x`, `<!--`, `--><b>`, `<!--<script>`,
		`]]></style></title></textarea><img src=x onerror=alert(1)>`, `"><svg/onload=alert(1)>`, `' onmouseover='alert(1)`,
		`javascript:alert(1)`, `data:text/html,<script>alert(1)</script>`, `{{.Next}}`, "`${alert(1)}`", `\u003cscript\u003e`, `\`, `"`,
		"</script\n>", "a\x00b\x1b[31m\u202eevil\u2028\u2029", "\xff\xfe<script>", `&lt;script&gt;&amp;`, `%3Cscript%3E`, "+ADw-script+AD4-",
	}
}

// skeleton returns a page's elements and attributes without texts from outside.
func skeleton(root *html.Node) string {
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			b.WriteString("comment\n")
		}
		if n.Type != html.ElementNode {
			continue
		}
		b.WriteString(n.Data)
		for _, a := range n.Attr {
			b.WriteString(" " + a.Key)
			if a.Key != "data-code" {
				b.WriteString("=" + a.Val)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestHTMLEscapes(t *testing.T) {
	t.Parallel()
	page := func(t *testing.T, evil string) string {
		return written(t, report.Summary{
			Run: evil, Status: report.Stopped, Results: evil, Details: report.Details{Project: evil, Why: evil, Remarks: []string{evil}, Next: evil, Notes: []outcome.Group{{Code: evil, Count: 2, ExampleRows: []int{2}, Message: evil, Hint: evil}}},
			Problems: []outcome.Group{{Code: evil, Field: evil, Count: 2, ExampleRows: []int{2}, Cells: []string{evil}, Message: evil, Hint: evil}},
		}, row{evil, outcome.Outcome{Row: 2, Status: outcome.Invalid, Problems: []outcome.Problem{{Code: evil, Field: evil, Cell: evil, Message: evil, Hint: evil}}}})
	}
	for _, evil := range hostile() {
		t.Run(evil, func(t *testing.T) {
			t.Parallel()
			root := parse(t, page(t, evil))
			// Each word of a command is an element, so the harmless page needs as many
			// words.
			same := parse(t, page(t, strings.Join(slices.Repeat([]string{"x"}, strings.Count(report.Clean(evil), " ")+1), " ")))
			if diff := cmp.Diff(skeleton(same), skeleton(root)); diff != "" {
				t.Errorf("the page has other elements (-harmless +got):\n%s", diff)
			}
			want := report.Clean(evil)
			got := dataRows(t, root)
			if diff := cmp.Diff([][]any{{2.0, 3.0, want, "", []any{[]any{want, want, want, want}}}}, got); diff != "" {
				t.Errorf("the script reads (-want +got):\n%s", diff)
			}
			if got := text(all(root, class("who"))[0]); got != strings.Join(strings.Fields(want), " ") {
				t.Errorf("the table shows %q, want %q", got, want)
			}
		})
	}
}

func TestHTMLContentSecurityPolicy(t *testing.T) {
	t.Parallel()
	page := written(t, report.Summary{Status: report.Finished}, row{"Anna", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 1}})
	root := parse(t, page)
	policy := ""
	for _, n := range all(root, named("meta")) {
		if attribute(n, "http-equiv") == "Content-Security-Policy" {
			policy = attribute(n, "content")
		}
	}
	for _, want := range []string{"default-src 'none'", "base-uri 'none'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy %q lacks %s", policy, want)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("the policy is %q", policy)
	}
	for _, n := range slices.Concat(all(root, named("style")), all(root, named("script"))) {
		if attribute(n, "type") == "application/json" {
			continue
		}
		sum := sha256.Sum256([]byte(n.FirstChild.Data))
		if want := n.Data + "-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !strings.Contains(policy, want) {
			t.Errorf("the policy %q doesn't allow the page's own %s", policy, n.Data)
		}
	}
	for n := range root.Descendants() {
		for _, a := range n.Attr {
			if a.Key == "src" || a.Key == "href" || a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s=%q>", n.Data, a.Key, a.Val)
			}
		}
	}
	for _, from := range []string{"http:", "https:", "//cdn", "@import", "url("} {
		if strings.Contains(page, from) {
			t.Errorf("the page has %q in it", from)
		}
	}
}

func TestHTMLConcurrentUse(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	h, err := report.CreateHTML(path)
	if err != nil {
		t.Fatal(err)
	}
	var group sync.WaitGroup
	for worker := range 4 {
		group.Go(func() {
			for i := range 500 {
				h.Row("Anna", outcome.Outcome{Row: worker*500 + i + 2, Status: outcome.Created, PersonID: 1})
				h.Event(report.EventFault)
				h.Waiting(time.Now().Add(time.Millisecond))
			}
		})
	}
	group.Wait()
	if err := h.Commit(report.Summary{Status: report.Finished}); err != nil {
		t.Fatal(err)
	}
	if got := len(dataRows(t, parse(t, read(t, path)))); got != 2000 {
		t.Errorf("%d rows, want 2000", got)
	}
}

func BenchmarkHTMLRow(b *testing.B) {
	h, err := report.CreateHTML(filepath.Join(b.TempDir(), "report.html"))
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	row := 1
	for b.Loop() {
		row++
		h.Row("Anna Lefèvre", outcome.Outcome{Row: row, Status: outcome.Created, PersonID: 9007199254740993})
	}
	if err := h.Discard(); err != nil {
		b.Fatal(err)
	}
}
