package importer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// Roster is an open roster or results file and the mapping of its headings.
type Roster struct {
	Path    string
	Header  []string
	Sheet   string          // "" for a file that is no workbook
	Retry   bool            // a results file: rows without a person are imported
	Remarks []string        // about how the file was read and mapped
	Mapper  *mapping.Mapper // nil before Bind

	source    Source
	headerRow int
	delimiter string
	used      usedMapping
	advice    string
	close     func() error
}

// usedMapping is the mapping file or saved mapping that applies to a roster.
type usedMapping struct {
	file      *mapping.File // nil: the headings decide
	content   []byte        // of file
	confirmed time.Time     // when a person confirmed a saved mapping
}

// OpenOptions say how to read and map a roster.
type OpenOptions struct {
	roster.Options               // Open sets Heading
	Mapping        string        // path of a mapping file; "" = the saved mapping, or the headings
	Saved          SavedMappings // where confirmed mappings are; "" = nowhere
	Advice         string        // what to do about headings in doubt, for messages
}

// sampleRows is how many rows tell what an ambiguous heading means.
const sampleRows = 50

// Open opens a roster or a results file. Opening a pipe without a writer can't be
// cancelled: when ctx ends first, Open returns and leaves the file to a goroutine.
func Open(ctx context.Context, path string, o OpenOptions) (*Roster, error) {
	type opened struct {
		roster *Roster
		err    error
	}
	done := make(chan opened, 1)
	go func() {
		r, err := open(path, o)
		done <- opened{r, err}
	}()
	select {
	case one := <-done:
		return one.roster, one.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func open(path string, o OpenOptions) (*Roster, error) {
	r := &Roster{Path: path, advice: o.Advice}
	if o.Mapping != "" {
		var err error
		if r.used.file, err = mapping.Load(o.Mapping); err != nil {
			return nil, err
		}
		if r.used.content, err = os.ReadFile(o.Mapping); err != nil {
			return nil, fmt.Errorf("read the mapping file: %w", err)
		}
	}
	o.Heading = isHeading(r.used.file)
	if err := r.openFile(o.Options); err != nil {
		return nil, err
	}
	if r.used.file == nil {
		var err error
		if r.used, err = o.Saved.load(r.Header); err != nil {
			return nil, errors.Join(err, r.Close())
		}
	}
	return r, nil
}

// openFile opens a results file as such, and any other file as a roster.
func (r *Roster) openFile(o roster.Options) error {
	if extension := strings.ToLower(filepath.Ext(r.Path)); extension != ".jsonl" && extension != ".ndjson" {
		in, err := roster.Open(r.Path, o)
		if err != nil {
			return err
		}
		if !results.IsResults(in.Header()) {
			r.source, r.close, r.Header, r.Remarks = FromRoster(in), in.Close, in.Header(), in.Remarks()
			r.Sheet, r.headerRow, r.delimiter = in.Sheet(), in.HeaderRow(), in.Delimiter()
			return nil
		}
		if err := in.Close(); err != nil {
			return err
		}
	}
	in, err := results.Open(r.Path, o)
	if err != nil {
		return err
	}
	r.source, r.close, r.Header, r.Remarks, r.Retry = FromResults(in), in.Close, in.Header(), in.Remarks(), true
	r.Sheet, r.headerRow = in.Sheet(), in.HeaderRow()
	return nil
}

// Close closes the file.
func (r *Roster) Close() error { return r.close() }

// isHeading returns a function that recognises headings: of the dictionary, of a
// mapping file and of a results file.
func isHeading(file *mapping.File) func(string) bool {
	fold := func(cell string) string { return strings.ToLower(strings.Join(strings.Fields(cell), " ")) }
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

// command returns the word for a run over this file in the ledger.
func (r *Roster) command() string {
	if r.Retry {
		return "retry"
	}
	return "import"
}

func (r *Roster) sample() ([][]string, error) { return r.source.Sample(sampleRows) }

// Questions returns the questions that the headings leave open. A mapping file or a
// saved mapping answers all.
func (r *Roster) Questions() ([]mapping.Question, error) {
	if r.used.file != nil {
		return nil, nil
	}
	detection, err := r.detect(mapping.Options{})
	if err != nil {
		return nil, err
	}
	return detection.Questions(), nil
}

func (r *Roster) detect(o mapping.Options) (*mapping.Detection, error) {
	sample, err := r.sample()
	if err != nil {
		return nil, err
	}
	return mapping.NewDetection(r.Header, sample, o), nil
}

// Confirmed returns when a person confirmed the saved mapping that applies, or a zero
// time.
func (r *Roster) Confirmed() time.Time { return r.used.confirmed }

// Bind maps the headings to fields. A doubt about an optional field is a remark, and
// a doubt about a required field is an error.
func (r *Roster) Bind() (err error) {
	r.Mapper, err = r.bindTo(mapping.Options{})
	return err
}

// Answer answers the questions that the headings leave open. Bind uses the answers.
func (r *Roster) Answer(answers []int) error {
	detection, err := r.detect(mapping.Options{})
	if err != nil {
		return err
	}
	if r.used.content, err = detection.File(answers); err == nil {
		r.used.file, err = mapping.Confirmed("the mapping", r.used.content)
	}
	return explainHeadings(err, r.advice)
}

// bindTo returns a mapper by the mapping file, or else by the headings.
func (r *Roster) bindTo(o mapping.Options) (*mapping.Mapper, error) {
	if r.used.file != nil {
		mapper, err := r.used.file.Bind(r.Header, o)
		return mapper, explainHeadings(err, "")
	}
	detection, err := r.detect(o)
	if err != nil {
		return nil, err
	}
	mapper, err := detection.Mapper()
	if err != nil {
		return nil, explainHeadings(err, r.advice)
	}
	for _, q := range detection.Questions() {
		if remark := q.Message + "; " + r.advice; !slices.Contains(r.Remarks, remark) {
			r.Remarks = append(r.Remarks, remark)
		}
	}
	return mapper, nil
}

// NeedsClassifications reports whether a column holds work classifications, which
// only the project knows.
func (r *Roster) NeedsClassifications() bool {
	for _, match := range r.Mapper.Columns() {
		if match.Field == mapping.WorkClassification {
			return true
		}
	}
	return false
}

// CodeHeadings is the code of a roster whose headings can't be mapped.
const CodeHeadings = "headings"

// explainHeadings turns a *mapping.BindError into a *fault.Error.
func explainHeadings(err error, fix string) error {
	var bind *mapping.BindError
	if !errors.As(err, &bind) {
		return err
	}
	explained := &fault.Error{
		Code: CodeHeadings, Message: "the roster's headings can't be mapped to a person's fields; nothing was sent", Fix: fix, Quotes: true,
	}
	for _, p := range bind.Problems {
		explained.Problems = append(explained.Problems, fault.Problem{Code: p.Code, Field: string(p.Field), Message: p.Message, Fix: p.Hint})
	}
	return explained
}

// Forget deletes the saved mapping of the headings, if there is one.
func (r *Roster) Forget(saved SavedMappings) (deleted bool, err error) {
	r.used = usedMapping{}
	return saved.remove(r.Header)
}

// ResultsPath returns the path of the results file: path if it is set, else a
// name beside the roster in the roster's format, or in the current folder for
// standard input. The name of a rehearsal's file says so.
func (r *Roster) ResultsPath(path string, rehearsal bool) (string, error) {
	if path == "" {
		path = r.defaultResultsPath(rehearsal)
	}
	if sameFile(path, r.Path) && !r.Retry {
		return "", &fault.Error{
			Code: codeUsage, Message: fmt.Sprintf("--results %s is the roster itself", path),
			Fix: "name another file; without --results they go beside the roster",
		}
	}
	return path, nil
}

const codeUsage = "usage"

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
		Sheet: r.Sheet, HeaderRow: r.headerRow, Retried: r.Retry, Delimiter: r.delimiter, Rows: rows, Rehearsal: rehearsal,
	}
	if info, err := os.Stat(r.Path); r.Sheet != "" && err == nil && info.Mode().IsRegular() { // it can be read twice
		o.Workbook = r.Path
	}
	return o
}

// Piped reports whether path is standard input or a device.
func Piped(path string) bool {
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
