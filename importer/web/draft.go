package web

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// draftLife is the time after which an unused draft is removed.
const draftLife = 30 * 24 * time.Hour

// drafts is the folder of all drafts.
type drafts struct {
	folder string
	now    func() time.Time
}

// draft is an uploaded roster with everything that was decided about it. All of it is in
// a folder that only this user can read, so that a draft outlives the program.
type draft struct {
	ID     string
	Folder string
}

// draftID is the form of IDs, which become names of folders.
var draftID = regexp.MustCompile(`^[a-z0-9]{26}$`)

// openDrafts makes the folder and removes old drafts.
func openDrafts(folder string, now func() time.Time) (*drafts, error) {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder for uploaded rosters: %w", err)
	}
	d := &drafts{folder, now}
	return d, d.removeOld()
}

// create makes an empty draft.
func (d *drafts) create() (*draft, error) {
	id := strings.ToLower(rand.Text())
	folder := filepath.Join(d.folder, id)
	if err := os.Mkdir(folder, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of an uploaded roster: %w", err)
	}
	return &draft{ID: id, Folder: folder}, nil
}

// get returns the draft with an ID, which comes from a URL.
func (d *drafts) get(id string) (*draft, error) {
	folder := filepath.Join(d.folder, id)
	if !draftID.MatchString(id) {
		return nil, notFoundError{"the roster"}
	}
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return nil, notFoundError{"the roster"}
	} else if err != nil {
		return nil, fmt.Errorf("look for an uploaded roster: %w", err)
	}
	return &draft{ID: id, Folder: folder}, nil
}

// all returns every draft.
func (d *drafts) all() ([]*draft, error) {
	entries, err := os.ReadDir(d.folder)
	if err != nil {
		return nil, fmt.Errorf("list the uploaded rosters: %w", err)
	}
	var found []*draft
	for _, entry := range entries {
		if draftID.MatchString(entry.Name()) {
			found = append(found, &draft{ID: entry.Name(), Folder: filepath.Join(d.folder, entry.Name())})
		}
	}
	return found, nil
}

// remove deletes a draft with all its files.
func (d *draft) remove() error { return os.RemoveAll(d.Folder) }

// removeOld deletes the drafts in which nothing has changed for draftLife.
func (d *drafts) removeOld() error {
	all, err := d.all()
	for _, one := range all {
		if changed, unknown := one.changed(); unknown == nil && d.now().Sub(changed) > draftLife {
			err = errors.Join(err, one.remove())
		}
	}
	return err
}

// changed returns when a file of the draft was written last. An edit changes a file, but
// not the folder.
func (d *draft) changed() (last time.Time, err error) {
	err = filepath.WalkDir(d.Folder, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			last = latest(last, info.ModTime())
		}
		return err
	})
	return last, err
}
