package roster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	wording "muster/importer/text"
)

// sheetChoice is a sheet that may be the roster.
type sheetChoice struct {
	*sheet
	known  int  // headings in the header row
	names  bool // a heading of the row is a heading of names
	people bool // there are rows below the header
	sample bool // the name says that the sheet shows how to fill in another
	left   bool // the name says that the people have left
}

func newSheetChoice(sh *sheet, o Options) sheetChoice {
	c := sheetChoice{sheet: sh, sample: containsWord("sample", sh.Name), left: containsWord("left", sh.Name)}
	best, _ := bestHeader(sh.head, o)
	i, known := best.index, best.known
	c.names = best.names
	if o.HeaderRow > 0 {
		i = slices.IndexFunc(sh.head, func(h headRow) bool { return h.Number == o.HeaderRow })
		if i >= 0 {
			known = sh.head[i].headings(o.Heading)
		}
	}
	if i >= 0 {
		c.known, c.people = known, sh.filled > i+1
	}
	return c
}

// rank returns how much a sheet looks like the roster.
func (c *sheetChoice) rank() int {
	rank := 4 * c.known
	if c.names {
		rank += 8
	}
	if c.sample || c.left {
		rank /= 2
	}
	if c.people {
		rank++
	}
	return rank
}

// chooseSheet returns the sheet that the user names, or else the visible sheet with the
// most headings, of which names count most. Two sheets of people that look alike are refused, so that half a crew is
// not imported without a word.
func (r *Reader) chooseSheet(o Options) (*sheet, error) {
	if o.Sheet != "" {
		return r.namedSheet(o.Sheet)
	}
	var choices []sheetChoice
	for _, sh := range r.book.sheets {
		if !sh.Hidden {
			choices = append(choices, newSheetChoice(sh, o))
		}
	}
	if hidden := len(r.book.sheets) - len(choices); hidden > 0 {
		r.remark(wording.Plural(hidden, "hidden sheet was", "hidden sheets were") + " not looked at (name one by --sheet to read it)")
	}
	if len(choices) == 0 {
		return nil, r.source.fail(CodeSheetMissing, "the workbook has no visible sheet of cells", "show the sheet with the people, or name it by --sheet", nil)
	}
	slices.SortStableFunc(choices, func(a, b sheetChoice) int { return b.rank() - a.rank() })
	best := choices[0]
	if best.known == 0 {
		return r.firstFilledSheet(choices)
	}
	for _, other := range choices[1:] {
		switch {
		case other.sample, best.sample, !other.people, other.known < 2:
		case other.known == best.known && other.names == best.names:
			return nil, r.source.fail(CodeSheetAmbiguous, fmt.Sprintf("the sheets %q and %q both look like rosters", best.Name, other.Name),
				fmt.Sprintf("name the one to read, such as --sheet %q, and run once for each", best.Name), nil)
		default:
			r.remark(fmt.Sprintf("the sheet %q has headings too and is not read", other.Name))
		}
	}
	if best.left {
		r.remark(fmt.Sprintf("by its name the sheet %q lists people who have left: check that you want to import them", best.Name))
	}
	return best.sheet, nil
}

// firstFilledSheet returns the first sheet that holds anything, so that an error can show
// rows of the sheet.
func (r *Reader) firstFilledSheet(choices []sheetChoice) (*sheet, error) {
	for _, c := range choices {
		if c.filled > 0 {
			return c.sheet, nil
		}
	}
	e := r.empty()
	e.Message = "the workbook holds no cells"
	return nil, e
}

// namedSheet returns the sheet of a name. Case and blanks around the name are ignored if
// no sheet has exactly this name.
func (r *Reader) namedSheet(name string) (*sheet, error) {
	var names []string
	var found *sheet
	for _, sh := range r.book.sheets {
		if sh.Name == name {
			return sh, nil
		}
		if found == nil && strings.EqualFold(strings.TrimSpace(sh.Name), strings.TrimSpace(name)) {
			found = sh
		}
		names = append(names, strconv.Quote(sh.Name))
	}
	if found != nil {
		return found, nil
	}
	return nil, r.source.fail(CodeSheetMissing, fmt.Sprintf("there is no sheet %q", name), "the sheets are "+strings.Join(names[:min(len(names), 20)], ", "), nil)
}
