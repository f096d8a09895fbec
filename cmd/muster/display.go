package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/ratelimit"
)

// display shows the rows of a run while it goes on and collects the findings for the
// summary.
type display struct {
	found    findings
	parts    []report.Part // what became of each of several projects
	page     *report.HTML  // nil without --report
	progress *report.Progress
	sent     atomic.Int64 // rows that took a request and are done
	leave    func()
}

// newDisplay starts the display of a run. End it with close and remove an unfinished
// report with discard.
func (a *app) newDisplay(ctx context.Context, rows, requests int, pace *ratelimit.Pace, log zerolog.Logger) (*display, error) {
	s := &display{}
	if a.settings.report != "" {
		var err error
		if s.page, err = report.CreateHTML(a.settings.report); err != nil {
			return nil, err
		}
	}
	mode := report.ModeLog
	switch {
	case a.settings.quiet || a.logsJSON():
	case a.settings.plain:
		mode = report.ModePlain
	case isTerminal(a.stderr):
		mode = report.ModeTTY
	}
	s.progress = report.NewProgress(a.stderr, mode, rows, log)
	s.progress.Estimate(func(left int) (time.Duration, bool) {
		return pace.Forecast(min(left, max(requests-int(s.sent.Load()), 0)))
	})
	a.progress.Store(s.progress)
	deaf := context.AfterFunc(ctx, func() {
		var interrupted *interruptError
		if errors.As(context.Cause(ctx), &interrupted) && !a.settings.quiet {
			const stopping = "Stopping: what is on its way is finished first. Once more stops at once."
			if a.logsJSON() {
				log.Info().Msg(stopping)
			} else {
				text := paragraph(stopping, "", a.width(a.stderr))
				if mode != report.ModeTTY {
					text = a.afterKey(interrupted) + text
				}
				fmt.Fprintf(s.progress, "%s", text)
			}
		}
	})
	unwatch := watchPace(ctx, pace, func(until time.Time, why string) {
		s.progress.Waiting(until, why)
		if s.page != nil {
			s.page.Waiting(until)
		}
	})
	s.leave = func() {
		deaf()
		unwatch()
		s.progress.Close()
		a.progress.Store(nil)
	}
	return s, nil
}

// follow subscribes to the events of job.
func (s *display) follow(job *importer.Job) {
	name := nameOf(job.Mapper)
	job.OnEvent = func(e importer.Event) {
		switch e := e.(type) {
		case importer.RowRecorded:
			s.found.add(e.Outcome)
		case importer.RowDone:
			if e.Requested {
				s.sent.Add(1)
			}
			s.progress.Row(e.Status)
		case importer.Unsettled:
			s.progress.Unsettled(e.Rows, e.Until)
		}
		if s.page != nil {
			showInReport(s.page, name, e)
		}
	}
}

// showInReport adds an event to the report.
func showInReport(page *report.HTML, name func(cells []string) string, e importer.Event) {
	switch e := e.(type) {
	case importer.RowRecorded:
		page.Row(name(e.Cells), e.Outcome)
	case importer.RowDone:
		if e.Status == outcome.Created {
			page.Event(report.EventCreated)
		}
	case importer.Throttled:
		page.Event(report.EventThrottled)
	case importer.AnswerLost:
		page.Event(report.EventFault)
	}
}

// close ends the display. It may be called again.
func (s *display) close() { s.leave() }

// discard closes the display and removes an unfinished report.
func (s *display) discard() error {
	s.close()
	if s.page == nil {
		return nil
	}
	return s.page.Discard()
}
