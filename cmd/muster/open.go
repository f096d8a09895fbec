package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/text"
	"muster/mapping"
)

// openRoster opens a roster or a results file, maps the headings and finds the
// projects.
func (a *app) openRoster(ctx context.Context, path string, mustBeResults bool) (in *importer.Roster, split *importer.ProjectSplit, err error) {
	if in, err = a.openFile(ctx, path); err != nil {
		return nil, nil, err
	}
	if mustBeResults && !in.Retry {
		err = notResults(path, in.Header)
	} else {
		split, err = a.bind(ctx, in)
	}
	if err != nil {
		return nil, nil, errors.Join(err, in.Close())
	}
	return in, split, nil
}

// openFile opens a roster or a results file.
func (a *app) openFile(ctx context.Context, path string) (*importer.Roster, error) {
	var err error
	if a.settings.Password, err = a.settings.password(); err != nil {
		return nil, err
	}
	saved, _ := a.savedMappings() // without a folder for it no mapping was confirmed
	in, err := importer.Open(ctx, path, importer.OpenOptions{
		Options: a.settings.Options, Mapping: a.settings.mapping, Saved: saved, Advice: a.suggest("map", path, "-o mapping.yaml"),
	})
	if err == nil && !in.Retry && in.Sheet == "" && a.isGiven("sheet") {
		in.Remarks = append(in.Remarks, fmt.Sprintf("--sheet %s was not needed: a CSV file has no sheets", a.settings.Sheet))
	}
	return in, err
}

// bind maps the headings of a roster and finds the projects.
func (a *app) bind(ctx context.Context, in *importer.Roster) (*importer.ProjectSplit, error) {
	a.sayConfirmed(in)
	if err := a.askAndBind(ctx, in); err != nil {
		return nil, err
	}
	if in.Mapper.ByProject() && a.isGiven("project") {
		return nil, usageError("--project is given, and the mapping file takes the project from each row", "leave one of the two out")
	}
	if err := a.findProject(ctx); err != nil {
		return nil, err
	}
	split, err := in.Split(ctx, a.settings.project)
	if err != nil {
		return nil, err
	}
	a.settings.project = split.Projects[0] // the project to connect to
	return split, nil
}

// isGiven reports whether a flag is on the command line.
func (a *app) isGiven(name string) bool {
	return slices.ContainsFunc(a.given, func(f *pflag.Flag) bool { return f.Name == name })
}

// askAndBind maps the headings. At a terminal muster asks about doubts, and remembers
// the answers.
func (a *app) askAndBind(ctx context.Context, in *importer.Roster) error {
	questions, err := in.Questions()
	if err != nil {
		return err
	}
	if !a.mayAsk(questions) {
		return in.Bind()
	}
	answers, err := a.askColumns(ctx, in.Path, questions)
	if err == nil {
		err = in.Answer(answers)
	}
	if err != nil {
		return err
	}
	saved, err := a.savedMappings()
	if err == nil {
		err = saved.Save(ctx, in)
	}
	if err != nil {
		a.talk("The mapping holds for this run only: it can't be kept (%v).", err)
	} else {
		a.talk("This is remembered for these headings; %s undoes it.", a.suggest("map", in.Path, "--forget"))
	}
	return in.Bind()
}

// mayAsk reports whether there are questions for a person at the terminal. If a question
// has no answer to choose, the form would only lead to an error.
func (a *app) mayAsk(questions []mapping.Question) bool {
	return len(questions) > 0 && a.interactive() &&
		!slices.ContainsFunc(questions, func(q mapping.Question) bool { return len(q.Answers) < 2 })
}

// savedMappings returns where the mappings are that the user has confirmed.
func (a *app) savedMappings() (importer.SavedMappings, error) {
	book, err := a.ledgerPath()
	if err != nil {
		return "", err
	}
	return mappingsOf(book), nil
}

// mappingsOf returns where the confirmed mappings of a ledger are: in a folder beside the
// ledger's file, or in the ledger's database.
func mappingsOf(location string) importer.SavedMappings {
	if ledger.IsURL(location) {
		return importer.SavedMappings(location)
	}
	return importer.SavedMappings(filepath.Join(filepath.Dir(location), "mappings"))
}

// sayConfirmed reports that a saved mapping is used: at once, or in the summary with
// --quiet or --json.
func (a *app) sayConfirmed(in *importer.Roster) {
	if in.Confirmed().IsZero() {
		return
	}
	sentence := fmt.Sprintf("the headings are mapped as you confirmed on %s; %s undoes that",
		in.Confirmed().Local().Format(time.DateOnly), a.suggest("map", in.Path, "--forget"))
	if a.settings.quiet || a.settings.json {
		in.Remarks = append(in.Remarks, sentence)
		return
	}
	a.talk("%s.", text.Capital(sentence))
}
