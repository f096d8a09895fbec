package ledger

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The codes of an [Error].
const (
	CodeNewer      = "ledger_newer"      // a newer muster wrote the file
	CodeDamaged    = "ledger_damaged"    // the file is no ledger, or no longer a whole one
	CodeUnwritable = "ledger_unwritable" // the file or its folder can't be written
	CodeFull       = "ledger_full"       // no space left
)

// Error is trouble with the ledger's file that the user can mend.
type Error struct {
	Path    string
	Code    string
	Message string // what is wrong
	Fix     string // what to do
	Err     error  // the cause; may be nil
}

// Error returns the file and what is wrong with it.
func (e *Error) Error() string {
	return fmt.Sprintf("ledger %s: %s", e.Path, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// explain turns what the disk or SQLite said into an *Error; doing is what was
// being done ("open", "write"). An end of a context stays what it is.
func explain(path, doing string, err error) error {
	var known *Error
	switch {
	case err == nil:
		return nil
	case errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("%s ledger %s: %w", doing, path, err)
	}
	if lite := (*sqlite.Error)(nil); errors.As(err, &lite) {
		return explainSQLite(path, doing, lite.Code(), err)
	}
	var file *fs.PathError
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return full(path, err)
	case errors.As(err, &file):
		return unwritable(path, fmt.Sprintf("cannot %s it: %v", doing, file.Err), err)
	}
	return fmt.Errorf("%s ledger %s: %w", doing, path, err)
}

func explainSQLite(path, doing string, code int, err error) error {
	switch code {
	case sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA:
		return damaged(path, "the file is damaged or cut short", err)
	}
	switch code & 0xff { // the rest of an extended code tells only which call it was
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR: // the statements are right: the tables aren't
		return damaged(path, "the file is damaged or cut short", err)
	case sqlite3.SQLITE_NOTADB:
		return damaged(path, "the file is not a ledger, or its beginning is damaged", err)
	case sqlite3.SQLITE_FULL:
		return full(path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return &Error{
			Path: path, Code: CodeUnwritable, Err: err,
			Message: "another program has kept it busy for too long",
			Fix:     "see which program has the file open (a backup, or a stopped muster), end it, and run the same command again",
		}
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return unwritable(path, "it may only be read, not written", err)
	case sqlite3.SQLITE_CANTOPEN:
		return unwritable(path, "it could not be opened for writing", err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOLFS:
		return unwritable(path, "the disk refused to read or write it", err)
	}
	return fmt.Errorf("%s ledger %s: %w", doing, path, err)
}

func unwritable(path, message string, err error) *Error {
	return &Error{
		Path: path, Code: CodeUnwritable, Message: message, Err: err,
		Fix: fmt.Sprintf("make sure that you may write in the folder %s and that its disk works, or name another place with --ledger FILE", filepath.Dir(path)),
	}
}

func full(path string, err error) *Error {
	return &Error{
		Path: path, Code: CodeFull, Message: "there is no space left on its disk", Err: err,
		Fix: "make room on that disk, then run the same command again: it goes on where this run stopped",
	}
}

// What the loss of a ledger costs is said wherever one is lost.
const afterLoss = "The next run starts a new ledger: it finds the people who are there by listing the project, " +
	"but the list of past runs is gone, requests without an answer are forgotten (wait some minutes before that run), " +
	"and people taken off the project since would be created again"

func damaged(path, message string, err error) *Error {
	return &Error{
		Path: path, Code: CodeDamaged, Message: message, Err: err,
		Fix: fmt.Sprintf("bring it back from a backup; without one, keep it and move %s* aside. %s", path, afterLoss),
	}
}

func newer(path string, has int64) *Error {
	return &Error{
		Path: path, Code: CodeNewer,
		Message: fmt.Sprintf("a newer muster wrote it (format %d; this one knows formats up to %d)", has, format),
		Fix:     "use that newer muster, or name another ledger with --ledger FILE",
	}
}
