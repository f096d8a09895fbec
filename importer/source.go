package importer

import (
	"fmt"
	"iter"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// Source is where the rows of a run come from: a roster, or a results file
// whose rows without a person are taken up again.
type Source struct {
	rows func() iter.Seq2[*sourceRow, error]
	cell func(line, column int) string // the name of a cell, such as "C17"
}

// sourceRow is one row on its way in. It is valid until the next one.
type sourceRow struct {
	number int // the roster's
	line   int // where it stands in the file it was read from
	cells  []string
	kinds  []mapping.Kind
	struck []bool   // which cells are struck through; nil where none is
	rare   *rareRow // nil for a row that is simply a person's
}

// rareRow is why a row need not be looked at any closer.
type rareRow struct {
	err        *fault.Error     // why it could not be read
	skipReason string           // why it is not a person's row
	kept       *outcome.Outcome // it was done with in an earlier run
}

// FromRoster takes the rows of a roster.
func FromRoster(r *roster.Reader) Source {
	width := len(r.Header())
	return Source{cell: r.Cell, rows: func() iter.Seq2[*sourceRow, error] {
		return func(yield func(*sourceRow, error) bool) {
			var row sourceRow
			for in, err := range r.Rows() {
				if err != nil {
					yield(nil, err)
					return
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
				if !yield(&row, nil) {
					return
				}
			}
		}
	}}
}

// surplus returns what is wrong with a CSV row that goes on behind the last
// heading, or nil if nothing stands there: a comma that should have been in
// quotes has moved every cell behind it under the next heading.
func surplus(r *roster.Reader, row *roster.Row, width int) *fault.Error {
	blank := func(cell string) bool { return strings.TrimSpace(cell) == "" }
	last := len(row.Cells)
	for last > width && blank(row.Cells[last-1]) {
		last--
	}
	if last == width {
		return nil
	}
	delimiter := r.Delimiter()
	switch delimiter {
	case ",":
		delimiter = "comma"
	case ";":
		delimiter = "semicolon"
	case "\t":
		delimiter = "tab"
	}
	return &fault.Error{
		Where: fault.Where{Cell: r.Cell(row.Number, width), Row: row.Number}, Code: roster.CodeTooManyCells,
		Message: fmt.Sprintf("the row has %d cells, and there are %d headings: is there a %s that should be in quotes?", last, width, delimiter),
		Fix:     "put the cell that it is part of in quotation marks, or give the last column a heading",
	}
}

// FromResults takes the rows of a results file. Those that have a person, and
// those that the mapping's filter left out, keep their outcome, also where the
// person's ID can't be read any more: what the spreadsheet has done to that number it may have
// done to the row's own ID, and whoever is sent by that is somebody else. A row that says it has
// a person, and not whom, is believed if the ledger knows, and else invalid.
func FromResults(r *results.Reader) Source {
	return Source{cell: r.Cell, rows: func() iter.Seq2[*sourceRow, error] {
		return func(yield func(*sourceRow, error) bool) {
			var row sourceRow
			var seen rowSet
			for in, err := range r.Rows() {
				if err != nil {
					yield(nil, err)
					return
				}
				row = sourceRow{number: in.Outcome.Row, line: in.Number, cells: in.Cells, kinds: appendKinds(row.kinds[:0], in.Kinds), struck: in.Struck}
				switch {
				case in.Err != nil && in.Err.Code == results.CodeRehearsal:
					yield(nil, in.Err)
					return
				case in.Outcome.Status.HasPerson() && in.Outcome.PersonID == 0 && row.number == 0:
					row.rare = &rareRow{err: in.Err} // nothing says who that would be
				case in.Outcome.Status.HasPerson() && (row.number == 0 || seen.add(row.number)):
					if in.Outcome.PersonID == 0 {
						in.Outcome.Problems = []outcome.Problem{lostPerson(in.Err)}
					}
					row.rare = &rareRow{kept: &in.Outcome} // whatever else became of its line
				case in.Outcome.Status.HasPerson():
					row.rare = &rareRow{err: twice(r, &in)}
				case in.Err != nil && in.Err.Code != results.CodePersonUnclear:
					row.rare = &rareRow{err: in.Err}
				case !seen.add(row.number):
					row.rare = &rareRow{err: twice(r, &in)}
				case in.Err == nil && !in.Outcome.Status.Retryable():
					row.rare = &rareRow{kept: &in.Outcome}
				}
				if !yield(&row, nil) {
					return
				}
			}
		}
	}}
}

// twice says that a line is of a row that another line above it is of.
func twice(r *results.Reader, in *results.Row) *fault.Error {
	return &fault.Error{
		Where: fault.Where{Cell: r.Cell(in.Number, 0), Row: in.Number}, Code: "row_twice",
		Message: fmt.Sprintf("row %d of the roster stands in this file twice", in.Outcome.Row),
		Fix:     "remove one of the two lines; a person who is not in the roster yet belongs in a roster of new people",
	}
}

// Sample returns the cells of the first n rows that are a person's.
func (s Source) Sample(n int) ([][]string, error) {
	var sample [][]string
	for row, err := range s.rows() {
		if err != nil {
			return nil, err
		}
		if row.rare != nil && row.rare.kept == nil {
			continue
		}
		if sample = append(sample, slices.Clone(row.cells)); len(sample) == n {
			break
		}
	}
	return sample, nil
}

// detailed reports that many of the first rows say more than a name, so that one
// which doesn't deserves a look. What can't be read is told when it is read.
func (s Source) detailed() bool {
	rows, _ := s.Sample(200)
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

// filled counts the cells in which something stands.
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

func appendKinds(dst []mapping.Kind, kinds []roster.Kind) []mapping.Kind {
	if kinds == nil {
		return nil
	}
	for _, k := range kinds {
		dst = append(dst, mapping.Kind(k))
	}
	return dst
}
