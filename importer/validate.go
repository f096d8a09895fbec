package importer

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/roster"
	"muster/mapping"
)

const (
	codeFiltered  = "filtered"      // the mapping's filter leaves the row out
	codeDuplicate = "duplicate_row" // an earlier row may be the same person
	codeNoPerson  = "no_person"     // the row does not read as a person
	codeNoPeople  = "no_people"     // no row of the roster reads as a person

	codeNullMarker = "null_marker" // a cell says in words that there is no value
)

// validator finds the problems of rows before a row is sent. A validator is not safe
// for concurrent use.
type validator struct {
	*part
	index      *index
	occurrence map[string]int // rows so far with a repeated name, if namesakes are allowed
}

// checked is a row with the result of validating it: a status, or none for a row that would
// be sent.
type checked struct {
	*sourceRow
	identity
	outcome outcome.Outcome // with notes, if the row would be sent
	claims  bool            // the row has a key, which an earlier row may have, too
}

func newValidator(p *part, v *partValidation) *validator {
	return &validator{part: p, index: v.index, occurrence: map[string]int{}}
}

// mapRow maps a row, and finds out whether the row has a key. mapRow only reads the
// validator, so several rows may be mapped at once.
func (a *validator) mapRow(one *checked) {
	if one.rare != nil {
		a.mapRareRow(one)
		return
	}
	keep, unclear := a.mapper.Keep(one.cells)
	switch {
	case unclear != nil:
		one.set(outcome.Invalid, a.problems(one.sourceRow, []mapping.Problem{*unclear})...)
	case !keep:
		one.set(outcome.Skipped, outcome.Problem{Code: codeFiltered, Message: "left out by the mapping's \"where\""})
	default:
		switch problems := a.mapper.Map(one.cells, one.kinds, &one.person); {
		case len(problems) == 0:
		case problems[0].Code == mapping.CodeNoPerson:
			one.set(outcome.Skipped, outcome.Problem{Code: codeNoPerson, Message: problems[0].Message})
			return
		default:
			one.set(outcome.Invalid, a.problems(one.sourceRow, problems)...)
			return
		}
		one.claims = true
		a.checkLostZeros(one)
	}
}

// mapRareRow gives a rare row an outcome. A row that has a person keeps a key, so that
// another row edited into the same person is found.
func (a *validator) mapRareRow(one *checked) {
	switch rare := one.rare; {
	case rare.kept != nil:
		one.set(rare.kept.Status, rare.kept.Problems...)
		one.outcome.PersonID = rare.kept.PersonID
		one.claims = rare.kept.Status.HasPerson() && len(a.mapper.Map(one.cells, one.kinds, &one.person)) == 0
	case rare.err != nil:
		one.set(outcome.Invalid, outcome.Problem{
			Code: rare.err.Code, Cell: rare.err.Where.Cell, Message: rare.err.Message, Hint: rare.err.Fix,
		})
	default:
		skipped := outcome.Problem{Code: cmp.Or(rare.skipCode, codeNoPerson), Message: rare.skipReason}
		if rare.skipReason == roster.SkipHidden {
			skipped.Hint = "to import it, show the row in the roster, and import the roster itself again"
		}
		one.set(outcome.Skipped, skipped)
	}
}

func (one *checked) set(s outcome.Status, problems ...outcome.Problem) {
	one.outcome.Status, one.outcome.Problems = s, problems
}

// kept reports whether an earlier run is done with the row.
func (r *sourceRow) kept() bool { return r.rare != nil && r.rare.kept != nil }

// checkDuplicate finds out whether an earlier row is the same person as this one.
func (a *validator) checkDuplicate(one *checked) {
	one.namesake = 1
	if keyOf(&one.person) == byName {
		a.checkName(one)
	} else {
		a.checkID(one)
	}
	if one.outcome.Status == "" {
		one.outcome.Problems = append(one.outcome.Problems, a.remarks(one)...)
	}
}

// checkName compares a row without an ID with the earlier rows of the name, and with all
// rows of the name that have an ID.
func (a *validator) checkName(one *checked) {
	key := personKey(&one.person, 1)
	first := a.index.addName(key, one.number, !a.AllowNamesakes)
	switch {
	case first == one.number:
	case a.AllowNamesakes:
		// The first row of a name has no entry, and counts 1.
		one.namesake = max(a.occurrence[string(key)], 1) + 1
		a.occurrence[string(key)] = one.namesake
	case one.kept():
	case a.mapper.SamePerson():
		one.set(outcome.Skipped, a.at(one.line, repeatedRow(mapping.LastName, first, false)))
	default:
		one.set(outcome.Invalid, a.at(one.line, outcome.Problem{
			Code: codeDuplicate, Field: string(mapping.LastName), Message: fmt.Sprintf("the same name as row %d", first),
			Hint: "keep one of the two rows; if they are two people, give each an employee ID, or allow it with --allow-namesakes; " +
				"if every repeated name is one person, say so in a mapping file with the line: repeats: same_person",
		}))
	}
}

