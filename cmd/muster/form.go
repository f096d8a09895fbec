package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"charm.land/huh/v2"

	"muster/importer/report"
	"muster/mapping"
)

// interactive reports whether there is somebody to ask.
func (a *app) interactive() bool {
	return isTerminalInput(a.stdin) && isTerminal(a.stderr) && !a.settings.json && !a.settings.quiet && !a.logsJSON()
}

// settle asks what the survey leaves open, and remembers the answers for the
// input's headings.
func (a *app) settle(in *input, survey *mapping.Survey) error {
	answers, err := a.askColumns(in, survey.Questions())
	if err != nil {
		return err
	}
	text, err := survey.File(answers)
	if err != nil {
		return err
	}
	if in.file, err = mapping.Confirmed("the mapping", text); err != nil {
		return err
	}
	in.text = text
	if err := a.remember(in, text); err != nil {
		a.talk("The mapping holds for this run only: it can't be kept (%v).", err)
		return nil
	}
	a.talk("This is remembered for these headings; %s undoes it.", a.mapCommand(in.path, "--forget"))
	return nil
}

// askColumns shows a form with one question after another. The answers are
// indices into those of each question.
func (a *app) askColumns(in *input, questions []mapping.Question) ([]int, error) {
	answers := make([]int, len(questions))
	var pages []*huh.Group
	for i, q := range questions {
		answers[i] = q.Guess
		options := make([]huh.Option[int], len(q.Answers))
		for j, answer := range q.Answers {
			options[j] = huh.NewOption(fit(answerText(answer), max(width(a.stderr)-6, 20)), j)
		}
		pages = append(pages, huh.NewGroup(huh.NewSelect[int]().
			Title(fmt.Sprintf("%s (%d of %d)", question(q), i+1, len(questions))).
			Description(report.Clean(capital(q.Message))+".").
			Options(options...).Height(min(len(options), 10)+4).Value(&answers[i]).
			Validate(func(j int) error { return clash(questions, answers, i, j) })).
			WithHideFunc(func() bool { return answered(questions, answers, i) }))
	}
	a.talk("%s: not every heading is known. Nothing is sent before you have looked.", report.Clean(in.path))
	form := huh.NewForm(pages...).WithInput(a.stdin).WithOutput(a.stderr).WithWidth(width(a.stderr)).
		WithAccessible(a.getenv("TERM") == "dumb" || a.getenv("ACCESSIBLE") != "")
	if a.plain() {
		form = form.WithTheme(huh.ThemeFunc(huh.ThemeBase))
	}
	err := form.Run()
	if errors.Is(err, huh.ErrUserAborted) {
		return nil, &interruptError{signal: os.Interrupt}
	}
	for i, q := range questions {
		if answered(questions, answers, i) {
			answers[i] = len(q.Answers) - 1 // none; its guess is not to count
		}
	}
	return answers, err
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

// answerText shows an answer: what it means, the column, and some of its cells.
func answerText(answer mapping.Answer) string {
	if answer.Column < 0 {
		return "none: leave it out"
	}
	text := fmt.Sprintf("%s: column %s", inWords(answer.Field), mapping.ColumnName(answer.Column))
	if answer.Whole {
		text = strings.Replace(text, inWords(answer.Field), "first and last name in one", 1)
	}
	if answer.Heading != "" {
		text += fmt.Sprintf(" %q", answer.Heading)
	}
	if len(answer.Samples) > 0 {
		text += "  " + strings.Join(answer.Samples, " · ")
	}
	return report.Clean(text)
}

// inWords is a field as people say it.
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

// answered reports whether a question is settled by an earlier one: a column of
// whole names leaves no half of a name to look for.
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
