package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"muster/importer/fault"
	"muster/importer/notify"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/worker"
)

// runResult is the result of a run for monitors and notices: counts, codes and
// numbers, no names of people.
type runResult struct {
	job           string // "" outside of a job
	roster        string
	worker.Result // without the ID of a run if the run did not start
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
	result := runResult{job: a.settings.job, roster: path, Result: worker.Result{Figures: worker.Figures{Project: a.settings.project}}}
	if summary != nil {
		a.sent, a.code, a.summary = true, summary.ExitCode, summary
		err = errors.Join(err, a.printSummary(*summary))
		result.Figures = figuresOf(summary, a.settings.project)
		result.Problem, result.Message = problemOf(summary.Error)
	}
	if err != nil {
		result.Problem, result.Message = problemOf(reasonOf(err))
	}
	result.ExitCode, result.Figures.Seconds = a.codeOf(ctx, err), time.Since(started).Seconds()
	return result, err
}

// problemOf returns the code of an error, and the message unless it repeats cells of a
// roster.
func problemOf(e *fault.Error) (code, message string) {
	switch {
	case e == nil:
		return "", ""
	case e.Quotes:
		return e.Code, ""
	}
	return e.Code, e.Message
}

// figuresOf returns the numbers of a run on a project or on several.
func figuresOf(s *report.Summary, project int64) worker.Figures {
	f := worker.Figures{
		Run: s.Run, Results: s.Results, Project: project, Rows: map[int64]outcome.Counts{project: s.Counts},
		Requests: s.Requests, Throttled: s.Throttled,
	}
	if len(s.Parts) > 0 {
		f.Project = 0
		clear(f.Rows)
	}
	for _, part := range s.Parts {
		f.Rows[part.Project] = part.Counts
	}
	return f
}

// reportRuns writes the metrics and pings the monitor when the runs of a job have ended.
func (a *app) reportRuns(ctx context.Context, runs []worker.Result, code int) {
	if a.settings.simulate || code == outcome.ExitLocked { // the run that holds the lock reports
		return
	}
	a.monitor.start(ctx) // for a run that ended before it had the lock
	a.writeMetrics(runs, code)
	if code == outcome.ExitDone {
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
		if n.On.includes(result.ExitCode) {
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
