package report_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/outcome"
	"muster/importer/report"
)

// names returns the names in a folder.
func names(t *testing.T, folder string) []string {
	t.Helper()
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	list := []string{}
	for _, e := range entries {
		list = append(list, e.Name())
	}
	return list
}

func put(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestHTMLRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, code string
		path       func(t *testing.T, folder string) string
	}{
		{"a folder", report.CodeHTMLFolder, func(_ *testing.T, folder string) string { return folder }},
		{"a missing folder", report.CodeHTMLNoFolder, func(_ *testing.T, folder string) string { return filepath.Join(folder, "no", "r.html") }},
		{"a folder that is a file", "", func(t *testing.T, folder string) string {
			put(t, filepath.Join(folder, "file"), "x")
			return filepath.Join(folder, "file", "r.html")
		}},
		{"another page", report.CodeHTMLNotOurs, func(t *testing.T, folder string) string {
			put(t, filepath.Join(folder, "r.html"), "<!DOCTYPE html>\n<html><title>muster report</title>")
			return filepath.Join(folder, "r.html")
		}},
		{"the roster", report.CodeHTMLNotOurs, func(t *testing.T, folder string) string {
			put(t, filepath.Join(folder, "crew.csv"), "First,Last\nAnna,Schmidt\n")
			return filepath.Join(folder, "crew.csv")
		}},
		{"a link to the roster", report.CodeHTMLNotOurs, func(t *testing.T, folder string) string {
			put(t, filepath.Join(folder, "crew.csv"), "First,Last\nAnna,Schmidt\n")
			if err := os.Symlink("crew.csv", filepath.Join(folder, "r.html")); err != nil {
				t.Skip(err)
			}
			return filepath.Join(folder, "r.html")
		}},
		{"a device", report.CodeHTMLNotFile, func(t *testing.T, _ string) string {
			if runtime.GOOS == "windows" {
				t.Skip("no such file there")
			}
			return os.DevNull
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := test.path(t, folder)
			before := names(t, folder)
			_, err := report.CreateHTML(path)
			var refused *fault.Error
			if !errors.As(err, &refused) {
				t.Fatalf("CreateHTML: %v", err)
			}
			if test.code != "" && refused.Code != test.code {
				t.Errorf("code %s, want %s", refused.Code, test.code)
			}
			if refused.Where.File != path || refused.Fix == "" || !strings.HasPrefix(err.Error(), path+": ") {
				t.Errorf("the error is %q, and the fix %q", err, refused.Fix)
			}
			if diff := cmp.Diff(before, names(t, folder)); diff != "" {
				t.Errorf("the folder (-before +after):\n%s", diff)
			}
		})
	}
}

func TestHTMLReplacesReport(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		old  func(t *testing.T, path string)
	}{
		{"nothing", func(*testing.T, string) {}},
		{"an empty file", func(t *testing.T, path string) { put(t, path, "") }},
		{"an earlier report", func(t *testing.T, path string) {
			put(t, path, written(t, report.Summary{Status: report.Finished, Details: report.Details{Project: "earlier"}}))
			if err := os.Chmod(path, 0o644); err != nil {
				t.Fatal(err)
			}
		}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "r.html")
			test.old(t, path)
			h, err := report.CreateHTML(path)
			if err != nil {
				t.Fatal(err)
			}
			h.Row("Anna", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 1})
			if err := h.Commit(report.Summary{Status: report.Finished, Details: report.Details{Project: "later"}}); err != nil {
				t.Fatal(err)
			}
			if page := read(t, path); !strings.Contains(page, "later") || strings.Contains(page, "earlier") {
				t.Error("it was not replaced")
			}
			info, err := os.Stat(path)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
				t.Errorf("others may look into it: %v", mode)
			}
			if diff := cmp.Diff([]string{"r.html"}, names(t, folder)); diff != "" {
				t.Errorf("the folder (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHTMLFollowsLink(t *testing.T) {
	t.Parallel()
	folder, elsewhere := t.TempDir(), t.TempDir()
	put(t, filepath.Join(elsewhere, "real.html"), "")
	link := filepath.Join(folder, "latest.html")
	if err := os.Symlink(filepath.Join(elsewhere, "real.html"), link); err != nil {
		t.Skip(err)
	}
	h, err := report.CreateHTML(link)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Commit(report.Summary{Status: report.Finished}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Lstat(link); err != nil || info.Mode()&os.ModeSymlink == 0 {
		t.Errorf("the link is gone: %v, %v", info, err)
	}
	if read(t, filepath.Join(elsewhere, "real.html")) == "" {
		t.Error("the report is not where the link leads")
	}
}

func TestHTMLKeepsForeignFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	path := filepath.Join(folder, "r.html")
	h, err := report.CreateHTML(path)
	if err != nil {
		t.Fatal(err)
	}
	put(t, path, "mine")
	err = h.Commit(report.Summary{Status: report.Finished})
	var refused *fault.Error
	if !errors.As(err, &refused) || refused.Code != report.CodeHTMLNotOurs {
		t.Errorf("Commit: %v", err)
	}
	if got := read(t, path); got != "mine" {
		t.Errorf("the file is %q now", got)
	}
	if diff := cmp.Diff([]string{"r.html"}, names(t, folder)); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

func TestHTMLIsWrittenWhole(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	h, err := report.CreateHTML(filepath.Join(folder, "r.html"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(folder); err != nil {
		t.Skip(err) // where an open file can't be removed
	}
	h.Row("Anna", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 1})
	var refused *fault.Error
	if err := h.Commit(report.Summary{Status: report.Finished}); !errors.As(err, &refused) {
		t.Errorf("Commit: %v", err)
	}
}

func TestHTMLClosed(t *testing.T) {
	t.Parallel()
	t.Run("discarded", func(t *testing.T) {
		t.Parallel()
		folder := t.TempDir()
		h, err := report.CreateHTML(filepath.Join(folder, "r.html"))
		if err != nil {
			t.Fatal(err)
		}
		h.Row("Anna", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 1})
		for range 2 {
			if err := h.Discard(); err != nil {
				t.Fatal(err)
			}
		}
		h.Row("Anna", outcome.Outcome{Row: 3})
		h.Event(report.EventFault)
		if got := names(t, folder); len(got) > 0 {
			t.Errorf("left behind: %q", got)
		}
		var closed *fault.Error
		if err := h.Commit(report.Summary{}); !errors.As(err, &closed) || closed.Code != report.CodeHTMLClosed {
			t.Errorf("Commit: %v", err)
		}
	})
	t.Run("committed", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "r.html")
		h, err := report.CreateHTML(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Commit(report.Summary{Status: report.Finished}); err != nil {
			t.Fatal(err)
		}
		if err := h.Discard(); err != nil {
			t.Fatal(err)
		}
		if read(t, path) == "" {
			t.Error("Discard took a committed report away")
		}
		if err := h.Commit(report.Summary{}); err == nil {
			t.Error("committed twice")
		}
	})
}
