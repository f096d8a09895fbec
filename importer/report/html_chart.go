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

// chart is the data of a bar chart of people over time. Horizontal lengths are in
// percent, so that the chart fits a phone and a sheet of paper without scaling text.
type chart struct {
	Title string
	Text  string // the chart in words
	Bars  []bar
	Marks []mark
	Waits []stretch
	Lines []gridLine
	Ticks []tick
	Table []tableRow

	Throttled, Faults bool // what the legend has to explain
}

// stretch is a part of the run, in percent.
type stretch struct{ X, Width string }

type bar struct {
	stretch
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
	Minor            bool // hidden on narrow pages
}

// tableRow is a slice of the run as text.
type tableRow struct {
	From, Created, Throttled, Faults, Waited string
}

// chart returns the chart, or nil if there is nothing to draw. Times are in zone.
func (s *series) chart(zone *time.Location) *chart {
	s.fit()
	people, throttled, faults, waited := s.totals()
	if len(s.slices) < 3 || people+throttled+faults == 0 {
		return nil
	}
	d := drawing{series: s, zone: zone, share: 100 / float64(len(s.slices)), per: s.width}
	// A long run has a rate per minute. A short run has counts: 25 people in ten
	// seconds, nine of them spent waiting, are not 150 people a minute.
	unit := "every " + strconv.Itoa(int(s.width/time.Second)) + " seconds"
	if s.width == time.Second {
		unit = "every second"
	}
	if s.width >= time.Minute {
		d.per, unit = time.Minute, "per minute"
	}
	for _, one := range s.slices {
		d.most = max(d.most, d.rate(one))
	}
	d.step, d.top = scale(d.most, s.width >= time.Minute)
	c := &chart{Title: "People created " + unit, Throttled: throttled > 0, Faults: faults > 0}
	c.Text = d.describe(unit, people, faults, waited)
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

// drawing is a chart under construction.
type drawing struct {
	*series
	zone      *time.Location
	share     float64       // width of a slice, in percent
	per       time.Duration // unit of rates
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
		c.Waits = append(c.Waits, stretch{percent(x), percent(d.share)})
	}
	if height := plotHeight * d.rate(one) / d.top; one.created > 0 {
		height = max(height, 1)
		c.Bars = append(c.Bars, bar{
			stretch: stretch{percent(x + d.share*0.08), percent(d.share * 0.84)},
			Y:       short(plotHeight - height), Height: short(height), Label: label,
		})
	}
	row := tableRow{From: d.clock(from), Created: text.Number(one.created), Throttled: text.Number(one.throttled), Faults: text.Number(one.faults)}
	if one.waited >= time.Second {
		row.Waited = text.Duration(one.waited)
	}
	c.Table = append(c.Table, row)
}

// ticks returns at most six times of day for the axis.
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

// describe returns the chart in words, except throttling, which the summary mentions.
func (d *drawing) describe(unit string, people, faults int, waited time.Duration) string {
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

// clock returns a time of day, as exact as the slices are.
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
