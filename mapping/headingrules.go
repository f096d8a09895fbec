package mapping

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// meaning is what a heading stands for: the name of a section of
// words/headings.txt. "" is the meaning of an unknown heading.
type meaning string

// The meanings that the code asks for by name.
const (
	meansFirstName      meaning = "first_name"
	meansLastName       meaning = "last_name"
	meansFullName       meaning = "full_name"
	meansSecondLastName meaning = "second_last_name" // joined to the last name
	meansParticle       meaning = "particle"         // joined in front of the last name
	meansOther          meaning = "other"            // known, and no field
	meansAnyName        meaning = "name?"            // a whole name, or the half that is missing
	meansFirstNameWord  meaning = "first_name?"      // the same, rather the first name
	meansLastNameWord   meaning = "last_name?"       // the same, rather the last name
	meansWorker         meaning = "worker?"          // a name, an ID or a yes/no
	meansClass          meaning = "class?"           // a classification or a job title
	meansIDNumber       meaning = "id_number?"       // an ID, rather the employee ID
	meansBirthName      meaning = "birth_name?"      // a last name, if there is no other
)

// phase is when a heading is decided. Later phases look at what earlier phases
// leave.
type phase uint8

const (
	exactPhase  phase = iota // the heading names the field
	namePhase                // Name, Nombre, Nom: by the other name columns
	workerPhase              // Employee, Worker: by their cells and the names
	otherPhase
	classPhase // last, so that "Class" sees the job title
)

// rule says which fields a heading can feed, and which tests of the cells decide.
type rule struct {
	phase    phase
	fields   []Field // candidates, the first one first
	steps    []step  // the first step whose test holds decides; none: the column feeds nothing
	unclear  string  // what the heading can be, for the question to the user
	order    order
	inverted bool
	lookup   bool
}

// action is what a step does with a column.
type action uint8

const (
	feed      action = iota // feeds step.field, unless an ambiguous heading finds the field taken
	feedWhole               // feeds full_name, or is a question if the column beside it seems to hold the other half
	ignore                  // feeds nothing
	ask                     // is a question to the user
	withhold                // is never sent
)

// step is a test of a column's cells and the action that follows.
type step struct {
	test   func(*detector, *column) bool // nil: holds always
	action action
	field  Field
}

// certain returns the rule of a heading that names a field beyond doubt.
func certain(f Field) rule { return rule{fields: []Field{f}, steps: []step{{field: f}}} }

// rules is the table of the detector, by meaning. A meaning of headings.txt
// without a rule feeds nothing.
var rules = sync.OnceValue(func() map[meaning]rule {
	lastFirstName, twoSurnameName := certain(fullName), certain(fullName)
	lastFirstName.order, twoSurnameName.order = headingLastFirst, twoSurnames
	trade, tradeID := certain(WorkClassification), certain(WorkClassification)
	trade.lookup = true
	const firm = "a yes/no or the name of a firm"
	return map[meaning]rule{
		meansFirstName:           certain(FirstName),
		meansLastName:            certain(LastName),
		"full_name_last_first":   lastFirstName,
		"full_name_two_surnames": twoSurnameName,
		"employee_id":            certain(EmployeeID),
		"origin_id":              certain(OriginID),
		"classification":         trade,
		"classification_id":      tradeID,
		meansFullName:            {fields: []Field{fullName}, steps: []step{{action: feedWhole, field: fullName}}},
		"job_title": {
			fields: []Field{JobTitle}, unclear: "a job title or the name of a job",
			steps: []step{{nearlyAllCells(isTitle), ignore, ""}, {isJobName, ask, ""}, {field: JobTitle}},
		},
		"is_employee": {
			fields: []Field{IsEmployee}, unclear: "a yes/no, but no cell says yes or no",
			steps: []step{{some(isWorkerKind, 0), feed, ""}, {areKinds, ask, ""}, {nil, feed, ""}},
		},
		"no_employee": {
			fields: []Field{IsEmployee}, inverted: true, unclear: firm,
			steps: []step{{test: noCells}, {test: nearlyAllCells(isAnswer)}, {some(isAnswer, 0), ask, ""}},
		},
		"kind_of_worker": {
			fields: []Field{IsEmployee}, unclear: "the employee column (yes or no), but not every cell says yes or no",
			steps: []step{{test: noCells}, {test: nearlyAllCells(isWorkerKind)}, {some(isWorkerKind, 0), ask, ""}, {areKinds, ask, ""}},
		},
		meansAnyName:       {phase: namePhase, fields: []Field{fullName}},
		meansFirstNameWord: {phase: namePhase, fields: []Field{fullName}},
		meansLastNameWord:  {phase: namePhase, fields: []Field{fullName}},
		meansWorker: {
			phase: workerPhase, fields: []Field{fullName, EmployeeID, IsEmployee}, unclear: "a name, an employee ID or a yes/no, and its cells don't say which",
			steps: []step{
				{areAnswers, feed, IsEmployee},
				{nearlyAllCells(looksLikeID), feed, EmployeeID},
				{nearlyAllCells(looksLikeName), feed, fullName},
				{namesTaken, ignore, ""},
				{mayBeCell, ignore, ""},
				{nil, ask, ""},
			},
		},
		"title?": {
			phase: otherPhase, fields: []Field{JobTitle},
			steps: []step{{taken(JobTitle), ignore, ""}, {noCells, feed, JobTitle}, {nearlyAllCells(isWords), feed, JobTitle}, {nil, ignore, ""}},
		},
		"call_name?":   insteadOf(FirstName, workerPhase),
		"initials?":    insteadOf(FirstName, otherPhase),
		meansBirthName: insteadOf(LastName, workerPhase),
		"job?": {
			phase: otherPhase, fields: []Field{JobTitle}, unclear: "a job title or the number of a job, and its cells don't say which",
			steps: []step{{taken(JobTitle), ignore, ""}, {nearlyAllCells(hasDigit), ignore, ""}, {nearlyAllCells(isWords), feed, JobTitle}, {nil, ask, ""}},
		},
		"type?": {
			phase: otherPhase, fields: []Field{IsEmployee}, unclear: "the employee column (yes or no), but not every cell says yes or no",
			steps: []step{{taken(IsEmployee), ignore, ""}, {nearlyAllCells(isWorkerKind), feed, IsEmployee}, {some(isWorkerKind, 0), ask, ""}, {areCodes, ask, ""}},
		},
		"firm?": {
			phase: otherPhase, fields: []Field{IsEmployee}, inverted: true, unclear: firm,
			steps: []step{{taken(IsEmployee), ignore, ""}, {nearlyAllCells(isAnswer), feed, IsEmployee}, {some(isAnswer, 0.2), ask, ""}},
		},
		"id?":         idRule(ask),
		meansIDNumber: idRule(feed),
		meansClass: {
			phase: classPhase, fields: []Field{JobTitle, WorkClassification}, lookup: true,
			unclear: "a job title or a work classification, and its cells don't say which",
			steps: []step{
				{classTaken, ignore, ""},
				{classIsTitle, feed, JobTitle},
				{classIsKnown, feed, WorkClassification},
				{ranksAreTitles, feed, JobTitle},
				{classIsTrade, feed, WorkClassification},
				{nil, ask, ""},
			},
		},
	}
})

