package results

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strconv"

	"github.com/gofrs/flock"
)

// replace gives part the name target and keeps a file of that name under another.
// Target is there, old or new, at every moment.
func replace(part, target string) error {
	switch _, err := os.Lstat(target); {
	case err == nil:
		if err := keep(target); err != nil {
			return fmt.Errorf("keep the previous file: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.Rename(part, target); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(target))
}

// keep makes target.bak of target, which stays.
func keep(target string) error {
	backup, err := backupOf(target)
	if err != nil {
		return err
	}
	// A folder of our own, since a name that is free now need not be free then.
	folder, err := os.MkdirTemp(filepath.Dir(target), filepath.Base(target)+".bak.*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // renaming one link of a file over another leaves it there
	temporary := filepath.Join(folder, "results")
	if err := os.Link(target, temporary); err != nil {
		// Not every file system has hard links: memory sticks, some network drives.
		if err := duplicate(target, temporary); err != nil {
			return err
		}
	}
	return os.Rename(temporary, backup)
}

// backupOf returns the name under which a file is kept: its own with .bak behind
// it, or .bak2 and so on if that is somebody else's. An earlier results file
// gives way; what is in it is in the newer one, too.
func backupOf(target string) (string, error) {
	for n := 1; ; n++ {
		name := target + ".bak"
		if n > 1 {
			name += strconv.Itoa(n)
		}
		info, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular() && (info.Size() == 0 || ours(name) == nil):
			return name, nil
		}
	}
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
		return &Error{
			Path: path, Code: CodeNotOurs,
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

func inUse(path string) *Error {
	return &Error{
		Path: path, Code: CodeInUse, Message: "another run is writing its results there",
		Fix: "wait until it has ended, or give each run a results file of its own with --results",
	}
}

// begun reports whether a file is what a run left: by the folder in which it
// was put together, by its headings, or by all of it.
func begun(part string) bool {
	if info, err := os.Lstat(temporaryFolder(part)); err == nil && info.IsDir() {
		return true
	}
	start, err := head(part)
	return err == nil && bytes.Contains(start, []byte(Columns()[columnRow])) || ours(part) == nil
}

func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	if err := out.Sync(); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}

// syncFolder makes a renaming durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // which can't, and needn't: NTFS logs it
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	return folder.Sync()
}
