package roster

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	wording "muster/importer/text"
)

// sheetChoice is a sheet that may be the roster, with the row that is most likely the
// header.
type sheetChoice struct {
	*sheet
	headerCandidate
	people bool // there are rows below the header
	sample bool // the name says that the sheet shows how to fill in another
	left   bool // the name says that the people have left
}

func newSheetChoice(sh *sheet, o Options) sheetChoice {
	best, _ := bestHeader(sh.head, o)
	return sheetChoice{sh, best, best.known > 0 && sh.filled > best.index+1, containsWord("sample", sh.Name), containsWord("left", sh.Name)}
}

// rank returns how much a sheet looks like the roster.
func (c *sheetChoice) rank() int {
	rank := 2 * c.weight()
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

// namedSheet returns the sheet of a name. Case is ignored, as Excel ignores it.
func (r *Reader) namedSheet(name string) (*sheet, error) {
	var names []string
	for _, sh := range r.book.sheets {
		if strings.EqualFold(sh.Name, name) {
			return sh, nil
		}
		names = append(names, strconv.Quote(sh.Name))
	}
	return nil, r.source.fail(CodeSheetMissing, fmt.Sprintf("there is no sheet %q", name), "the sheets are "+strings.Join(names[:min(len(names), 20)], ", "), nil)
}
