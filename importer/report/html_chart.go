package report

import (
	"math"
	"strconv"
	"strings"
	"time"

	"muster/importer/text"
)

const (
	maxSlices  = 96  // slices of a run, in memory and in the chart
	plotHeight = 180 // of the chart's bars, in pixels
)

// slice counts what happened in a part of a run.
type slice struct {
	Created, Throttled, Faults int
	Waited                     time.Duration
}

func (s slice) plus(other slice) slice {
	return slice{s.Created + other.Created, s.Throttled + other.Throttled, s.Faults + other.Faults, s.Waited + other.Waited}
}

// WaitedFor says how long nothing was sent, or "".
func (s slice) WaitedFor() string {
	if s.Waited < time.Second {
		return ""
	}
	return text.Duration(s.Waited)
}

// series is a run in slices of equal length: a second, and twice as long whenever
// there would be too many slices.
type series struct {
	start  time.Time
	width  time.Duration
	slices []slice

	last  time.Duration // of the last call
	until time.Duration // end of the wait; up to last: no wait
}

func newSeries(start time.Time) series { return series{start: start, width: time.Second} }

func (s *series) event(now time.Time, e Event) {
	one := s.sliceAt(s.advance(now))
	switch e {
	case EventCreated:
		one.Created++
	case EventThrottled:
		one.Throttled++
	case EventFault:
		one.Faults++
	}
}

func (s *series) waiting(now, until time.Time) {
	s.advance(now)
	s.until = until.Sub(s.start)
	if until.IsZero() {
		s.until = 0
	}
}

func (s *series) end(now time.Time) { s.sliceAt(s.advance(now)) }

// advance adds the time spent waiting up to now, and returns the time since the start.
func (s *series) advance(now time.Time) time.Duration {
	elapsed := max(now.Sub(s.start), s.last) // a clock may be set back
	for from, to := s.last, min(elapsed, s.until); from < to; {
		one := s.sliceAt(from)
		end := min((from/s.width+1)*s.width, to)
		one.Waited += end - from
		from = end
	}
	s.last = elapsed
	return elapsed
}

// sliceAt returns the slice for a time since the start.
func (s *series) sliceAt(elapsed time.Duration) *slice {
	for elapsed/s.width >= maxSlices {
		s.join()
	}
	i := int(elapsed / s.width)
	for len(s.slices) <= i {
		s.slices = append(s.slices, slice{})
	}
	return &s.slices[i]
}

// join joins every two slices to a slice of twice the length.
func (s *series) join() {
	joined := s.slices[:0]
	for i, one := range s.slices {
		if i%2 == 0 {
			joined = append(joined, one)
		} else {
			joined[i/2] = joined[i/2].plus(one)
		}
	}
	s.slices, s.width = joined, 2*s.width
}

// chart is the data of a bar chart of people over time. Horizontal lengths are in
// percent, so that the chart fits a phone and a sheet of paper without scaling text.
type chart struct {
	Title  string
	Text   string // the chart in words
	Slices []chartSlice
	Lines  []gridLine

	Throttled, Faults, Waits bool // what the legend has to explain
}

// chartSlice is a slice of the run as a bar, with marks, and as a line of the table.
type chartSlice struct {
	slice
	X, Width  string // in percent
	Y, Height string // of the bar; "" if there is none
	From      string // the time of day
	Tick      string // the class of From below the bar; "" if it is not shown there

	MostlyWaited bool
}

type gridLine struct{ Y, TextY, Label string }

// chart returns the chart, or nil if there is nothing to draw. Times are in zone.
func (s *series) chart(zone *time.Location) *chart {
	var sum slice
	best := 0
	for i, one := range s.slices {
		sum = sum.plus(one)
		if one.Created > s.slices[best].Created {
			best = i
		}
	}
	if len(s.slices) < 3 || sum.Created+sum.Throttled+sum.Faults == 0 {
		return nil
	}
	unit, factor := s.unit()
	most := float64(s.slices[best].Created) * factor
	step, top := scale(most, factor < 1)
	c := &chart{Title: "People created " + unit, Throttled: sum.Throttled > 0, Faults: sum.Faults > 0}
	every := (len(s.slices) + 5) / 6 // at most six ticks
	for i, one := range s.slices {
		shown := s.shown(i, one, plotHeight*factor/top, zone)
		if i%every == 0 && i*100 <= 92*len(s.slices) {
			shown.Tick = []string{"tick", "tick minor"}[i/every%2]
		}
		c.Waits = c.Waits || shown.MostlyWaited
		c.Slices = append(c.Slices, shown)
	}
	for value := step; value <= top*1.0001; value += step {
		y := plotHeight * (1 - value/top)
		c.Lines = append(c.Lines, gridLine{Y: short(y), TextY: short(y + 4), Label: decimal(value)})
	}
	var words []string // throttling is in the summary
	if sum.Created > 0 {
		words = append(words, "At most "+decimal(most)+" "+unit+", at "+c.Slices[best].From+".")
	}
	if sum.Faults > 0 {
		words = append(words, "Procore gave no usable answer "+times(sum.Faults)+".")
	}
	if waited := sum.WaitedFor(); waited != "" {
		words = append(words, "Nothing was sent for "+waited+" in all, because the quota or Procore asked for it.")
	}
	c.Text = strings.Join(words, " ")
	return c
}

// unit returns the unit of the scale, and the factor from people in a slice to that
// unit. A long run has a rate per minute. A short run has counts: 25 people in ten
// seconds, nine of them spent waiting, are not 150 people a minute.
func (s *series) unit() (words string, factor float64) {
	switch {
	case s.width >= time.Minute:
		return "per minute", float64(time.Minute) / float64(s.width)
	case s.width == time.Second:
		return "every second", 1
	}
	return "every " + strconv.Itoa(int(s.width/time.Second)) + " seconds", 1
}

// shown returns slice i for the page, with a bar of some pixels for each person.
func (s *series) shown(i int, one slice, pixels float64, zone *time.Location) chartSlice {
	share := 100 / float64(len(s.slices))
	shown := chartSlice{slice: one, X: percent(float64(i) * share), Width: percent(share), From: s.clock(i, zone), MostlyWaited: one.Waited*2 >= s.width}
	if one.Created > 0 {
		height := max(pixels*float64(one.Created), 1)
		shown.Y, shown.Height = short(plotHeight-height), short(height)
	}
	return shown
}

// clock returns the time of day when slice i begins, as exact as the slices are.
func (s *series) clock(i int, zone *time.Location) string {
	layout := "15:04"
	switch {
	case s.width*time.Duration(len(s.slices)) > 24*time.Hour:
		layout = "Mon 15:04"
	case s.width < time.Minute:
		layout = "15:04:05"
	}
	return s.start.Add(time.Duration(i) * s.width).In(zone).Format(layout)
}

func times(n int) string { return text.Choose(n, "once", text.Number(n)+" times") }

// scale returns a round step and the top of an axis for values up to most. With
// parts the step may be below 1.
func scale(most float64, parts bool) (step, top float64) {
	step = 1
	if parts {
		step = 0.1
	}
	factors := []float64{2, 2.5, 2} // 1, 2, 5, 10, 20, ...
	for i := 0; most > 4*step; i++ {
		step *= factors[i%len(factors)]
	}
	return step, step * max(math.Ceil(most/step-1e-9), 1)
}

// decimal returns a rate with as many digits as are useful.
func decimal(value float64) string {
	if value >= 10 || value == float64(int(value)) {
		return text.Number(int(value + 0.5))
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0")
}

func percent(x float64) string { return short(x) + "%" }

// short returns a length with as many digits as can be seen.
func short(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
