package importer

import (
	"context"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/mapping"
)

// CodeResultsShifted is the code of a results file whose outcomes stand beside
// other rows than their own.
const CodeResultsShifted = "results_shifted"

// Paired finds out whether the rows of a results file still stand beside their
// own outcomes. They don't after only some of the columns were sorted: then a
// row that has nobody yet would pass for one that is done with. It takes the ledger's
// word for who is whose: that a name was corrected, or that the ledger does not know
// somebody, proves nothing; that two lines have each other's people does.
//
// The error is a *fault.Error with [CodeResultsShifted].
func (j *Job) Paired(ctx context.Context) error {
	if j.Ledger == nil || j.API == nil || j.AllowNamesakes {
		return nil
	}
	mixed := mixedUp{job: j, wrong: map[int64]int{}, theirs: map[int64]bool{}}
	mapper := j.Mapper.Clone()
	var person mapping.Person
	for row, err := range j.Source.rows() {
		if err != nil {
			return err
		}
		if row.rare == nil || row.rare.kept == nil || row.rare.kept.PersonID == 0 || len(mapper.Map(row.cells, row.kinds, &person)) > 0 {
			continue
		}
		mixed.keys = append(mixed.keys, ledgerKey(j.Ledger, j.Scope, appendKey(nil, &person, 1)))
		mixed.lines = append(mixed.lines, saidLine{row.line, row.rare.kept.PersonID})
		if len(mixed.keys) == batch {
			if err := mixed.compare(ctx); err != nil {
				return err
			}
		}
	}
	if err := mixed.compare(ctx); err != nil {
		return err
	}
	first := mixed.first()
	if first == 0 {
		return nil
	}
	return &fault.Error{
		Where: fault.Where{File: j.Roster, Row: first}, Code: CodeResultsShifted,
		Message: "this row stands beside the outcome of another one, as after sorting only some of the columns; nothing was sent",
		Fix:     "sort back, or take the file whose name ends in .bak, and sort all columns together",
	}
}

// mixedUp finds lines of a results file that have each other's people.
type mixedUp struct {
	job    *Job
	keys   []ledger.Key   // of lines that are not compared yet
	lines  []saidLine     // those lines
	wrong  map[int64]int  // by the person whom a line says and the ledger does not: where it stands
	theirs map[int64]bool // whom the ledger says in such a line's place
}

// saidLine is a line of a results file, and the person whom it says.
type saidLine struct {
	line   int
	person int64
}

// compare looks the lines up in the ledger.
func (m *mixedUp) compare(ctx context.Context) error {
	entries := make([]ledger.Entry, len(m.keys))
	if err := m.job.Ledger.Lookup(ctx, m.keys, entries); err != nil {
		return err
	}
	for i, e := range entries {
		if said := m.lines[i]; e.State == ledger.Created && e.PersonID != said.person {
			m.wrong[said.person], m.theirs[e.PersonID] = said.line, true
		}
	}
	m.keys, m.lines = m.keys[:0], m.lines[:0]
	return nil
}

// first returns the first line that has the person of another one, 0 if none has.
func (m *mixedUp) first() int {
	first := 0
	for id, line := range m.wrong {
		if m.theirs[id] && (first == 0 || line < first) {
			first = line
		}
	}
	return first
}

// restore gives a line the person whom it has lost, as spreadsheets lose the
// last digits of long numbers: the one whom the ledger has under the line's own
// key, if it has one (nil: none). What was done to that number may have been
// done to the row's IDs, too: then it is the one whom a run created for that row
// of the same roster, unless the project's list has them under another name. Where
// nobody can be found, a line that has no number at all may have got its status by
// hand: it is not taken for done.
func (r *run) restore(work context.Context, it *item, key []byte) error {
	if key != nil && !r.AllowNamesakes {
		known, err := r.lookup(work, []ledger.Key{r.ledgerKey(key)})
		if err != nil {
			return err
		}
		if e := known[0]; e.State == ledger.Created {
			it.outcome.PersonID, it.outcome.Problems = e.PersonID, nil
			return nil
		}
	}
	if r.made == nil {
		r.made = map[int]int64{}
		if err := r.madeBefore(work); err != nil {
			return err
		}
	}
	if id := r.made[it.row]; id != 0 && !r.ofAnotherName(it, id, key) {
		it.outcome.PersonID, it.outcome.Problems = id, nil
	} else if p := it.outcome.Problems; len(p) > 0 && p[0].Code == results.CodePersonMissing {
		it.kept, it.outcome.Status = false, outcome.Invalid
		r.countErrors(1)
	}
	return nil
}

// ofAnotherName reports whether the project's list has somebody under another name
// than the line, which has one if it has a key.
func (r *run) ofAnotherName(it *item, id int64, key []byte) bool {
	if r.people == nil || key == nil {
		return false
	}
	p := r.people.person(id)
	return p != nil && p.name != r.people.name(it.person.FirstName, it.person.LastName)
}

// madeBefore collects whom runs created that wrote this run's results file, by
// their rows; of several people of a row, the latest. It goes back to the last
// import: before that one the roster was another, or its rows stood elsewhere.
func (r *run) madeBefore(work context.Context) error {
	if r.Ledger == nil {
		return nil
	}
	runs, err := r.Ledger.Runs(work, 0)
	if err != nil {
		return err
	}
	for _, one := range runs {
		if one.Scope != r.Scope || one.Results != r.record.Results {
			continue
		}
		for a, err := range r.Ledger.Attempts(work, one.ID) {
			if err != nil {
				return err
			}
			if a.State == ledger.Created && r.made[a.Row] == 0 {
				r.made[a.Row] = a.PersonID
			}
		}
		if one.Command == "import" {
			break
		}
	}
	return nil
}

// lostPerson says in a line why its person's ID can't be read any more.
func lostPerson(damage *fault.Error) outcome.Problem {
	if damage.Code == results.CodePersonMissing {
		return outcome.Problem{Code: damage.Code, Cell: damage.Where.Cell, Message: damage.Message, Hint: damage.Fix}
	}
	return outcome.Problem{
		Code: results.CodePersonUnclear, Message: "the person is there, and the number in import_person_id has lost digits",
		Hint: "nothing is sent for this row; the number stands in Procore's directory",
	}
}
