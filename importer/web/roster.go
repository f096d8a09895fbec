package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"mime/multipart"
	"net/http"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/importer"
	"muster/importer/atomicfile"
	"muster/importer/roster"
)

// rosterRoutes adds the pages of an uploaded roster.
func (s *Server) rosterRoutes(mux *http.ServeMux) {
	s.handle(mux, "POST /roster", s.upload)
	s.handle(mux, "POST /roster/{id}/remove", s.removeDraft)
	s.columnRoutes(mux)
	s.checkRoutes(mux)
}

// dropData returns the data of the part "drop" of the first page: the rosters that were
// uploaded and not imported yet.
func (s *Server) dropData(*http.Request) (any, error) {
	drafts, err := s.drafts.all()
	if err != nil {
		return nil, err
	}
	type waiting struct {
		ID, Name string
		Dropped  time.Time
	}
	var rosters []waiting
	for _, d := range drafts {
		path, err := d.rosterPath()
		if err != nil {
			continue
		}
		if info, err := os.Stat(path); err == nil {
			rosters = append(rosters, waiting{d.ID, info.Name(), info.ModTime()})
		}
	}
	slices.SortFunc(rosters, func(a, b waiting) int { return b.Dropped.Compare(a.Dropped) })
	return rosters, nil
}

// upload takes a file, and shows what muster understands of it.
func (s *Server) upload(w http.ResponseWriter, r *http.Request) error {
	part, err := uploadedFile(r)
	if err != nil || part.FileName() == "" {
		return errors.Join(s.refuse("drop.nothing", "drop.nothing_fix"), err)
	}
	d, err := s.drafts.create()
	if err != nil {
		return err
	}
	if err := d.keep(part.FileName(), part); err != nil {
		return errors.Join(err, d.remove())
	}
	return redirect(w, r, "/roster/"+d.ID+"/columns")
}

// uploadedFile returns the part of a form that is a file.
func uploadedFile(r *http.Request) (*multipart.Part, error) {
	form, err := r.MultipartReader()
	if err != nil {
		return nil, err
	}
	for {
		part, err := form.NextPart()
		if err != nil {
			return nil, err
		}
		if part.FormName() == "roster" {
			return part, nil
		}
	}
}

// keep writes the uploaded file into the draft under its own name.
func (d *draft) keep(name string, from io.Reader) error {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		if r < ' ' || strings.ContainsRune(`<>:"|?*`, r) {
			return '_'
		}
		return r
	}, strings.TrimLeft(name, "."))
	if name == "" {
		name = "roster"
	}
	const longest = 200 // bytes; results have a longer name
	if extension := filepath.Ext(name); len(name) > longest && len(extension) < longest {
		name = strings.ToValidUTF8(name[:longest-len(extension)], "") + extension
	}
	// The end of the program or the machine in mid-upload leaves no part of a list that looks like a list.
	whole, part := filepath.Join(d.Folder, rosterFolder), filepath.Join(d.Folder, "upload")
	if err := os.Mkdir(part, 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(filepath.Join(part, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(file, from)
	if err = errors.Join(err, file.Sync(), file.Close()); err != nil {
		return err
	}
	return atomicfile.Rename(part, whole)
}

// draftOf returns the draft in the URL. While the import of a draft is under way, nothing
// about the draft changes: an edit would miss the import and be removed with the draft.
// The browser is sent to the import then, and also after the import.
func (s *Server) draftOf(r *http.Request) (*draft, error) {
	d, missing := s.drafts.get(r.PathValue("id"))
	run, err := s.runs.importOf(r.PathValue("id"), missing != nil)
	if err != nil {
		return nil, err
	}
	if run != "" {
		return nil, importedError{run}
	}
	return d, missing
}

// removeDraft removes an uploaded roster.
func (s *Server) removeDraft(w http.ResponseWriter, r *http.Request) error {
	d, err := s.draftOf(r)
	if err != nil {
		return err
	}
	s.checks.forget(d.ID)
	if err := d.remove(); err != nil {
		return err
	}
	return redirect(w, r, "/")
}

// rosterFolder is the folder of a draft with the uploaded file alone.
const rosterFolder = "roster"

// The other files of a draft.
const (
	readingFile = "reading.json"
	mappingFile = "mapping.yaml"
)

// rosterPath returns the path of the uploaded file.
func (d *draft) rosterPath() (string, error) {
	entries, err := os.ReadDir(filepath.Join(d.Folder, rosterFolder))
	if err != nil {
		return "", fmt.Errorf("look for an uploaded roster: %w", err)
	}
	if len(entries) != 1 {
		return "", notFoundError{"the roster"}
	}
	return filepath.Join(d.Folder, rosterFolder, entries[0].Name()), nil
}

// reading is how a person wants a file to be read. What is not set is found.
type reading struct {
	Sheet     string `json:"sheet,omitempty"`
	HeaderRow int    `json:"header_row,omitempty"`
	Encoding  string `json:"encoding,omitempty"`

	shown string // stands for the reading and the mapping in the requests of a page
}

func (d *draft) reading() (r reading, err error) {
	content, err := d.read(readingFile)
	if err == nil && content != nil {
		err = json.Unmarshal(content, &r)
	}
	if err != nil {
		return r, err
	}
	settled, err := d.mapping()
	sum := sha256.Sum256(slices.Concat(content, []byte{0}, settled))
	r.shown = hex.EncodeToString(sum[:8])
	return r, err
}

// read returns the content of a file of the draft, or nil if there is no such file.
func (d *draft) read(name string) ([]byte, error) {
	content, err := os.ReadFile(filepath.Join(d.Folder, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	return content, err
}

// write replaces a file of the draft.
func (d *draft) write(name string, content []byte) error {
	return atomicfile.Write(filepath.Join(d.Folder, name), func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// mapping returns the mapping file that a person has settled for the draft, or nil.
func (d *draft) mapping() ([]byte, error) { return d.read(mappingFile) }

// forgetMapping lets the headings decide again.
func (d *draft) forgetMapping() error {
	if err := os.Remove(filepath.Join(d.Folder, mappingFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// journalPath returns the path of the edits. Each sheet has its own.
func (d *draft) journalPath(sheet string) string {
	sum := sha256.Sum256([]byte(sheet))
	return filepath.Join(d.Folder, "edits-"+hex.EncodeToString(sum[:4])+".jsonl")
}

// openRoster opens the roster of a draft with the settled reading, mapping and edits. The
// headings are not mapped yet.
func (s *Server) openRoster(ctx context.Context, d *draft) (*importer.Roster, error) {
	path, err := d.rosterPath()
	if err != nil {
		return nil, err
	}
	read, err := d.reading()
	if err != nil {
		return nil, err
	}
	settled, err := d.mapping()
	if err != nil {
		return nil, err
	}
	journal, err := s.checks.journal(d, read.Sheet)
	if err != nil {
		return nil, err
	}
	in, err := importer.Open(ctx, path, importer.OpenOptions{
		Options: roster.Options{Sheet: read.Sheet, HeaderRow: read.HeaderRow, Encoding: read.Encoding},
		Saved:   s.Backend.Saved(), Edits: journal.Edits(),
	})
	if err != nil {
		return nil, err
	}
	if settled != nil {
		if err := in.UseMapping(settled); err != nil {
			return nil, errors.Join(err, in.Close())
		}
	}
	return in, nil
}

// openDraft opens the roster of a draft with everything that was decided about it, ready
// for an import.
func (s *Server) openDraft(ctx context.Context, d *draft) (*importer.Roster, error) {
	in, err := s.openRoster(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := in.Bind(); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}
