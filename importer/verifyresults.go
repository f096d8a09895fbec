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
	wrong := map[int64]int{}   // rows by the person that the file gives a row and the ledger does not
	theirs := map[int64]bool{} // people that the ledger gives these rows
	hasID := func(o *outcome.Outcome) bool { return o.PersonID != 0 }
	err := p.lookUpKept(ctx, hasID, func(row claimedRow, e ledger.Entry) {
		switch {
		case ledgerRounded(e, row.person):
			p.zeros.evidence = true
		case e.State == ledger.Created && e.PersonID != row.person:
			wrong[row.person], theirs[e.PersonID] = row.line, true
		}
	})
	if err != nil {
		return err
	}
	first := 0
	for id, line := range wrong {
		if theirs[id] && (first == 0 || line < first) {
			first = line
		}
	}
	if first == 0 {
		return nil
	}
	return &fault.Error{
		Where: fault.Where{File: p.roster.Path, Row: first}, Code: CodeResultsShifted,
		Message: "this row has the outcome of another row, as after sorting only some of the columns; nothing was sent",
		Fix:     "sort back, or take the file whose name ends in .bak, and sort all columns together",
	}
}

// claimedRow is a row of a results file with the person of that file.
type claimedRow struct {
	number, line int
	person       int64
}

// lookUpKept looks finished rows of a results file up in the ledger, and calls each
// with every row that has a key.
func (p *part) lookUpKept(ctx context.Context, want func(*outcome.Outcome) bool, each func(claimedRow, ledger.Entry)) error {
	var keys []ledger.Key
	var rows []claimedRow
	compare := func() error {
		entries, err := p.Ledger.Lookup(ctx, keys)
		for i, e := range entries {
			each(rows[i], e)
		}
		keys, rows = keys[:0], rows[:0]
		return err
	}
	var person mapping.Person
	err := p.source.rows(func(row *sourceRow) error {
		if !row.kept() || !want(row.rare.kept) || len(p.mapper.Map(row.cells, row.kinds, &person)) > 0 {
			return nil
		}
		keys = append(keys, ledgerKey(p.Ledger, p.Scope, personKey(&person, 1)))
		rows = append(rows, claimedRow{row.number, row.line, row.rare.kept.PersonID})
		if len(keys) == batchRows {
			return compare()
		}
		return nil
	})
	if err != nil {
		return err
	}
	return compare()
}

// restorePerson finds the person of a finished row without a readable person ID:
// spreadsheets round long numbers. The ledger knows the person under the row's key; otherwise the
// row is invalid.
func (r *run) restorePerson(work context.Context, t *task) error {
	if t.person.LastName != "" && !r.AllowNamesakes {
		known, err := r.lookup(work, []ledger.Key{r.ledgerKey(personKey(&t.person, 1))})
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
		Hint: "nothing was sent for this row; copy the number from Procore's directory, or from a copy of the results that no spreadsheet has saved",
	}
}
