package importer_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore/simulator"
)

// A kill leaves about as many rows in doubt as requests were under way, and
// not all those that were worked on.
func TestAKillLeavesFewRowsInDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits, Faults: faults(t, "latency:200ms")})
		path := b.crew(600)
		b.runKilled(path, kill{create: 100}, func(j *importer.Job) { j.Workers = 4 })
		book, err := ledger.Open(t.Context(), filepath.Join(b.folder, "ledger.db"))
		if err != nil {
			t.Fatal(err)
		}
		open, err := book.OpenIntents(t.Context(), b.scope)
		if closed := book.Close(); err != nil || closed != nil {
			t.Fatal(err, closed)
		}
		if len(open) == 0 || len(open) > 8 {
			t.Errorf("%d rows are in doubt", len(open))
		}
		r := b.run(t.Context(), path, nil)
		b.everyone(r, 600)
	})
}
