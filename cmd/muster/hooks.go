package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"muster/importer/notify"
	"muster/importer/report"
)

// runResult is the result of a run for monitors and notices: counts, codes and
// numbers, no names of people.
type runResult struct {
	job     string // "" outside of a job
	roster  string
	project int64 // 0 for several projects, or if no project was set
	code    int   // the exit code
	problem string
	took    time.Duration
	summary *report.Summary // nil if the run did not start
}

// importFile imports a roster or a results file, prints the summary and sends the
// notices. A rehearsal sends no notices.
func (a *app) importFile(ctx context.Context, path string, mustBeResults bool) (runResult, error) {
	result, err := a.importSilently(ctx, path, mustBeResults)
	if !a.settings.simulate {
		a.notify(ctx, result)
	}
	return result, err
}

// importSilently imports a roster or a results file, and prints the summary.
func (a *app) importSilently(ctx context.Context, path string, mustBeResults bool) (runResult, error) {
	started := time.Now()
	summary, err := a.runImport(ctx, path, mustBeResults)
	if summary != nil {
		a.sent, a.code, a.summary = true, summary.ExitCode, summary
		err = errors.Join(err, a.printSummary(*summary))
	}
	result := runResult{
		job: a.settings.job, roster: path, project: a.settings.project, code: a.codeOf(ctx, err),
		took: time.Since(started), summary: summary,
	}
	if summary != nil && len(summary.Parts) > 0 {
		result.project = 0
	}
	if err != nil {
		result.problem = reasonOf(err).Code
	} else if summary != nil && summary.Error != nil {
		result.problem = summary.Error.Code
	}
	return result, err
}

// reportRuns writes the metrics and pings the monitor when the runs of a job have ended.
func (a *app) reportRuns(ctx context.Context, runs []runResult, code int) {
	if a.settings.simulate || code == exitLocked { // the run that holds the lock reports
		return
	}
	a.monitor.start(ctx) // for a run that ended before it had the lock
	a.writeMetrics(runs, code)
	if code == exitDone {
		a.monitor.ping(ctx, "")
		return
	}
	a.monitor.ping(ctx, "/fail")
}

// notify sends the notices for a run. A failure is only a warning.
func (a *app) notify(ctx context.Context, result runResult) {
	var sending sync.WaitGroup
	failures := make([]error, len(a.settings.notices))
	for i, n := range a.settings.notices {
		if n.On.includes(result.code) {
			sending.Go(func() { failures[i] = a.send(ctx, n, result) })
		}
	}
	sending.Wait()
	for i, err := range failures {
		if err != nil {
			kind, _ := a.settings.notices[i].kind()
			a.warn("The notice by %s could not be sent: %v", kind, err)
		}
	}
}

// monitor pings the URL of the setting ping. All runs of a job share a monitor.
type monitor struct {
	app     *app
	started bool
}

// start pings /start once. Only a run that holds the lock pings: if a run that finds
// the lock taken pinged too, a monitor would not notice that the other run hangs.
func (m *monitor) start(ctx context.Context) {
	if !m.started && !m.app.settings.simulate {
		m.started = true
		m.ping(ctx, "/start")
	}
}

// ping requests the monitor's URL with a suffix.
func (m *monitor) ping(ctx context.Context, suffix string) {
	if m.app.settings.ping == nil {
		return
	}
	address, err := m.app.settings.ping.read(m.app.getenv)
	if err == nil {
		err = notify.Client{UserAgent: userAgent()}.Ping(ctx, address, suffix)
	}
	if err != nil {
		m.app.warn("The monitor could not be pinged: %v", err)
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

// first reports whether a text is new in this process.
func (a *app) first(text string) bool {
	if a.said[text] {
		return false
	}
	a.said[text] = true
	return true
}
