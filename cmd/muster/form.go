package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"muster/importer/report"
	"muster/importer/text"
	"muster/mapping"
)

// interactive reports whether a person can be asked.
func (a *app) interactive() bool {
	return isTerminal(a.stdin) && isTerminal(a.stderr) && !a.settings.json && !a.settings.quiet && !a.logsJSON()
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
	err := a.askQuestions(ctx, f)
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
			return fmt.Errorf("column %s is the %s already", mapping.ColumnName(other.Column), answer.Field.Word())
		}
	}
	return nil
}

// askQuestions asks for the number of an answer, a line each.
func (a *app) askQuestions(ctx context.Context, f *form) error {
	for i, q := range f.questions {
		if f.needless(i) {
			continue
		}
		question := fmt.Sprintf("Question %d of %d: %s. %s Press Enter for answer %d.",
			i+1, len(f.questions), report.Clean(text.Capital(q.Message)), questionText(q), q.Guess+1)
		fmt.Fprint(a.stderr, paragraph(question, "", a.width(a.stderr)))
		for j, answer := range q.Answers {
			fmt.Fprintf(a.stderr, "%d. %s\n", j+1, answerText(answer))
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
	case q.Code == "heading_missing" && q.Field == mapping.LastName:
		return "Which column holds last names, or whole names?"
	case len(fields) > 1 && q.Column >= 0:
		return fmt.Sprintf("What is column %s?", mapping.ColumnName(q.Column))
	}
	return fmt.Sprintf("Which column holds the %s?", q.Field.Word())
}

// answerText describes an answer: meaning, column and some cells.
func answerText(answer mapping.Answer) string {
	switch {
	case answer.Text != "":
		return report.Clean(answer.Text)
	case answer.Column < 0:
		return "none: leave it out"
	}
	text := fmt.Sprintf("%s: column %s", answer.Field.Word(), mapping.ColumnName(answer.Column))
	if answer.Whole {
		text = strings.Replace(text, answer.Field.Word(), "first and last name in one", 1)
	}
	if answer.Heading != "" {
		text += ` "` + answer.Heading + `"`
	}
	if len(answer.Samples) > 0 {
		text += ", such as " + strings.Join(answer.Samples, ", ")
	}
	return report.Clean(text)
}
