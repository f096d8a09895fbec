package importer

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"muster/importer/fault"
)

// Inbox is the source of a job's rosters and the folders for files after a run.
type Inbox struct {
	Roster string // a file, a pattern or a folder
	Done   string // for rosters whose rows all have a person; "": files stay
	Failed string // for rosters that need attention; "": as Done
}

// quietTime is the time without changes after which a roster counts as complete.
const quietTime = 10 * time.Second

// Several reports whether the inbox may hold several rosters.
func (b Inbox) Several() bool {
	info, err := os.Stat(b.Roster)
	if err != nil {
		return strings.ContainsAny(b.Roster, "*?[")
	}
	return info.IsDir()
}

// Rosters returns the rosters, sorted by name, and files that were changed so recently
// that they may be incomplete. The error is a *fault.Error.
func (b Inbox) Rosters() (rosters, recent []string, err error) {
	for _, folder := range []string{b.Done, b.Failed} {
		if folder == "" {
			continue
		}
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, nil, fault.Usage("create the folder, or name another as done or failed", "the folder %s can't be created: %v", folder, fault.Cause(err))
		}
	}
	if !b.Several() {
		return []string{b.Roster}, nil, nil
	}
	found, err := b.files()
	if err != nil {
		return nil, nil, err
	}
	for _, path := range found {
		info, err := os.Lstat(path)
		switch {
		case err != nil || !info.Mode().IsRegular() || !looksLikeRoster(path) || isResultsOf(path, found) || IsUndoResults(path):
		case time.Since(info.ModTime()) < quietTime:
			recent = append(recent, path)
		default:
			rosters = append(rosters, path)
		}
	}
	return rosters, recent, nil
}

// files returns the files of the folder or the pattern, sorted by name.
func (b Inbox) files() ([]string, error) {
	if info, err := os.Stat(b.Roster); err != nil || !info.IsDir() {
		paths, err := filepath.Glob(b.Roster)
		if err != nil {
			return nil, fault.Usage("write a pattern such as inbox/*.csv", "%s is not a pattern: %v", b.Roster, err)
		}
		return paths, nil
	}
	entries, err := os.ReadDir(b.Roster)
	if err != nil {
		return nil, fault.Usage("check the permissions of the folder", "the folder %s can't be read: %v", b.Roster, fault.Cause(err))
	}
	paths := make([]string, len(entries))
	for i, entry := range entries {
		paths[i] = filepath.Join(b.Roster, entry.Name())
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
	return FormatOf(name) != ""
}

// FormatOf returns the extension of a file that is named like a roster, in small letters
// and without the dot, or "".
func FormatOf(path string) string {
	extension := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if !slices.Contains([]string{"csv", "tsv", "txt", "xlsx", "xlsm", "xls", "ods", "jsonl", "ndjson"}, extension) {
		return ""
	}
	return extension
}

// isResultsOf reports whether a file is named like the results of another file in all.
func isResultsOf(path string, all []string) bool {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	for _, end := range []string{".results", ".rehearsal"} {
		stem, ok := strings.CutSuffix(base, end)
		if ok && slices.ContainsFunc(all, func(other string) bool {
			return strings.TrimSuffix(other, filepath.Ext(other)) == stem
		}) {
			return true
		}
	}
	return false
}

// Archive moves a roster and the results to another folder after the run.
type Archive struct {
	Inbox
	Path    string // of the roster
	Moved   []Move
	before  fs.FileInfo // of the roster when the run began
	started time.Time
	results string // in the folder of the roster; "" if there are none
}

// Move is a file that was renamed.
type Move struct{ From, To string }

// NewArchive returns an Archive for a roster of the inbox, before the run.
func (b Inbox) NewArchive(roster string) *Archive {
	f := &Archive{Inbox: b, Path: roster, started: time.Now()}
	f.before, _ = os.Stat(roster) // the run reports a missing roster
	return f
}

// Place says where the results of the run are, and returns the path after the move.
func (f *Archive) Place(results, folder string) string {
	if folder == "" || filepath.Dir(results) != filepath.Dir(f.Path) {
		return results
	}
	f.results = results
	return f.target(folder, results)
}

// changed reports whether another program changed the roster since the run began.
func (f *Archive) changed() bool {
	if f.results == f.Path {
		return false
	}
	now, err := os.Stat(f.Path)
	return err != nil || f.before == nil || now.Size() != f.before.Size() || !now.ModTime().Equal(f.before.ModTime())
}

// target returns the new path of the roster or the results. If the folder has a file of
// such a name, the new names contain the time.
func (f *Archive) target(folder, path string) string {
	free := func(path string) bool {
		_, err := os.Stat(filepath.Join(folder, filepath.Base(path)))
		return errors.Is(err, fs.ErrNotExist)
	}
	name := filepath.Base(path)
	if free(f.Path) && (f.results == "" || free(f.results)) {
		return filepath.Join(folder, name)
	}
	stem := strings.TrimSuffix(filepath.Base(f.Path), filepath.Ext(f.Path))
	if rest, ok := strings.CutPrefix(name, stem); ok {
		return filepath.Join(folder, stem+f.started.Format(".20060102-150405")+rest)
	}
	return filepath.Join(folder, f.started.Format("20060102-150405.")+name)
}

// Move moves the results and then the roster to the folder, and returns the new path of
// the roster. As long as the roster stays, the run can be repeated.
func (f *Archive) Move(folder string) (string, error) {
	if f.changed() {
		return "", fault.Usage("run the job again to import the file", "%s was changed during the run and was not moved", f.Path)
	}
	moves := []Move{{f.Path, f.target(folder, f.Path)}}
	if f.results != "" && f.results != f.Path {
		moves = append([]Move{{f.results, f.target(folder, f.results)}}, moves...)
	}
	for _, m := range moves {
		err := os.Rename(m.From, m.To)
		switch {
		case errors.Is(err, syscall.EXDEV):
			return "", fault.Usage("choose a folder on the same disk", "%s can't be moved to %s, which is on another disk", m.From, folder)
		case err != nil:
			return "", fault.Usage("check the permissions of the folder", "%s can't be moved to %s: %v", m.From, folder, err)
		}
		f.Moved = append(f.Moved, m)
	}
	return moves[len(moves)-1].To, nil
}
