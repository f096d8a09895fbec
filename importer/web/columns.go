package web

import (
	"errors"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/text"
	"muster/mapping"
)

// columnRoutes adds the pages on which a person sees and settles how a file is read and
// what its columns mean.
func (s *Server) columnRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /roster/{id}/columns", s.columnsPage)
	s.handle(mux, "POST /roster/{id}/columns", s.saveColumns)
	s.handle(mux, "POST /roster/{id}/file", s.saveReading)
	s.handle(mux, "GET /roster/{id}/mapping.yaml", s.downloadMapping)
}

// The numbers of what a page shows of a file.
const (
	samplesOfCard = 3
	rowsOfSample  = 50
	rowsOfFile    = 12
	textsOfColumn = 60
	columnsOfFile = 30
)

// columnsData is the data of the page of columns.
type columnsData struct {
	Draft     string
	Roster    string
	File      fileData
	Confirmed time.Time // when a saved mapping was confirmed
	ReadOnly  bool      // the mapping says more than the page can change
	Problem   []string  // why the page can't go on
	Fix       string    // what to do about it
	Questions []question
	Cards     []card
	Names     nameOrder
	Employees employees // who is an employee; "" if a column says so
	Crafts    []string  // the project's work classifications; none if they are not known
}

// question is a question about the headings.
type question struct {
	Name    string // of the form's field
	Says    string
	Answers []answer
	Chosen  int
}

// answer is an answer to a question.
type answer struct {
	Says    string
	Samples []string
}

// card is a column.
type card struct {
	Column  int
	Letter  string
	Heading string
	Samples []string
	Was     mapping.Choice // without the changes in the form
	Choice  mapping.Choice
	Why     string
	Never   bool // social security numbers and birth dates are never sent
	Values  []cellChoice
	Open    bool // a value is not understood
}

// cellChoice is what a text in a column means.
type cellChoice struct {
	importer.CellText
	Means string
}

// nameOrder says where names come from.
type nameOrder struct {
	First, Last, Whole int // columns; -1 for none
}

// columnsPage shows what muster understands of a file.
func (s *Server) columnsPage(w http.ResponseWriter, r *http.Request) error {
	d, in, err := s.rosterOf(r)
	if err != nil {
		return s.unread(w, r, d, err)
	}
	defer func() { _ = in.Close() }() // only read
	data, err := s.columnsOf(r, d, in)
	if err != nil {
		return err
	}
	return s.page(w, r, "columns", data)
}

func (s *Server) rosterOf(r *http.Request) (*draft, *importer.Roster, error) {
	d, err := s.draftOf(r)
	if err != nil {
		return nil, nil, err
	}
	in, err := s.openRoster(r.Context(), d)
	return d, in, err
}

// unread shows the first rows of a file that can't be read as a roster, so that a person
// can say where the headings are.
func (s *Server) unread(w http.ResponseWriter, r *http.Request, d *draft, err error) error {
	var known *fault.Error
	if d == nil || !errors.As(err, &known) {
		return err
	}
	path, missing := d.rosterPath()
	if missing != nil {
		return missing
	}
	file, unreadable := s.fileOf(d)
	if unreadable != nil {
		return err // not even rows can be shown
	}
	known.Where = fault.Where{}
	return s.page(w, r, "columns", columnsData{
		Draft: d.ID, Roster: filepath.Base(path), File: file,
		Problem: []string{text.Sentence(known.Message)}, Fix: s.pages.texts.advice(known.Code, known.Fix),
	})
}

// columnsOf gathers what the page of columns shows. Answers and choices in the request
// count.
func (s *Server) columnsOf(r *http.Request, d *draft, in *importer.Roster) (*columnsData, error) {
	file, err := s.fileOf(d)
	if err != nil {
		return nil, err
	}
	file.take(in)
	data := &columnsData{Draft: d.ID, Roster: filepath.Base(in.Path), File: file, Confirmed: in.Confirmed()}
	questions, err := in.Questions()
	if err != nil {
		return nil, err
	}
	answers := answersOf(r, questions)
	data.questions(s, questions, answers)
	view, err := in.ViewMapping()
	if err != nil {
		data.Problem = problemsOf(err)
	}
	base, err := in.Draft(answers)
	if err != nil {
		return nil, err
	}
	base = employeesIn(r, base)
	data.ReadOnly = !base.Simple()
	was := base.Choices(in.Header)
	if err := data.cards(in, was, chosen(r, was), view); err != nil {
		return nil, err
	}
	data.missing(questions)
	if err := data.values(r.Context(), s, in); err != nil {
		return nil, err
	}
	if !data.ReadOnly && !slices.ContainsFunc(data.Cards, func(c card) bool { return c.Choice.Field == mapping.IsEmployee }) {
		data.Employees = noEmployees
		if base.AllEmployees() {
			data.Employees = allEmployees
		}
	}
	return data, nil
}

// questions adds the questions that the earlier answers leave.
func (data *columnsData) questions(s *Server, questions []mapping.Question, answers []int) {
	for i, q := range questions {
		if q.Needless(questions, answers) || len(q.Answers) == 1 { // no column can be the answer
			continue
		}
		one := question{Name: "a" + strconv.Itoa(i), Says: text.Capital(text.Sentence(q.Message)), Chosen: answers[i]}
		for _, a := range q.Answers {
			one.Answers = append(one.Answers, answer{s.answerText(a), a.Samples})
		}
		data.Questions = append(data.Questions, one)
	}
}

