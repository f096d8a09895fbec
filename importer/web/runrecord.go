package web

import (
	"cmp"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/importer"
	"muster/importer/atomicfile"
	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/procore"
)

// runLife is the time after which the files of a run are removed.
const runLife = draftLife

// runKind is what a run does.
type runKind string

// The kinds of a run.
const (
	kindImport    runKind = "import"
	kindRehearsal runKind = "rehearsal"
	kindUndo      runKind = "undo"
)

// runStatus says how a run ended.
type runStatus string

// The statuses of a run. A running run of an earlier start of the program is interrupted.
const (
	statusRunning     runStatus = "running"
	statusFinished    runStatus = "finished"
	statusStopped     runStatus = "stopped"     // muster ended the run early
	statusInterrupted runStatus = "interrupted" // a person or the end of the program ended the run early
	statusRefused     runStatus = "refused"     // the run did not begin
)

// runRecord is the description of a run. It is on disk before the run begins, so that a
// run outlives the program and goes on after the next start.
type runRecord struct {
	ID      string        `json:"id"`
	Kind    runKind       `json:"kind"`
	Draft   string        `json:"draft,omitempty"`  // the ID; "" of an undo
	Roster  string        `json:"roster"`           // the file's name
	Project procore.Named `json:"project"`          // the name may be unknown
	Place   string        `json:"place,omitempty"`  // see Account.Place; "" of a rehearsal
	Undoes  []string      `json:"undoes,omitempty"` // the ledger's runs to undo
	Started time.Time     `json:"started"`
	Ended   time.Time     `json:"ended,omitzero"`
	Status  runStatus     `json:"status"`
	Result  runResult     `json:"result,omitzero"`

	shown string // how the page that begins the run has shown the draft; "" of any other run
}

// runResult is what became of a run.
type runResult struct {
	Run      string               `json:"run"` // the ID in the ledger
	Counts   outcome.Counts       `json:"counts"`
	Earlier  int                  `json:"earlier"` // existing people who were created by earlier runs
	Undone   *importer.UndoCounts `json:"undone,omitempty"`
	Problems []runProblem         `json:"problems,omitempty"`
	Notes    []runProblem         `json:"notes,omitempty"`
	Remarks  []string             `json:"remarks,omitempty"`
	Stop     *fault.Error         `json:"stop,omitempty"`    // why the run ended early
	Results  string               `json:"results,omitempty"` // the name of the results file
	Report   string               `json:"report,omitempty"`  // the name of the HTML report
}

// runProblem is what several rows have in common.
type runProblem struct {
	Count   int    `json:"count"`
	Rows    []int  `json:"rows,omitempty"` // examples
	Code    string `json:"code,omitempty"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"`
}

// newRunProblems returns groups of problems for people.
func newRunProblems(groups []outcome.Group) []runProblem {
	problems := make([]runProblem, len(groups))
	for i, g := range groups {
		problems[i] = runProblem{Count: g.Count, Rows: g.ExampleRows, Code: g.Code, Message: g.Message, Hint: g.Hint}
	}
	return problems
}

// over reports whether the run needs its draft no longer: every row was attempted for real.
func (r *runRecord) over() bool { return r.Kind == kindImport && r.Status == statusFinished }

// sameAs reports whether a run does the same as another.
func (r *runRecord) sameAs(other *runRecord) bool {
	return r.Kind == other.Kind && r.Draft == other.Draft && slices.Equal(r.Undoes, other.Undoes)
}

// resumable reports whether the run can go on.
func (r *runRecord) resumable() bool {
	return r.Status == statusInterrupted || r.Status == statusStopped || r.Status == statusRefused
}

// runStore is the folder of all runs of the page.
type runStore struct {
	folder string
	now    func() time.Time
}

// openRunStore makes the folder and removes old runs.
func openRunStore(folder string, now func() time.Time) (runStore, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return runStore{}, fmt.Errorf("make the folder for runs: %w", err)
	}
	s := runStore{folder, now}
	return s, s.removeOld(func(string) bool { return false })
}

// removeOld deletes the runs that ended long ago and are not live.
func (s runStore) removeOld(live func(id string) bool) error {
	records, err := s.all()
	for _, r := range records {
		if s.now().Sub(latest(r.Started, r.Ended)) > runLife && !live(r.ID) {
			err = errors.Join(err, s.remove(r.ID))
		}
	}
	return err
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// create writes the record of a new run, and sets the ID.
func (s runStore) create(r *runRecord) error {
	r.ID = strings.ToLower(rand.Text())
	if err := os.Mkdir(s.path(r.ID, ""), 0o700); err != nil {
		return fmt.Errorf("make the folder of a run: %w", err)
	}
	return s.save(r)
}

// path returns the path of a file of a run.
func (s runStore) path(id, name string) string { return filepath.Join(s.folder, id, name) }

// recordFile is the name of the file with the description of a run.
const recordFile = "run.json"

// save writes the record durably.
func (s runStore) save(r *runRecord) error {
	err := atomicfile.Write(s.path(r.ID, recordFile), func(w io.Writer) error { return json.NewEncoder(w).Encode(r) })
	if err != nil {
		return fmt.Errorf("record a run: %w", err)
	}
	return nil
}

// load returns the record of a run. The ID comes from a URL.
func (s runStore) load(id string) (*runRecord, error) {
	if !draftID.MatchString(id) {
		return nil, notFoundError{"the run"}
	}
	content, err := os.ReadFile(s.path(id, recordFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, notFoundError{"the run"}
	}
	var r runRecord
	if err == nil {
		err = json.Unmarshal(content, &r)
	}
	if err != nil {
		return nil, fmt.Errorf("read the record of a run: %w", err)
	}
	return &r, nil
}

// all returns the records of all runs, the newest first.
func (s runStore) all() ([]*runRecord, error) {
	entries, err := os.ReadDir(s.folder)
	if err != nil {
		return nil, fmt.Errorf("list the runs: %w", err)
	}
	var records []*runRecord
	for _, entry := range entries {
		r, err := s.load(entry.Name())
		if missing := (notFoundError{}); errors.As(err, &missing) {
			continue // the program ended before the record was written
		}
		if err != nil {
			return nil, err
		}
		records = append(records, r)
	}
	slices.SortFunc(records, func(a, b *runRecord) int { return cmp.Compare(b.Started.UnixNano(), a.Started.UnixNano()) })
	return records, nil
}

// remove deletes the files of a run. The ledger keeps its own record.
func (s runStore) remove(id string) error { return os.RemoveAll(s.path(id, "")) }
