package main

import (
	"cmp"
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

// quietTime is the time without changes after which a roster counts as complete.
const quietTime = 10 * time.Second

// several reports whether the job's roster may match several files.
func (j *job) several() bool {
	info, err := os.Stat(j.roster)
	if err != nil {
		return strings.ContainsAny(j.roster, "*?[")
	}
	return info.IsDir()
}

// rostersOf returns the rosters of a job, sorted by name.
func (a *app) rostersOf(j *job) ([]string, error) {
	for _, folder := range []string{j.done, j.failed} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, usageError(fmt.Sprintf("the folder %s can't be created: %v", folder, pathCause(err)), "create the folder, or name another as done or failed")
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
		if err != nil || !info.Mode().IsRegular() || !looksLikeRoster(path) || isResultsOf(path, found) || importer.IsUndoResults(path) {
			continue
		}
		if age := time.Since(info.ModTime()); age < quietTime {
			a.talk("%s was changed just now and may be incomplete; the next run imports this file.", path)
			continue
		}
		rosters = append(rosters, path)
	}
	if len(rosters) == 0 {
		a.talk("Job %s: there is no roster in %s.", j.name, j.roster)
	}
	return rosters, nil
}

// candidates returns the files of the folder or the pattern of a job, sorted by name.
func (j *job) candidates() ([]string, error) {
	if info, err := os.Stat(j.roster); err == nil && info.IsDir() {
		entries, err := os.ReadDir(j.roster)
		if err != nil {
			return nil, usageError(fmt.Sprintf("the job %s: the folder %s can't be read: %v", j.name, j.roster, pathCause(err)), "check the permissions of the folder")
		}
		var paths []string
		for _, entry := range entries {
			paths = append(paths, filepath.Join(j.roster, entry.Name()))
		}
		return paths, nil
	}
	paths, err := filepath.Glob(j.roster)
	if err != nil {
		return nil, usageError(fmt.Sprintf("the job %s: %s is not a pattern: %v", j.name, j.roster, err), "write a pattern such as inbox/*.csv")
	}
	return paths, nil
}

// looksLikeRoster reports whether a file is named like a roster, in a format of muster or
// in a format for which muster has an error message.
func looksLikeRoster(path string) bool {
	name := filepath.Base(path)
	if strings.HasPrefix(name, ".") || strings.HasPrefix(name, "~") {
		return false
	}
	return slices.Contains([]string{".csv", ".tsv", ".txt", ".xlsx", ".xlsm", ".xls", ".ods", ".jsonl", ".ndjson"}, strings.ToLower(filepath.Ext(name)))
}

// isResultsOf reports whether a file is named like the results of another file in all.
func isResultsOf(path string, all []string) bool {
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

// archive moves the roster of a job to the folder done or failed after the run. A nil
// archive moves nothing.
type archive struct {
	job       *job
	roster    string
	before    fs.FileInfo // of the roster when the run began
	started   time.Time
	rehearsal bool
	results   string // in the folder of the roster; "" if there are none
	moved     []move
}

// move is a file that was renamed.
type move struct{ from, to string }

func newArchive(j *job, path string, rehearsal bool) *archive {
	f := &archive{job: j, roster: path, started: time.Now(), rehearsal: rehearsal}
	f.before, _ = os.Stat(path) // the run reports a missing roster
	return f
}

// changed reports whether another program changed the roster since the run began.
func (f *archive) changed() bool {
	if f.results == f.roster {
		return false
	}
	now, err := os.Stat(f.roster)
	return err != nil || f.before == nil || now.Size() != f.before.Size() || !now.ModTime().Equal(f.before.ModTime())
}

// folder returns the folder for the roster, or "" to leave the roster for the next run.
func (f *archive) folder(code int, failure error) string {
	if f == nil || f.rehearsal {
		return ""
	}
	switch code {
	case exitDone:
		return f.job.done
	case exitRowsLeft:
		return cmp.Or(f.job.failed, f.job.done)
	case exitNotStarted:
		var e *fault.Error
		if errors.As(failure, &e) && (e.Where.File == f.roster || e.Code == importer.CodeHeadings) {
			return f.job.failed
		}
	}
	return ""
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

// target returns the new path of the roster or the results. If the folder has a file of
// such a name, the new names contain the time.
func (f *archive) target(folder, path string) string {
	name := filepath.Base(path)
	if missing(filepath.Join(folder, filepath.Base(f.roster))) && (f.results == "" || missing(filepath.Join(folder, filepath.Base(f.results)))) {
		return filepath.Join(folder, name)
	}
	stem := strings.TrimSuffix(filepath.Base(f.roster), filepath.Ext(f.roster))
	if rest, ok := strings.CutPrefix(name, stem); ok {
		return filepath.Join(folder, stem+f.started.Format(".20060102-150405")+rest)
	}
	return filepath.Join(folder, f.started.Format("20060102-150405.")+name)
}

// move moves the results and then the roster, and returns the new path of the roster.
// As long as the roster stays, the run can be repeated.
func (f *archive) move(code int, failure error) (string, error) {
	folder := f.folder(code, failure)
	if folder == "" {
		return "", nil
	}
	if f.changed() {
		return "", usageError(f.roster+" was changed during the run and was not moved", "muster run "+shellWord(f.job.name)+" imports the file again")
	}
	moves := []move{{f.roster, f.target(folder, f.roster)}}
	if f.results != "" && f.results != f.roster {
		moves = append([]move{{f.results, f.target(folder, f.results)}}, moves...)
	}
	for _, m := range moves {
		err := os.Rename(m.from, m.to)
		switch {
		case errors.Is(err, syscall.EXDEV):
			return "", usageError(fmt.Sprintf("%s can't be moved to %s, which is on another disk", m.from, folder), "choose a folder on the same disk")
		case err != nil:
			return "", usageError(fmt.Sprintf("%s can't be moved to %s: %v", m.from, folder, err), "check the permissions of the folder")
		}
		f.moved = append(f.moved, m)
	}
	return moves[len(moves)-1].to, nil
}

// recordMoves records the new paths of moved files in the ledger.
func (a *app) recordMoves(ctx context.Context, f *archive) {
	if f == nil || len(f.moved) == 0 {
		return
	}
	ctx = context.WithoutCancel(ctx)
	book, _, err := a.openRecord(ctx)
	if book != nil {
		for _, m := range f.moved {
			err = errors.Join(err, book.RenameFile(ctx, m.from, m.to))
		}
		err = errors.Join(err, book.Close())
	}
	if err != nil {
		a.warn("The new path of %s could not be recorded in the ledger: %v", f.roster, err)
	}
}
