package report

import (
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"golang.org/x/term"

	"muster/importer/outcome"
	"muster/importer/text"
)

// How often progress is shown.
const (
	drawEvery = 100 * time.Millisecond
	tellEvery = time.Second // at most
	logEvery  = 10 * time.Second
)

// Manner is how progress is shown.
type Manner uint8

// The manners. None shows names.
const (
	Logged Manner = iota // a log line every ten seconds, for what is no terminal
	Drawn                // a line that is drawn at most ten times a second and cleared at the end
	Told                 // a sentence on a line of its own, when there is something to say
)

// Progress shows how far a run is. It is safe for concurrent use, and cheap
// enough for a call a row.
type Progress struct {
	w     io.Writer
	total int
	log   zerolog.Logger
	start time.Time

	counting sync.Mutex
	counts   outcome.Counts // guarded by counting
	wait     atomic.Pointer[wait]
	doubts   atomic.Pointer[doubts]
	estimate atomic.Pointer[func(rows int) (time.Duration, bool)]

	drawing sync.Mutex // held while the terminal's line changes
	drawn   string     // what stands there now
	speed   speed      // of the loop alone, as moments
	moments moments

	end    chan struct{}
	ended  chan struct{}
	closed sync.Once
}

type wait struct {
	until time.Time
	why   string
}

type doubts struct {
	rows  int
	until time.Time
}

// NewProgress begins to show the progress of total rows, 0 if that is not known,
// in the log or on w. Close it, for it runs a goroutine.
func NewProgress(w io.Writer, manner Manner, total int, log zerolog.Logger) *Progress {
	p := &Progress{
		w: w, total: total, log: log, start: time.Now(),
		end: make(chan struct{}), ended: make(chan struct{}),
	}
	every, show := logEvery, p.line
	switch manner {
	case Drawn:
		every, show = drawEvery, p.draw
	case Told:
		every, show = tellEvery, p.tell
	case Logged:
	}
	go func() {
		defer close(p.ended)
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-p.end:
				return
			case now := <-tick.C:
				show(p.snapshot(now))
			}
		}
	}()
	return p
}

// Row counts a row that has its outcome.
func (p *Progress) Row(s outcome.Status) {
	p.counting.Lock()
	defer p.counting.Unlock()
	p.counts.Add(s, 1)
}

// Waiting says that nothing is sent until then, and why, in words that go on
// after "waits": "for the hourly quota". A zero time, or one in the past, ends it.
func (p *Progress) Waiting(until time.Time, why string) {
	if until.IsZero() {
		p.wait.Store(nil)
		return
	}
	p.wait.Store(&wait{until, Clean(why)})
}

// Doubts says of how many rows nobody knows what became of them, and when that is
// found out. Once no others are left the line says what it waits for.
func (p *Progress) Doubts(rows int, until time.Time) { p.doubts.Store(&doubts{rows, until}) }

// Estimate lets the quota say how long the rows that are left will take, which it
// knows better than the rate so far. The function is called from the goroutine
// that draws.
func (p *Progress) Estimate(f func(rows int) (time.Duration, bool)) { p.estimate.Store(&f) }

// Write writes lines above the progress line. A logger that writes to the same
// terminal goes through it.
func (p *Progress) Write(text []byte) (int, error) {
	p.drawing.Lock()
	defer p.drawing.Unlock()
	if p.drawn == "" {
		return p.w.Write(text)
	}
	clearing := p.clearing()
	p.drawn = ""
	n, err := p.w.Write(append([]byte(clearing), text...))
	return max(n-len(clearing), 0), err
}

// Close stops showing and clears the line. It may be called again.
func (p *Progress) Close() {
	p.closed.Do(func() {
		close(p.end)
		<-p.ended
		p.drawing.Lock()
		defer p.drawing.Unlock()
		if p.drawn != "" {
			_, _ = io.WriteString(p.w, p.clearing()) // a terminal that went away needs no progress
			p.drawn = ""
		}
	})
}

// clearing blanks the line, with what the terminal has put behind it when a key was
// pressed: ^C, for one.
func (p *Progress) clearing() string {
	return "\r" + strings.Repeat(" ", max(columns(p.drawn), p.width()-1)) + "\r"
}

// snapshot is called by the loop alone.
func (p *Progress) snapshot(now time.Time) Snapshot {
	s := Snapshot{Total: p.total, Now: now, Elapsed: now.Sub(p.start)}
	p.counting.Lock()
	s.Counts = p.counts
	p.counting.Unlock()
	if w := p.wait.Load(); w != nil && w.until.After(now) {
		s.Until, s.Why = w.until, w.why
	}
	done := s.Counts.Rows()
	s.Rate = p.speed.at(s.Elapsed, done)
	if p.total <= done {
		return s
	}
	s.Left = p.left(p.total-done, s.Rate)
	if d := p.doubts.Load(); d != nil && d.rows > 0 && d.until.After(now) {
		s.Left = max(s.Left, d.until.Sub(now))
		if done+d.rows >= p.total && s.Until.IsZero() {
			s.Until, s.Why = d.until, "for "+text.Plural(d.rows, "lost answer", "lost answers")
		}
	}
	return s
}

// left returns how long so many rows take; 0 if nobody knows.
func (p *Progress) left(rows int, rate float64) time.Duration {
	if f := p.estimate.Load(); f != nil {
		if left, known := (*f)(rows); known {
			return left
		}
	}
	if rate > 0 {
		return time.Duration(float64(rows) / rate * float64(time.Second))
	}
	return 0
}

// draw changes the terminal's line in one write, and only if it is another. It
// blanks what the last one leaves over by spaces: not every terminal knows more.
func (p *Progress) draw(s Snapshot) {
	line := s.Line(p.width() - 3) // with ^C behind it, it must not be full: that wraps in some terminals
	p.drawing.Lock()
	defer p.drawing.Unlock()
	if line == p.drawn {
		return
	}
	over := max(columns(p.drawn)-columns(line), 0)
	over = min(over, max(p.width()-1-columns(line), 0))
	_, _ = io.WriteString(p.w, "\r"+line+strings.Repeat(" ", over))
	p.drawn = line
}

// tell says how far the run is, if it is time to.
func (p *Progress) tell(s Snapshot) {
	if !p.moments.due(s) {
		return
	}
	p.drawing.Lock()
	defer p.drawing.Unlock()
	_, _ = io.WriteString(p.w, s.Sentence()+"\n")
}

// width asks the terminal each time, because windows change.
func (p *Progress) width() int {
	if file, ok := p.w.(interface{ Fd() uintptr }); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil && width > 0 {
			return width
		}
	}
	return 80
}

// line writes a line of the log.
func (p *Progress) line(s Snapshot) {
	event := p.log.Info().Int("rows", s.Counts.Rows())
	if s.Total > 0 {
		event = event.Int("of", s.Total)
	}
	for _, status := range outcome.Statuses() {
		if n := s.Counts.Of(status); n > 0 {
			event = event.Int(string(status), n)
		}
	}
	event = event.Float64("rows_per_s", float64(int(s.Rate*10))/10)
	if s.Left >= time.Second { // less is no news, and the quota may say so of rows that wait for something else
		event = event.Int("left_s", int(s.Left/time.Second))
	}
	if !s.Until.IsZero() {
		event = event.Str("waits", strings.TrimSuffix(s.Why, ",")).Time("until", s.Until)
	}
	event.Msg("progress")
}
