package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/report"
	"muster/importer/text"
)

// display shows the events of an import.
type display struct {
	report.Collector
	app      *app
	log      zerolog.Logger
	roster   *importer.Roster
	im       *importer.Import
	waits    waits
	page     *report.HTML     // nil without --report
	progress *report.Progress // nil before begin
	undeaf   func() bool      // ends listening to signals
}

func (a *app) newDisplay(in *importer.Roster) *display {
	return &display{app: a, log: a.logger(), roster: in, waits: waits{app: a}}
}

// handle takes an event of the import.
func (d *display) handle(e importer.Event) {
	if waiting, ok := e.(importer.Waiting); ok && d.progress == nil {
		d.waits.say(waiting)
		return
	}
	d.Handle(e)
}

// begin shows the progress of a run with so many requests, by the rows that need a
// request: the others take no time. End it with close and remove an unfinished
// report with discard.
func (d *display) begin(ctx context.Context, requests int) error {
	a := d.app
	if a.settings.report != "" {
		var err error
		if d.page, err = report.CreateHTML(a.settings.report); err != nil {
			return err
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
	d.progress = report.NewProgress(a.stderr, mode, requests, d.log)
	d.Begin(d.im, requests, d.progress, d.page)
	a.progress.Store(d.progress)
	d.undeaf = context.AfterFunc(ctx, func() { d.sayStopping(context.Cause(ctx), mode) })
	return nil
}

// sayStopping reports that a signal ends the run.
func (d *display) sayStopping(cause error, mode report.Mode) {
	const stopping = "Stopping: what is on its way is finished first. Once more stops at once."
	a := d.app
	var interrupted *interruptError
	switch {
	case !errors.As(cause, &interrupted) || a.settings.quiet:
	case a.logsJSON():
		d.log.Info().Msg(stopping)
	default:
		sentence := paragraph(stopping, "", a.width(a.stderr))
		if mode != report.ModeTTY {
			sentence = a.afterKey(interrupted) + sentence
		}
		_, _ = fmt.Fprint(d.progress, sentence)
	}
}

// close ends the progress. It may be called again.
func (d *display) close() {
	d.undeaf()
	d.progress.Close()
	d.app.progress.Store(nil)
}

// discard closes the display and removes an unfinished report.
func (d *display) discard() error {
	d.close()
	if d.page == nil {
		return nil
	}
	return d.page.Discard()
}

// announce says what is about to happen.
func (a *app) announce(show *display, v *importer.Validation, requests int) {
	if a.settings.quiet || a.settings.json && !isTerminal(a.stderr) {
		return
	}
	estimate, _ := show.im.Pace.Forecast(requests)
	roster := show.roster.Path
	if roster == "-" {
		roster = "standard input"
	}
	sentence := fmt.Sprintf("%s of %s for %s", text.Plural(v.Rows, "row", "rows"), report.Clean(roster), report.Clean(show.projects(a.called)))
	if a.settings.simulate {
		sentence = "Rehearsal, nothing is sent to Procore: " + sentence
	}
	if estimate > 0 {
		sentence += ", in " + text.About(estimate)
	}
	a.sayWrapped(sentence + ".")
	if v.Invalid > 0 {
		a.talk("%s invalid and will not be sent; the summary and the results file say why.", text.Plural(v.Invalid, "row is", "rows are"))
	}
}

// called names a project for people. A rehearsal has no number.
func (a *app) called(project procore.Named) string {
	if a.settings.simulate && a.settings.project == 0 {
		return project.Name
	}
	return project.Full()
}

// projects lists the projects of the import in words, or says how many there are.
func (d *display) projects(call func(procore.Named) string) string {
	var names []string
	for _, p := range d.im.Projects() {
		names = append(names, call(p))
	}
	if len(names) > 3 {
		return fmt.Sprintf("%d projects", len(names))
	}
	return text.List(names, "and")
}

// nameOf returns the name of a project.
func nameOf(p procore.Named) string { return p.Name }
