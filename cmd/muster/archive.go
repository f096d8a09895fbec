package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"muster/importer"
	"muster/importer/fault"
)

// writtenFor is the time without changes after which a roster counts as complete.
const writtenFor = 10 * time.Second

// several reports whether the job's roster may match several files.
func (j *job) several() bool {
	info, err := os.Stat(j.roster)
	if err != nil {
		return strings.ContainsAny(j.roster, "*?[")
	}
	return info.IsDir()
}

// rostersOf returns the job's rosters, sorted by name.
func (a *app) rostersOf(j *job) ([]string, error) {
	for _, folder := range []string{j.done, j.failed} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, usageError(fmt.Sprintf("the folder %s can't be made: %v", folder, pathCause(err)), "make it, or name another as done or failed")
		}
	}
	if !j.several() {
		return []string{j.roster}, nil
	}
	found, err := j.candidates()
	if err != nil {
		return nil, err
	}
	var rosters []string
	for _, path := range found {
		info, err := os.Lstat(path)
		if err != nil || !info.Mode().IsRegular() || !looksLikeRoster(path) || besideItsRoster(path, found) || importer.IsUndoResults(path) {
			continue
		}
		if age := time.Since(info.ModTime()); age < writtenFor {
			a.talk("%s was changed just now and may not be whole; the next run imports it.", path)
			continue
		}
		rosters = append(rosters, path)
	}
	if len(rosters) == 0 {
		a.talk("Job %s: there is no roster in %s.", j.name, j.roster)
	}
	return rosters, nil
}

// candidates returns the files in the job's folder or matching the job's pattern, sorted
// by name.
func (j *job) candidates() ([]string, error) {
	if info, err := os.Stat(j.roster); err == nil && info.IsDir() {
		entries, err := os.ReadDir(j.roster)
		if err != nil {
			return nil, usageError(fmt.Sprintf("the job %s: the folder %s can't be read: %v", j.name, j.roster, pathCause(err)), "see who may read it")
		}
		var paths []string
		for _, entry := range entries {
			paths = append(paths, filepath.Join(j.roster, entry.Name()))
		}
		return paths, nil
	}
	paths, err := filepath.Glob(j.roster)
	if err != nil {
		return nil, usageError(fmt.Sprintf("the job %s: %s is no pattern: %v", j.name, j.roster, err), "such as inbox/*.csv")
	}
	return paths, nil
}

// looksLikeRoster reports whether a file is named like a roster. Formats that muster
// can't read count too, so that the user gets an error for them.
func looksLikeRoster(path string) bool {
	name := filepath.Base(path)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
		return false
	}
	return slices.Contains([]string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(name)))
}

// besideItsRoster reports whether a file is the results of another file in all.
func besideItsRoster(path string, all []string) bool {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	for _, end := range []string{".results", ".rehearsal"} {
		stem, ours := strings.CutSuffix(base, end)
		if ours && slices.ContainsFunc(all, func(other string) bool {
			return strings.TrimSuffix(other, filepath.Ext(other)) == stem
		}) {
			return true
		}
	}
	return false
}

// archive moves a job's roster to the folder done or failed after the run. A nil archive
// moves nothing.
type archive struct {
	job       *job
	roster    string
	before    fs.FileInfo // as it was when its run began
	started   time.Time
	rehearsal bool
	results   string      // beside the roster; "" if there are none
	moved     [][2]string // from where, to where
}

func newArchive(j *job, path string, rehearsal bool) *archive {
	f := &archive{job: j, roster: path, started: time.Now(), rehearsal: rehearsal}
	f.before, _ = os.Stat(path) // a roster that is not there is its run's matter
	return f
}

// changed reports whether the roster was changed since the run began.
func (f *archive) changed() bool {
	if f.results == f.roster {
		return false // the run itself has
	}
	now, err := os.Stat(f.roster)
	return err != nil || f.before == nil || now.Size() != f.before.Size() || !now.ModTime().Equal(f.before.ModTime())
}

// folder returns the folder to move the roster to, or "" to leave the roster.
func (f *archive) folder(code int, failure error) string {
	var reading *fault.Error
	switch {
	case f == nil || f.rehearsal:
		return ""
	case code == exitDone, code == exitRowsLeft && f.job.failed == "":
		return f.job.done
	case code == exitRowsLeft, code == exitNotStarted && errors.As(failure, &reading) && (reading.Where.File == f.roster || reading.Code == importer.CodeHeadings):
		return f.job.failed
	}
	return "" // it goes on the next time
}

// later returns the path of a results file after the move.
func (f *archive) later(results string, code int) string {
	folder := f.folder(code, nil)
	if folder == "" || filepath.Dir(results) != filepath.Dir(f.roster) {
		return results
	}
	f.results = results
	return f.target(folder, results)
}

// target returns the new name of a file. If the folder has a roster of this name
// already, all names get the time.
func (f *archive) target(folder, path string) string {
	stem := strings.TrimSuffix(filepath.Base(f.roster), filepath.Ext(f.roster))
	name := filepath.Base(path)
	if missing(filepath.Join(folder, filepath.Base(f.roster))) && (f.results == "" || missing(filepath.Join(folder, filepath.Base(f.results)))) {
		return filepath.Join(folder, name)
	}
	if rest, ours := strings.CutPrefix(name, stem); ours {
		return filepath.Join(folder, stem+f.started.Format(".20060102-150405")+rest)
	}
	return filepath.Join(folder, f.started.Format("20060102-150405.")+name)
}

// move moves the roster and its results, and returns the roster's new path or "".
func (f *archive) move(code int, failure error) (string, error) {
	folder := f.folder(code, failure)
	if folder == "" {
		return "", nil
	}
	if f.changed() {
		return "", usageError(f.roster+" was changed while its rows were sent; it is not moved", "muster run "+shellWord(f.job.name)+" imports it again")
	}
	to := f.target(folder, f.roster)
	var moves [][2]string // the roster last: until then the run can be repeated
	if f.results != "" && f.results != f.roster {
		moves = append(moves, [2]string{f.results, f.target(folder, f.results)})
	}
	for _, m := range append(moves, [2]string{f.roster, to}) {
		err := os.Rename(m[0], m[1])
		if errors.Is(err, syscall.EXDEV) {
			return "", usageError(fmt.Sprintf("%s can't be moved to %s, which is on another disk", m[0], folder), "name a folder on the same disk")
		}
		if err != nil {
			return "", usageError(fmt.Sprintf("%s can't be moved to %s: %v", m[0], folder, err), "see who may write to the folder")
		}
		f.moved = append(f.moved, m)
	}
	return to, nil
}

// follow records the new paths of moved files in the ledger.
func (a *app) follow(ctx context.Context, f *archive) {
	if f == nil || len(f.moved) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	book, _, err := a.openRecord(ctx)
	if book != nil {
		for _, m := range f.moved {
			err = errors.Join(err, book.RenameFile(ctx, m[0], m[1]))
		}
		err = errors.Join(err, book.Close())
	}
	if err != nil {
		a.warn("The new place of %s could not be recorded in the ledger: %v", f.roster, err)
	}
}
