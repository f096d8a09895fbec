package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"muster/importer"
)

// rosterRoutes adds the pages of an uploaded roster.
func (s *Server) rosterRoutes(*http.ServeMux) {}

// dropData returns the data of the part "drop" of the first page.
func (s *Server) dropData(*http.Request) (any, error) { return nil, nil }

// rosterFolder is the folder of a draft with the uploaded file alone.
const rosterFolder = "roster"

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

// openDraft opens the roster of a draft with everything that was decided about it, ready
// for an import.
func (s *Server) openDraft(ctx context.Context, d *draft) (*importer.Roster, error) {
	path, err := d.rosterPath()
	if err != nil {
		return nil, err
	}
	in, err := importer.Open(ctx, path, importer.OpenOptions{Saved: s.Backend.Saved()})
	if err != nil {
		return nil, err
	}
	if err := in.Bind(); err != nil {
		return nil, errors.Join(err, in.Close())
	}
	return in, nil
}