// missing says which name has no column, and none that looks like one.
func (data *columnsData) missing(questions []mapping.Question) {
	for _, q := range questions {
		if len(q.Answers) == 1 && data.Problem == nil && !slices.ContainsFunc(data.Cards, func(c card) bool {
			return c.Choice.Field == q.Field || c.Choice.Field == mapping.FullName
		}) {
			data.Problem = []string{text.Sentence(q.Message)}
		}
	}
}

// answerText describes an answer.
func (s *Server) answerText(a mapping.Answer) string {
	field := a.Field
	if a.Whole {
		field = mapping.FullName
	}
	switch {
	case a.Text != "":
		says := a.Text
		if order, rest, ok := strings.Cut(says, ": "); ok && slices.Contains(nameOrders(), order) {
			says = rest // the word of a mapping file
		}
		return text.Capital(says)
	case a.Column < 0:
		return s.text("columns.none")
	}
	return s.text("columns.answer", s.text("field."+string(field)), mapping.ColumnName(a.Column), a.Heading)
}

// answersOf returns the answers in a request, or the guesses.
func answersOf(r *http.Request, questions []mapping.Question) []int {
	answers := make([]int, len(questions))
	for i, q := range questions {
		answers[i] = q.Guess
		if n, err := strconv.Atoi(r.PostFormValue("a" + strconv.Itoa(i))); err == nil && n >= 0 && n < len(q.Answers) {
			answers[i] = n
		}
	}
	for i := range questions {
		if questions[i].Needless(questions, answers) {
			answers[i] = len(questions[i].Answers) - 1
		}
	}
	return answers
}

// chosen returns the choices with what a request changes. A field that a person gives to
// a column leaves the column that it came from, and whole names and their halves take the
// place of each other.
func chosen(r *http.Request, choices []mapping.Choice) []mapping.Choice {
	choices = slices.Clone(choices)
	changed := map[mapping.Field]int{}
	for i := range choices {
		name := strconv.Itoa(i)
		if !hasValue(r, "f"+name) {
			continue
		}
		if field := mapping.Field(r.PostFormValue("f" + name)); field != mapping.Field(r.PostFormValue("w"+name)) && isField(field) {
			choices[i] = mapping.Choice{Field: field}
			changed[field] = i
		}
		if order := r.PostFormValue("o" + name); order != r.PostFormValue("p"+name) && choices[i].Field == mapping.FullName {
			choices[i].Order = order
		}
		if cells := r.PostForm["k"+name]; len(cells) > 0 && len(cells) == len(r.PostForm["v"+name]) {
			choices[i].Values = valuesOf(choices[i], cells, r.PostForm["v"+name])
		}
	}
	for i := range choices {
		field := choices[i].Field
		if at, moved := changed[field]; moved && at != i || replaced(field, changed) {
			choices[i] = mapping.Choice{}
		}
	}
	if r.PostFormValue("do") == "swap" {
		swapNames(choices)
	}
	return choices
}

// valuesOf returns the table of what cells mean, or nil if they mean what they say.
func valuesOf(c mapping.Choice, cells, means []string) map[string]string {
	values := map[string]string{}
	differs := false
	c.Values = nil
	for i, cell := range cells {
		switch c.Field {
		case mapping.IsEmployee:
			yes, ok := c.Employee(cell)
			differs = differs || means[i] != "" && (!ok || yes != (means[i] == "yes"))
			if means[i] == "yes" || means[i] == "no" {
				values[cell] = means[i]
			}
		case mapping.WorkClassification:
			if means[i] != "" && means[i] != cell {
				values[cell], differs = means[i], true
			}
		}
	}
	if !differs {
		return nil
	}
	return values
}

// employees says who is an employee where no column does.
type employees string

const (
	noEmployees  employees = "none"
	allEmployees employees = "all"
)

// employeesIn returns a mapping with what a request says about employees.
func employeesIn(r *http.Request, base *mapping.File) *mapping.File {
	if !hasValue(r, "employees") {
		return base
	}
	return base.Employees(employees(r.PostFormValue("employees")) == allEmployees)
}

func hasValue(r *http.Request, name string) bool {
	_ = r.PostFormValue(name) // parses the form
	return r.PostForm.Has(name)
}

func isField(f mapping.Field) bool {
	return f == "" || f == mapping.FullName || slices.Contains(mapping.Fields(), f)
}

// replaced reports whether a person has chosen whole names in place of the halves, or the
// other way round.
func replaced(field mapping.Field, changed map[mapping.Field]int) bool {
	_, whole := changed[mapping.FullName]
	_, first := changed[mapping.FirstName]
	_, last := changed[mapping.LastName]
	switch field {
	case mapping.FullName:
		return !whole && (first || last)
	case mapping.FirstName:
		return !first && whole
	case mapping.LastName:
		return !last && whole
	}
	return false
}

// swapNames swaps first and last names.
func swapNames(choices []mapping.Choice) {
	for i := range choices {
		switch c := &choices[i]; {
		case c.Field == mapping.FirstName:
			c.Field = mapping.LastName
		case c.Field == mapping.LastName:
			c.Field = mapping.FirstName
		case c.Field == mapping.FullName && c.Order == "last_first":
			c.Order = "first_last"
		case c.Field == mapping.FullName:
			c.Order = "last_first"
		}
	}
}
