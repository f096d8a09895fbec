package atomicfile

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"muster/importer/fault"
)

// Kind is a kind of file that muster writes, such as a report. A file of another
// kind is never replaced.
type Kind struct {
	Name   string                  // such as "report"
	Flag   string                  // the flag for the path
	Codes  Codes                   // of the errors
	WhyNot func(path string) error // why a file is not of this kind; nil if it is
}

// Codes are the codes of the errors of a Kind.
type Codes struct{ IsFolder, NotFile, NoFolder, NotOurs, Unwritable string }

// Target returns path with links followed. The error, a *fault.Error, says why a
// file of this kind can't be written there.
func (k Kind) Target(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(filepath.Dir(path)); err != nil {
			return "", k.Unwritable(path, err)
		}
		return path, nil
	}
	if err != nil {
		return "", k.Unwritable(path, err)
	}
	info, err := os.Stat(target)
	switch {
	case err != nil:
		return "", k.Unwritable(path, err)
	case info.IsDir():
		return "", fault.InFile(path, k.Codes.IsFolder, "this is a folder", "give the name of a file in it with "+k.Flag)
	case !info.Mode().IsRegular():
		return "", fault.InFile(path, k.Codes.NotFile, "this is not an ordinary file", "give the name of a new file with "+k.Flag)
	case info.Size() == 0:
		return target, nil
	}
	if err := k.WhyNot(target); err != nil {
		e := fault.InFile(path, k.Codes.NotOurs, "a file of this name exists and is not a "+k.Name+", so muster does not replace it",
			"choose another name with "+k.Flag+", or move that file away")
		e.Err = err
		var known *fault.Error
		if errors.As(err, &known) {
			e.Err = errors.New(known.Message) // without the path, which e has
		}
		return "", e
	}
	return target, nil
}

// Unwritable turns the system's error about a file of this kind into an error
// with a fix.
func (k Kind) Unwritable(path string, err error) *fault.Error {
	if errors.Is(err, fs.ErrNotExist) {
		return fault.InFile(path, k.Codes.NoFolder, "there is no folder "+filepath.Dir(path),
			"make that folder, or choose another name with "+k.Flag)
	}
	e := fault.InFile(path, k.Codes.Unwritable, "this file can't be written",
		"check that the disk has room and that you may write in this folder, or choose another name with "+k.Flag)
	e.Err = fault.Cause(err)
	return e
}

// Holds returns a WhyNot for files with a mark in the first KiB.
func Holds(mark string) func(path string) error {
	return func(path string) error {
		file, err := os.Open(path)
		if err != nil {
			return err
		}
		defer func() { _ = file.Close() }() // only read
		top, err := io.ReadAll(io.LimitReader(file, 1024))
		if err == nil && !bytes.Contains(top, []byte(mark)) {
			err = errors.New("the beginning lacks the mark of muster")
		}
		return err
	}
}
