package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/text"
	"muster/mapping"
)

// sampleRows is how many rows tell what an ambiguous heading means.
const sampleRows = 50

// usedMapping is the mapping file or saved mapping that applies to a roster.
type usedMapping struct {
	file      *mapping.File // nil: the headings decide
	content   []byte        // of file
	confirmed time.Time     // when a person confirmed a saved mapping
}

// Questions returns the questions that the headings leave open, and the question what
// repeated names are. A mapping file or a saved mapping answers all.
func (r *Roster) Questions() ([]mapping.Question, error) {
	if r.used.file != nil {
		return nil, nil
	}
	detection, err := r.detect(mapping.Options{})
	if err != nil {
		return nil, err
	}
	questions := detection.Questions()
	if r.repeats = r.repeatedNames(detection); r.repeats > 0 {
		questions = append(questions, repeatsQuestion(r.repeats))
	}
	return questions, nil
}

// repeatedNames counts the rows of the sample that have no ID and the name of another row:
// of an earlier row, or of a row with an ID. The count is 0 while the columns of the names are in doubt.
func (r *Roster) repeatedNames(detection *mapping.Detection) int {
	mapper, err := detection.Mapper()
	if err != nil {
		return 0
	}
	sample, err := r.FirstRows(sampleRows)
	if err != nil {
		return 0
	}
	repeated := 0
	withID, without := map[string]bool{}, map[string]int{}
	for _, cells := range sample {
		var p mapping.Person
		if len(mapper.Map(cells, nil, &p)) > 0 {
			continue
		}
		name := foldName(p.FirstName, p.LastName)
		if keyOf(&p) == byName {
			without[name]++
		} else {
			withID[name] = true
		}
	}
	for name, rows := range without {
		if repeated += rows - 1; withID[name] {
			repeated++
		}
	}
	return repeated
}

// The answers to the question what repeated names are, in the order of the question.
const (
	repeatsRefused = iota
	repeatsSamePerson
)

func repeatsQuestion(rows int) mapping.Question {
	answers := make([]mapping.Answer, 2)
	answers[repeatsRefused] = mapping.Answer{Field: mapping.LastName, Column: -1, Text: "maybe two people: refuse these rows, for me to look at"}
	answers[repeatsSamePerson] = mapping.Answer{Field: mapping.LastName, Column: -1, Text: "the same person, as in a timesheet: skip these rows"}
	return mapping.Question{
		Problem: mapping.Problem{
			Code: codeDuplicate, Field: mapping.LastName, Column: -1,
			Message: fmt.Sprintf("of the first %d rows, %s the name of another row, and no ID", sampleRows, text.Plural(rows, "has", "have")),
		},
		Answers: answers, Guess: repeatsRefused,
	}
}

func (r *Roster) detect(o mapping.Options) (*mapping.Detection, error) {
	sample, err := r.FirstRows(sampleRows)
	if err != nil {
		return nil, err
	}
	return mapping.NewDetection(r.Header, sample, o), nil
}

// Confirmed returns when a person confirmed the saved mapping that applies, or a zero
// time.
func (r *Roster) Confirmed() time.Time { return r.used.confirmed }

// UseMapping maps the headings by the content of a mapping file that a person has
// confirmed.
func (r *Roster) UseMapping(content []byte) error {
	file, err := mapping.Confirmed("the mapping", content)
	if err == nil {
		r.used = usedMapping{file: file, content: content}
	}
	return explainHeadings(err, r.advice)
}

// Choose maps the headings by choices that a person has made over a draft.
func (r *Roster) Choose(draft *mapping.File, choices []mapping.Choice) error {
	content, err := draft.With(r.Header, choices)
	if err != nil {
		return explainHeadings(err, r.advice)
	}
	return r.UseMapping(content)
}

// Bind maps the headings to fields. A doubt about an optional field is a remark, and
// a doubt about a required field is an error.
func (r *Roster) Bind() (err error) {
	r.Mapper, err = r.bindTo(mapping.Options{})
	return err
}

// Answer sets the answers to all questions, for Bind.
func (r *Roster) Answer(answers []int) error {
	detection, answers, same, err := r.answered(answers)
	if err != nil {
		return err
	}
	content, err := detection.File(answers)
	if err != nil {
		return explainHeadings(err, r.advice)
	}
	if same {
		content = append(content, "repeats: same_person\n"...)
	}
	return r.UseMapping(content)
}

