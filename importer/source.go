package importer

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// rowSource yields the rows of a roster or of a results file.
type rowSource struct {
	read  rowReader                     // without the edits
	cell  func(line, column int) string // the name of a cell, such as "C17"
	edits Edits
}

// rows reads the rows with the edits.
func (s rowSource) rows(visit func(*sourceRow) error) error {
	return s.read(func(row *sourceRow) error { return visit(s.edits.apply(row)) })
}

// rowReader reads rows from the first on, and calls visit with each. The first error, of
// visit or of reading, ends the reading.
type rowReader func(visit func(*sourceRow) error) error

// sourceRow is a row that was read. It is valid until the next row.
type sourceRow struct {
	number  int // in the roster
	line    int // in the file that was read
	cells   []string
	kinds   []mapping.Kind
	struck  []bool   // which cells are struck through; nil if no cell is
	rare    *rareRow // nil for the row of a person
	earlier string   // the code of the row in a results file
}

// rareRow says why a row is not mapped and checked.
type rareRow struct {
	err        *fault.Error     // why the row could not be read
	skipReason string           // why the row is no person's
	skipCode   string           // "" for codeNoPerson
	kept       *outcome.Outcome // the outcome of an earlier run, which stays
}

// readRoster returns the rows of a roster.
func readRoster(r *roster.Reader) rowSource {
	width := len(r.Header())
	return rowSource{cell: r.Cell, read: func(visit func(*sourceRow) error) error {
		var row sourceRow
		for in, err := range r.Rows() {
			if err != nil {
				return err
			}
			row.number, row.line, row.cells, row.rare = in.Number, in.Number, in.Cells, nil
			row.kinds, row.struck = appendKinds(row.kinds[:0], in.Kinds), in.Struck
			switch {
			case in.Err != nil || in.SkipReason != "":
				row.rare = &rareRow{err: in.Err, skipReason: in.SkipReason}
			case r.Format() == roster.CSV && len(in.Cells) > width:
				if damage := surplus(r, &in, width); damage != nil {
					row.rare = &rareRow{err: damage}
				}
			}
			if err := visit(&row); err != nil {
				return err
			}
		}
		return nil
	}}
}

// surplus returns the problem of a CSV row with cells behind the last heading, or nil
// if these cells are empty. A comma that should have been in quotes moves every later
// cell under the next heading.
func surplus(r *roster.Reader, row *roster.Row, width int) *fault.Error {
	blank := func(cell string) bool { return strings.TrimSpace(cell) == "" }
	last := len(row.Cells)
	for last > width && blank(row.Cells[last-1]) {
		last--
	}
	if last == width {
		return nil
	}
	words := map[string]string{",": "comma", ";": "semicolon", "\t": "tab"}
	delimiter := cmp.Or(words[r.Delimiter()], r.Delimiter())
	return &fault.Error{
		Where: fault.Where{Cell: r.Cell(row.Number, width), Row: row.Number}, Code: roster.CodeTooManyCells,
		Message: fmt.Sprintf("the row has %d cells, and there are %d headings: is there a %s that should be in quotes?", last, width, delimiter),
		Fix:     "put the cell that it is part of in quotation marks, or give the last column a heading",
	}
}

// readResults returns the rows of a results file.
func readResults(r *results.Reader) rowSource {
	return rowSource{cell: r.Cell, read: func(visit func(*sourceRow) error) error {
		var row sourceRow
		var seen rowSet
		for in, err := range r.Rows() {
			if err == nil && in.Err != nil && in.Err.Code == results.CodeRehearsal {
				err = in.Err
			}
			if err != nil {
				return err
			}
			row = sourceRow{number: in.Outcome.Row, line: in.Number, cells: in.Cells, kinds: appendKinds(row.kinds[:0], in.Kinds), struck: in.Struck}
			if len(in.Outcome.Problems) > 0 {
				row.earlier = in.Outcome.Problems[0].Code
			}
			row.rare = rareResult(r, &in, &seen)
			if err := visit(&row); err != nil {
				return err
			}
		}
		return nil
	}}
}

