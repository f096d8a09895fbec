package importer

import (
	"context"
	"fmt"

	"muster/importer/outcome"
	"muster/mapping"
)

// CodeFiltered marks a row that the mapping's filter leaves out.
const CodeFiltered = "filtered"

// assessor decides what becomes of a row before anything is sent. It is not
// for concurrent use.
type assessor struct {
	mapper     *mapping.Mapper
	cell       func(line, column int) string
	namesakes  bool // two people may share a name
	index      *index
	columns    map[mapping.Field]int // where each field stands in the roster
	occurrence map[string]int        // how many of a repeated name have come by, where namesakes may be
	key        []byte
}

func newAssessor(j *Job, x *index) *assessor {
	return &assessor{
		mapper: j.Mapper.Clone(), cell: j.Source.cell, index: x,
		namesakes: j.AllowNamesakes, columns: j.columns(), occurrence: map[string]int{},
	}
}

// verdict is what the assessor makes of a row: a status if that is settled
// already, else a person to be created under a key.
type verdict struct {
	status   outcome.Status    // "" while the row is to be sent
	problems []outcome.Problem // of a row that is to be sent: remarks
	personID int64
	key      []byte // valid until the next row; nil if status is set
	namesake int    // which person of its name it is, from 1
}

// assess fills p from the row. The first pass over a roster claims the rows'
// keys; every later one finds each key where the first left it, so that all
// passes come to the same verdicts.
func (a *assessor) assess(row *sourceRow, p *mapping.Person) (verdict, error) {
	if row.rare != nil {
		return a.assessRare(row, p), nil
	}
	keep, err := a.mapper.Keep(row.cells)
	if err != nil {
		return verdict{}, fmt.Errorf("row %d: the mapping's \"where\": %w", row.number, err)
	}
	if !keep {
		return verdict{status: outcome.Skipped, problems: []outcome.Problem{{Code: CodeFiltered, Message: "left out by the mapping's \"where\""}}}, nil
	}
	if problems := a.mapper.Map(row.cells, row.kinds, p); len(problems) > 0 {
		return verdict{status: outcome.Invalid, problems: a.problems(row, problems)}, nil
	}
	return a.claim(row, p), nil
}

// assessRare is assess for a row that is no plain person's.
func (a *assessor) assessRare(row *sourceRow, p *mapping.Person) verdict {
	switch rare := row.rare; {
	case rare.kept != nil:
		a.claimKept(row, p)
		return verdict{status: rare.kept.Status, problems: rare.kept.Problems, personID: rare.kept.PersonID}
	case rare.damage != nil:
		return verdict{status: outcome.Invalid, problems: []outcome.Problem{{
			Code: rare.damage.Code, Cell: rare.damage.Cell, Message: rare.damage.Message, Hint: rare.damage.Fix,
		}}}
	default:
		return verdict{status: outcome.Skipped, problems: []outcome.Problem{{Code: "no_person", Message: rare.note}}}
	}
}

// kept reports whether an earlier run is done with the row.
func (r *sourceRow) kept() bool { return r.rare != nil && r.rare.kept != nil }

// claim finds out whether an earlier row has the key of p.
func (a *assessor) claim(row *sourceRow, p *mapping.Person) verdict {
	a.key = appendKey(a.key[:0], p, 1)
	kind := keyOf(p)
	first := a.index.add(a.key, row.number)
	remarks := a.remarks(row, p)
	if first == row.number {
		return verdict{key: a.key, namesake: 1, problems: remarks}
	}
	if kind == byName && a.namesakes {
		// The first row of a name counts 1 without being held here.
		n := max(a.occurrence[string(a.key)], 1) + 1
		a.occurrence[string(a.key)] = n
		a.key = appendKey(a.key[:0], p, n)
		return verdict{key: a.key, namesake: n, problems: remarks}
	}
	problem := outcome.Problem{
		Code:    "duplicate_row",
		Field:   string(mapping.OriginID),
		Message: fmt.Sprintf("the same %s as row %d", kind, first),
		Hint:    "keep one of the two rows, or correct the ID",
	}
	switch kind {
	case byOriginID:
	case byEmployeeID:
		problem.Field = string(mapping.EmployeeID)
		problem.Message = fmt.Sprintf("the same employee ID and last name as row %d", first)
	case byName:
		problem.Field = string(mapping.LastName)
		problem.Hint = "keep one of the two rows; if they are two people, give each an employee ID, or allow it with --allow-namesakes"
	}
	return verdict{status: outcome.Invalid, problems: []outcome.Problem{problem}}
}

