package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/spf13/pflag"

	"muster/importer/report"
)

// runResult is the result of a run for monitors and notices: counts, codes and
// numbers, no names of people.
type runResult struct {
	job     string // "" outside of one
	roster  string
	project int64 // 0 if there are several, or none was set
	code    int   // the exit code
	problem string
	took    time.Duration
	summary *report.Summary // nil if it did not start
}

// withHooks runs work and then sends notices, pings and metrics. A failure of a hook is
// only a warning. A rehearsal has no hooks.
func (a *app) withHooks(ctx context.Context, flags *pflag.FlagSet, roster string, work func() error) error {
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

// wrapUp writes the metrics and pings the monitor when the runs of a job have ended.
func (a *app) wrapUp(ctx context.Context, runs []runResult, code int) {
	if code == exitLocked {
		return // the run that holds the lock reports
	}
	a.pingStart(ctx) // for a run that ended before it had the lock
	a.writeMetrics(runs, code)
	if code == exitDone {
		a.pingMonitor(ctx, "")
		return
	}
	a.pingMonitor(ctx, "/fail")
}

// notify sends the notices for a run.
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
			a.warn("The notice by %s could not be sent: %v", a.settings.notices[i].kind, err)
		}
	}
}

// pingStart pings /start once per job. Only a run that holds the lock pings: if a run
// that finds the lock taken pinged too, a monitor would not notice that the other run
// hangs.
func (a *app) pingStart(ctx context.Context) {
	if !a.settings.simulate {
		a.start.Do(func() { a.pingMonitor(ctx, "/start") })
	}
}

// pingMonitor requests the monitor's address with the suffix how.
func (a *app) pingMonitor(ctx context.Context, how string) {
	if a.settings.ping == nil {
		return
	}
	if err := a.sendPing(ctx, how); err != nil {
		a.warn("The monitor could not be pinged: %v", err)
	}
}

// warn logs a warning once.
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
