package report

import (
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"time"

	"muster/importer/atomicfile"
	"muster/importer/fault"
	"muster/importer/outcome"
)

// Event is something to mark in the report's chart.
type Event uint8

// The events.
const (
	EventThrottled Event = iota + 1 // Procore asked to slow down
	EventCreated                    // a person was created; the row may be reported later
	EventFault                      // Procore gave no usable answer: a server error, a cut connection, a time-out
)

// HTML gathers a run for a report. The report is a single page that loads nothing
// and can be mailed, printed and kept. Decisions that the code can't show:
//
//   - Rows go to a temporary file as they come, encoded as in the page, so that
//     memory doesn't grow with the roster. The page can't be written as rows come,
//     because the result is at the top.
//   - Everything important is in the page itself. The script only searches, filters
//     and copies.
//   - The Content-Security-Policy allows only our script and our style, by hash. A
//     cell that got through the escaping would still not run.
//   - There are no links, not even to the results file: a mailed page would carry
//     them along, and a roster could choose their targets.
//   - Rows are shown in pages, not in a scrolling window, so that a browser's
//     search, screen readers and the keyboard work as usual.
//
// HTML is safe for concurrent use.
type HTML struct {
	mu      sync.Mutex
	path    string // as it was given
	target  string // path with links followed
	started time.Time
	rows    *rowFile
	series  series
	closed  bool
}

// CreateHTML begins a report that Commit writes to path. It refuses a path that
// can't be written or that has a file which is not a report, so that a run doesn't
// fail at the end. The error is a *fault.Error.
func CreateHTML(path string) (*HTML, error) {
	target, err := htmlFile().Target(path)
	if err != nil {
		return nil, err
	}
	rows, err := newRowFile(filepath.Dir(target), filepath.Base(target))
	if err != nil {
		return nil, htmlFile().Unwritable(path, err)
	}
	now := time.Now()
	return &HTML{path: path, target: target, started: now, rows: rows, series: newSeries(now)}, nil
}

// Row adds a finished row. The label, such as the person's name, may be empty.
// Commit returns an error of Row.
func (h *HTML) Row(label string, o outcome.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.closed {
		h.rows.add(label, o)
	}
}

// Event records that something happened just now.
func (h *HTML) Event(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.series.event(time.Now(), e)
}

// Waiting records that nothing is sent until then, as Progress.Waiting does. A
// zero or past time ends the wait.
func (h *HTML) Waiting(until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.series.waiting(time.Now(), until)
}

// Commit writes the page, whole or not at all, with mode 0600, and closes the
// report. The error is a *fault.Error.
func (h *HTML) Commit(s Summary) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return fault.InFile(h.path, CodeHTMLClosed, "the report is closed already", "start the command again")
	}
	h.closed = true
	now := time.Now()
	h.series.end(now)
	err := errors.Join(h.write(s, now), h.rows.close())
	if _, known := errors.AsType[*fault.Error](err); err != nil && !known {
		return htmlFile().Unwritable(h.path, err)
	}
	return err
}

// Discard closes the report without a page and removes temporary files. After
// Commit it does nothing.
func (h *HTML) Discard() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return nil
	}
	h.closed = true
	if err := h.rows.close(); err != nil {
		return fmt.Errorf("discard the report %s: %w", h.path, err)
	}
	return nil
}

// write writes the page to the target.
func (h *HTML) write(s Summary, now time.Time) error {
	// A run may take hours: another program may have used the name meanwhile.
	if _, err := htmlFile().Target(h.path); err != nil {
		return err
	}
	return atomicfile.Write(h.target, func(w io.Writer) error { return h.page(w, s, now) })
}
