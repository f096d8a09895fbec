package results

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"

	"muster/importer/fault"
	"muster/importer/roster"
)

// place returns where the results file really is, after looking at what is
// there now.
func place(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		return destination(path), nil
	}
	if err != nil {
		return "", unwritable(path, err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return "", unwritable(path, err)
	}
	switch {
	case info.IsDir():
		return "", &fault.Error{Where: fault.Where{File: path}, Code: CodeFolder, Message: "this is a folder", Fix: "give the name of a file in it"}
	case !info.Mode().IsRegular():
		return "", &fault.Error{Where: fault.Where{File: path}, Code: CodeNotFile, Message: "this is not an ordinary file", Fix: "give the name of a new file"}
	case info.Size() == 0:
		return target, nil
	}
	if err := ours(target); err != nil {
		return "", &fault.Error{
			Where: fault.Where{File: path}, Code: CodeNotOurs,
			Message: "there is a file of this name already, and it is not a results file, so it is left as it is",
			Fix:     "choose another name, or move that file away",
			Err:     err,
		}
	}
	return target, nil
}

// destination returns where a link leads that leads to no file yet.
func destination(path string) string {
	const most = 40 // links from one to the next, as systems have it
	for range most {
		to, err := os.Readlink(path)
		if err != nil {
			break
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return path
}

// ours returns why a file is no results file, nil if it is one.
func ours(path string) error {
	r, err := Open(path, roster.Options{})
	if err == nil {
		return r.Close()
	}
	var own *fault.Error
	if errors.As(err, &own) {
		return errors.New(own.Message)
	}
	var unreadable *roster.Error
	if errors.As(err, &unreadable) {
		return errors.New(unreadable.Message)
	}
	return err
}

// clearPart takes away what an earlier run left of NAME.part, and refuses to take
// away what is not a run's.
func clearPart(path, name string) error {
	info, err := os.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return unwritable(path, err)
	}
	if !info.Mode().IsRegular() || info.Size() > 0 && !begun(name) {
		return &fault.Error{
			Where: fault.Where{File: path}, Code: CodeNotOurs,
			Message: fmt.Sprintf("there is a file %s, which is what results are called while they are written, and it is not one of a run", filepath.Base(name)),
			Fix:     "move that file away, or choose another name for the results file",
		}
	}
	lock, free := hold(name)
	if !free {
		return inUse(path)
	}
	defer func() { _ = lock.Close() }()
	if err := os.Remove(name); err != nil {
		return unwritable(path, err)
	}
	return nil
}

// hold locks a .part file against everybody else who would write results of that
// name: to take it away from under a run would give each the other's rows. It
// reports false if somebody has it. Where there are no locks, as on some network
// drives, it goes without; where an open file can't be removed, it needs none.
func hold(part string) (lock *flock.Flock, free bool) {
	lock = flock.New(part, flock.SetFlag(os.O_RDWR))
	if runtime.GOOS == "windows" { // whose locks would keep out our own writes, too
		return lock, true
	}
	got, err := lock.TryLock()
	return lock, got || err != nil
}

// is reports whether a file is still the one of that name.
func is(file *os.File, name string) bool {
	opened, err := file.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(name)
	return err == nil && os.SameFile(opened, named)
}

// begun reports whether a file is what a run left: by the folder in which it
// was put together, by its headings, or by all of it.
func begun(part string) bool {
	if info, err := os.Lstat(temporaryFolder(part)); err == nil && info.IsDir() {
		return true
	}
	return bytes.Contains(head(part), []byte(Columns()[columnRow])) || ours(part) == nil
}