// insteadOf returns the rule of a name that counts only if a roster has no other column
// for the field.
func insteadOf(f Field, p phase) rule {
	return rule{phase: p, fields: []Field{f}, steps: []step{{namesTaken, ignore, ""}, {taken(f), ignore, ""}, {nil, feed, f}}}
}

// idRule returns the rule of ID and ID No. A running number is no ID, a UUID comes
// from another system, nine digits are a government ID. Otherwise "ID No" on
// a crew list is the badge; plain "ID" is a question.
func idRule(otherwise action) rule {
	return rule{
		phase: otherPhase, fields: []Field{EmployeeID, OriginID},
		unclear: "an employee ID, an ID of another system or a government ID, and its cells don't say which",
		steps: []step{
			{func(_ *detector, c *column) bool { return isRunning(c.cells) }, ignore, ""},
			{func(d *detector, c *column) bool { return len(c.cells) == 0 && d.taken(EmployeeID) }, ignore, ""},
			{nearlyAllCells(uuid.MatchString), feed, OriginID},
			{taken(EmployeeID), ignore, ""},
			{nearlyAllCells(nineDigits.MatchString), withhold, ""},
			{nearlyAllCells(looksLikeID), otherwise, EmployeeID},
			{nil, ask, ""},
		},
	}
}

// nearlyAllCells returns the test whether nearly all cells of a column pass.
func nearlyAllCells(test func(string) bool) func(*detector, *column) bool {
	return func(_ *detector, c *column) bool { return nearlyAll(c.cells, test) }
}

// some returns the test whether more than a share of a column's cells pass.
func some(test func(string) bool, above float64) func(*detector, *column) bool {
	return func(_ *detector, c *column) bool { return share(c.cells, test) > above }
}

// taken returns the test whether a field has a column already.
func taken(f Field) func(*detector, *column) bool {
	return func(d *detector, _ *column) bool { return d.taken(f) }
}

// The words of headings that tell jobs and job titles apart.
var (
	jobNames   = wordSet("headings", "name of a job", headingKey)
	jobNumbers = wordSet("headings", "number of a job", headingKey)
	titleParts = wordSet("headings", "part of a title", exactly)
)

// isJobName tests whether Job Name is beside the number of a job.
func isJobName(d *detector, c *column) bool {
	return jobNames()[headingKey(c.heading)] && slices.ContainsFunc(d.columns, func(other *column) bool {
		return jobNumbers()[headingKey(other.heading)]
	})
}

