package report

import (
	"cmp"
	"slices"
	"strings"

	"muster/importer/outcome"
)

// How much Groups keeps, whatever a roster or a server comes up with.
const (
	examples     = 5    // rows, and cells, of a group
	kindsOfOne   = 10   // messages of one code and field
	groupsInAll  = 1000 // after which everything new is "other"
	longestWords = 500  // bytes of a message or hint
)

// Group is problems of one kind.
type Group struct {
	Code        string `json:"code"`
	Field       string `json:"field"` // "" where a row as a whole is meant
	Count       int    `json:"count"`
	ExampleRows []int  `json:"example_rows"` // the first five

	Message string   `json:"-"` // the first one's
	Hint    string   `json:"-"`
	Line    string   `json:"-"` // of a mapping file, with which Hint ends
	Cells   []string `json:"-"` // the first five's, where cells are meant
	Values  []string `json:"-"` // what their messages don't have in common, for each of Cells
}

// Groups gathers problems by code, field and kind of message: messages that
// differ only in what stands between quotation marks, or in numbers, are of one
// kind. It holds at most a thousand groups. The zero value is ready; it is not
// safe for concurrent use.
type Groups struct {
	index map[string]*Group
	kinds map[string]int
	list  []*Group
	key   []byte
}

// Add counts a problem of a row; the row is 0 where nobody knows it, as of a line
// that was added to a results file.
func (g *Groups) Add(p outcome.Problem, row int) {
	group := g.find(p)
	group.Count++
	if n := len(group.ExampleRows); row > 0 && n < examples && !slices.Contains(group.ExampleRows, row) {
		group.ExampleRows = append(group.ExampleRows, row)
	}
	if p.Cell != "" && len(group.Cells) < examples && !slices.Contains(group.Cells, p.Cell) {
		group.Cells = append(group.Cells, strings.Clone(p.Cell))
		group.Values = append(group.Values, strings.Clone(varying(p.Message)))
	}
}

func (g *Groups) find(p outcome.Problem) *Group {
	if g.index == nil {
		g.index, g.kinds = make(map[string]*Group), make(map[string]int)
	}
	g.key = append(append(append(append(g.key[:0], p.Code...), 0), p.Field...), 0)
	family := len(g.key)
	g.key = appendKind(g.key, p.Message)
	if group := g.index[string(g.key)]; group != nil {
		return group
	}
	if g.kinds[string(g.key[:family])] >= kindsOfOne {
		g.key = append(g.key[:family], "..."...)
		if group := g.index[string(g.key)]; group != nil {
			return group
		}
	}
	if len(g.list) >= groupsInAll {
		g.key, family = append(g.key[:0], "other"...), 0
		p = outcome.Problem{Code: "other", Message: "other problems, too many kinds of them to list"}
		if group := g.index[string(g.key)]; group != nil {
			return group
		}
	}
	group := &Group{
		Code: strings.Clone(p.Code), Field: strings.Clone(p.Field),
		Message: bounded(p.Message), Hint: bounded(p.Hint), Line: strings.Clone(p.Line),
	}
	g.index[string(g.key)] = group
	g.kinds[string(g.key[:family])]++
	g.list = append(g.list, group)
	return group
}

func bounded(text string) string {
	if len(text) > longestWords {
		text = strings.ToValidUTF8(text[:longestWords], "") + "..."
	}
	return strings.Clone(text)
}

// appendKind appends a message without what varies in it.
func appendKind(key []byte, message string) []byte {
	if len(message) > longestWords {
		message = message[:longestWords]
	}
	quoted := false
	for i := range len(message) {
		c := message[i]
		switch {
		case c == '"':
			quoted = !quoted
			key = append(key, c)
		case quoted:
		case c >= '0' && c <= '9':
			if len(key) == 0 || key[len(key)-1] != '0' {
				key = append(key, '0')
			}
		default:
			key = append(key, c)
		}
	}
	return key
}

// varying returns what a message says that others of its kind don't: what it
// quotes, or a number with the word before it; "" if there is neither.
func varying(message string) string {
	if _, rest, quoted := strings.Cut(message, `"`); quoted {
		if text, _, closed := strings.Cut(rest, `"`); closed {
			return bounded(`"` + text + `"`)
		}
	}
	digit := func(r rune) bool { return r >= '0' && r <= '9' }
	at := strings.IndexFunc(message, digit)
	if at < 0 {
		return ""
	}
	end := at + strings.IndexFunc(message[at:]+" ", func(r rune) bool { return !digit(r) })
	word := strings.LastIndexAny(strings.TrimRight(message[:at], " "), " (") + 1
	return bounded(message[word:end])
}

// List returns copies of the groups, the largest first, and of equal ones the one
// that was met first.
func (g *Groups) List() []Group {
	list := make([]Group, 0, len(g.list))
	for _, group := range g.list {
		one := *group
		one.ExampleRows, one.Cells, one.Values = append([]int{}, group.ExampleRows...), slices.Clone(group.Cells), slices.Clone(group.Values)
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b Group) int { return cmp.Compare(b.Count, a.Count) })
	return list
}

// merged returns one group for each code and field, as programs expect it.
func merged(list []Group) []Group {
	type family struct{ code, field string }
	index := make(map[family]int)
	one := make([]Group, 0, len(list))
	for _, group := range list {
		key := family{group.Code, group.Field}
		i, found := index[key]
		if !found {
			index[key] = len(one)
			group.ExampleRows = append([]int{}, group.ExampleRows...)
			one = append(one, group)
			continue
		}
		one[i].Count += group.Count
		one[i].ExampleRows = append(one[i].ExampleRows, group.ExampleRows...)
	}
	for i := range one {
		slices.Sort(one[i].ExampleRows)
		one[i].ExampleRows = slices.Compact(one[i].ExampleRows)
		if len(one[i].ExampleRows) > examples {
			one[i].ExampleRows = one[i].ExampleRows[:examples]
		}
	}
	slices.SortStableFunc(one, func(a, b Group) int { return cmp.Compare(b.Count, a.Count) })
	return one
}
