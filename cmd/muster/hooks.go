package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"muster/importer/report"
)

// ended is what became of one run, as monitors and people are told it: counts,
// codes and numbers, nobody's name.
type runResult struct {
	job     string // "" outside of one
	roster  string
	project int64 // 0 if there are several, or none was set
	code    int   // the exit code
	problem string
	took    time.Duration
	summary *report.Summary // nil if it did not start
}

// attended does the work of a run, and tells monitors and people what came of it.
// What goes wrong with the telling is a warning and nothing more. A rehearsal
// concerns nobody.
func (a *app) attended(ctx context.Context, flags *pflag.FlagSet, roster string, work func() error) error {
	if err := a.begin(flags); err != nil {
		return err
	}
	if a.settings.simulate {
		return work()
	}
	started := time.Now()
	err := work()
	end := runResult{
		job: a.settings.job, roster: roster, project: a.settings.project, code: a.codeOf(ctx, err),
		took: time.Since(started), summary: a.summary,
	}
	if a.summary != nil && len(a.summary.Parts) > 0 {
		end.project = 0
	}
	if err != nil {
		reason, _ := reasonOf(err)
		end.problem = reason.Code
	} else if a.summary != nil && a.summary.Error != nil {
		end.problem = a.summary.Error.Code
	}
	a.end = &end
	a.notify(ctx, end)
	if !a.partOfJob {
		a.wrapUp(ctx, []runResult{end}, end.code)
	}
	return err
}

// wrapUp tells monitors what the runs of a job came to together.
func (a *app) wrapUp(ctx context.Context, runs []runResult, code int) {
	if code == exitLocked {
		return // the run that is at work will tell
	}
	a.pingStart(ctx) // of what came to its end before it had the lock
	a.writeMetrics(runs, code)
	if code == exitDone {
		a.pingMonitor(ctx, "")
		return
	}
	a.pingMonitor(ctx, "/fail")
}

// notify tells everybody who wants to know of this run.
func (a *app) notify(ctx context.Context, end runResult) {
	var telling sync.WaitGroup
	failures := make([]error, len(a.settings.notices))
	for i, n := range a.settings.notices {
		if n.on.includes(end.code) {
			telling.Go(func() { failures[i] = a.tell(ctx, n, end) })
		}
	}
	telling.Wait()
	for i, err := range failures {
		if err != nil {
			a.warn("%s could not be told of this run: %v", a.settings.notices[i].kind, err)
		}
	}
}

// pingStart tells the job's monitor that a run is at work, once for all runs of the
// job. It is for a run that has the lock: told of one that finds another at work, a
// monitor would count from there, and never miss the end of the one that hangs.
func (a *app) pingStart(ctx context.Context) {
	if !a.settings.simulate {
		a.start.Do(func() { a.pingMonitor(ctx, "/start") })
	}
}

// pingMonitor tells the job's monitor how far it is, by what follows its address.
func (a *app) pingMonitor(ctx context.Context, how string) {
	if a.settings.ping == nil {
		return
	}
	if err := a.sendPing(ctx, how); err != nil {
		a.warn("the monitor could not be pinged: %v", err)
	}
}

// warn says what does not change how the run ends, once.
func (a *app) warn(format string, args ...any) {
	text := fmt.Sprintf(format, args...)
	if !a.first(text) {
		return
	}
	log := a.logger()
	log.Warn().Msg(text)
}

// first reports whether this has not been said before.
func (a *app) first(text string) bool {
	if a.said[text] {
		return false
	}
	a.said[text] = true
	return true
}
