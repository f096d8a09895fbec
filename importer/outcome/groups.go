package outcome

import (
	"cmp"
	"slices"
	"strings"
)

// The limits of Groups, so that memory stays bounded for any roster and server.
const (
	examples       = 5    // rows, and cells, of a group
	groupsOfACode  = 10   // of one code and field
	groupsInAll    = 1000 // further groups are "other"
	longestMessage = 500  // bytes
)

// Group is a count of problems of the same kind, with examples.
type Group struct {
	Code        string `json:"code"`
	Field       string `json:"field"`        // "" for a problem of a whole row
	Count       int    `json:"count"`        // 0: the group is about the whole roster
	ExampleRows []int  `json:"example_rows"` // the first five

	Message string   `json:"-"` // of the first problem
	Hint    string   `json:"-"` // of the first problem
	Line    string   `json:"-"` // of a mapping file: Hint ends with this line
	Cells   []string `json:"-"` // the first five
	Values  []string `json:"-"` // for each of Cells: what the message quotes
}

// Groups gathers problems by code, field and kind of message. Messages are of one
// kind if they differ only in quoted texts and in numbers. There are at most about
// a thousand groups. The zero value is ready. Groups is not safe for concurrent use.
type Groups struct {
	index map[string]*Group // by code, field and kind of message
	kinds map[string]int    // groups by code and field
	list  []*Group
}

// Add counts a problem of a row. The row is 0 for a line that was added to a
// results file.
func (g *Groups) Add(p Problem, row int) {
	group := g.find(p)
	group.Count++
	if n := len(group.ExampleRows); row > 0 && n < examples && !slices.Contains(group.ExampleRows, row) {
		group.ExampleRows = append(group.ExampleRows, row)
	}
	if p.Cell != "" && len(group.Cells) < examples && !slices.Contains(group.Cells, p.Cell) {
		group.Cells = append(group.Cells, strings.Clone(p.Cell))
		group.Values = append(group.Values, strings.Clone(quotedValue(p.Message)))
	}
}

// AddGroup adds a group that was gathered elsewhere.
func (g *Groups) AddGroup(group Group) { g.list = append(g.list, &group) }

// find returns the group of a problem, and adds a new group if need be.
func (g *Groups) find(p Problem) *Group {
	if g.index == nil {
		g.index, g.kinds = make(map[string]*Group), make(map[string]int)
	}
	family := p.family()
	for _, key := range []string{family + messageKind(p.Message), family + "...", "other"} {
		if group := g.index[key]; group != nil {
			return group
		}
		switch {
		case key == "other":
			p = Problem{Code: "other", Message: "other problems, of too many kinds to list"}
		case len(g.list) >= groupsInAll, g.kinds[family] >= groupsOfACode && key != family+"...":
			continue
		}
		if key == family+"..." {
			p.Message, p.Hint, p.Line = "other problems of this kind; see the rows", "", ""
		}
		group := &Group{
			Code: strings.Clone(p.Code), Field: strings.Clone(p.Field), ExampleRows: []int{},
			Message: shorten(p.Message), Hint: shorten(p.Hint), Line: strings.Clone(p.Line),
		}
		g.index[key] = group
		g.kinds[family]++
		g.list = append(g.list, group)
		return group
	}
	return nil // not reached: "other" always has a group
}

func (p Problem) family() string { return p.Code + "\x00" + p.Field + "\x00" }

// Kind returns the same text for problems that differ only in what the message quotes
// and in numbers.
func (p Problem) Kind() string { return p.family() + messageKind(p.Message) }

func shorten(text string) string {
	if len(text) > longestMessage {
		text = strings.ToValidUTF8(text[:longestMessage], "") + "..."
	}
	return strings.Clone(text)
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }

// messageKind returns a message without quoted texts, and with 0 for every number.
func messageKind(message string) string {
	if len(message) > longestMessage {
		message = message[:longestMessage]
	}
	var kind strings.Builder
	quoted, number := false, false
	for _, r := range message {
		switch {
		case r == '"':
			quoted = !quoted
		case quoted:
			continue
		case isDigit(r):
			if number {
				continue
			}
			r = '0'
		}
		number = r == '0'
		kind.WriteRune(r)
	}
	return kind.String()
}

// quotedValue returns what distinguishes a message from others of the same kind:
// the quoted text, or the first number with the word before, or "".
func quotedValue(message string) string {
	if _, rest, quoted := strings.Cut(message, `"`); quoted {
		if text, _, closed := strings.Cut(rest, `"`); closed {
			return shorten(`"` + text + `"`)
		}
	}
	at := strings.IndexFunc(message, isDigit)
	if at < 0 {
		return ""
	}
	end := at + strings.IndexFunc(message[at:]+" ", func(r rune) bool { return !isDigit(r) })
	word := strings.LastIndexAny(strings.TrimRight(message[:at], " "), " (") + 1
	return shorten(message[word:end])
}

// List returns the groups, the largest first.
func (g *Groups) List() []Group {
	list := make([]Group, 0, len(g.list))
	for _, group := range g.list {
		list = append(list, *group)
	}
	sortGroups(list)
	return list
}

// sortGroups sorts groups by count. Groups of equal count keep their order.
func sortGroups(list []Group) {
	slices.SortStableFunc(list, func(a, b Group) int { return cmp.Compare(b.Count, a.Count) })
}

// MergeGroups returns a group for each code and field.
func MergeGroups(list []Group) []Group {
	type family struct{ code, field string }
	index := make(map[family]int)
	merged := make([]Group, 0, len(list))
	for _, group := range list {
		key := family{group.Code, group.Field}
		i, found := index[key]
		if !found {
			index[key] = len(merged)
			group.ExampleRows = append([]int{}, group.ExampleRows...)
			merged = append(merged, group)
			continue
		}
		merged[i].Count += group.Count
		merged[i].ExampleRows = append(merged[i].ExampleRows, group.ExampleRows...)
	}
	for i := range merged {
		rows := merged[i].ExampleRows
		slices.Sort(rows)
		rows = slices.Compact(rows)
		merged[i].ExampleRows = rows[:min(len(rows), examples)]
	}
	sortGroups(merged)
	return merged
}
