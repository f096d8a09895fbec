package importer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
)

// resultsFile is the results file of an import. The rows of a single project go
// straight into it. The rows of each of several projects go into a file for the
// project first; commit merges these files in the roster's order.
type resultsFile struct {
	*Import
	target *results.Writer
}

// createResults begins the results file at ResultsPath; rows is 0 if unknown.
func (im *Import) createResults(rows int) (*resultsFile, error) {
	for _, p := range im.parts {
		p.results = nil
	}
	target, err := results.Create(im.ResultsPath, im.roster.Header, im.roster.resultsOptions(rows, im.Rehearsal))
	return &resultsFile{im, target}, err
}

// open begins the results of a part.
func (f *resultsFile) open(p *part) (err error) {
	switch {
	case p.results != nil:
	case f.split.ByRow:
		p.results, err = results.Create(f.partPath(p), f.roster.Header, results.Options{})
	default:
		p.results = f.target
	}
	return err
}

func (f *resultsFile) partPath(p *part) string {
	return filepath.Join(filepath.Dir(f.ResultsPath), fmt.Sprintf(".%s.%d.jsonl", filepath.Base(f.ResultsPath), p.Scope.Project))
}

func (f *resultsFile) write(p *part, cells []string, o outcome.Outcome) error {
	if err := f.open(p); err != nil {
		return err
	}
	return p.results.Write(cells, o)
}

// commit finishes the file with the rows of all parts.
func (f *resultsFile) commit() error {
	if !f.split.ByRow {
		return f.target.Commit()
	}
	readers := map[int64]*results.Reader{}
	for _, p := range f.parts {
		if err := p.results.Commit(); err != nil {
			return err
		}
		r, err := results.Open(f.partPath(p), roster.Options{})
		if err != nil {
			return err
		}
		defer func() { _ = r.Close() }() // it was only read
		readers[p.Scope.Project] = r
	}
	if err := f.split.mergeResults(readers, f.target); err != nil {
		return err
	}
	f.describe()
	return f.target.Commit()
}

// describe says which runs wrote the merged file. A dry run has no run.
func (f *resultsFile) describe() {
	var about results.About
	var places []string
	for _, p := range f.parts {
		if p.summary == nil {
			return
		}
		if places = append(places, p.place()); about.Run == "" {
			about.Run, about.Started = p.summary.Run, time.Now().Add(-p.summary.Elapsed)
		}
	}
	about.Project = strings.Join(places, ", ")
	f.target.Describe(about)
}

// discard removes the files of the parts, and a results file that was not committed.
func (f *resultsFile) discard() error {
	var err error
	for _, p := range f.parts {
		if p.results != nil && p.results != f.target {
			err = errors.Join(err, p.results.Discard())
			_ = os.Remove(f.partPath(p)) // it may not be there
		}
	}
	return errors.Join(err, f.target.Discard())
}

// ResultsPath returns path, or if path is "" the default path of the results file:
// beside the roster in the roster's format, or in the current folder for standard
// input. The name of a rehearsal's file says so.
func (r *Roster) ResultsPath(path string, rehearsal bool) (string, error) {
	if path == "" {
		path = r.defaultResultsPath(rehearsal)
	}
	if sameFile(path, r.Path) && !r.Retry {
		return "", fault.Usage("name another file; without --results they go beside the roster", "--results %s is the roster itself", path)
	}
	return path, nil
}

func (r *Roster) defaultResultsPath(rehearsal bool) string {
	unknown := results.CheckName(r.Path)
	if r.Retry && !rehearsal && unknown == nil {
		return r.Path // not so of a workbook that was saved as .ods
	}
	extension := filepath.Ext(r.Path)
	base := strings.TrimSuffix(r.Path, extension)
	if Piped(r.Path) {
		base = "roster"
	}
	for _, end := range []string{".results", ".rehearsal"} {
		base = strings.TrimSuffix(base, end)
	}
	kind := ".results"
	if rehearsal {
		kind = ".rehearsal"
	}
	if unknown != nil {
		if extension = ".csv"; r.Sheet != "" {
			extension = ".xlsx"
		}
	}
	return base + kind + extension
}

// resultsOptions returns how the results of this roster are written; rows is 0 if
// unknown.
func (r *Roster) resultsOptions(rows int, rehearsal bool) results.Options {
	o := results.Options{
		Sheet: r.Sheet, HeaderRow: r.layout.headerRow, Retried: r.Retry, Delimiter: r.layout.delimiter, Rows: rows, Rehearsal: rehearsal,
		Changed: r.source.edits.Columns,
	}
	if info, err := os.Stat(r.Path); r.Sheet != "" && err == nil && info.Mode().IsRegular() { // it can be read twice
		o.Workbook = r.Path
	}
	return o
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	other, failed := os.Stat(b)
	return err == nil && failed == nil && os.SameFile(one, other)
}
