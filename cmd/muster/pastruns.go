package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/report"
)

// openRecord opens the existing ledger of the settings for reading; it returns nil if
// there is none.
func (a *app) openRecord(ctx context.Context) (*ledger.Ledger, string, error) {
	path := a.settings.ledger
	if path == "" {
		var err error
		if path, err = defaultLedger(a.getenv); err != nil {
			return nil, "", err
		}
	}
	if missing(path) && missing(path+"-wal") {
		return nil, path, nil
	}
	book, err := ledger.Open(ctx, path)
	return book, path, err
}

func missing(path string) bool {
	_, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist)
}

// openRun opens the ledger and returns the run with this ID. The caller closes the
// ledger.
func (a *app) openRun(ctx context.Context, id string) (*ledger.Ledger, importer.PastRun, error) {
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return nil, importer.PastRun{}, err
	}
	if book == nil {
		return nil, importer.PastRun{}, usageError(fmt.Sprintf("there is no run %s: there is no ledger %s", id, path), "check --ledger")
	}
	run, err := importer.FindRun(ctx, book, id)
	if err != nil {
		return nil, run, errors.Join(err, book.Close())
	}
	return book, run, nil
}

// lastResults returns the results file of the last run whose file still exists.
func (a *app) lastResults(ctx context.Context, given *pflag.FlagSet) (_ string, err error) {
	look, err := a.preflight(given)
	if err != nil {
		return "", err
	}
	s := &look.settings
	api, _, err := s.hosts()
	if err != nil {
		return "", err
	}
	host, err := url.Parse(api)
	if err != nil {
		return "", usageError("the API's address is none: "+err.Error(), "check --api-url")
	}
	book, path, err := look.openRecord(ctx)
	if err != nil {
		return "", err
	}
	var runs []ledger.Run
	if book != nil {
		defer func() { err = errors.Join(err, book.Close()) }()
		if runs, err = book.Runs(ctx, 0); err != nil {
			return "", err
		}
	}
	runs = slices.DeleteFunc(runs, func(r ledger.Run) bool {
		ours := r.API == host.Host && (s.company == 0 || s.company == r.Company) && (s.project == 0 || s.project == r.Project)
		return !ours || r.Command == importer.UndoCommand || r.Results == ""
	})
	if i := slices.IndexFunc(runs, func(r ledger.Run) bool { return !missing(r.Results) }); i >= 0 {
		results := nearName(runs[i].Results)
		look.talk("Importing %s, the results of run %s.", report.Clean(results), runs[i].ID)
		return results, nil
	}
	var sought []string
	for _, r := range runs {
		if !slices.Contains(sought, r.Results) {
			sought = append(sought, r.Results)
		}
	}
	what := "no run"
	if s.project != 0 {
		what += fmt.Sprintf(" of project %d", s.project)
	}
	return "", usageError(
		fmt.Sprintf("%s in the ledger %s has a results file that is still there%s", what, path, lookedFor(sought)),
		"name the file: muster retry RESULTS; muster runs lists the runs",
	)
}

// preflight returns an app with the settings of given, for what a command has to look up
// before it begins.
func (a *app) preflight(given *pflag.FlagSet) (*app, error) {
	look := &app{getenv: a.getenv, stderr: a.stderr, said: a.said}
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	look.settings.connectionFlags(flags)
	look.settings.workFlags(flags)
	look.settings.outputFlags(flags)
	var err error
	given.Visit(func(f *pflag.Flag) {
		if flags.Lookup(f.Name) != nil && err == nil {
			err = flags.Set(f.Name, f.Value.String())
		}
	})
	if err != nil {
		return nil, err
	}
	return look, look.begin(flags)
}

// lookedFor lists the missing files.
func lookedFor(paths []string) string {
	const most = 3
	if len(paths) == 0 {
		return ""
	}
	text := "; looked for " + strings.Join(paths[:min(len(paths), most)], ", ")
	if left := len(paths) - most; left > 0 {
		text += fmt.Sprintf(" and %d more", left)
	}
	return text
}

// nearName returns a path relative to the current folder if the file is in it.
func nearName(path string) string {
	folder, err := os.Getwd()
	if err != nil {
		return path
	}
	if near, err := filepath.Rel(folder, path); err == nil && filepath.IsLocal(near) {
		return near
	}
	return path
}
