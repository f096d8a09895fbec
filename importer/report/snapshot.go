package report

import (
	"strconv"
	"strings"
	"time"

	"muster/importer/outcome"
	"muster/importer/text"
)

// Snapshot is how far a run is at one moment.
type Snapshot struct {
	Counts  outcome.Counts
	Total   int // rows to come to; 0 if not known
	Now     time.Time
	Elapsed time.Duration
	Rate    float64       // rows per second lately
	Left    time.Duration // how long the rest takes; 0 if not known
	Until   time.Time     // nothing is sent before; zero if nothing waits
	Why     string        // for what it waits, such as "for the hourly quota"
}

// Line returns the progress line in at most width columns. What matters least
// goes first: the bar, the rate, the percentage.
func (s Snapshot) Line(width int) string {
	done := s.Counts.Rows()
	count := text.Plural(done, "row", "rows")
	percent, rate, left, wrong, waits := "", "", "", "", ""
	if s.Total > 0 {
		count = text.Number(done) + " of " + text.Number(s.Total)
		percent = strconv.Itoa(min(done*100/s.Total, 100)) + "%"
	}
	if s.Rate > 0 {
		rate = perSecond(s.Rate)
	}
	if s.Left >= time.Second {
		left = "about " + text.Duration(coarse(s.Left)) + " left"
	}
	if n := s.Counts.Invalid + s.Counts.Failed + s.Counts.Unknown; n > 0 {
		wrong = text.Number(n) + " to look at"
	}
	if !s.Until.IsZero() {
		waits = "waits " + s.Why + " until " + clock(s.Until, s.Now)
		rate = ""
	}
	for _, parts := range [][]string{
		{count, percent, rate, left, wrong, waits},
		{count, rate, left, wrong, waits}, // the bar says as much as the percentage
	} {
		text := join(parts)
		if bar := min(width-columns(text)-len("[]  "), 30); s.Total > 0 && bar >= 10 {
			full := min(bar*done/s.Total, bar)
			return "[" + strings.Repeat("#", full) + strings.Repeat(".", bar-full) + "]  " + text
		}
	}
	for _, parts := range [][]string{
		{count, percent, rate, left, wrong, waits},
		{count, percent, left, wrong, waits},
		{count, left, wrong, waits},
		{count, left, waits},
		{count, waits},
		{count},
	} {
		if text := join(parts); columns(text) <= width {
			return text
		}
	}
	return cut(count, width)
}

// Sentence returns the progress as it is said.
func (s Snapshot) Sentence() string {
	done := s.Counts.Rows()
	sentence := text.Plural(done, "row is", "rows are") + " done"
	if s.Total > 0 {
		sentence = text.Number(done) + " of " + text.Plural(s.Total, "row is", "rows are") + " done, " + strconv.Itoa(min(done*100/s.Total, 100)) + "%"
	}
	if s.Left >= time.Second {
		sentence += ", about " + text.Duration(coarse(s.Left)) + " left"
	}
	if n := s.Counts.Invalid + s.Counts.Failed + s.Counts.Unknown; n > 0 {
		sentence += ", " + text.Number(n) + " to look at"
	}
	sentence += "."
	if !s.Until.IsZero() {
		sentence += " It waits " + s.Why + " until " + clock(s.Until, s.Now) + "."
	}
	return sentence
}

// moments knows when progress is worth a sentence.
type moments struct {
	said   bool
	last   time.Duration // since the start
	tenths int
	until  time.Time // of the pause that was told
}

// Who hears progress is told of it after a while, then with every tenth of the
// rows, but not as fast as a short run makes them, and now and then in between.
// A long pause is told at its beginning, and then is quiet.
const (
	firstSentence = 10 * time.Second
	betweenTenths = 30 * time.Second
	longSilence   = 5 * time.Minute
	longPause     = 10 * time.Second
)

func (m *moments) due(s Snapshot) bool {
	done, tenths := s.Counts.Rows(), 0
	if s.Total > 0 {
		tenths = done * 10 / s.Total
		if done >= s.Total {
			return false // the summary says it
		}
	}
	since := s.Elapsed - m.last
	pausing := s.Until.After(s.Now)
	switch {
	case pausing && s.Until.Sub(m.until) > longPause && s.Until.Sub(s.Now) > longPause:
		m.until = s.Until
	case pausing && !m.until.Before(s.Now):
		return false
	case !m.said && since >= firstSentence:
	case m.said && tenths > m.tenths && since >= betweenTenths:
	case since >= longSilence:
	default:
		return false
	}
	m.said, m.last, m.tenths = true, s.Elapsed, tenths
	return true
}

func join(parts []string) string {
	var b strings.Builder
	for _, part := range parts {
		if part == "" {
			continue
		}
		if b.Len() > 0 {
			b.WriteString("  ")
		}
		b.WriteString(part)
	}
	return b.String()
}

// perSecond writes a rate with as many digits as say something.
func perSecond(rate float64) string {
	switch {
	case rate >= 10:
		return text.Number(int(rate+0.5)) + " rows/s"
	case rate >= 0.1:
		return strconv.FormatFloat(rate, 'f', 1, 64) + " rows/s"
	}
	return strconv.FormatFloat(rate*60, 'f', 1, 64) + " rows/min"
}

// coarse rounds what is an estimate anyway, so that the line doesn't twitch.
func coarse(d time.Duration) time.Duration {
	switch {
	case d >= 10*time.Minute:
		return d.Round(time.Minute)
	case d >= time.Minute:
		return d.Round(10 * time.Second)
	case d >= 20*time.Second:
		return d.Round(5 * time.Second)
	}
	return d.Round(time.Second)
}

// clock writes a time of day, with seconds if it is close and the day if it is
// another.
func clock(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.Sub(now) < time.Minute:
		return t.Format("15:04:05")
	case t.YearDay() != now.YearDay():
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}

// speed is the rate of the last ten seconds: rows that are there already fly
// past, and the mean since the start would promise that pace for the others.
type speed struct {
	samples [10]sample // one a second, in a ring
	count   int
}

type sample struct {
	elapsed time.Duration
	done    int
}

// at notes where the run is and returns rows per second.
func (s *speed) at(elapsed time.Duration, done int) float64 {
	var oldest, newest sample // the run's start
	if s.count > 0 {
		newest = s.samples[(s.count-1)%len(s.samples)]
	}
	if s.count >= len(s.samples) {
		oldest = s.samples[s.count%len(s.samples)]
	}
	if elapsed-newest.elapsed >= time.Second {
		s.samples[s.count%len(s.samples)] = sample{elapsed, done}
		s.count++
	}
	if span := elapsed - oldest.elapsed; span > 0 {
		return float64(done-oldest.done) / span.Seconds()
	}
	return 0
}
