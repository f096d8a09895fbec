package roster

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"muster/importer/fault"
)

// maxSpool is the most that is copied from standard input or from a pipe.
const maxSpool = 256 << 20

// source is an open file that can be read several times.
type source struct {
	name    string // as the user gave it
	file    *os.File
	info    fs.FileInfo // nil for a copy that muster made
	content io.ReaderAt // the file, or what its password opened
	size    int64
	temp    string // the temporary file to remove, or ""
}

// openSource opens a file that can be read more than once. Standard input and pipes are
// copied to a temporary file first.
func openSource(path string, stdin io.Reader) (*source, error) {
	s := &source{name: path}
	if path == "-" {
		s.name = "standard input"
		if stdin == nil {
			stdin = os.Stdin
		}
		return s, s.spool(stdin)
	}
	file, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, s.fail(CodeFileMissing, "there is no file with this name", "check the spelling and the folder", nil)
	case errors.Is(err, fs.ErrPermission):
		return nil, s.fail(CodeFileUnreadable, "you are not allowed to read this file", "ask its owner for permission, or copy it to a folder of yours", nil)
	case err != nil:
		return nil, s.unreadable(err)
	}
	info, err := file.Stat()
	switch {
	case err != nil:
		err = s.unreadable(err)
	case info.Mode().IsRegular():
		s.file, s.content, s.info, s.size = file, file, info, info.Size()
		return s, nil
	case info.IsDir():
		err = s.fail(CodeFileIsFolder, "this is a folder, not a file", "name the roster in it", nil)
	case info.Mode()&fs.ModeDevice != 0:
		err = s.fail(CodeFileUnreadable, "this is a device, not a file", "name the roster; a minus sign reads the standard input", nil)
	default:
		err = s.spool(file)
	}
	_ = file.Close() // it was only read
	return s, err
}

// spool copies a stream to a temporary file. The name of the file is removed at once where
// the system allows that, so that even a kill leaves no copy of a roster behind.
func (s *source) spool(from io.Reader) error {
	file, err := os.CreateTemp("", "muster-roster-*")
	if err != nil {
		return s.fail(CodeFileUnreadable, "there is no room for a temporary file", "free some disk space, or name another folder in TMPDIR", fault.Cause(err))
	}
	if os.Remove(file.Name()) != nil {
		s.temp = file.Name()
	}
	s.file, s.content = file, file
	s.size, err = io.Copy(file, io.LimitReader(from, maxSpool+1))
	switch {
	case err != nil:
		err = s.unreadable(err)
	case s.size > maxSpool:
		err = s.fail(CodeFileTooLarge, "there are more than 256 MiB to read", "store the roster in a file and name the file", nil)
	default:
		return nil
	}
	_ = s.close() // the first error says more
	return err
}

// unchanged returns an error if the file changed after openSource.
func (s *source) unchanged() error {
	if s.info == nil {
		return nil
	}
	now, err := os.Stat(s.name)
	if err == nil && os.SameFile(s.info, now) && now.Size() == s.info.Size() && now.ModTime().Equal(s.info.ModTime()) {
		return nil
	}
	return s.fail(CodeFileChanged, "the file was changed while it was read", "close it in other programs and start again", nil)
}

// close closes the file and removes a temporary file. It may be called again.
func (s *source) close() error {
	var closed, removed error
	if s.file != nil {
		closed = s.file.Close()
	}
	if s.temp != "" {
		removed = os.Remove(s.temp)
	}
	s.file, s.temp = nil, ""
	return errors.Join(closed, removed)
}

// fail returns an error of the file.
func (s *source) fail(code, message, fix string, err error) *fault.Error {
	return &fault.Error{Where: fault.Where{File: s.name}, Code: code, Message: message, Fix: fix, Err: err}
}

// unreadable returns an error of reading with advice.
func (s *source) unreadable(err error) *fault.Error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	return s.fail(CodeFileUnreadable, "the file can't be read", "check that the disk or network folder is there, and that no other program holds the file", fault.Cause(err))
}

// bytes returns a reader of the file from an offset on.
func (s *source) bytes(from int64) io.Reader {
	return &steadyReader{s, io.NewSectionReader(s.content, from, max(0, s.size-from))}
}

// steadyReader reads a file and fails as soon as the file changes, since rows that were
// read may be sent before the end of the file.
type steadyReader struct {
	source *source
	io.Reader
}

// Read reads the file.
func (r *steadyReader) Read(p []byte) (int, error) {
	if err := r.source.unchanged(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// head returns the first n bytes of the file, or all bytes of a shorter file.
func (s *source) head(n int) ([]byte, error) {
	b := make([]byte, min(int64(n), s.size))
	read, err := io.ReadFull(s.bytes(0), b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, s.unreadable(err)
	}
	return b[:read], nil
}