// remarks says what of a row that will be sent is uncertain.
func (a *assessor) remarks(row *sourceRow, p *mapping.Person) []outcome.Problem {
	if !p.GuessedName {
		return nil
	}
	remark := outcome.Problem{
		Code:    "name_guessed",
		Field:   string(mapping.LastName),
		Message: fmt.Sprintf("the name was read as first name %q, last name %q", p.FirstName, p.LastName),
		Hint:    "if that is wrong, put first and last name in columns of their own",
	}
	if column, ok := a.columns[mapping.LastName]; ok {
		remark.Cell = a.cell(row.line, column)
	}
	return []outcome.Problem{remark}
}

// claimKept lets a row that has its person already keep its key, so that
// another row edited into the same person is found.
func (a *assessor) claimKept(row *sourceRow, p *mapping.Person) {
	if !row.rare.kept.Status.HasPerson() || len(a.mapper.Map(row.cells, row.kinds, p)) > 0 {
		return
	}
	a.claim(row, p)
}

func (a *assessor) problems(row *sourceRow, problems []mapping.Problem) []outcome.Problem {
	out := make([]outcome.Problem, len(problems))
	for i, p := range problems {
		out[i] = outcome.Problem{Code: p.Code, Field: string(p.Field), Message: p.Message, Hint: p.Hint}
		if p.Column >= 0 {
			out[i].Cell = a.cell(row.line, p.Column)
		}
	}
	return out
}

// columns returns where each field stands in the roster.
func (j *Job) columns() map[mapping.Field]int {
	columns := map[mapping.Field]int{}
	for _, m := range j.Mapper.Columns() {
		if m.Column >= 0 {
			columns[m.Field] = m.Column
		}
	}
	return columns
}

// Plan is what a run would do, found without sending anything.
type Plan struct {
	Rows    int            // all rows of the roster
	Create  int            // rows that would be sent
	Kept    outcome.Counts // rows that an earlier run is done with
	Skipped int
	Invalid int
	index   *index
}

// Memory returns the bytes that the plan takes: 15 to 23 for every row that
// would be sent.
func (p *Plan) Memory() int { return p.index.size() }

// Check reads the whole roster and finds every problem of every row, without
// sending anything. It calls each with every row that has problems or remarks,
// in the roster's order.
//
// The error is a *roster.Error where the roster can't be read, and otherwise
// ctx's or the mapping's.
func (j *Job) Check(ctx context.Context, each func(cells []string, o outcome.Outcome) error) (*Plan, error) {
	plan := &Plan{index: newIndex()}
	a := newAssessor(j, plan.index)
	var person mapping.Person
	for row, err := range j.Source.ahead() {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		person = mapping.Person{}
		v, err := a.assess(row, &person)
		if err != nil {
			return nil, err
		}
		plan.Rows++
		switch {
		case row.kept():
			plan.Kept.Add(v.status)
		case v.status == outcome.Invalid:
			plan.Invalid++
		case v.status == outcome.Skipped:
			plan.Skipped++
		default:
			plan.Create++
		}
		if each != nil {
			if err := each(row.cells, outcome.Outcome{Row: row.number, Status: v.status, PersonID: v.personID, Problems: v.problems}); err != nil {
				return nil, err
			}
		}
	}
	return plan, nil
}