func noCells(_ *detector, c *column) bool { return len(c.cells) == 0 }

// areAnswers tests whether cells are yes and no, and repeat as yes and no do; 1, 2,
// 3 don't.
func areAnswers(_ *detector, c *column) bool {
	return nearlyAll(c.cells, isAnswer) && (len(c.cells) < 3 || distinct(c.cells, exactly) < len(c.cells))
}

// areKinds tests whether cells are few different words.
func areKinds(_ *detector, c *column) bool {
	kinds := distinct(c.cells, tableKey)
	return kinds > 0 && kinds < mostValues && nearlyAll(c.cells, isWords)
}

// distinct counts the different keys of cells.
func distinct(cells []string, key func(string) string) int {
	keys := make(map[string]bool)
	for _, cell := range cells {
		keys[key(cell)] = true
	}
	return len(keys)
}

// areCodes tests whether cells are few different words of a letter or two.
func areCodes(d *detector, c *column) bool {
	return areKinds(d, c) && nearlyAll(c.cells, func(s string) bool { return utf8.RuneCountInString(s) <= 2 })
}

func namesTaken(d *detector, _ *column) bool {
	return d.taken(FirstName) && d.taken(LastName) || d.taken(fullName)
}

// mayBeCell tests whether a heading such as "Laborer" may be a cell of a roster
// without a header.
func mayBeCell(_ *detector, c *column) bool { return !Heading(c.heading) }

// mayBeTitle tests whether a heading such as Title / Class can name a job title.
// "Class" beside a craft can't for certain.
func mayBeTitle(d *detector, c *column) bool {
	if d.taken(JobTitle) {
		return false
	}
	key := headingKey(c.heading)
	for part := range titleParts() {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

func classTaken(d *detector, c *column) bool { return d.taken(WorkClassification) && !mayBeTitle(d, c) }

func classIsTitle(d *detector, c *column) bool {
	return d.taken(WorkClassification) && nearlyAll(c.cells, hasLetter)
}

// classIsKnown tests whether the project has the classifications of the cells.
func classIsKnown(d *detector, c *column) bool {
	return !d.taken(WorkClassification) && d.knownClasses(c) >= 0.8
}

// ranksAreTitles tests whether the cells can only be job titles.
func ranksAreTitles(d *detector, c *column) bool {
	return !d.taken(WorkClassification) && mayBeTitle(d, c) && len(c.cells) > 0 &&
		(d.classes != nil && d.knownClasses(c) == 0 || nearlyAll(c.cells, isRank))
}

// classIsTrade tests whether the cells are words that can only be trades.
func classIsTrade(d *detector, c *column) bool {
	return !d.taken(WorkClassification) && !mayBeTitle(d, c) && d.classes == nil && nearlyAll(c.cells, hasLetter) && !nearlyAll(c.cells, isRank)
}

func (d *detector) knownClasses(c *column) float64 {
	return share(c.cells, func(s string) bool { return d.classes != nil && len(d.classes.find(s)) > 0 })
}

// nearlyAll reports whether nearly all cells pass a test, and there are some: rosters
// have section rows and totals.
func nearlyAll(cells []string, test func(string) bool) bool { return share(cells, test) >= 0.8 }

// share returns the part of the cells that pass a test, 0 for no cells.
func share(cells []string, test func(string) bool) float64 {
	if len(cells) == 0 {
		return 0
	}
	n := 0
	for _, c := range cells {
		if test(c) {
			n++
		}
	}
	return float64(n) / float64(len(cells))
}

func isSeveralWords(cell string) bool { return strings.ContainsAny(cell, " ,") }

func isWords(cell string) bool { return hasLetter(cell) && !hasDigit(cell) }

// looksLikeName tests for two words or more, or a comma, and no digit.
func looksLikeName(cell string) bool { return isSeveralWords(cell) && isWords(cell) }

// looksLikeID tests for a single word with a digit.
func looksLikeID(cell string) bool {
	return hasDigit(cell) && !strings.Contains(cell, " ") && len(cell) <= 40
}

// isRunning reports whether cells count 1, 2, 3.
func isRunning(cells []string) bool {
	for i, c := range cells {
		if n, ok := wholeNumber(c); !ok || n != int64(i+1) {
			return false
		}
	}
	return len(cells) > 1 && len(cells[0]) <= 3
}

// The shapes of IDs.
var (
	uuid       = regexp.MustCompile(`^\{?[[:xdigit:]]{8}(?:-[[:xdigit:]]{4}){3}-[[:xdigit:]]{12}\}?$`)
	nineDigits = regexp.MustCompile(`^\d{9}$`)
)

var rankWords = wordSet("occupations", "rank", Fold)

// isRank reports whether a cell is a rank on site and no trade.
func isRank(cell string) bool {
	return slices.ContainsFunc(strings.Fields(Fold(cell)), func(w string) bool { return rankWords()[w] })
}