// checkID compares a row that has an ID with the earlier rows of that ID. If people
// of different last names have one employee ID, the ID says nothing, and the full
// name decides.
func (a *validator) checkID(one *checked) {
	kind := keyOf(&one.person)
	first, repeats := a.index.addID(kind, &one.person, one.number)
	if kind == byOriginID && one.person.EmployeeID != "" {
		_, badge := a.index.addID(byEmployeeID, &one.person, one.number)
		one.sharedID = badge != nil && badge.shared
	}
	if repeats == nil {
		return
	}
	one.sharedID = one.sharedID || repeats.shared
	here, there := a.index.rowHash(kind, &one.person), repeats.first
	if repeats.shared {
		first = a.index.addShared(&one.person, one.number)
		there = here
	}
	problem := outcome.Problem{Code: codeDuplicate, Field: string(kind.field())}
	switch {
	case first == one.number, one.kept():
		return
	case !here.same(there.nameHash):
		problem.Message = fmt.Sprintf("the same %s as row %d, which has another name", kind, first)
		problem.Hint = "correct the ID or the name in one of the two rows"
	case here.id != there.id:
		problem.Message = fmt.Sprintf("the same name as row %d, and an %s that differs only in case, hyphens, blanks or leading zeros", first, kind)
		problem.Hint = "keep one of the two rows, or correct the ID"
	default:
		one.set(outcome.Skipped, a.at(one.line, repeatedRow(kind.field(), first, here.rest != there.rest)))
		return
	}
	one.set(outcome.Invalid, a.at(one.line, problem))
}

// repeatedRow says in a skipped row that an earlier row is the same person.
func repeatedRow(field mapping.Field, first int, differs bool) outcome.Problem {
	p := outcome.Problem{Code: "repeated_row", Field: string(field), Message: fmt.Sprintf("the same person as row %d", first)}
	if differs {
		p.Message += ", which says something else about the person; that row counts"
		p.Hint = fmt.Sprintf("if this row is right, delete row %d", first)
	}
	return p
}

// remarks returns the notes on a row that would be sent: doubts about the name.
func (a *validator) remarks(one *checked) []outcome.Problem {
	row, p := one.sourceRow, &one.person
	var remarks []outcome.Problem
	remark := func(message, hint string) {
		remarks = append(remarks, a.at(row.line, outcome.Problem{
			Code: "name_guessed", Field: string(mapping.LastName), Message: message, Hint: hint,
		}))
	}
	if a.detailed && filled(row.cells) == 1 {
		remark(fmt.Sprintf("the row holds only the name %q: is that a person?", strings.TrimSpace(strings.Join(row.cells, ""))),
			"if it is a section or a vacant position, delete the row; if it is a person, leave it")
	}
	switch {
	case p.LeftOut != "":
		remark(fmt.Sprintf("the name was read as first name %q, last name %q, without %s", p.FirstName, p.LastName, p.LeftOut),
			"if that is wrong, correct the name in the roster")
	case p.GuessedName && a.columns[mapping.FirstName] != a.columns[mapping.LastName]:
		remark(fmt.Sprintf("is %q the first name, and %q the last name?", p.FirstName, p.LastName),
			"if not, correct the two cells; if their headings are the wrong way round, rename them")
	case p.GuessedName:
		remark(fmt.Sprintf("the name was read as first name %q, last name %q", p.FirstName, p.LastName),
			"if that is wrong, put first and last name in columns of their own, or say in a mapping file which is in front: order: last_first or first_last")
	}
	return remarks
}

// at adds the cell of the field to a problem of a line.
func (p *part) at(line int, problem outcome.Problem) outcome.Problem {
	if column, ok := p.columns[mapping.Field(problem.Field)]; ok {
		problem.Cell = p.source.cell(line, column)
	}
	return problem
}

func (a *validator) problems(row *sourceRow, problems []mapping.Problem) []outcome.Problem {
	out := make([]outcome.Problem, len(problems))
	for i, p := range problems {
		out[i] = outcome.Problem{Code: p.Code, Field: string(p.Field), Message: p.Message, Hint: p.Hint}
		if p.Column >= 0 {
			out[i].Cell = a.source.cell(row.line, p.Column)
		}
		if p.Code == "formula_error" && p.Column >= 0 && p.Column < len(row.cells) && strings.HasPrefix(row.cells[p.Column], "=") {
			out[i].Message = fmt.Sprintf("the workbook holds no result of the formula %q", row.cells[p.Column])
			out[i].Hint = "open the workbook in a spreadsheet program and save it, so that the formula is worked out; or type the value"
		}
	}
	return out
}

// columnsOf returns the column of each field in the roster.
func columnsOf(mapper *mapping.Mapper) map[mapping.Field]int {
	columns := map[mapping.Field]int{}
	for _, m := range mapper.Columns() {
		if m.Column >= 0 {
			columns[m.Field] = m.Column
		}
	}
	return columns
}

