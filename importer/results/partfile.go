package results

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/gofrs/flock"

	"muster/importer/fault"
	"muster/importer/roster"
)

// whyNotResults returns why a file is not a results file, or nil for a results file.
func whyNotResults(path string) error {
	r, err := Open(path, roster.Options{})
	if err != nil {
		return err
	}
	return r.Close()
}

// clearPart removes the .part file name that an earlier run left. It refuses to
// remove any other file.
func clearPart(path, name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritable(path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > 0 && !isLeftover(name) {
		return fault.InFile(path, CodeNotOurs,
			fmt.Sprintf("muster writes results to the file %s first, and a file of that name exists that no run left", filepath.Base(name)),
			"move that file away, or choose another name for the results file")
	}
	lock, free := lockPart(name)
	if !free {
		return inUse(path)
	}
	defer func() { _ = lock.Close() }()
	if err := os.Remove(name); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// lockPart locks a .part file against other writers of the same results. It
// reports false if another writer holds the lock. Some network drives have no
// locks; there the writer goes on without. Windows needs none, because an open
// file can't be removed there.
func lockPart(part string) (lock *flock.Flock, free bool) {
	lock = flock.New(part, flock.SetFlag(os.O_RDWR))
	if runtime.GOOS == "windows" { // a lock there would keep out our own writes, too
		return lock, true
	}
	got, err := lock.TryLock()
	return lock, got || err != nil
}

// hasName reports whether name is still the name of an open file.
func hasName(file *os.File, name string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(name)
	return err == nil && os.SameFile(opened, named)
}

// isLeftover reports whether a killed run left the .part file. Signs are the
// temporary folder beside the file, the headings, or a whole results file.
func isLeftover(part string) bool {
	if info, err := os.Lstat(temporaryFolder(part)); err == nil && info.IsDir() {
		return true
	}
	return bytes.Contains(readHead(part), []byte(Columns()[columnRow])) || whyNotResults(part) == nil
}

// temporaryFolder returns the folder in which a workbook is put together. The
// folder is beside the results: rows are personal data, and the system's
// temporary folder is shared.
func temporaryFolder(part string) string { return part + ".tmp" }

// clearTemporary removes the temporary folder of part with what a crash left
// there. Other files in the folder stay.
func clearTemporary(part string) {
	folder := temporaryFolder(part)
	left, err := os.ReadDir(folder)
	if err != nil {
		return
	}
	for _, entry := range left {
		if strings.HasPrefix(entry.Name(), "excelize-") || strings.HasPrefix(entry.Name(), "muster-") {
			_ = os.Remove(filepath.Join(folder, entry.Name()))
		}
	}
	_ = os.Remove(folder) // fails if other files are in it; Create then says so
}
