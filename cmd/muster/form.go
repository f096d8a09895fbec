package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
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

// form is the questions about the headings of a roster with the answers so far.
type form struct {
	questions []mapping.Question
	answers   []int // the index of an answer, by question
}

// askColumns asks the questions and returns the index of an answer to each.
func (a *app) askColumns(ctx context.Context, path string, questions []mapping.Question) ([]int, error) {
	f := &form{questions: questions, answers: make([]int, len(questions))}
	for i, q := range questions {
		f.answers[i] = q.Guess
	}
	a.talk("%s: muster has questions about this file. Nothing is sent before you have answered.", report.Clean(path))
	ask := a.askInForm
	if a.settings.plain {
		ask = a.askInLines
	}
	err := ask(ctx, f)
	for i, q := range questions {
		if f.needless(i) {
			f.answers[i] = len(q.Answers) - 1 // none
		}
	}
	return f.answers, err
}

// needless reports whether the answers to earlier questions make question i needless.
func (f *form) needless(i int) bool {
	return f.questions[i].Needless(f.questions, f.answers)
}

// clash refuses an answer to question i that gives a field a second column.
func (f *form) clash(i, chosen int) error {
	answer := f.questions[i].Answers[chosen]
	if answer.Column < 0 {
		return nil
	}
	for earlier := range i {
		other := f.questions[earlier].Answers[f.answers[earlier]]
		if other.Column >= 0 && other.Field == answer.Field && other.Whole == answer.Whole && other.Column != answer.Column {
			return fmt.Errorf("column %s is the %s already", mapping.ColumnName(other.Column), fieldName(answer.Field))
		}
	}
	return nil
}

// askInForm asks with arrow keys, on the whole screen.
func (a *app) askInForm(_ context.Context, f *form) error {
	show := func(answer mapping.Answer) string {
		return report.Cut(answerText(answer, "  ", " · "), max(report.Width(a.stderr)-6, 20))
	}
	var pages []*huh.Group
	for i, q := range f.questions {
		title := fmt.Sprintf("%s (%d of %d)", questionText(q), i+1, len(f.questions))
		options := make([]huh.Option[int], len(q.Answers))
		for j, answer := range q.Answers {
			options[j] = huh.NewOption(show(answer), j)
		}
		field := huh.NewSelect[int]().Title(title).Options(options...).Value(&f.answers[i]).
			Validate(func(j int) error { return f.clash(i, j) }).
			Description(report.Clean(text.Capital(q.Message)) + ".").Height(min(len(options), 10) + 4)
		pages = append(pages, huh.NewGroup(field).WithHideFunc(func() bool { return f.needless(i) }))
	}
	screen := huh.NewForm(pages...).WithInput(a.stdin).WithOutput(a.stderr).WithWidth(report.Width(a.stderr))
	if !a.coloured(a.stderr) {
		screen = screen.WithTheme(huh.ThemeFunc(huh.ThemeBase))
	}
	err := screen.Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return &interruptError{signal: os.Interrupt}
	}
	return err
}

// askInLines asks for the number of an answer, a line each. The accessible form of huh
// asks needless questions, leaves out the descriptions, and takes the guess at the end
// of the input.
func (a *app) askInLines(ctx context.Context, f *form) error {
	for i, q := range f.questions {
		if f.needless(i) {
			continue
		}
		fmt.Fprintf(a.stderr, "Question %d of %d: %s. %s Press Enter for answer %d.\n",
			i+1, len(f.questions), report.Clean(text.Capital(q.Message)), questionText(q), q.Guess+1)
		for j, answer := range q.Answers {
			fmt.Fprintf(a.stderr, "%d. %s\n", j+1, answerText(answer, ", such as ", ", "))
		}
		for answered := false; !answered; {
			fmt.Fprintf(a.stderr, "Enter a number between 1 and %d: ", len(q.Answers))
			line, err := a.ask(ctx)
			if err != nil {
				return err
			}
			if line == "" {
				fmt.Fprintln(a.stderr)
				return usageError("nothing was sent: the input ended before the answer", "answer with a number, or write a mapping file with muster map")
			}
			if answered, err = f.answer(i, strings.TrimSpace(line)); err != nil {
				fmt.Fprintln(a.stderr, text.Capital(err.Error())+".")
			}
		}
	}
	return nil
}

// answer takes the typed number of an answer to question i. Nothing typed is the guess.
func (f *form) answer(i int, typed string) (answered bool, err error) {
	if typed == "" {
		typed = strconv.Itoa(f.questions[i].Guess + 1)
	}
	n, err := strconv.Atoi(typed)
	if err != nil || n < 1 || n > len(f.questions[i].Answers) {
		return false, nil
	}
	f.answers[i] = n - 1
	err = f.clash(i, n-1)
	return err == nil, err
}

// questionText asks for the column of a field.
func questionText(q mapping.Question) string {
	fields := map[mapping.Field]bool{}
	for _, answer := range q.Answers {
		fields[answer.Field] = true
	}
	switch {
	case q.Value != "":
		return "Does it mean an employee?"
	case q.Code == "name_order_unclear":
		return "Which name is in front?"
	case q.Code == "duplicate_row":
		return "Are rows of one name the same person?"
	case q.Code == "names_swapped":
		return "Which column holds which name?"
	}
	if q.Code == "heading_missing" && q.Field == mapping.LastName {
		return "Which column holds last names, or whole names?"
	}
	if len(fields) > 1 && q.Column >= 0 {
		return fmt.Sprintf("What is column %s?", mapping.ColumnName(q.Column))
	}
	return fmt.Sprintf("Which column holds the %s?", fieldName(q.Field))
}

// answerText describes an answer: meaning, column and some cells.
func answerText(answer mapping.Answer, before, between string) string {
	switch {
	case answer.Text != "":
		return report.Clean(answer.Text)
	case answer.Column < 0:
		return "none: leave it out"
	}
	text := fmt.Sprintf("%s: column %s", fieldName(answer.Field), mapping.ColumnName(answer.Column))
	if answer.Whole {
		text = strings.Replace(text, fieldName(answer.Field), "first and last name in one", 1)
	}
	if answer.Heading != "" {
		text += ` "` + answer.Heading + `"`
	}
	if len(answer.Samples) > 0 {
		text += before + strings.Join(answer.Samples, between)
	}
	return report.Clean(text)
}

// fieldName returns the name of a field for people.
func fieldName(f mapping.Field) string {
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
