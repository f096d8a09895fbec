package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/text"
)

// latestRuns is how many runs of the ledger the doctor looks at.
const latestRuns = 20

// OpenLedger opens a ledger and returns its location. The ledger is nil if there is none.
type OpenLedger func(ctx context.Context) (book *ledger.Ledger, location string, err error)

// Ledger reads the whole ledger at a location, and calls read with the latest runs.
func (x *Examination) Ledger(ctx context.Context, location string, open OpenLedger, read func([]importer.PastRun) error) {
	if ledger.IsURL(location) && !x.checkDatabase(ctx, location) {
		return
	}
	book, path, err := open(ctx)
	switch {
	case err != nil:
		x.Found(newLedgerTrouble(err))
		return
	case book == nil:
		x.Found(Finding{Check: "ledger", State: Fine, Text: "none yet; the first import creates " + path})
		return
	}
	defer func() { _ = book.Close() }() // nothing was written
	if err := x.checkLedger(ctx, book, path, read); err != nil {
		x.Found(newLedgerTrouble(err))
	}
}

func (x *Examination) checkLedger(ctx context.Context, book *ledger.Ledger, path string, read func([]importer.PastRun) error) error {
	health, err := book.Check(ctx)
	if err != nil {
		return err
	}
	f := Finding{
		Check: "ledger", State: Fine,
		Text:  HealthSentence(health, path),
		Facts: Facts{"bytes": health.Bytes, "runs": health.Runs, "people": health.People},
	}
	if OpenToOthers(path, 0o004) {
		f.State, f.Text, f.Fix = Doubted, f.Text+"; all users of this machine can read it", "chmod 600 "+text.ShellWord(path)
	}
	x.Found(f)
	runs, err := importer.PastRuns(ctx, book, 0, latestRuns)
	if err != nil {
		return err
	}
	x.checkLock(book, runs)
	for _, d := range health.Open {
		x.Found(NewDoubt(d))
	}
	if len(health.Open) == 0 {
		x.Found(Finding{Check: "in doubt", State: Fine, Text: "the outcome of every request is known"})
	}
	return read(runs)
}

func newLedgerTrouble(err error) Finding {
	f := Finding{Check: "ledger", State: Broken, Text: err.Error()}
	known, ok := errors.AsType[*fault.Error](err)
	if !ok {
		return f
	}
	f.Fix = known.Fix
	if known.Where.File != "" {
		f.Text, f.Facts = known.Message+": "+known.Where.File, Facts{"code": known.Code}
	}
	return f
}

// checkLock reports which run holds the lock of the project.
func (x *Examination) checkLock(book *ledger.Ledger, runs []importer.PastRun) {
	if x.Scope == (ledger.Scope{}) {
		x.Skip("lock", "no company and project are set")
		return
	}
	if !book.Locked(x.Scope) {
		x.Found(Finding{Check: "lock", State: Fine, Text: fmt.Sprintf("no run holds the lock of project %d", x.Scope.Project)})
		return
	}
	f := Finding{Check: "lock", State: Doubted, Fix: "wait for that run: another run would end at once with exit code 4"}
	i := slices.IndexFunc(runs, func(r importer.PastRun) bool { return r.Scope == x.Scope && r.Status == ledger.Running })
	if i < 0 {
		f.Text = fmt.Sprintf("a run is about to start on project %d", x.Scope.Project)
	} else {
		f.Text = fmt.Sprintf("run %s (%s) holds the lock of project %d since %s", runs[i].ID, runs[i].Command, x.Scope.Project, runs[i].Started.Local().Format(time.DateTime))
		f.Facts = Facts{"run": runs[i].ID}
	}
	x.Found(f)
}

// NewDoubt returns the finding for open requests of a run.
func NewDoubt(d ledger.OpenRun) Finding {
	f := Finding{
		Check: "in doubt", State: Doubted,
		Text: fmt.Sprintf("run %s left %s without an outcome, of company %d, project %d, the first at %s", d.Run,
			text.Plural(d.Requests, "request", "requests"), d.Company, d.Project, d.Since.Local().Format(time.DateTime)),
		Fix:   "import or retry for that project again: muster first settles these requests and creates no person twice",
		Facts: Facts{"run": d.Run, "requests": d.Requests, "since": d.Since},
	}
	if d.Locked {
		f.State, f.Fix = Fine, ""
		f.Text = fmt.Sprintf("%s of run %s may be on the way: a run is in progress", text.Plural(d.Requests, "request", "requests"), d.Run)
	}
	return f
}

// HealthSentence says that a ledger is whole, and how large.
func HealthSentence(h ledger.Health, location string) string {
	return fmt.Sprintf("whole, with %s and %s in %s at %s", text.Plural(h.Runs, "run", "runs"), text.Plural(h.People, "person", "people"),
		humanize.IBytes(uint64(h.Bytes)), location)
}
