package importer

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// Roster is an open roster or results file with a mapping of the headings.
type Roster struct {
	Path    string
	Header  []string
	Sheet   string          // "" for a file that is no workbook
	Retry   bool            // a results file: rows without a person are imported
	Remarks []string        // about how the file was read and mapped
	Mapper  *mapping.Mapper // nil before Bind

	source  rowSource
	layout  layout
	used    usedMapping
	repeats int // rows of the sample that repeat a name; asked about
	advice  string
	close   func() error
}

// layout is where the headings of a roster are, and what separates its cells.
type layout struct {
	headerRow int
	delimiter string // of CSV
}

// OpenOptions say how to read and map a roster.
type OpenOptions struct {
	roster.Options               // Open sets Heading and Names
	Mapping        string        // path of a mapping file; "" = the saved mapping, or the headings
	Saved          SavedMappings // where confirmed mappings are; "" = nowhere
	Advice         string        // what to do about headings in doubt, for messages
	Edits          Edits         // changes to the rows
}

// Open opens a roster or a results file. Opening a pipe without a writer can't be
// cancelled: when ctx ends first, Open returns and leaves the file to a goroutine.
func Open(ctx context.Context, path string, o OpenOptions) (*Roster, error) {
	type opened struct {
		roster *Roster
		err    error
	}
	done := make(chan opened, 1)
	go func() {
		r, err := open(ctx, path, o)
		done <- opened{r, err}
	}()
	select {
	case one := <-done:
		return one.roster, one.err
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

func open(ctx context.Context, path string, o OpenOptions) (*Roster, error) {
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
	o.Heading, o.Names = isHeading(r.used.file), mapping.NameHeading
	if err := r.openFile(o.Options); err != nil {
		return nil, err
	}
	r.source.edits = o.Edits
	if r.used.file == nil {
		var err error
		if r.used, err = o.Saved.load(ctx, r.Header); err != nil {
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
			r.source, r.close, r.Header, r.Remarks = readRoster(in), in.Close, in.Header(), in.Remarks()
			r.Sheet, r.layout = in.Sheet(), layout{headerRow: in.HeaderRow(), delimiter: in.Delimiter()}
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
	r.source, r.close, r.Header, r.Remarks, r.Retry = readResults(in), in.Close, in.Header(), in.Remarks(), true
	r.Sheet, r.layout.headerRow = in.Sheet(), in.HeaderRow()
	return nil
}

// HeaderRow returns the number of the row with the headings.
func (r *Roster) HeaderRow() int { return r.layout.headerRow }

// FirstRows returns the cells of the first n rows of people.
func (r *Roster) FirstRows(n int) ([][]string, error) { return r.source.sample(n) }

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

// Piped reports whether path is standard input or a device.
func Piped(path string) bool {
	path = filepath.ToSlash(filepath.Clean(path))
	return path == "-" || strings.HasPrefix(path, "/dev/") || strings.HasPrefix(path, "/proc/")
}
