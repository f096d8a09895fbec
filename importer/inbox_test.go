package importer_test

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer"
)

// newInbox returns an inbox with files that were last changed an hour ago.
func newInbox(t *testing.T, names ...string) importer.Inbox {
	t.Helper()
	folder := t.TempDir()
	b := importer.Inbox{Roster: filepath.Join(folder, "in"), Done: filepath.Join(folder, "done"), Failed: filepath.Join(folder, "failed")}
	if err := os.Mkdir(b.Roster, 0o700); err != nil {
		t.Fatal(err)
	}
	past := time.Now().Add(-time.Hour)
	for _, name := range names {
		path := filepath.Join(b.Roster, name)
		if err := os.WriteFile(path, []byte("First Name,Last Name\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, past, past); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func TestInbox(t *testing.T) {
	t.Parallel()
	b := newInbox(t, "b.csv", "a.xlsx", "a.results.xlsx", "note.pdf", ".hidden.csv", "~$a.xlsx", "new.csv")
	if err := os.Chtimes(filepath.Join(b.Roster, "new.csv"), time.Time{}, time.Now()); err != nil {
		t.Fatal(err)
	}
	in := func(names ...string) (paths []string) {
		for _, name := range names {
			paths = append(paths, filepath.Join(b.Roster, name))
		}
		return paths
	}
	rosters, recent, err := b.Rosters()
	if diff := cmp.Diff([][]string{in("a.xlsx", "b.csv"), in("new.csv")}, [][]string{rosters, recent}); err != nil || diff != "" {
		t.Error(err, diff)
	}
	pattern := importer.Inbox{Roster: filepath.Join(b.Roster, "b*.csv")}
	if rosters, _, err := pattern.Rosters(); err != nil || cmp.Diff(in("b.csv"), rosters) != "" {
		t.Errorf("a pattern: %v, %v", rosters, err)
	}
	single := importer.Inbox{Roster: in("missing.csv")[0]}
	if rosters, _, err := single.Rosters(); err != nil || len(rosters) != 1 {
		t.Errorf("a file: %v, %v", rosters, err)
	}
	for _, wrong := range []importer.Inbox{{Roster: b.Roster, Done: in("b.csv")[0]}, {Roster: "[a-"}} {
		if _, _, err := wrong.Rosters(); err == nil {
			t.Errorf("%+v has rosters", wrong)
		}
	}
}

func TestArchive(t *testing.T) {
	t.Parallel()
	b := newInbox(t, "a.csv", "a.results.csv")
	if _, _, err := b.Rosters(); err != nil { // makes the folders
		t.Fatal(err)
	}
	roster := filepath.Join(b.Roster, "a.csv")
	f := b.NewArchive(roster)
	if got, want := f.Place(filepath.Join(b.Roster, "a.results.csv"), b.Done), filepath.Join(b.Done, "a.results.csv"); got != want {
		t.Errorf("the results go to %s, want %s", got, want)
	}
	to, err := f.Move(b.Done)
	if err != nil || to != filepath.Join(b.Done, "a.csv") || len(f.Moved) != 2 {
		t.Errorf("moved to %s, %v, %v", to, f.Moved, err)
	}

	// A second roster of this name gets a name with the time.
	if err := os.WriteFile(roster, []byte("First Name,Last Name\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if to, err := b.NewArchive(roster).Move(b.Done); err != nil || to == filepath.Join(b.Done, "a.csv") {
		t.Errorf("the second one moved to %s, %v", to, err)
	}
	if _, err := b.NewArchive(roster).Move(b.Done); err == nil {
		t.Error("a missing roster was moved")
	}
}
