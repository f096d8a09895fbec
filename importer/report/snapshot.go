package report

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/importer/outcome"
	"muster/importer/text"
)

// Snapshot is the progress of a run at a moment.
type Snapshot struct {
	Counts  outcome.Counts
	Total   int // rows to send; 0 if not known
	Now     time.Time
	Elapsed time.Duration
	Rate    float64       // rows per second lately
	Left    time.Duration // time for the other rows; 0 if not known
	Until   time.Time     // nothing is sent before; zero if the run is not waiting
	Why     string        // reason for waiting, such as "for the hourly quota"
}

// Line returns the progress line in at most width columns. If there is too little
// room, the bar goes first, then the rate, then the percentage.
func (s Snapshot) Line(width int) string {
	done := s.Counts.Rows()
	count, rate, waits := text.Plural(done, "row", "rows"), "", ""
	if s.Total > 0 {
		count = text.Number(done) + " of " + text.Number(s.Total)
	}
	percent, left, wrong := s.percent(), s.left(), s.wrong()
	if !s.Until.IsZero() {
		waits = "waits " + s.Why + " until " + Clock(s.Until, s.Now)
	} else if s.Rate > 0 {
		rate = perSecond(s.Rate)
	}
	for _, parts := range [][]string{
		{count, percent, rate, left, wrong, waits},
		{count, rate, left, wrong, waits}, // the bar says as much as the percentage
	} {
		line := join(parts, "  ")
		if bar := min(width-columns(line)-len("[]  "), 30); s.Total > 0 && bar >= 10 {
			full := min(bar*done/s.Total, bar)
			return "[" + strings.Repeat("#", full) + strings.Repeat(".", bar-full) + "]  " + line
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
		if line := join(parts, "  "); columns(line) <= width {
			return line
		}
	}
	return Cut(count, width)
}

// Sentence returns the progress in words.
func (s Snapshot) Sentence() string {
	done := s.Counts.Rows()
	sentence := text.Plural(done, "row is", "rows are") + " done"
	if s.Total > 0 {
		sentence = text.Number(done) + " of " + text.Plural(s.Total, "row is", "rows are") + " done"
	}
	sentence = join([]string{sentence, s.percent(), s.left(), s.wrong()}, ", ")
	sentence += "."
	if !s.Until.IsZero() {
		sentence += " muster waits " + s.Why + " until " + Clock(s.Until, s.Now) + "."
	}
	return sentence
}

// percent returns how much of the roster is done, or "".
func (s Snapshot) percent() string {
	if s.Total == 0 {
		return ""
	}
	return strconv.Itoa(min(s.Counts.Rows()*100/s.Total, 100)) + "%"
}

// left returns the time for the other rows in words, or "".
func (s Snapshot) left() string {
	if s.Left < time.Second {
		return ""
	}
	return text.About(coarse(s.Left)) + " left"
}

// wrong returns how many rows a person must look at, or "".
func (s Snapshot) wrong() string {
	if s.Counts.NeedLook() == 0 {
		return ""
	}
	return text.Number(s.Counts.NeedLook()) + " to look at"
}

// cadence decides when progress is worth a sentence: after ten seconds, then with
// every tenth of the rows but at most every 30 seconds, and at least every five
// minutes. A long wait is announced at the start, and followed by silence.
type cadence struct {
	spoken bool
	last   time.Duration // of the last sentence, since the start
	tenths int           // at the last sentence
	until  time.Time     // end of the wait that was announced
}

const (
	firstSentence = 10 * time.Second
	betweenTenths = 30 * time.Second
	longSilence   = 5 * time.Minute
	longPause     = 10 * time.Second
)

func (c *cadence) due(s Snapshot) bool {
	done, tenths := s.Counts.Rows(), 0
	if s.Total > 0 {
		tenths = done * 10 / s.Total
		if done >= s.Total {
			return false // the summary follows
		}
	}
	since := s.Elapsed - c.last
	pausing := s.Until.After(s.Now)
	switch {
	case pausing && s.Until.Sub(c.until) > longPause && s.Until.Sub(s.Now) > longPause:
		c.until = s.Until
	case pausing && !c.until.Before(s.Now):
		return false
	case !c.spoken && since >= firstSentence:
	case c.spoken && tenths > c.tenths && since >= betweenTenths:
	case since >= longSilence:
	default:
		return false
	}
	c.spoken, c.last, c.tenths = true, s.Elapsed, tenths
	return true
}

// join joins the parts that are not empty.
func join(parts []string, separator string) string {
	return strings.Join(slices.DeleteFunc(slices.Clone(parts), func(part string) bool { return part == "" }), separator)
}

// perSecond returns a rate with as many digits as are useful.
func perSecond(rate float64) string {
	switch {
	case rate >= 10:
		return text.Number(int(rate+0.5)) + " rows/s"
	case rate >= 0.1:
		return strconv.FormatFloat(rate, 'f', 1, 64) + " rows/s"
	}
	return strconv.FormatFloat(rate*60, 'f', 1, 64) + " rows/min"
}

// coarse rounds an estimate, so that the line changes less often.
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

// Clock returns a time of day for people, with seconds within a minute of now and with the
// weekday on another day.
func Clock(t, now time.Time) string {
	t = t.In(now.Location())
	switch {
	case t.Sub(now) < time.Minute:
		return t.Format("15:04:05")
	case t.YearDay() != now.YearDay():
		return t.Format("Mon 15:04")
	}
	return t.Format("15:04")
}

// speed measures the rate of the last ten to twenty seconds. The mean since the
// start would mislead: rows of existing people take no time.
type speed struct {
	before, last sample // at least ten seconds apart
}

type sample struct {
	elapsed time.Duration
	done    int
}

// measure records the progress and returns rows per second.
func (s *speed) measure(elapsed time.Duration, done int) float64 {
	if elapsed-s.last.elapsed >= 10*time.Second {
		s.before, s.last = s.last, sample{elapsed, done}
	}
	if d := elapsed - s.before.elapsed; d > 0 {
		return float64(done-s.before.done) / d.Seconds()
	}
	return 0
}
