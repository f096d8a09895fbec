package roster

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"muster/importer/fault"
)

// maxSpool is how much is taken from standard input or from a pipe, which have to
// be copied.
const maxSpool = 256 << 20

// source is the file that is read, with what it looked like when it was opened.
type source struct {
	name    string // as the user gave it
	file    *os.File
	info    fs.FileInfo // nil for a copy of our own, which nobody changes
	content io.ReaderAt // the file, or what its password opened
	size    int64
	temp    []string // files to remove at the end
}

// openSource opens a file to be read more than once. What can be read only
// once, standard input or a pipe, is copied to a temporary file first.
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
	if err != nil {
		_ = file.Close() // it was only read
		return nil, s.unreadable(err)
	}
	switch {
	case info.IsDir():
		_ = file.Close() // it was only read
		return nil, s.fail(CodeFileIsFolder, "this is a folder, not a file", "name the roster in it", nil)
	case info.Mode()&fs.ModeDevice != 0:
		_ = file.Close() // nothing was read
		return nil, s.fail(CodeFileUnreadable, "this is a device, not a file", "name the roster; a minus sign reads the standard input", nil)
	case !info.Mode().IsRegular():
		defer func() { _ = file.Close() }() // it is only read
		return s, s.spool(file)
	}
	s.file, s.content, s.info, s.size = file, file, info, info.Size()
	return s, nil
}

func (s *source) spool(from io.Reader) error {
	file, err := s.tempFile()
	if err != nil {
		return err
	}
	s.file, s.content = file, file
	s.size, err = io.Copy(file, io.LimitReader(from, maxSpool+1))
	switch {
	case err != nil:
		err = s.unreadable(err)
	case s.size > maxSpool:
		err = s.fail(CodeFileTooLarge, "more than 256 MiB come in, which is no roster to be read at one go", "store it in a file and name that", nil)
	default:
		return nil
	}
	_ = s.close() // what went wrong first is what the user can do something about
	return err
}

// tempFile returns a new file that its user closes. It has lost its name by then
// where the system allows that, so that even a kill leaves no copy of a roster
// behind; elsewhere close removes it.
func (s *source) tempFile() (*os.File, error) {
	file, err := os.CreateTemp("", "muster-roster-*")
	if err != nil {
		return nil, s.fail(CodeFileUnreadable, "there is no room for a temporary file", "free some disk space, or name another folder in TMPDIR", fault.Cause(err))
	}
	if os.Remove(file.Name()) != nil {
		s.temp = append(s.temp, file.Name())
	}
	return file, nil
}

// unchanged reports that the file is still the one that was opened.
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

func (s *source) close() error {
	var errs []error
	if s.file != nil {
		errs = append(errs, s.file.Close())
		s.file = nil
	}
	for _, name := range s.temp {
		errs = append(errs, os.Remove(name))
	}
	s.temp = nil
	return errors.Join(errs...)
}

func (s *source) fail(code, message, fix string, err error) *fault.Error {
	return &fault.Error{Where: fault.Where{File: s.name}, Code: code, Message: message, Fix: fix, Err: err}
}

func (s *source) unreadable(err error) *fault.Error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	return s.fail(CodeFileUnreadable, "the file can't be read", "check that the disk or network folder is there, and that no other program holds the file", fault.Cause(err))
}

// bytes is the file from an offset on. Several may be read at a time.
func (s *source) bytes(from int64) io.Reader {
	return &steadyReader{s, io.NewSectionReader(s.content, from, max(0, s.size-from))}
}

// steadyReader ends when the file changes under it, rather than at the end of
// the pass: what is read by then may be sent.
type steadyReader struct {
	source *source
	io.Reader
}

func (r *steadyReader) Read(p []byte) (int, error) {
	if err := r.source.unchanged(); err != nil {
		return 0, err
	}
	return r.Reader.Read(p)
}

// head returns the first n bytes of the file, or all of a shorter one.
func (s *source) head(n int) ([]byte, error) {
	b := make([]byte, min(int64(n), s.size))
	read, err := io.ReadFull(s.bytes(0), b)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, s.unreadable(err)
	}
	return b[:read], nil
}
