package report

import (
	"io"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"muster/importer/outcome"
	"muster/importer/text"
)

// Mode is how progress is shown. No mode shows names of people.
type Mode uint8

// The modes.
const (
	ModeLog   Mode = iota // a log line every ten seconds
	ModeTTY               // a line that is redrawn up to ten times a second and cleared at the end
	ModePlain             // now and then a sentence on a line, for screen readers
)

// How often progress is shown; ModePlain skips most of these moments.
const (
	everyLog   = 10 * time.Second
	everyTTY   = 100 * time.Millisecond
	everyPlain = time.Second
)

// Progress shows the progress of a run. It is safe for concurrent use, and cheap
// enough for a call a row.
type Progress struct {
	total    int
	log      zerolog.Logger
	start    time.Time
	terminal terminal

	mu     sync.Mutex
	status runStatus // guarded by mu
	speed  speed     // guarded by mu

	cadence cadence // used by the goroutine alone

	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once // closes stop
}

// runStatus is what callers have reported.
type runStatus struct {
	counts    outcome.Counts
	until     time.Time // nothing is sent before
	why       string
	unsettled int
	settledAt time.Time // of the unsettled rows
	estimate  func(rows int) (time.Duration, bool)
}

// NewProgress starts to show the progress of total rows to send, 0 if not known, in the
// log or on w. The caller must close it: it runs a goroutine.
func NewProgress(w io.Writer, mode Mode, total int, log zerolog.Logger) *Progress {
	p := &Progress{
		total: total, log: log, start: time.Now(), terminal: terminal{w: w},
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	every, show := everyLog, p.logLine
	switch mode {
	case ModeTTY:
		every, show = everyTTY, func(s Snapshot) { p.terminal.draw(s) }
	case ModePlain:
		every, show = everyPlain, p.speak
	case ModeLog:
	}
	go func() {
		defer close(p.stopped)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-p.stop:
				return
			case now := <-tick.C:
				show(p.Snapshot(now))
			}
		}
	}()
	return p
}

func (p *Progress) report(change func(s *runStatus)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(&p.status)
}

// Row counts a finished row.
func (p *Progress) Row(s outcome.Status) {
	p.report(func(status *runStatus) { status.counts.Add(s, 1) })
}

// Waiting reports that nothing is sent until then, and why, in words that follow
// "waits": "for the hourly quota". A zero or past time ends the wait.
func (p *Progress) Waiting(until time.Time, why string) {
	p.report(func(s *runStatus) { s.until, s.why = until, Clean(why) })
}

// Unsettled reports how many rows are unsettled, and until when. When only such
// rows are left, the line says so.
func (p *Progress) Unsettled(rows int, until time.Time) {
	p.report(func(s *runStatus) { s.unsettled, s.settledAt = rows, until })
}

// Estimate sets a function that estimates the time for the other rows, better than
// the rate so far does. The function is called by the goroutine that draws.
func (p *Progress) Estimate(f func(rows int) (time.Duration, bool)) {
	p.report(func(s *runStatus) { s.estimate = f })
}

// Write writes lines above the progress line. A logger for the same terminal must
// write through it.
func (p *Progress) Write(lines []byte) (int, error) { return p.terminal.write(lines) }

// Close stops the goroutine and clears the line. Later calls do nothing.
func (p *Progress) Close() {
	p.once.Do(func() {
		close(p.stop)
		<-p.stopped
		_, _ = p.terminal.write(nil) // a closed terminal needs no clearing
	})
}

// Snapshot returns the progress at a moment.
func (p *Progress) Snapshot(now time.Time) Snapshot {
	p.mu.Lock()
	defer p.mu.Unlock()
	status := p.status
	s := Snapshot{Total: p.total, Now: now, Elapsed: now.Sub(p.start), Counts: status.counts}
	if status.until.After(now) {
		s.Until, s.Why = status.until, status.why
	}
	done := s.Counts.Rows()
	s.Rate = p.speed.measure(s.Elapsed, done)
	if p.total > done {
		s.Left = status.left(p.total-done, s.Rate)
	}
	if status.unsettled > 0 && status.settledAt.After(now) {
		s.Left = max(s.Left, status.settledAt.Sub(now))
		if done+status.unsettled >= p.total && s.Until.IsZero() {
			s.Until, s.Why = status.settledAt, "for a list that settles "+text.Plural(status.unsettled, "row", "rows")
		}
	}
	return s
}

// left returns the time that some rows will take, or 0 if not known.
func (s *runStatus) left(rows int, rate float64) time.Duration {
	if s.estimate != nil {
		if left, known := s.estimate(rows); known {
			return left
		}
	}
	if rate > 0 {
		return time.Duration(float64(rows) / rate * float64(time.Second))
	}
	return 0
}

// speak writes a sentence if the cadence asks for a sentence now.
func (p *Progress) speak(s Snapshot) {
	if p.cadence.due(s) {
		_, _ = p.terminal.write([]byte(s.Sentence() + "\n"))
	}
}

// logLine writes a line of the log.
func (p *Progress) logLine(s Snapshot) {
	event := p.log.Info().Int("rows", s.Counts.Rows())
	if s.Total > 0 {
		event = event.Int("of", s.Total)
	}
	for status, n := range s.Counts.Each() {
		event = event.Int(string(status), n)
	}
	event = event.Float64("rows_per_s", float64(int(s.Rate*10))/10)
	if s.Left >= time.Second { // the quota's estimate is less while rows wait for something else
		event = event.Int("left_s", int(s.Left/time.Second))
	}
	if !s.Until.IsZero() {
		event = event.Str("waits", strings.TrimSuffix(s.Why, ",")).Time("until", s.Until)
	}
	event.Msg("progress")
}

// terminal is a terminal with a progress line at the bottom.
type terminal struct {
	w     io.Writer
	mu    sync.Mutex
	drawn string // the line on the terminal; guarded by mu
}

// write clears the progress line and writes text there.
func (t *terminal) write(text []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	clearing := ""
	if t.drawn != "" {
		// After ^C, say, the terminal shows more than was drawn: clear to the end.
		clearing = "\r" + strings.Repeat(" ", max(columns(t.drawn), t.width()-1)) + "\r"
	}
	if clearing == "" && len(text) == 0 {
		return 0, nil
	}
	t.drawn = ""
	n, err := t.w.Write(append([]byte(clearing), text...))
	return max(n-len(clearing), 0), err
}

// draw replaces the progress line if the text changed, with a single write. Spaces
// clear the rest of the last line: not every terminal knows more.
func (t *terminal) draw(s Snapshot) {
	line := s.Line(t.width() - 3) // with ^C at the end a full line would wrap
	t.mu.Lock()
	defer t.mu.Unlock()
	if line == t.drawn {
		return
	}
	over := max(columns(t.drawn)-columns(line), 0)
	over = min(over, max(t.width()-1-columns(line), 0))
	_, _ = io.WriteString(t.w, "\r"+line+strings.Repeat(" ", over))
	t.drawn = line
}

// width asks the terminal each time, because windows change.
func (t *terminal) width() int { return Width(t.w) }
