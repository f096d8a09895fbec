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

// Event is something that slowed a run down, marked in the report's chart.
type Event uint8

// The events.
const (
	EventThrottled Event = iota + 1 // Procore put a request off
	EventCreated                    // a person was created; their row may come later, in the roster's order
	EventFault                      // Procore gave no usable answer: a server error, a cut connection, a time-out
)

// HTML gathers a run for a report that is one page: it holds everything it
// shows, asks nobody for anything, and can be mailed, printed and kept. Decisions
// that the code can't show:
//
//   - Rows go to a temporary file as they come, in the form in which the page
//     holds them, so that memory doesn't grow with the roster. The page can't be
//     written as they come, because what happened stands at its top.
//   - What is to be read is in the page itself. The script searches, filters and
//     copies, and without it nothing else is missing.
//   - The script and the style are allowed by their hashes, and nothing else is. So
//     a cell that got through the escaping would still not run.
//   - No link leads anywhere, not even to the results file: a page that is mailed
//     would take it along, and a name made by somebody else would be a link made
//     by somebody else.
//   - Rows are shown in pages and not by scrolling through a window of them: a
//     browser's own search, a screen reader and the keyboard then work as on
//     any other page.
//
// It is safe for concurrent use.
type HTML struct {
	mu      sync.Mutex
	path    string // as it was given
	target  string // where that really is
	started time.Time
	rows    *rowFile
	series  series
	ended   bool
}

// CreateHTML begins a report that Commit will write to path. It refuses a path
// that can't be written, or where there is a file that isn't such a report, so
// that a run doesn't find out at its end. The error is an *fault.Error.
func CreateHTML(path string) (*HTML, error) {
	target, err := placeHTML(path)
	if err != nil {
		return nil, err
	}
	rows, err := newRowFile(filepath.Dir(target), filepath.Base(target))
	if err != nil {
		return nil, unwritableHTML(path, err)
	}
	now := time.Now()
	return &HTML{path: path, target: target, started: now, rows: rows, series: newSeries(now)}, nil
}

// Row adds what became of a row. The label is what people know the row by, such
// as the person's name; it may be empty. If a row can't be kept, Commit says so.
func (h *HTML) Row(label string, o outcome.Outcome) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.rows.add(label, o)
	}
}

// Event marks that something happened just now.
func (h *HTML) Event(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.series.event(time.Now(), e)
	}
}

// Waiting says that nothing is sent until then, as Progress.Waiting does. A zero
// time, or one in the past, says that nothing waits. Between two calls at most
// the time up to the earlier one's until counts as waiting.
func (h *HTML) Waiting(until time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.ended {
		h.series.waiting(time.Now(), until)
	}
}

// Commit writes the page: whole, or not at all, and readable by its owner
// alone. Nothing can be added to it any more. The error is an *fault.Error.
func (h *HTML) Commit(s Summary) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return &fault.Error{Where: fault.Where{File: h.path}, Code: CodeHTMLClosed, Message: "the report is closed already", Fix: "start the command again"}
	}
	h.ended = true
	now := time.Now()
	h.series.end(now)
	err := h.write(s, now)
	if failed := h.rows.close(); err == nil && failed != nil {
		err = failed
	}
	var known *fault.Error
	if err != nil && !errors.As(err, &known) {
		return unwritableHTML(h.path, err)
	}
	return err
}

// Discard gives the report up and removes what was kept for it. After Commit it
// does nothing.
func (h *HTML) Discard() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ended {
		return nil
	}
	h.ended = true
	if err := h.rows.close(); err != nil {
		return fmt.Errorf("discard the report %s: %w", h.path, err)
	}
	return nil
}

// write writes the page to its place.
func (h *HTML) write(s Summary, now time.Time) error {
	// A run may take hours: another program may have used the name meanwhile.
	if _, err := placeHTML(h.path); err != nil {
		return err
	}
	return atomicfile.Write(h.target, func(w io.Writer) error { return h.page(w, s, now) })
}
