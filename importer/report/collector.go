package report

import (
	"sync/atomic"
	"time"

	"muster/importer"
	"muster/importer/outcome"
)

// Collector gathers the events of an import for the progress, the HTML report and the
// summary. The zero value gathers for the summary alone.
type Collector struct {
	problems, notes outcome.Groups
	page            *HTML     // nil without a report
	progress        *Progress // nil before Begin
	sent            atomic.Int64
}

// Begin shows the further events in the progress of a run with so many requests, and in
// the page, which may be nil.
func (c *Collector) Begin(im *importer.Import, requests int, progress *Progress, page *HTML) {
	progress.Estimate(func(left int) (time.Duration, bool) {
		return im.Pace.Forecast(min(left, max(requests-int(c.sent.Load()), 0)))
	})
	c.progress, c.page = progress, page
}

// Handle takes an event of the import.
func (c *Collector) Handle(e importer.Event) {
	switch e := e.(type) {
	case importer.RowRecorded:
		c.record(e)
	case importer.ColumnNoted:
		c.notes.AddGroup(e.Note)
	case importer.RowDone:
		if e.Requested && c.progress != nil {
			c.sent.Add(1)
			c.progress.Row(e.Status)
		}
		if e.Status == outcome.Created {
			c.chart(EventCreated)
		}
	case importer.Unsettled:
		if c.progress != nil {
			c.progress.Unsettled(e.Rows, e.Until)
		}
	case importer.Throttled:
		c.chart(EventThrottled)
	case importer.AnswerLost:
		c.chart(EventFault)
	case importer.Waiting:
		if c.progress != nil {
			c.progress.Waiting(e.Until, e.Why())
		}
		if c.page != nil {
			c.page.Waiting(e.Until)
		}
	}
}

// record keeps the problems of a row.
func (c *Collector) record(e importer.RowRecorded) {
	problems, notes := e.Findings()
	for _, p := range problems {
		c.problems.Add(p, e.Outcome.Row)
	}
	for _, p := range notes {
		c.notes.Add(p, e.Outcome.Row)
	}
	if c.page != nil {
		c.page.Row(e.Name, e.Outcome)
	}
}

// chart adds an event to the chart of the HTML report.
func (c *Collector) chart(e Event) {
	if c.page != nil {
		c.page.Event(e)
	}
}

// Problems returns what the rows lack, in groups.
func (c *Collector) Problems() []outcome.Group { return c.problems.List() }

// Notes returns what is worth knowing and needs no fix, in groups.
func (c *Collector) Notes() []outcome.Group { return c.notes.List() }

// Summary returns the summary of a run without the status and the time.
func (c *Collector) Summary(im *importer.Import, run *importer.Summary) Summary {
	return Summary{
		Run: run.Run, Counts: run.Counts, Results: im.ResultsPath, Problems: c.Problems(),
		Effort: Effort{Requests: im.API.Requests(), Throttled: run.Throttled, Retries: run.Retries},
		Details: Details{
			Notes: c.Notes(), Updated: run.Updated, Earlier: run.Earlier, Rehearsal: im.Rehearsal, Remarks: run.Remarks,
		},
	}
}
