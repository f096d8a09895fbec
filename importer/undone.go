package importer

import (
	"context"
	"fmt"
	"slices"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/text"
)

// CodeUndone is the code of the note on rows that had a person until an undo.
const CodeUndone = "undone"

// undone is what undos of a project mean for a results file: rows with people who
// were taken off the project are imported again.
type undone struct {
	runs map[int64]string // the undo by the person
	rows map[int]string   // the undo by the row, if the row's person ID can't be read
}

// undonePeople returns the people that undos took off the project and no later run put
// back, with the ID of the undo.
func (p *part) undonePeople(ctx context.Context) (map[int64]string, error) {
	runs, err := p.Ledger.Runs(ctx, 0)
	if err != nil {
		return nil, fmt.Errorf("look up earlier undos: %w", err)
	}
	people := map[int64]string{}
	found := false
	for _, run := range slices.Backward(runs) { // the oldest first
		undo := run.Command == UndoCommand
		found = found || undo
		if !found || run.Scope != p.Scope {
			continue
		}
		for attempt, err := range p.Ledger.Attempts(ctx, run.ID) {
			switch {
			case err != nil:
				return nil, fmt.Errorf("look up the people of run %s: %w", run.ID, err)
			case undo && attempt.State == ledger.Removed:
				people[attempt.PersonID] = run.ID
			case attempt.State == ledger.Created:
				delete(people, attempt.PersonID)
			}
		}
	}
	return people, nil
}

// findUndone returns what undos of the project mean for a results file; nil if they mean
// nothing.
func (p *part) findUndone(ctx context.Context) (*undone, error) {
	people, err := p.undonePeople(ctx)
	if err != nil || len(people) == 0 {
		return nil, err
	}
	u := &undone{runs: people, rows: map[int]string{}}
	unreadable := func(o *outcome.Outcome) bool {
		return o.Status.HasPerson() && (o.PersonID == 0 || rounded(o.PersonID))
	}
	err = p.lookUpKept(ctx, unreadable, func(row claimedRow, e ledger.Entry) {
		if run := u.runs[e.PersonID]; run != "" && e.State == ledger.Removed {
			u.rows[row.number] = run
		}
	})
	return u, err
}

// reopen makes the rows of a results file whose people were taken off the project by
// an undo rows to import, and says so in a note for each undo.
func (p *part) reopen(ctx context.Context) (err error) {
	if p.Ledger == nil {
		return nil
	}
	u, err := p.findUndone(ctx)
	if err != nil || u == nil {
		return err
	}
	var groups outcome.Groups
	err = p.source.rows(func(row *sourceRow) error {
		if run, undone := u.of(row); undone {
			groups.Add(outcome.Problem{Code: CodeUndone, Field: run}, row.number)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, group := range groups.List() {
		p.emit(ColumnNoted{undoneNote(group)})
	}
	p.source.read = u.reopened(p.source.read)
	return nil
}

// undoneNote returns the note on the rows of an undo, which the group has as the field.
func undoneNote(group outcome.Group) outcome.Group {
	group.Message = fmt.Sprintf("%s of this file %s taken off the project by the undo %s; muster imports the rows again",
		text.Plural(group.Count, "person", "people"), text.Choose(group.Count, "was", "were"), group.Field)
	group.Hint = "people who are still in the company are put back on the project; to leave a person out, delete the line"
	group.Field = ""
	return group
}

// of reports whether an undo took the person of a row off the project, and returns
// the run of the undo.
func (u *undone) of(row *sourceRow) (run string, undone bool) {
	if !row.kept() || !row.rare.kept.Status.HasPerson() {
		return "", false
	}
	if run, undone = u.runs[row.rare.kept.PersonID]; !undone {
		run, undone = u.rows[row.number]
	}
	return run, undone
}

// reopened returns the rows of a source, with rows of people who were taken off the
// project as rows to import, which edits may change.
func (u *undone) reopened(read rowReader) rowReader {
	return func(visit func(*sourceRow) error) error {
		return read(func(row *sourceRow) error {
			if _, undone := u.of(row); undone {
				row.rare = nil
			}
			return visit(row)
		})
	}
}
