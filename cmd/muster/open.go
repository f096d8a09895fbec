package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// input is a roster or results file with a mapping.
type input struct {
	path      string
	source    importer.Source
	header    []string
	sheet     string // "" for what is no workbook
	headerRow int
	comma     string // between the cells of a CSV file
	remarks   []string
	retry     bool
	close     func() error

	file      *mapping.File // nil: the headings decide
	text      []byte        // of file, where a person has confirmed it
	confirmed time.Time     // when that was, if not just now

	settle func(*mapping.Detection) error // asks a person; nil without a terminal
	fix    string                         // what settles headings without one
}

// openInput opens a roster or a results file and applies the saved mapping of its
// headings.
func (a *app) openInput(ctx context.Context, path string) (*input, error) {
	in, err := a.openFile(ctx, path)
	if err != nil {
		return nil, err
	}
	if err := a.recall(in); err != nil {
		return nil, errors.Join(err, in.close())
	}
	a.sayConfirmed(in)
	in.fix = a.mapCommand(path, "-o mapping.yaml")
	if a.interactive() {
		in.settle = func(survey *mapping.Detection) error { return a.settle(ctx, in, survey) }
	}
	return in, nil
}

// openFile opens the file. Opening a pipe without a writer, or reading a terminal, can't
// be cancelled: when ctx ends first, the goroutine is left alone because the process
// ends next.
func (a *app) openFile(ctx context.Context, path string) (*input, error) {
	type result struct {
		in  *input
		err error
	}
	opened := make(chan result, 1)
	go func() {
		in, err := a.readInput(path)
		opened <- result{in, err}
	}()
	select {
	case r := <-opened:
		return r.in, r.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func (a *app) readInput(path string) (*input, error) {
	s := &a.settings
	var file *mapping.File
	if s.mapping != "" {
		var err error
		if file, err = mapping.Load(s.mapping); err != nil {
			return nil, err
		}
	}
	options, err := s.rosterOptions(heading(file))
	if err != nil {
		return nil, err
	}
	if !strings.EqualFold(filepath.Ext(path), ".jsonl") && !strings.EqualFold(filepath.Ext(path), ".ndjson") {
		r, err := roster.Open(path, options)
		if err != nil {
			return nil, err
		}
		if !results.IsResults(r.Header()) {
			remarks := r.Remarks()
			if r.Sheet() == "" && slices.ContainsFunc(a.given, func(f *pflag.Flag) bool { return f.Name == "sheet" }) {
				remarks = append(remarks, fmt.Sprintf("--sheet %s was not needed: a CSV file has no sheets", s.sheet))
			}
			return &input{
				path: path, source: importer.FromRoster(r), header: r.Header(), sheet: r.Sheet(), headerRow: r.HeaderRow(),
				comma: r.Delimiter(), remarks: remarks, close: r.Close, file: file,
			}, nil
		}
		if err := r.Close(); err != nil {
			return nil, err
		}
	}
	r, err := results.Open(path, options)
	if err != nil {
		return nil, err
	}
	return &input{
		path: path, source: importer.FromResults(r), header: r.Header(), sheet: r.Sheet(), headerRow: r.HeaderRow(),
		remarks: r.Remarks(), retry: true, close: r.Close, file: file,
	}, nil
}

// resultsOptions returns how the results are written; rows is the number of rows, or 0
// if unknown.
func (in *input) resultsOptions(rows int, rehearsal bool) results.Options {
	return results.Options{
		Workbook: in.workbook(), Sheet: in.sheet, HeaderRow: in.headerRow, Retried: in.retry,
		Delimiter: in.comma, Rows: rows, Rehearsal: rehearsal,
	}
}

// called is what the input is to a person.
func (in *input) called() string {
	if in.path == "-" {
		return "standard input"
	}
	return in.path
}

// workbook returns the path of the workbook to copy into the results, or "" if the input
// is not a workbook that can be read twice.
func (in *input) workbook() string {
	if info, err := os.Stat(in.path); in.sheet == "" || err != nil || !info.Mode().IsRegular() {
		return ""
	}
	return in.path
}

// sampleRows is how many rows are looked at to tell what an ambiguous heading means.
const sampleRows = 50

// heading returns a function that recognises headings: of the dictionary, of the mapping
// file and of a results file.
func heading(file *mapping.File) func(string) bool {
	own := map[string]bool{}
	for _, name := range results.Columns() {
		own[name] = true
	}
	if file != nil {
		for _, name := range file.Headings() {
			own[fold(name)] = true
		}
	}
	return func(cell string) bool { return own[fold(cell)] || mapping.Heading(cell) }
}

func fold(cell string) string { return strings.ToLower(strings.Join(strings.Fields(cell), " ")) }

// bind maps the input's headings to fields. What they leave in doubt a person
// is asked, if there is one; without one, near misses are pointed out, and all
// else that is in doubt is an error.
func (in *input) bind(o mapping.Options) (*mapping.Mapper, error) {
	if in.file != nil {
		return in.file.Bind(in.header, o)
	}
	sample, err := in.source.Sample(sampleRows)
	if err != nil {
		return nil, err
	}
	survey := mapping.NewDetection(in.header, sample, o)
	questions := survey.Questions()
	if in.settle != nil && len(questions) > 0 {
		if err := in.settle(survey); err != nil {
			return nil, in.undetermined(err)
		}
		return in.file.Bind(in.header, o)
	}
	mapper, err := survey.Mapper()
	if err != nil {
		return nil, in.undetermined(err)
	}
	for _, q := range questions {
		if remark := q.Message + "; " + in.fix; !slices.Contains(in.remarks, remark) {
			in.remarks = append(in.remarks, remark)
		}
	}
	return mapper, nil
}

// undeterminedError is a *mapping.BindError with the command that helps.
type undeterminedError struct {
	error
	fix string
}

func (e *undeterminedError) Unwrap() error { return e.error }

func (in *input) undetermined(err error) error {
	var bind *mapping.BindError
	if errors.As(err, &bind) {
		return &undeterminedError{bind, in.fix}
	}
	return err
}

// resultsPath returns the path of the results file: --results, or beside the roster in
// the roster's format, or in the current folder for standard input. The name of a
// rehearsal's file says so.
func (s *settings) resultsPath(in *input) (string, error) {
	path := s.results
	if path == "" {
		_, unknown := results.FormatOf(in.path)
		if in.retry && !s.simulate && unknown == nil {
			return in.path, nil // not so of a workbook that was saved as .ods
		}
		extension := filepath.Ext(in.path)
		base := strings.TrimSuffix(in.path, extension)
		if piped(in.path) {
			base = "roster"
		}
		for _, end := range []string{".results", ".rehearsal"} {
			base = strings.TrimSuffix(base, end)
		}
		kind := ".results"
		if s.simulate {
			kind = ".rehearsal"
		}
		if unknown != nil {
			if extension = ".csv"; in.sheet != "" {
				extension = ".xlsx"
			}
		}
		path = base + kind + extension
	}
	if sameFile(path, in.path) && !in.retry {
		return "", usageError(fmt.Sprintf("--results %s is the roster itself", path), "name another file; without --results they go beside the roster")
	}
	return path, nil
}

// piped reports whether path is standard input or a device.
func piped(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return path == "-" || strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
}

func sameFile(a, b string) bool {
	one, err := os.Stat(a)
	if err != nil {
		return false
	}
	other, err := os.Stat(b)
	return err == nil && os.SameFile(one, other)
}