// Draft returns the mapping that the answers to Questions give, as far as they go, or the
// mapping that is settled already.
func (r *Roster) Draft(answers []int) (*mapping.File, error) {
	if r.used.file != nil {
		return r.used.file, nil
	}
	detection, answers, same, err := r.answered(answers)
	if err != nil {
		return nil, err
	}
	return detection.Answered(answers).Repeats(same), nil
}

// answered returns the detection that asked the questions, with the answers about columns,
// and the answer to the question what repeated names are.
func (r *Roster) answered(answers []int) (d *mapping.Detection, columns []int, same bool, err error) {
	if last := len(answers) - 1; r.repeats > 0 && last >= 0 {
		same, answers = answers[last] == repeatsSamePerson, answers[:last]
	}
	d, err = r.detect(mapping.Options{})
	return d, answers, same, err
}

// Texts counts the different texts in columns, at most so many of each column, and
// returns them by column, the most frequent first.
func (r *Roster) Texts(columns []int, most int) (map[int][]CellText, error) {
	counts := map[int]map[string]int{}
	for _, column := range columns {
		counts[column] = map[string]int{}
	}
	err := r.source.rows(func(row *sourceRow) error {
		for column, of := range counts {
			if row.rare != nil || column >= len(row.cells) {
				continue
			}
			text := strings.TrimSpace(row.cells[column])
			if _, known := of[text]; text != "" && (known || len(of) < most) {
				of[strings.Clone(text)]++
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	texts := map[int][]CellText{}
	for column, of := range counts {
		texts[column] = cellTexts(of)
	}
	return texts, nil
}

// bindTo returns a mapper by the mapping file, or else by the headings.
func (r *Roster) bindTo(o mapping.Options) (*mapping.Mapper, error) {
	sample, err := r.FirstRows(sampleRows)
	if err != nil {
		return nil, err
	}
	o.WholeNumbers = mapping.WholeNumbers(sample)
	if r.used.file != nil {
		mapper, err := r.used.file.Bind(r.Header, o)
		return mapper, explainHeadings(err, "")
	}
	detection, err := r.detect(o)
	if err != nil {
		return nil, err
	}
	mapper, err := detection.Mapper()
	if err != nil {
		return nil, explainHeadings(err, r.advice)
	}
	for _, note := range detection.Notes() {
		r.remarkWith(note, ", or run %s")
	}
	if detection.LacksEmployees() {
		r.remarkWith(noEmployees, noEmployeesAdvice)
	}
	return mapper, nil
}

// noEmployees is the remark on a roster without a column for is_employee.
const (
	noEmployees       = `no column says who is an employee, so new people get "Is Employee" off and do not appear in Timesheets`
	noEmployeesAdvice = `; if they are employees, run %s and add this line below fields: in that file: is_employee: {value: true}`
)

// remarkWith adds a remark with the advice of the front end, if the front end has any.
func (r *Roster) remarkWith(text, advice string) {
	if r.advice != "" {
		text += fmt.Sprintf(advice, r.advice)
	}
	r.remark(text)
}

// remark adds a remark unless the same one is there.
func (r *Roster) remark(text string) {
	if !slices.Contains(r.Remarks, text) {
		r.Remarks = append(r.Remarks, text)
	}
}

// NeedsClassifications reports whether a column holds work classifications, which
// only the project knows.
func (r *Roster) NeedsClassifications() bool {
	return slices.ContainsFunc(r.Mapper.Columns(), func(m mapping.Match) bool { return m.Field == mapping.WorkClassification })
}

// CodeHeadings is the code of a roster whose headings can't be mapped.
const CodeHeadings = "headings"

// explainHeadings turns a *mapping.BindError into a *fault.Error.
func explainHeadings(err error, fix string) error {
	var bind *mapping.BindError
	if !errors.As(err, &bind) {
		return err
	}
	explained := &fault.Error{
		Code: CodeHeadings, Message: "the roster's headings can't be mapped to a person's fields; nothing was sent", Fix: fix, Quotes: true,
	}
	for _, p := range bind.Problems {
		explained.Problems = append(explained.Problems, fault.Problem{Code: p.Code, Field: string(p.Field), Message: p.Message, Fix: p.Hint})
	}
	return explained
}

// Forget deletes the saved mapping of the headings and reports whether there was a
// mapping.
func (r *Roster) Forget(ctx context.Context, saved SavedMappings) (deleted bool, err error) {
	r.used = usedMapping{}
	return saved.remove(ctx, r.Header)
}
