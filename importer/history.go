package importer

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/text"
)

// PastRun is a run in the ledger.
type PastRun struct {
	ledger.Run
	Removed int // people that an undo took off the project

	book *ledger.Ledger
}

// PastRuns returns runs of the ledger, the newest first: without the newest skip runs, at
// most limit; 0 means all.
func PastRuns(ctx context.Context, book *ledger.Ledger, skip, limit int) ([]PastRun, error) {
	if limit > 0 {
		limit += skip
	}
	runs, err := book.Runs(ctx, limit)
	if err != nil {
		return nil, err
	}
	runs = runs[min(skip, len(runs)):]
	past := make([]PastRun, len(runs))
	for i, run := range runs {
		if past[i], err = newPastRun(ctx, book, run); err != nil {
			return nil, err
		}
	}
	return past, nil
}

func newPastRun(ctx context.Context, book *ledger.Ledger, run ledger.Run) (PastRun, error) {
	past := PastRun{Run: run, book: book}
	if !past.IsUndo() {
		return past, nil
	}
	for attempt, err := range past.Attempts(ctx) {
		if err != nil {
			return past, err
		}
		if attempt.State == ledger.Removed {
			past.Removed++
		}
	}
	return past, nil
}

// FindRun returns the run with this ID. The error for an unknown ID is a
// *fault.Error that suggests similar IDs.
func FindRun(ctx context.Context, book *ledger.Ledger, id string) (PastRun, error) {
	runs, err := book.Runs(ctx, 0)
	if err != nil {
		return PastRun{}, err
	}
	if i := slices.IndexFunc(runs, func(r ledger.Run) bool { return r.ID == id }); i >= 0 {
		return newPastRun(ctx, book, runs[i])
	}
	const similar = 0.6
	ids := make([]string, len(runs))
	for i, run := range runs {
		ids[i] = run.ID
	}
	fix := "muster runs lists all runs"
	if near := text.Closest(id, ids, similar); near != "" {
		fix = near + "; " + fix
	}
	return PastRun{}, fault.Usage(fix, "there is no run %s in the ledger", id)
}

// LastRunWithResults returns the newest import at an API whose results file still
// exists. A company or project of 0 means any.
func LastRunWithResults(ctx context.Context, book *ledger.Ledger, apiURL string, company, project int64) (ledger.Run, error) {
	api, err := url.Parse(apiURL)
	if err != nil {
		return ledger.Run{}, fault.Usage("check --api-url", "the API URL is not valid: %v", err)
	}
	runs, err := book.Runs(ctx, 0)
	if err != nil {
		return ledger.Run{}, err
	}
	var missing []string
	for _, r := range runs {
		ours := r.API == hostName(api) && (company == 0 || company == r.Company) && (project == 0 || project == r.Project)
		if !ours || r.Command == UndoCommand || r.Results == "" || slices.Contains(missing, PlaceOf(r, r.Results)) {
			continue
		}
		if _, err := os.Stat(r.Results); !errors.Is(err, fs.ErrNotExist) {
			return r, nil
		}
		missing = append(missing, PlaceOf(r, r.Results))
	}
	const shown = 3
	message := "no run in the ledger has a results file that still exists"
	if project != 0 {
		message = fmt.Sprintf("no run of project %d in the ledger has a results file that still exists", project)
	}
	if more := len(missing) - shown; more > 0 {
		missing = append(missing[:shown], fmt.Sprintf("%d more", more))
	}
	if len(missing) > 0 {
		message += "; looked for " + text.List(missing, "and")
	}
	return ledger.Run{}, fault.Usage("name the file: muster retry RESULTS; muster runs lists all runs", "%s", message)
}

// PlaceOf returns the path of a file of a run, with the host if the run was made on
// another machine.
func PlaceOf(run ledger.Run, path string) string {
	if host, _ := os.Hostname(); path == "" || run.Host == "" || run.Host == host {
		return path
	}
	return path + " on host " + run.Host
}

// IsUndo reports whether the run is an undo.
func (r PastRun) IsUndo() bool { return r.Command == UndoCommand }

// Attempts yields the requests of the run in the order of sending.
func (r PastRun) Attempts(ctx context.Context) iter.Seq2[ledger.Attempt, error] {
	return r.book.Attempts(ctx, r.ID)
}

// Result returns a word for what became of a request of the run.
func (r PastRun) Result(a ledger.Attempt) string {
	switch {
	case a.State == ledger.Intended:
		return "in doubt"
	case a.State == ledger.Removed && a.Code == CodeUndoGone:
		return "gone"
	case a.State == ledger.Created && r.IsUndo():
		return "kept"
	case a.Status != "":
		return string(a.Status)
	}
	return a.State.String()
}

// Sentence says what became of the rows of the run.
func (r PastRun) Sentence() string {
	switch {
	case r.Status == ledger.Running && PlaceOf(r.Run, r.Roster) != r.Roster:
		return r.Command + ": still running on host " + r.Host
	case r.IsUndo():
		return "undo: " + text.Plural(r.Removed, "person", "people") + " taken off the project"
	case r.Status == ledger.Running:
		return r.Command + ": still running"
	case r.Status == ledger.Crashed:
		return r.Command + ": killed before its rows were counted; the next run continues with them"
	}
	return r.Command + ": " + InWords(r.Counts)
}

// InWords writes how many rows there are, and how many of each status.
func InWords(c outcome.Counts) string {
	var parts []string
	for status, n := range c.Each() {
		parts = append(parts, text.Number(n)+" "+string(status))
	}
	return text.Plural(c.Rows(), "row", "rows") + ": " + strings.Join(parts, ", ")
}

// Names returns the names of the people in the rows of the run, by row: those in the
// results file, or else in the roster, if the file can still be read.
func (r PastRun) Names(ctx context.Context, saved SavedMappings) map[int]string {
	names := map[int]string{}
	for _, path := range []string{r.Results, r.Roster} {
		if path == "" || Piped(path) {
			continue
		}
		if err := readNames(ctx, path, saved, names); err == nil {
			break
		}
		clear(names)
	}
	return names
}

func readNames(ctx context.Context, path string, saved SavedMappings, names map[int]string) (err error) {
	in, err := Open(ctx, path, OpenOptions{Saved: saved})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if err := in.Bind(); err != nil {
		return err
	}
	columns := columnsOf(in.Mapper)
	return in.source.rows(func(row *sourceRow) error {
		names[row.number] = nameIn(row.cells, columns)
		return nil
	})
}
