package report

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"muster/importer/fault"
)

// The codes of the errors of CreateHTML and Commit.
const (
	CodeHTMLFolder     = "report_is_folder"
	CodeHTMLNotFile    = "report_not_a_file"
	CodeHTMLNoFolder   = "report_folder_missing"
	CodeHTMLNotOurs    = "report_not_ours"
	CodeHTMLUnwritable = "report_unwritable"
	CodeHTMLClosed     = "report_closed"
)

// refusal returns an error about the file at path.
func refusal(path, code, message, fix string) *fault.Error {
	return &fault.Error{Code: code, Message: message, Fix: fix, Where: fault.Where{File: path}}
}

func unwritableHTML(path string, err error) *fault.Error {
	e := refusal(path, CodeHTMLUnwritable, "the report can't be written",
		"check that the disk has room and that you may write in this folder, or choose another name with --report")
	e.Err = fault.Cause(err)
	return e
}

// generatorTag marks a page as a report of muster.
const generatorTag = `<meta name="generator" content="muster report">`

// reportTarget returns the path of the report with links followed. A file at that
// path must be empty or a report.
func reportTarget(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		folder, err := os.Stat(filepath.Dir(path))
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !folder.IsDir():
			return "", refusal(path, CodeHTMLNoFolder, "the folder for the report does not exist", "make the folder, or choose another name with --report")
		case err != nil:
			return "", unwritableHTML(path, err)
		}
		return path, nil
	}
	if err != nil {
		return "", unwritableHTML(path, err)
	}
	info, err := os.Stat(target)
	if err != nil {
		return "", unwritableHTML(path, err)
	}
	switch {
	case info.IsDir():
		return "", refusal(path, CodeHTMLFolder, "this is a folder", "give the name of a file in it, such as "+filepath.Join(path, "report.html"))
	case !info.Mode().IsRegular():
		return "", refusal(path, CodeHTMLNotFile, "this is not an ordinary file", "give the name of a new file")
	case info.Size() == 0:
		return target, nil
	}
	ours, err := isReport(target)
	if err != nil {
		return "", unwritableHTML(path, err)
	}
	if !ours {
		return "", refusal(path, CodeHTMLNotOurs, "a file of this name exists and is not a report of muster, so muster does not replace it",
			"choose another name with --report, or move that file away")
	}
	return target, nil
}

// isReport reports whether a file is a page that muster wrote.
func isReport(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // only read
	top, err := io.ReadAll(io.LimitReader(file, 1024))
	return bytes.Contains(top, []byte(generatorTag)), err
}