// Validation counts what reading the whole roster once has found.
type Validation struct {
	Rows     int            // all rows of the roster
	Create   int            // rows that would be sent
	Kept     outcome.Counts // rows that an earlier run is done with
	Skipped  int
	Invalid  int
	NoPerson int // of those skipped, rows that do not read as a person
}

func (v *Validation) add(other *Validation) {
	v.Rows += other.Rows
	v.Create += other.Create
	v.Kept = v.Kept.Plus(other.Kept)
	v.Skipped += other.Skipped
	v.Invalid += other.Invalid
	v.NoPerson += other.NoPerson
}

// anyPeople returns an error if no row of the roster at path reads as a person.
func (v *Validation) anyPeople(path string) error {
	switch v.Rows {
	case 0:
		return fault.InFile(path, codeUsage, "there are no rows below the headings", "check the file; a sheet can be named with --sheet")
	case v.NoPerson:
		return fault.InFile(path, codeNoPeople, "no row below the headings reads as a person",
			"check that the headings are right, or name the sheet with --sheet or the row of the headings with --header-row; hidden rows have to be shown in the workbook")
	}
	return nil
}

// partValidation is what validation has found in a part, for the second pass over
// the rows.
type partValidation struct {
	Validation
	index  *index
	people *people // as the dry run listed them; nil until then

	namesakes map[string]int    // rows by the key of a repeated name, if namesakes are allowed
	kept      map[int64]bool    // people of kept rows who are known by the name alone
	left      map[int]*leftNote // by column
	sharedIDs outcome.Groups    // rows whose employee ID people of other last names have, too
	markers   outcome.Groups    // cells that say in words that they are empty
}

// validate reads all rows of the part and finds every problem of every row.
func (p *part) validate(ctx context.Context) error {
	if p.roster.Retry {
		if err := p.reopen(ctx); err != nil {
			return err
		}
		if err := p.findLostZeros(ctx); err != nil {
			return err
		}
		if err := p.verifyResults(ctx); err != nil {
			return err
		}
	}
	if err := p.checkRows(ctx); err != nil {
		return err
	}
	v := p.validation
	for _, column := range slices.Sorted(maps.Keys(v.left)) {
		p.emit(ColumnNoted{v.left[column].note(p.mapper, column)})
	}
	for _, note := range slices.Concat(v.sharedIDs.List(), v.markers.List()) {
		p.emit(ColumnNoted{note})
	}
	return nil
}

// checkRows checks all rows of the part: once more if several rows have one ID or some
// have none, and again if rows with and without an ID share a name.
func (p *part) checkRows(ctx context.Context) error {
	index := newIndex()
	v, err := p.validateRows(ctx, index)
	mixed := index.withID && index.withoutID && !p.AllowNamesakes
	if err == nil && (mixed || len(index.repeats) > 0) {
		index.again = true
		v, err = p.validateRows(ctx, index)
	}
	if err == nil && mixed && len(index.named) > 0 {
		v, err = p.validateRows(ctx, index)
	}
	if err != nil {
		return err
	}
	index.sealed = true
	p.validation = v
	return nil
}

// validateRows reads all rows of the part once.
func (p *part) validateRows(ctx context.Context, index *index) (*partValidation, error) {
	v := &partValidation{index: index, left: map[int]*leftNote{}, kept: map[int64]bool{}}
	a := newValidator(p, v)
	v.namesakes = a.occurrence
	for batch, err := range a.checkedRows(p.source) {
		if err = cmp.Or(err, context.Cause(ctx)); err != nil {
			return nil, err
		}
		for i := range batch {
			v.take(a, &batch[i])
		}
	}
	return v, nil
}

// take counts a row, and adds it to notes.
func (v *partValidation) take(a *validator, one *checked) {
	v.count(one)
	if one.outcome.Status == "" {
		v.noteLeft(a, one.sourceRow)
		v.noteMarkers(a, one.sourceRow)
	}
	if one.sharedID && !one.kept() {
		v.sharedIDs.Add(a.at(one.line, sharedID(one.person.EmployeeID)), one.number)
	}
	if one.kept() && one.claims && (a.AllowNamesakes && keyOf(&one.person) == byName || one.outcome.Has(codeNameOnly)) {
		v.kept[one.outcome.PersonID] = true
	}
}

// checkAgain checks all rows once more if the listed people show that IDs of a
// results file have lost leading zeros.
func (p *part) checkAgain(ctx context.Context, now *people) error {
	changed, err := p.compareWithProcore(now)
	if err != nil || !changed {
		return err
	}
	return p.checkRows(ctx)
}

func (v *Validation) count(one *checked) {
	v.Rows++
	switch {
	case one.kept():
		v.Kept.Add(one.outcome.Status, 1)
	case one.outcome.Status == outcome.Invalid:
		v.Invalid++
	case one.outcome.Status == outcome.Skipped:
		v.Skipped++
		if one.outcome.Problems[0].Code == codeNoPerson {
			v.NoPerson++
		}
	default:
		v.Create++
	}
}
