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

// What can be wrong with a report's file.
const (
	CodeHTMLFolder     = "report_is_folder"
	CodeHTMLNotFile    = "report_not_a_file"
	CodeHTMLNoFolder   = "report_folder_missing"
	CodeHTMLNotOurs    = "report_not_ours"
	CodeHTMLUnwritable = "report_unwritable"
	CodeHTMLClosed     = "report_closed"
)

func unwritableHTML(path string, err error) *fault.Error {
	return &fault.Error{
		Where: fault.Where{File: path}, Code: CodeHTMLUnwritable, Message: "the report can't be written",
		Fix: "check that the disk has room and that you may write in this folder, or choose another name with --report", Err: fault.Cause(err),
	}
}

// ourMark is what tells a report of ours from any other page.
const ourMark = `<meta name="generator" content="muster report">`

// placeHTML returns where a report really is, after looking at what is there now.
func placeHTML(path string) (string, error) {
	target, err := filepath.EvalSymlinks(path)
	if errors.Is(err, fs.ErrNotExist) {
		folder, err := os.Stat(filepath.Dir(path))
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !folder.IsDir():
			return "", &fault.Error{Where: fault.Where{File: path}, Code: CodeHTMLNoFolder, Message: "the folder for the report does not exist", Fix: "make the folder, or choose another name with --report"}
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
		return "", &fault.Error{Where: fault.Where{File: path}, Code: CodeHTMLFolder, Message: "this is a folder", Fix: "give the name of a file in it, such as " + filepath.Join(path, "report.html")}
	case !info.Mode().IsRegular():
		return "", &fault.Error{Where: fault.Where{File: path}, Code: CodeHTMLNotFile, Message: "this is not an ordinary file", Fix: "give the name of a new file"}
	case info.Size() == 0:
		return target, nil
	}
	ours, err := isReport(target)
	if err != nil {
		return "", unwritableHTML(path, err)
	}
	if !ours {
		return "", &fault.Error{
			Where: fault.Where{File: path}, Code: CodeHTMLNotOurs,
			Message: "there is a file of this name already, and it is not a report of muster's, so it is left as it is",
			Fix:     "choose another name with --report, or move that file away",
		}
	}
	return target, nil
}

// isReport reports whether a file is a page that was written here.
func isReport(path string) (bool, error) {
	file, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer func() { _ = file.Close() }() // only read
	top, err := io.ReadAll(io.LimitReader(file, 1024))
	if err != nil {
		return false, err
	}
	return bytes.Contains(top, []byte(ourMark)), nil
}
