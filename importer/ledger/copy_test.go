package ledger_test

import (
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/pgtest"
)

// content returns all lines of a ledger's file, each as text.
func content(t *testing.T, path string) (lines []string) {
	t.Helper()
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for _, table := range []string{"ledger", "runs", "intents", "attempts", "people"} {
		rows, err := db.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		columns, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			line, places := make([]any, len(columns)), make([]any, len(columns))
			for n := range line {
				places[n] = &line[n]
			}
			if err := rows.Scan(places...); err != nil {
				t.Fatal(err)
			}
			lines = append(lines, fmt.Sprint(table, columns, line))
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	slices.Sort(lines)
	return lines
}

// copyLedger copies the ledger at one location into the one at another.
func copyLedger(t *testing.T, from, to string) error {
	t.Helper()
	source, target := open(t, from), open(t, to)
	err := ledger.Copy(t.Context(), source, target)
	closeLedger(t, source)
	closeLedger(t, target)
	return err
}

// fillLedger makes a ledger with settled, open and pruned requests, and removed people.
func fillLedger(t *testing.T, path string) {
	t.Helper()
	l := open(t, path)
	defer closeLedger(t, l)
	defer lock(t, l, scope())()
	run, err := l.Begin(t.Context(), ledger.Run{Scope: scope(), Command: "import", Roster: "crew.csv"})
	if err != nil {
		t.Fatal(err)
	}
	record(t, l, intend(t, l, run, l.Key("pruned"), 2), created(40))
	run = next(t, l, run, "import")
	if done, err := l.Prune(t.Context(), run.Started.AddDate(1, 0, 0)); err != nil || done.Runs != 1 {
		t.Fatal(done, err)
	}
	for n := range 3 {
		record(t, l, intend(t, l, run, l.Key("created", fmt.Sprint(n)), 2+n), created(int64(41+n)))
	}
	record(t, l, intend(t, l, run, l.Key("refused"), 5), ledger.Result{State: ledger.Refused, Status: outcome.Failed, HTTPStatus: 422, RequestID: "r-1"})
	recordRemovals(t, l, intendRemovals(t, l, run, made(t, l, run)[:1]), gone(41))
	if _, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("open"), NameKey: l.Key("name"), IDKey: l.Key("id"), Row: 6}); err != nil {
		t.Fatal(err)
	}
}

// A copy in a database knows what the file knew, and the copy of the copy is the file.
func TestCopy(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	file, back := filepath.Join(t.TempDir(), "ledger.db"), filepath.Join(t.TempDir(), "back.db")
	fillLedger(t, file)
	if err := copyLedger(t, file, database); err != nil {
		t.Fatal(err)
	}
	if err := copyLedger(t, database, back); err != nil {
		t.Fatal(err)
	}
	want := content(t, file)
	if diff := cmp.Diff(want, content(t, back)); diff != "" || len(want) < 10 {
		t.Errorf("of %d lines (-want +got):\n%s", len(want), diff)
	}
	for _, location := range []string{database, back} {
		l := open(t, location)
		run := begin(t, l)
		if runs, err := l.Runs(t.Context(), 0); err != nil || len(runs) != 2 || runs[1].Status != ledger.Crashed {
			t.Errorf("%s: runs %+v, %v", location, runs, err)
		}
		if _, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("created", "1"), Row: 2}); !errors.Is(err, ledger.ErrAlreadyCreated) {
			t.Errorf("%s: a created person may be sent again: %v", location, err)
		}
		if _, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("open"), Row: 2}); !errors.Is(err, ledger.ErrUnsettled) {
			t.Errorf("%s: an open request may be sent again: %v", location, err)
		}
		record(t, l, intend(t, l, run, l.Key("new"), 3), created(50))
		closeLedger(t, l)
	}
}

func TestCopyRefused(t *testing.T) {
	t.Parallel()
	file, database := filepath.Join(t.TempDir(), "ledger.db"), pgtest.URL(t)
	fillLedger(t, file)

	source, target, other := open(t, file), open(t, database), open(t, database)
	if err := ledger.Copy(t.Context(), source, target); fault.CodeOf(err) != ledger.CodeInUse {
		t.Errorf("into a database that another process has open: %v", err)
	}
	closeLedger(t, other)
	release := lock(t, source, scope())
	if err := ledger.Copy(t.Context(), source, target); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("during a run: %v", err)
	}
	release()
	err := ledger.Copy(t.Context(), source, target)
	for fault.CodeOf(err) == ledger.CodeInUse && t.Context().Err() == nil { // the server has not noticed the end yet
		err = ledger.Copy(t.Context(), source, target)
	}
	if err != nil {
		t.Error(err)
	}
	closeLedger(t, source)
	closeLedger(t, target)

	another := filepath.Join(t.TempDir(), "another.db")
	fillLedger(t, another)
	err = copyLedger(t, another, database)
	if fault.CodeOf(err) != ledger.CodeNotEmpty {
		t.Errorf("into a database with runs: %v", err)
	}
	if err := copyLedger(t, database, another); fault.CodeOf(err) != ledger.CodeNotEmpty {
		t.Errorf("into a file with runs: %v", err)
	}
}
