package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"charm.land/huh/v2"

	"muster/importer/report"
	"muster/importer/text"
	"muster/mapping"
)

// interactive reports whether a person can be asked.
func (a *app) interactive() bool {
	return isTerminalInput(a.stdin) && isTerminal(a.stderr) && !a.settings.json && !a.settings.quiet && !a.logsJSON()
}

// askColumns asks the questions in a form.
func (a *app) askColumns(ctx context.Context, path string, questions []mapping.Question) ([]int, error) {
	answers := make([]int, len(questions))
	for i, q := range questions {
		answers[i] = q.Guess
	}
	a.talk("%s: not every heading is known. Nothing is sent before you have looked.", report.Clean(path))
	ask := a.askInForm
	if a.settings.plain {
		ask = a.askInLines
	}
	err := ask(ctx, questions, answers)
	for i, q := range questions {
		if answered(questions, answers, i) {
			answers[i] = len(q.Answers) - 1 // none; its guess is not to count
		}
	}
	return answers, err
}

// newSelect returns the form field of a question under a title.
func newSelect(questions []mapping.Question, answers []int, i int, title string, show func(mapping.Answer) string) *huh.Select[int] {
	options := make([]huh.Option[int], len(questions[i].Answers))
	for j, answer := range questions[i].Answers {
		options[j] = huh.NewOption(show(answer), j)
	}
	return huh.NewSelect[int]().Title(title).Options(options...).Value(&answers[i]).
		Validate(func(j int) error { return clash(questions, answers, i, j) })
}

// askInForm asks with arrow keys, on the whole screen.
func (a *app) askInForm(_ context.Context, questions []mapping.Question, answers []int) error {
	show := func(answer mapping.Answer) string {
		return fit(answerText(answer, "  ", " · "), max(width(a.stderr)-6, 20))
	}
	var pages []*huh.Group
	for i, q := range questions {
		title := fmt.Sprintf("%s (%d of %d)", question(q), i+1, len(questions))
		pages = append(pages, huh.NewGroup(newSelect(questions, answers, i, title, show).
			Description(report.Clean(text.Capital(q.Message))+".").Height(min(len(q.Answers), 10)+4)).
			WithHideFunc(func() bool { return answered(questions, answers, i) }))
	}
	form := huh.NewForm(pages...).WithInput(a.stdin).WithOutput(a.stderr).WithWidth(width(a.stderr))
	if !a.coloured(a.stderr) {
		form = form.WithTheme(huh.ThemeFunc(huh.ThemeBase))
	}
	err := form.Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return &interruptError{signal: os.Interrupt}
	}
	return err
}

// askInLines asks for the number of an answer, a line each. huh's own accessible
// form asks settled questions again, leaves out the doubts, and takes the guess when the
// input ends.
func (a *app) askInLines(ctx context.Context, questions []mapping.Question, answers []int) error {
	show := func(answer mapping.Answer) string { return answerText(answer, ", such as ", ", ") }
	for i, q := range questions {
		if answered(questions, answers, i) {
			continue
		}
		typed := &typedLines{next: func() (string, error) { return a.ask(ctx) }}
		title := fmt.Sprintf("Question %d of %d: %s. %s Enter alone takes answer %d.", i+1, len(questions), report.Clean(text.Capital(q.Message)), question(q), q.Guess+1)
		one := newSelect(questions, answers, i, title, show).Validate(func(j int) error {
			if typed.ended != nil {
				return nil // the input has ended
			}
			return clash(questions, answers, i, j)
		})
		err := one.WithTheme(huh.ThemeFunc(unstyled)).RunAccessible(a.stderr, typed)
		if err = errors.Join(typed.ended, err); err != nil {
			return err
		}
	}
	return nil
}

// unstyled is a theme without a single escape sequence.
func unstyled(bool) *huh.Styles { return &huh.Styles{} }

// typedLines reads lines from standard input until it ends or the program is
// interrupted.
type typedLines struct {
	next  func() (string, error)
	rest  string
	ended error
}

// Read reads as much as fits of a line.
func (t *typedLines) Read(p []byte) (int, error) {
	if t.ended != nil {
		return 0, io.EOF
	}
	if t.rest == "" {
		var err error
		if t.rest, err = t.next(); err == nil && t.rest == "" {
			err = usageError("the question was left without an answer; nothing was sent", "answer with a number, or write the mapping down with muster map")
		}
		if t.ended = err; err != nil {
			return 0, io.EOF
		}
	}
	n := copy(p, t.rest)
	t.rest = t.rest[n:]
	return n, nil
}

// question asks what a field's column is.
func question(q mapping.Question) string {
	fields := map[mapping.Field]bool{}
	for _, answer := range q.Answers {
		fields[answer.Field] = true
	}
	if q.Code == "heading_missing" && q.Field == mapping.LastName {
		return "Which column holds last names, or whole names?"
	}
	if len(fields) > 1 && q.Column >= 0 {
		return fmt.Sprintf("What is column %s?", mapping.ColumnName(q.Column))
	}
	return fmt.Sprintf("Which column holds the %s?", inWords(q.Field))
}

// answerText describes an answer: meaning, column and some cells.
func answerText(answer mapping.Answer, before, between string) string {
	if answer.Column < 0 {
		return "none: leave it out"
	}
	text := fmt.Sprintf("%s: column %s", inWords(answer.Field), mapping.ColumnName(answer.Column))
	if answer.Whole {
		text = strings.Replace(text, inWords(answer.Field), "first and last name in one", 1)
	}
	if answer.Heading != "" {
		text += ` "` + answer.Heading + `"`
	}
	if len(answer.Samples) > 0 {
		text += before + strings.Join(answer.Samples, between)
	}
	return report.Clean(text)
}

// inWords returns the name of a field for people.
func inWords(f mapping.Field) string {
	switch f {
	case mapping.EmployeeID:
		return "employee ID"
	case mapping.OriginID:
		return "origin ID"
	case mapping.IsEmployee:
		return "yes/no of is_employee"
	case mapping.WorkClassification:
		return "work classification"
	default:
		return strings.ReplaceAll(string(f), "_", " ")
	}
}

// answered reports whether an earlier answer settles a question: with a column of full
// names there is no half of a name to ask for.
func answered(questions []mapping.Question, answers []int, i int) bool {
	if questions[i].Code != "heading_missing" {
		return false
	}
	for earlier := range i {
		if questions[earlier].Answers[answers[earlier]].Whole {
			return true
		}
	}
	return false
}

// clash refuses an answer that gives a field a second column.
func clash(questions []mapping.Question, answers []int, i, chosen int) error {
	one := questions[i].Answers[chosen]
	if one.Column < 0 {
		return nil
	}
	for earlier := range i {
		other := questions[earlier].Answers[answers[earlier]]
		if other.Column >= 0 && other.Field == one.Field && other.Whole == one.Whole && other.Column != one.Column {
			return fmt.Errorf("the %s is column %s already", inWords(one.Field), mapping.ColumnName(other.Column))
		}
	}
	return nil
}
