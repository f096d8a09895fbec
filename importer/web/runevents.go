package web

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"muster/importer/report"
	"muster/importer/text"
)

// The times of a stream of events.
const (
	everyEvent = 300 * time.Millisecond
	everyWord  = 12 * time.Second // a screen reader hears news no more often
	everyPing  = 15 * time.Second
)

// runEvents sends the state of a run whenever the state changes, first at once. The last
// event is "done". The ID of an event is its time: a browser that comes back needs only
// the present state.
func (s *Server) runEvents(w http.ResponseWriter, r *http.Request) error {
	_, live, err := s.runs.find(r.PathValue("id"))
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/event-stream")
	stream := eventStream{to: w, flush: http.NewResponseController(w).Flush, server: s}
	tick := time.NewTicker(everyEvent)
	defer tick.Stop()
	for live != nil {
		if err := stream.tell(live.view(s.Now())); err != nil {
			return nil //nolint:nilerr // the browser is gone
		}
		select {
		case <-r.Context().Done():
			return nil
		case <-live.ended:
			live = nil
		case <-tick.C:
		}
	}
	_ = stream.send("event: done\ndata: end\n\n") // the browser may be gone
	return nil
}

// eventStream is the connection to a browser that shows a run under way.
type eventStream struct {
	to     io.Writer
	flush  func() error
	server *Server
	shown  string // the latest fragment
	said   string // the latest sentence for screen readers
	spoken time.Time
	sent   time.Time
}

// tell sends a state, unless the browser shows the same already.
func (e *eventStream) tell(v progressView) error {
	now := e.server.Now()
	if said := e.server.sentence(v); said != e.said && now.Sub(e.spoken) > everyWord {
		e.said, e.spoken = said, now
	}
	var page bytes.Buffer
	v.Said = e.said
	if err := e.server.pages.byName["run"].ExecuteTemplate(&page, "progress", v); err != nil {
		return err
	}
	if page.String() == e.shown {
		if now.Sub(e.sent) < everyPing {
			return nil
		}
		e.sent = now
		return e.send(": still here\n\n")
	}
	e.shown, e.sent = page.String(), now
	var event strings.Builder
	fmt.Fprintf(&event, "id: %d\n", now.UnixMilli())
	for line := range strings.Lines(strings.TrimSpace(e.shown)) {
		event.WriteString("data: " + strings.TrimRight(line, "\n") + "\n")
	}
	return e.send(event.String() + "\n")
}

func (e *eventStream) send(event string) error {
	if _, err := io.WriteString(e.to, event); err != nil {
		return err
	}
	return e.flush()
}

// sentence returns a state in a sentence, for a screen reader.
func (s *Server) sentence(v progressView) string {
	if v.Waits != "" {
		return s.text("run.waits."+v.Waits, report.Clock(v.WaitUntil, s.Now()))
	}
	if v.Total == 0 {
		return s.text("run.stage." + string(v.Stage))
	}
	return s.text("run.amount", text.Number(v.Done), text.Number(v.Total))
}