// rareResult returns why a row of a results file is not imported, or nil. Rows with a
// person and filtered rows keep their outcome. So do rows whose person ID can't be read
// any more: a spreadsheet that has rounded this number may have rounded the row's own ID,
// too, and another person would be sent. The ledger may know the person by the row's key.
func rareResult(r *results.Reader, in *results.Row, seen *rowSet) *rareRow {
	hasPerson, number := in.Outcome.Status.HasPerson(), in.Outcome.Row
	switch {
	case hasPerson && in.Outcome.PersonID == 0 && number == 0:
		return &rareRow{err: in.Err} // nothing says which person that would be
	case !hasPerson && in.Err != nil && in.Err.Code != results.CodePersonUnclear:
		return &rareRow{err: in.Err}
	case (!hasPerson || number != 0) && !seen.add(number):
		return &rareRow{err: twice(r, in)}
	case hasPerson && in.Outcome.PersonID == 0:
		in.Outcome.Problems = []outcome.Problem{lostPerson(in.Err)}
		return &rareRow{kept: &in.Outcome}
	case hasPerson, in.Err == nil && !in.Outcome.Status.Retryable():
		return &rareRow{kept: &in.Outcome}
	}
	return nil
}

// twice returns the problem of a second line for a row.
func twice(r *results.Reader, in *results.Row) *fault.Error {
	return &fault.Error{
		Where: fault.Where{Cell: r.Cell(in.Number, 0), Row: in.Number}, Code: "row_twice",
		Message: fmt.Sprintf("row %d of the roster is in this file twice", in.Outcome.Row),
		Fix:     "remove one of the two lines; a person who is not in the roster yet belongs in a roster of new people",
	}
}

// errEnough ends a reading before the last row.
var errEnough = errors.New("no further row is needed")

// sample returns the cells of the first n rows of people.
func (s rowSource) sample(n int) (sample [][]string, err error) {
	err = s.rows(func(row *sourceRow) error {
		if row.rare == nil || row.kept() {
			sample = append(sample, slices.Clone(row.cells))
		}
		if len(sample) == n {
			return errEnough
		}
		return nil
	})
	if err != nil && !errors.Is(err, errEnough) {
		return nil, err
	}
	return sample, nil
}

// detailed reports whether most of the first rows hold more than a name, so that a
// row with only a name is worth a note.
func (s rowSource) detailed() bool {
	rows, _ := s.sample(200) // validation reports what can't be read
	bare, full := 0, 0
	for _, cells := range rows {
		if filled(cells) > 1 {
			full++
		} else {
			bare++
		}
	}
	return 2*full >= bare && full > 0
}

// filled counts the cells that are not blank.
func filled(cells []string) int {
	n := 0
	for _, cell := range cells {
		if cell != "" && strings.TrimSpace(cell) != "" {
			n++
		}
	}
	return n
}

// rowSet is a set of row numbers, a bit each.
type rowSet []uint64

// add reports whether the set did not have n yet.
func (s *rowSet) add(n int) bool {
	at, bit := n/64, uint64(1)<<(n%64)
	for at >= len(*s) {
		*s = append(*s, make([]uint64, max(at+1-len(*s), 64))...)
	}
	fresh := (*s)[at]&bit == 0
	(*s)[at] |= bit
	return fresh
}

// has reports whether the set has n.
func (s rowSet) has(n int) bool { return n/64 < len(s) && s[n/64]&(1<<(n%64)) != 0 }

func appendKinds(dst []mapping.Kind, kinds []roster.Kind) []mapping.Kind {
	if kinds == nil {
		return nil
	}
	for _, k := range kinds {
		dst = append(dst, mapping.Kind(k))
	}
	return dst
}
