package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/text"
)

// bundledRuns is the number of latest runs in a support bundle.
const bundledRuns = 20

// checkLedger reads the whole ledger and returns the runs for a support bundle.
func (x *examination) checkLedger(ctx context.Context) []bundledRun {
	if location, err := x.ledgerPath(); err == nil && ledger.IsURL(location) && !x.checkDatabase(ctx, location) {
		return nil
	}
	book, path, err := x.openRecord(ctx)
	if err != nil {
		x.found(newLedgerTrouble(err))
		return nil
	}
	if book == nil {
		x.found(finding{Check: "ledger", State: fine, Text: "none yet; the first import creates " + path})
		return nil
	}
	defer func() { _ = book.Close() }() // nothing was written
	health, err := book.Check(ctx)
	if err != nil {
		x.found(newLedgerTrouble(err))
		return nil
	}
	f := finding{
		Check: "ledger", State: fine,
		Text:  healthSentence(health, path),
		Facts: facts{"bytes": health.Bytes, "runs": health.Runs, "people": health.People},
	}
	if openToOthers(path, 0o004) {
		f.State, f.Text, f.Fix = doubted, f.Text+"; all users of this machine can read it", "chmod 600 "+shellWord(path)
	}
	x.found(f)
	runs, err := importer.PastRuns(ctx, book, bundledRuns)
	if err != nil {
		x.found(newLedgerTrouble(err))
		return nil
	}
	x.checkLock(book, runs)
	for _, d := range health.Open {
		x.found(newDoubt(d))
	}
	if len(health.Open) == 0 {
		x.found(finding{Check: "in doubt", State: fine, Text: "the outcome of every request is known"})
	}
	bundled, err := newBundledRuns(ctx, runs)
	if err != nil {
		x.found(newLedgerTrouble(err))
	}
	return bundled
}

func newLedgerTrouble(err error) finding {
	f := finding{Check: "ledger", State: broken, Text: err.Error()}
	var known *fault.Error
	if !errors.As(err, &known) {
		return f
	}
	f.Fix = known.Fix
	if known.Where.File != "" {
		f.Text, f.Facts = known.Message+": "+known.Where.File, facts{"code": known.Code}
	}
	return f
}

// checkLock reports which run holds the lock of the project.
func (x *examination) checkLock(book *ledger.Ledger, runs []importer.PastRun) {
	if x.scope == (ledger.Scope{}) {
		x.skip("lock", "no company and project are set")
		return
	}
	if !book.Locked(x.scope) {
		x.found(finding{Check: "lock", State: fine, Text: fmt.Sprintf("no run holds the lock of project %d", x.scope.Project)})
		return
	}
	f := finding{Check: "lock", State: doubted, Fix: "wait for that run: another run would end at once with exit code 4"}
	i := slices.IndexFunc(runs, func(r importer.PastRun) bool { return r.Scope == x.scope && r.Status == ledger.Running })
	if i < 0 {
		f.Text = fmt.Sprintf("a run is about to start on project %d", x.scope.Project)
	} else {
		f.Text = fmt.Sprintf("run %s (%s) holds the lock of project %d since %s", runs[i].ID, runs[i].Command, x.scope.Project, runs[i].Started.Local().Format(time.DateTime))
		f.Facts = facts{"run": runs[i].ID}
	}
	x.found(f)
}

// newDoubt returns the finding for open requests of a run.
func newDoubt(d ledger.OpenRun) finding {
	f := finding{
		Check: "in doubt", State: doubted,
		Text: fmt.Sprintf("run %s left %s without an outcome, of company %d, project %d, the first at %s", d.Run,
			text.Plural(d.Requests, "request", "requests"), d.Company, d.Project, d.Since.Local().Format(time.DateTime)),
		Fix:   "import or retry for that project again: muster first settles these requests and creates no person twice",
		Facts: facts{"run": d.Run, "requests": d.Requests, "since": d.Since},
	}
	if d.Locked {
		f.State, f.Fix = fine, ""
		f.Text = fmt.Sprintf("%s of run %s may be on the way: a run is in progress", text.Plural(d.Requests, "request", "requests"), d.Run)
	}
	return f
}

// The free bytes on a disk below which an import is likely to fail, and below which the
// doctor warns.
const (
	tooLittle = 10 << 20
	little    = 200 << 20
)

// checkDisks checks the disks of the ledger and the results.
func (x *examination) checkDisks() {
	if folder, err := x.localFolder(); err != nil {
		x.found(finding{Check: "disk", State: broken, Text: err.Error(), Fix: "choose a path for the ledger with --ledger FILE"})
	} else {
		x.found(checkDisk("ledger", folder))
	}
	results := "."
	if x.settings.results != "" {
		results = filepath.Dir(x.settings.results)
	}
	x.found(checkDisk("results", results))
}

// checkDisk checks the free space of a folder, or of the nearest existing folder above.
func checkDisk(what, folder string) finding {
	f := finding{Check: "disk", State: fine, Facts: facts{"of": what}}
	if whole, err := filepath.Abs(folder); err == nil {
		folder = whole
	}
	for missing(folder) && filepath.Dir(folder) != folder {
		folder = filepath.Dir(folder)
	}
	probe, err := os.CreateTemp(folder, ".muster-doctor-*")
	if err != nil {
		f.State, f.Text = broken, fmt.Sprintf("muster can't write in %s: %v", folder, fault.Cause(err))
		f.Fix = "check that you may write there, or choose another folder with --" + what
		f.Facts["code"] = "unwritable"
		return f
	}
	_, _ = probe.Close(), os.Remove(probe.Name()) // an empty file
	free, err := freeBytes(folder)
	if err != nil {
		f.Text = fmt.Sprintf("the %s can be written in %s; the free space is not known", what, folder)
		return f
	}
	f.Text = fmt.Sprintf("%s are free for the %s in %s", humanize.IBytes(free), what, folder)
	f.Facts["free_bytes"] = free
	switch {
	case free < tooLittle:
		f.State = broken
	case free < little:
		f.State = doubted
	}
	if f.State != fine {
		f.Fix = "free space on that disk, or choose another folder with --" + what
	}
	return f
}

// machineFacts returns facts about the program and the machine for a support bundle,
// without names of the machine and users.
func machineFacts() map[string]any {
	return map[string]any{
		"version": version(), "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH,
		"cpus": runtime.NumCPU(), "gomaxprocs": runtime.GOMAXPROCS(0), "time": time.Now().UTC(), "modules": modules(),
	}
}
