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

	"muster/importer/fault"
)

// The codes of a *fault.Error of this package.
const (
	CodeNewer      = "ledger_newer"      // a newer muster wrote the ledger
	CodeDamaged    = "ledger_damaged"    // the file is no ledger, or no whole one
	CodeUnwritable = "ledger_unwritable" // the file or its folder can't be written
	CodeFull       = "ledger_full"       // the disk is full
)

// explainSQLite turns an error of the disk or of SQLite into a *fault.Error;
// doing says what failed ("open", "write"). Errors of a context and errors of the
// rules only get the path.
func explainSQLite(path, doing string, err error) error {
	var known *fault.Error
	var lite *sqlite.Error
	var file *fs.PathError
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	case errors.As(err, &lite):
		if e := explainCode(path, lite.Code(), err); e != nil {
			return e
		}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fullDisk(path, err)
	case errors.As(err, &file):
		return unwritableFile(path, "you can't "+doing+" the ledger", file.Err)
	}
	return fmt.Errorf("%s ledger %s: %w", doing, path, err)
}

// explainCode explains a result code of SQLite, or returns nil.
func explainCode(path string, code int, err error) error {
	switch code {
	case sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_CORRUPTFS, sqlite3.SQLITE_IOERR_DATA:
		return damagedFile(path, "the ledger file is damaged or cut short", err)
	}
	switch code & 0xff { // the rest of an extended code says only which call failed
	case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_FORMAT, sqlite3.SQLITE_ERROR: // the statements are right, so the tables are not
		return damagedFile(path, "the ledger file is damaged or cut short", err)
	case sqlite3.SQLITE_NOTADB:
		return damagedFile(path, "the file is not a ledger, or its beginning is damaged", err)
	case sqlite3.SQLITE_FULL:
		return fullDisk(path, err)
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return fileError(CodeUnwritable, path, err, "another program kept the ledger busy for too long",
			"see which program has the file open (a backup, or a stopped muster), end that program, and run the same command again")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return unwritableFile(path, "the ledger can only be read, not written", err)
	case sqlite3.SQLITE_CANTOPEN:
		return unwritableFile(path, "the ledger can't be opened for writing", err)
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_NOLFS:
		return unwritableFile(path, "the disk refused to read or write the ledger", err)
	}
	return nil
}

// fileError returns an error of the file at path.
func fileError(code, path string, err error, message, fix string) *fault.Error {
	return &fault.Error{Code: code, Where: fault.Where{File: path}, Message: message, Fix: fix, Err: err}
}

func unwritableFile(path, message string, err error) error {
	return fileError(CodeUnwritable, path, err, message,
		fmt.Sprintf("make sure that you may write in the folder %s and that its disk works, or name another ledger with --ledger FILE", filepath.Dir(path)))
}

func fullDisk(path string, err error) error {
	return fileError(CodeFull, path, err, "the disk of the ledger is full",
		"make room on that disk, then run the same command again: muster continues where this run stopped")
}

func damagedFile(path, message string, err error) error {
	return fileError(CodeDamaged, path, err, message,
		fmt.Sprintf("restore the ledger from a backup. Without a backup, keep the file and move %s* aside. The next run then starts a new ledger "+
			"and finds the people of the project by listing them, but past runs and requests without an answer are forgotten "+
			"(wait some minutes before that run), and people you took off the project would be created again", path))
}
