package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"muster/importer/text"
)

const plotHeight = 180 // of the chart's bars, in pixels

// chart is people over time as the page draws it. What lies side by side is in
// percent of the page's width, so that the chart fits a phone and a sheet of
// paper while its text keeps its size.
type chart struct {
	Title string
	Text  string // the chart in words
	Bars  []bar
	Marks []mark
	Waits []span100
	Lines []gridLine
	Ticks []tick
	Table []tableRow

	Throttled, Faults bool // what the legend has to explain
}

// span100 is a stretch of the run, in percent of it.
type span100 struct{ X, Width string }

type bar struct {
	span100
	Y, Height string
	Label     string
}

type mark struct {
	X     string
	Fault bool
	Label string
}

type gridLine struct{ Y, TextY, Label string }

type tick struct {
	X, Anchor, Label string
	Minor            bool // left out where there is little room
}

// tableRow is a slice of the run for those who can't see the chart.
type tableRow struct {
	From, Created, Throttled, Faults, Waited string
}

// chart returns what to draw, nil if there is nothing to see. The times it
// writes are those of zone.
func (s *series) chart(zone *time.Location) *chart {
	s.fit()
	people, throttled, faults, waited := s.totals()
	if len(s.slices) < 3 || people+throttled+faults == 0 {
		return nil
	}
	d := drawing{series: s, zone: zone, share: 100 / float64(len(s.slices)), per: s.width}
	// Of a run that takes hours the pace is told per minute, of a short one what
	// happened in each stretch: 25 people in ten seconds of which nine were spent
	// waiting are no 150 a minute.
	unit := "every " + stretch(s.width)
	if s.width >= time.Minute {
		d.per, unit = time.Minute, "per minute"
	}
	for _, one := range s.slices {
		d.most = max(d.most, d.rate(one))
	}
	d.step, d.top = scale(d.most, s.width >= time.Minute)
	c := &chart{Title: "People created " + unit, Throttled: throttled > 0, Faults: faults > 0}
	c.Text = d.words(unit, people, faults, waited)
	for i, one := range s.slices {
		d.slice(c, i, one)
	}
	for value := d.step; value <= d.top*1.0001; value += d.step {
		y := plotHeight * (1 - value/d.top)
		c.Lines = append(c.Lines, gridLine{Y: short(y), TextY: short(y + 4), Label: decimal(value)})
	}
	c.Ticks = d.ticks()
	return c
}

func (s *series) totals() (people, throttled, faults int, waited time.Duration) {
	for _, one := range s.slices {
		people += one.created
		throttled += one.throttled
		faults += one.faults
		waited += one.waited
	}
	return people, throttled, faults, waited
}

// drawing is a chart under way.
type drawing struct {
	*series
	zone      *time.Location
	share     float64       // of the width for one slice, in percent
	per       time.Duration // what a rate is told for
	most      float64       // the highest rate
	step, top float64       // of the scale
}

func (d *drawing) rate(one slice) float64 {
	return float64(one.created) * float64(d.per) / float64(d.width)
}

func (d *drawing) slice(c *chart, i int, one slice) {
	x := float64(i) * d.share
	from := d.start.Add(time.Duration(i) * d.width)
	label := d.clock(from) + ": " + text.Plural(one.created, "person", "people")
	for _, event := range []struct {
		count int
		fault bool
		words string
	}{
		{one.throttled, false, "slowed down " + times(one.throttled)},
		{one.faults, true, text.Plural(one.faults, "fault", "faults")},
	} {
		if event.count > 0 {
			label += ", " + event.words
			c.Marks = append(c.Marks, mark{X: percent(x + d.share/2), Fault: event.fault, Label: d.clock(from) + ": " + event.words})
		}
	}
	if one.waited >= time.Second {
		label += ", waited " + text.Duration(one.waited)
	}
	if one.waited*2 >= d.width {
		c.Waits = append(c.Waits, span100{percent(x), percent(d.share)})
	}
	if height := plotHeight * d.rate(one) / d.top; one.created > 0 {
		height = max(height, 1)
		c.Bars = append(c.Bars, bar{
			span100: span100{percent(x + d.share*0.08), percent(d.share * 0.84)},
			Y:       short(plotHeight - height), Height: short(height), Label: label,
		})
	}
	row := tableRow{From: d.clock(from), Created: text.Number(one.created), Throttled: text.Number(one.throttled), Faults: text.Number(one.faults)}
	if one.waited >= time.Second {
		row.Waited = text.Duration(one.waited)
	}
	c.Table = append(c.Table, row)
}

// ticks returns at most six times under the chart.
func (d *drawing) ticks() []tick {
	count := len(d.slices)
	every := 1
	for _, n := range []int{1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 24, 30} {
		if every = n; count <= 6*n {
			break
		}
	}
	var list []tick
	for i := 0; i < count; i += every {
		t := tick{X: percent(float64(i) * d.share), Anchor: "middle", Label: d.clock(d.start.Add(time.Duration(i) * d.width)), Minor: len(list)%2 == 1}
		if i == 0 {
			t.Anchor = "start"
		}
		if float64(i)*d.share > 92 {
			break
		}
		list = append(list, t)
	}
	return list
}

// words tells what the chart shows, but for the throttling: the line above it
// does.
func (d *drawing) words(unit string, people, faults int, waited time.Duration) string {
	var list []string
	if people > 0 {
		best := 0
		for i, one := range d.slices {
			if one.created > d.slices[best].created {
				best = i
			}
		}
		list = append(list, fmt.Sprintf("At most %s %s, at %s.", decimal(d.most), unit, d.clock(d.start.Add(time.Duration(best)*d.width))))
	}
	if faults > 0 {
		list = append(list, "Procore gave no usable answer "+times(faults)+".")
	}
	if waited >= time.Second {
		list = append(list, "Nothing was sent for "+text.Duration(waited)+" in all, because the quota or Procore asked for it.")
	}
	return strings.Join(list, " ")
}

// clock writes a time of day as exactly as the slices need it.
func (d *drawing) clock(t time.Time) string {
	t = t.In(d.zone)
	switch {
	case d.width*time.Duration(len(d.slices)) > 24*time.Hour:
		return t.Format("Mon 15:04")
	case d.width < time.Minute:
		return t.Format("15:04:05")
	}
	return t.Format("15:04")
}

func times(n int) string { return text.Choose(n, "once", text.Number(n)+" times") }

// stretch names the length of a slice of less than a minute.
func stretch(d time.Duration) string {
	if d == time.Second {
		return "second"
	}
	return strconv.Itoa(int(d/time.Second)) + " seconds"
}

// scale returns a round step and the top of an axis that holds most. Rates may
// have parts, people can't.
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

// decimal writes a rate with as many digits as say something.
func decimal(value float64) string {
	if value >= 10 || value == float64(int(value)) {
		return text.Number(int(value + 0.5))
	}
	return strings.TrimSuffix(strconv.FormatFloat(value, 'f', 1, 64), ".0")
}

func percent(x float64) string { return short(x) + "%" }

// short writes a length with no more digits than can be seen.
func short(x float64) string { return strconv.FormatFloat(x, 'f', 2, 64) }
