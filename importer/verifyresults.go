package importer

import (
	"context"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/mapping"
)

// CodeResultsShifted is the code of a results file whose rows have the outcomes
// of other rows.
const CodeResultsShifted = "results_shifted"

// verifyResults checks that no row of a results file has the outcome of another
// row. After sorting only some of the columns, a row without a person would
// pass for a finished one. Two rows with each other's people, by the ledger,
// prove the shift; a corrected name, or a person that the ledger does not know,
// proves nothing.
//
// The error is a *fault.Error with [CodeResultsShifted].
func (p *part) verifyResults(ctx context.Context) error {
	if p.Ledger == nil || p.API == nil || p.AllowNamesakes {
		return nil
	}
	shift := shiftDetector{part: p, wrong: map[int64]int{}, theirs: map[int64]bool{}}
	mapper := p.mapper
	var person mapping.Person
	for row, err := range p.source.rows() {
		if err != nil {
			return err
		}
		if row.rare == nil || row.rare.kept == nil || row.rare.kept.PersonID == 0 || len(mapper.Map(row.cells, row.kinds, &person)) > 0 {
			continue
		}
		shift.keys = append(shift.keys, ledgerKey(p.Ledger, p.Scope, appendKey(nil, &person, 1)))
		shift.lines = append(shift.lines, claimedRow{row.line, row.rare.kept.PersonID})
		if len(shift.keys) == batchRows {
			if err := shift.compare(ctx); err != nil {
				return err
			}
		}
	}
	if err := shift.compare(ctx); err != nil {
		return err
	}
	first := shift.first()
	if first == 0 {
		return nil
	}
	return &fault.Error{
		Where: fault.Where{File: p.roster.Path, Row: first}, Code: CodeResultsShifted,
		Message: "this row has the outcome of another row, as after sorting only some of the columns; nothing was sent",
		Fix:     "sort back, or take the file whose name ends in .bak, and sort all columns together",
	}
}

// shiftDetector finds lines of a results file that have each other's people.
type shiftDetector struct {
	part   *part
	keys   []ledger.Key   // of rows that are not compared yet
	lines  []claimedRow   // the rows of keys
	wrong  map[int64]int  // rows by the person that the file gives a row and the ledger does not
	theirs map[int64]bool // people that the ledger gives these rows
}

// claimedRow is a row of a results file with the person of that file.
type claimedRow struct {
	line   int
	person int64
}

// compare looks the rows up in the ledger.
func (m *shiftDetector) compare(ctx context.Context) error {
	entries := make([]ledger.Entry, len(m.keys))
	if err := m.part.Ledger.Lookup(ctx, m.keys, entries); err != nil {
		return err
	}
	for i, e := range entries {
		switch said := m.lines[i]; {
		case ledgerRounded(e, said.person):
			m.part.zeros.evidence = true
		case e.State == ledger.Created && e.PersonID != said.person:
			m.wrong[said.person], m.theirs[e.PersonID] = said.line, true
		}
	}
	m.keys, m.lines = m.keys[:0], m.lines[:0]
	return nil
}

// first returns the first row that has the person of another row, or 0.
func (m *shiftDetector) first() int {
	first := 0
	for id, line := range m.wrong {
		if m.theirs[id] && (first == 0 || line < first) {
			first = line
		}
	}
	return first
}

// restorePerson finds the person of a finished row without a readable person ID:
// spreadsheets round long numbers. The ledger knows the person under the row's key; otherwise the
// row is invalid.
func (r *run) restorePerson(work context.Context, t *task) error {
	if t.person.LastName != "" && !r.AllowNamesakes {
		known, err := r.lookup(work, []ledger.Key{r.ledgerKey(appendKey(nil, &t.person, 1))})
		if err != nil {
			return err
		}
		if e := known[0]; e.State == ledger.Created {
			t.outcome.PersonID, t.outcome.Problems = e.PersonID, nil
			return nil
		}
	}
	if t.outcome.PersonID != 0 {
		return nil // the number ends in zeros, which may be right
	}
	t.origin, t.outcome.Status = fromRun, outcome.Invalid
	return nil
}

// lostPerson says in a row why the ID of the person can't be read any more.
func lostPerson(damage *fault.Error) outcome.Problem {
	if damage.Code == results.CodePersonMissing {
		return outcome.Problem{Code: damage.Code, Cell: damage.Where.Cell, Message: damage.Message, Hint: damage.Fix}
	}
	return outcome.Problem{
		Code: results.CodePersonUnclear, Message: "the number in import_person_id has lost digits, and the ledger does not know this person",
		Hint: "nothing was sent for this row; copy the number from the file whose name ends in .bak, or from Procore's directory",
	}
}
