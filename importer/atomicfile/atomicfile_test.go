package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"muster/importer/atomicfile"
	"muster/importer/fault"
)

func TestWrite(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.txt")
	for _, text := range []string{"one", "two"} {
		if err := atomicfile.Write(path, func(w io.Writer) error { _, err := io.WriteString(w, text); return err }); err != nil {
			t.Fatal(err)
		}
		expect(t, path, text)
	}
}

func TestWriteFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file.txt")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := atomicfile.Write(path, func(w io.Writer) error { _, _ = io.WriteString(w, "half"); return broken })
	if !errors.Is(err, broken) {
		t.Errorf("Write = %v, want the writer's error", err)
	}
	expect(t, path, "old")
	if err := atomicfile.Write(filepath.Join(path, "below"), func(io.Writer) error { return nil }); err == nil {
		t.Error("a file below a file was written")
	}
}

// expect checks the file's text, and that no other file is left in its folder.
func expect(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("the file holds %q (%v), want %q", got, err, want)
	}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil || len(entries) != 1 {
		t.Errorf("the folder holds %v (%v), want one file", entries, err)
	}
}

func TestTarget(t *testing.T) {
	folder := t.TempDir()
	for name, text := range map[string]string{"empty": "", "ours": "ours", "other": "other"} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kind := atomicfile.Kind{
		Name: "note", Flag: "--note", Codes: atomicfile.Codes{IsFolder: "folder", NotFile: "not_file", NoFolder: "no_folder", NotOurs: "not_ours"},
		WhyNot: func(path string) error {
			if filepath.Base(path) != "ours" {
				return errors.New("not a note")
			}
			return nil
		},
	}
	for path, want := range map[string]string{
		"new": "", "empty": "", "ours": "", "other": "not_ours", ".": "folder", "no/new": "no_folder",
	} {
		target, err := kind.Target(filepath.Join(folder, path))
		if fault.CodeOf(err) != want || err == nil && target != filepath.Join(folder, path) {
			t.Errorf("Target(%s) = %q, %v; want code %q", path, target, err, want)
		}
	}
}
