package ratelimit_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/ratelimit"
)

// setting is a line of the table that TestPace prints.
type setting struct {
	name      string
	windows   []quota
	telling   telling
	latency   latency
	skew      time.Duration
	oldest    bool
	floor     bool
	counts    bool          // a refused request counts, too
	lost      float64       // share of answers that get lost
	neighbour float64       // share of the hourly maximum that somebody else takes, at random times
	span      time.Duration // how long it is watched
	workers   int           // of each process
	processes int           // that share the quota; 0: one
	gap       time.Duration // between two uses of what they share through, as of a database; 0: a file
	killed    time.Duration // every so often one of them dies, and another begins; 0: never
	use       float64       // at least; 0: not asserted
	refused   int           // at most
	change    func(*server, time.Duration)
}

func spikeOf(limit int) quota  { return quota{length: 10 * time.Second, limit: limit} }
func hourlyOf(limit int) quota { return quota{length: time.Hour, limit: limit} }

func fixed(q quota, phase time.Duration) quota {
	q.fixed, q.phase = true, phase
	return q
}

func ms(least, most int) latency {
	return latency{time.Duration(least) * time.Millisecond, time.Duration(most) * time.Millisecond}
}

func (s *setting) server() *server {
	sv := &server{telling: s.telling, skew: s.skew, oldest: s.oldest, floor: s.floor, counts: s.counts}
	for _, q := range s.windows {
		sv.windows = append(sv.windows, &quota{length: q.length, limit: q.limit, fixed: q.fixed, opens: q.opens, phase: q.phase})
	}
	return sv
}

// measured is what became of a setting.
type measured struct {
	people  int // created in the span
	most    int // could have been
	refused int
	unheard int   // of these, those whose answer was lost
	others  int   // the neighbour's accepted requests
	each    []int // people by process
	finish  time.Duration
}

func (m measured) use() float64 { return float64(m.people) / float64(m.most-m.others) }

// measure runs rows (all that fit in the span, if 0) through a Pace, or one
// for each process, against the model server.
func (s *setting) measure(t *testing.T, rows int, o ratelimit.Options) measured {
	t.Helper()
	if s.processes > 1 || s.killed > 0 {
		o.Shared = filepath.Join(t.TempDir(), "quota")
		o.Unshared = func(err error) { t.Error(err) }
	}
	return s.measureWith(t, rows, o)
}

func (s *setting) measureWith(t *testing.T, rows int, o ratelimit.Options) (m measured) {
	t.Helper()
	m.most = best(s.server(), time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC), s.span, s.change)
	m.each = make([]int, max(s.processes, 1))
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		ctx, stop := context.WithTimeout(t.Context(), s.span)
		defer stop()
		sv, random := s.server(), rand.New(rand.NewPCG(1, 2))
		sv.start(begin)
		var all sync.WaitGroup
		if s.neighbour > 0 {
			all.Go(func() { m.others = s.disturb(ctx, sv) })
		}
		var mu sync.Mutex // of everything that the workers share
		left := rows
		again := func() bool {
			mu.Lock()
			defer mu.Unlock()
			left--
			return rows == 0 || left >= 0
		}
		draw := func() (up, down time.Duration, lost bool) {
			mu.Lock()
			defer mu.Unlock()
			up, down = s.latency.draw(random)
			return up, down, random.Float64() < s.lost
		}
		count := func(process int, ok, lost bool) {
			mu.Lock()
			defer mu.Unlock()
			switch {
			case !ok:
				m.refused++
				if lost {
					m.unheard++
				}
				left++
			case time.Since(begin) < s.span:
				m.people++
				m.each[process]++
			}
		}
		// work sends until life ends: what is under way then is never answered.
		work := func(life context.Context, process int, pace *ratelimit.Pace) {
			for again() {
				slot, err := pace.Take(life)
				if err != nil {
					return
				}
				up, down, lost := draw()
				time.Sleep(up)
				if s.change != nil {
					s.change(sv, time.Since(begin))
				}
				report, ok := sv.handle(time.Now())
				count(process, ok, lost)
				time.Sleep(down)
				if life.Err() != nil && s.killed > 0 {
					return
				}
				if lost {
					report = ratelimit.Report{}
				}
				if !ok && !lost {
					pace.Pause(report.Reset.Sub(report.Date))
				}
				slot.Release(report)
			}
		}
		for process := range m.each {
			all.Go(func() {
				for ctx.Err() == nil {
					life, end := ctx, func() {}
					if s.killed > 0 && process == 0 {
						life, end = context.WithTimeout(ctx, s.killed)
					}
					var workers sync.WaitGroup
					pace := ratelimit.NewWithGap(o, s.gap)
					for range max(s.workers, 1) {
						workers.Go(func() { work(life, process, pace) })
					}
					if s.killed > 0 && process == 0 {
						<-life.Done() // the next one begins at once
						all.Go(workers.Wait)
					} else {
						workers.Wait()
						pace.Close()
						end()
						return
					}
					end()
				}
			})
		}
		all.Wait()
		m.finish = time.Since(begin)
	})
	return m
}

// disturb is a neighbour: it sends at random times and takes what it gets.
func (s *setting) disturb(ctx context.Context, sv *server) (accepted int) {
	random := rand.New(rand.NewPCG(3, 4))
	every := float64(time.Second) / (s.neighbour * float64(best(s.server(), time.Now(), s.span, nil)) / s.span.Seconds())
	for {
		select {
		case <-ctx.Done():
			return accepted
		case <-time.After(time.Duration(random.ExpFloat64() * every)):
		}
		if _, ok := sv.handle(time.Now()); ok {
			accepted++
		}
	}
}

const day = 24 * time.Hour

// slowed is the share of a window's maximum that is left when every place comes back one round
// trip late: the price of never being over the limit.
func (l latency) slowed() float64 {
	mean := (l.least + l.most) / 2
	return float64(10*time.Second) / float64(10*time.Second+mean)
}

func settings() []setting {
	rolling := []quota{spikeOf(25), hourlyOf(3600)}
	full := []quota{spikeOf(25), fixed(hourlyOf(3600), 0)}
	partly := []quota{spikeOf(25), fixed(hourlyOf(3600), 17*time.Minute)}
	list := []setting{}
	for _, l := range []latency{ms(5, 5), ms(50, 200), ms(5, 500), ms(500, 500)} {
		for _, tell := range []telling{fewest, strict, share, tenth, usedUp} {
			refused := map[telling]int{strict: 1, usedUp: 1}[tell] // before the hourly limit shows itself
			list = append(list,
				setting{name: "rolling hour", windows: rolling, telling: tell, latency: l, use: 0.98, refused: refused},
				setting{name: "fixed hour", windows: full, telling: tell, latency: l, use: 0.98, refused: refused},
				setting{name: "fixed hour, ends after 43 min", windows: partly, telling: tell, latency: l, use: 0.979, refused: refused})
		}
		list = append(list,
			setting{name: "rolling hour", windows: rolling, telling: fewest, latency: l, span: day, use: 0.98, oldest: true, floor: true},
			setting{name: "fixed hour", windows: partly, telling: fewest, latency: l, span: day, use: 0.98, floor: true},
			setting{name: "spike alone", windows: []quota{spikeOf(25)}, latency: l, use: 0.98 * l.slowed()},
			setting{name: "fixed spike alone", windows: []quota{fixed(spikeOf(25), 3*time.Second)}, latency: l, use: 0.98 * l.slowed()},
			setting{name: "fixed spike, fixed hour", windows: []quota{fixed(spikeOf(25), 3*time.Second), fixed(hourlyOf(3600), 0)}, telling: share, latency: l, use: 0.98})
	}
	for _, limit := range []int{600, 1234, 3600} {
		for _, hour := range []quota{hourlyOf(limit), fixed(hourlyOf(limit), 17*time.Minute)} {
			for _, burst := range []quota{spikeOf(25), fixed(spikeOf(25), 0)} {
				for _, tell := range []telling{usedUp, onlyRefused} {
					list = append(list, setting{
						name: fmt.Sprintf("once used up, %d an hour", limit), windows: []quota{burst, hour},
						telling: tell, latency: ms(50, 200), span: day, use: 0.95, refused: 1, counts: tell == onlyRefused,
					})
				}
			}
		}
	}
	return append(list,
		setting{name: "600 an hour", windows: []quota{spikeOf(25), hourlyOf(600)}, telling: fewest, latency: ms(50, 200), use: 0.98},
		setting{name: "600 an hour", windows: []quota{spikeOf(25), fixed(hourlyOf(600), 59*time.Minute)}, telling: share, latency: ms(50, 200), use: 0.97},
		setting{name: "20 an hour", windows: []quota{spikeOf(25), hourlyOf(20)}, telling: share, latency: ms(50, 200), use: 0.98},
		setting{name: "600 an hour", windows: []quota{spikeOf(25), hourlyOf(600)}, telling: strict, latency: ms(50, 200), use: 0.98, refused: 1},
		setting{name: "server's clock 30 s ahead", windows: rolling, telling: share, latency: ms(50, 200), skew: 30 * time.Second, use: 0.98},
		setting{name: "server's clock 30 s behind", windows: full, telling: share, latency: ms(50, 200), skew: -30 * time.Second, use: 0.98},
		setting{name: "latency to 5 s", windows: rolling, telling: fewest, latency: ms(5, 5000), use: 0.98},
		setting{name: "latency to 5 s", windows: partly, telling: share, latency: ms(5, 5000), span: day, use: 0.98},
		setting{name: "5 % of the answers lost", windows: rolling, telling: share, latency: ms(50, 200), lost: 0.05, use: 0.98},
		setting{name: "5 % of the answers lost", windows: partly, telling: fewest, latency: ms(50, 200), lost: 0.05, span: day, use: 0.98},
		setting{name: "neighbour 20 %", windows: rolling, telling: share, latency: ms(50, 200), neighbour: 0.2, use: 0.9, refused: 360},
		setting{name: "neighbour 50 %", windows: rolling, telling: share, latency: ms(50, 200), neighbour: 0.5, use: 0.9, refused: 360},
		setting{name: "neighbour 50 %", windows: full, telling: fewest, latency: ms(50, 200), neighbour: 0.5, use: 0.9, refused: 360},
		setting{name: "neighbour 50 %", windows: full, telling: share, latency: ms(50, 200), neighbour: 0.5, span: day, use: 0.9, refused: 8640},
		setting{name: "neighbour 80 %", windows: rolling, telling: share, latency: ms(50, 200), neighbour: 0.8, use: 0.9, refused: 360},
		setting{name: "neighbour 50 %, spike alone", windows: []quota{spikeOf(25)}, latency: ms(50, 200), neighbour: 0.5, use: 0.9, refused: 360},
		setting{name: "neighbour 80 %, spike alone", windows: []quota{spikeOf(25)}, latency: ms(50, 200), neighbour: 0.8, use: 0.9, refused: 360},
		setting{name: "two processes", windows: rolling, telling: share, latency: ms(50, 200), processes: 2, use: 0.98},
		setting{name: "two processes", windows: full, telling: fewest, latency: ms(5, 500), processes: 2, span: 30 * time.Minute, use: 0.98},
		setting{name: "three processes, spike alone", windows: []quota{spikeOf(25)}, latency: ms(50, 200), processes: 3, span: 15 * time.Minute, use: 0.97},
		setting{name: "killed every 7 s", windows: []quota{spikeOf(25)}, latency: ms(50, 200), processes: 1, killed: 7 * time.Second, span: 15 * time.Minute, use: 0.58},
		setting{name: "one of two killed every 61 s", windows: partly, telling: fewest, latency: ms(50, 200), processes: 2, killed: 61 * time.Second, use: 0.9},
		setting{name: "limits 25 to 10 to 50", windows: rolling, telling: share, latency: ms(50, 200), use: 0.98, refused: 1, change: func(s *server, since time.Duration) {
			switch {
			case since > 20*time.Minute:
				s.allow(0, 50)
			case since > 10*time.Minute:
				s.allow(0, 10)
			}
		}},
		setting{name: "25 to 10 to 50, spike alone", windows: []quota{spikeOf(25)}, latency: ms(50, 200), span: 30 * time.Minute, use: 0.97, refused: 1, change: func(s *server, since time.Duration) {
			switch {
			case since > 20*time.Minute:
				s.allow(0, 50)
			case since > 10*time.Minute:
				s.allow(0, 10)
			}
		}},
		setting{name: "limits 3600 to 1200", windows: rolling, telling: share, latency: ms(50, 200), use: 0.98, refused: 1, change: func(s *server, since time.Duration) {
			if since > 5*time.Minute {
				s.allow(1, 1200)
			}
		}},
		setting{name: "1000 an hour to 1200", windows: []quota{spikeOf(25), hourlyOf(1000)}, telling: share, latency: ms(50, 200), oldest: true, span: 3 * time.Hour, use: 0.98, change: func(s *server, since time.Duration) {
			if since > 40*time.Minute {
				s.allow(1, 1200)
			}
		}},
	)
}

// long reports whether the tests that take long run in full.
func long() bool { return os.Getenv("MUSTER_TEST_LONG") != "" }

// TestHosts measures hosts that share the quota through something as slow as a database.
func TestHosts(t *testing.T) {
	t.Parallel()
	both := []quota{spikeOf(25), hourlyOf(3600)}
	list := []setting{
		{name: "three hosts for 80 s", windows: both, processes: 3, span: 80 * time.Second, use: 0.98},
		{name: "three hosts, spike alone", windows: both[:1], processes: 3, span: 2 * time.Minute, use: 0.97},
	}
	if long() {
		list = append(list,
			setting{name: "one host", windows: both, processes: 1, span: 20 * time.Minute, use: 0.97},
			setting{name: "three hosts, spike alone, for long", windows: both[:1], processes: 3, span: 15 * time.Minute, use: 0.97},
			setting{name: "three hosts for an hour", windows: both, processes: 3, span: time.Hour, use: 0.98},
			setting{name: "four hosts with slow answers", windows: both, latency: ms(5, 5000), processes: 4, span: 15 * time.Minute},
			setting{name: "two hosts with lost answers", windows: both, lost: 0.05, processes: 2, span: 15 * time.Minute},
			setting{name: "one of two hosts is killed every 61 s", windows: both, processes: 2, killed: 61 * time.Second, span: 15 * time.Minute, use: 0.97},
		)
	}
	for _, s := range list {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			s.telling, s.gap, s.workers = share, 100*time.Millisecond, 16
			s.latency = cmp.Or(s.latency, ms(50, 200))
			m := s.measureWith(t, 0, ratelimit.Options{Shared: filepath.Join(t.TempDir(), "quota")})
			t.Logf("%d of %d, use %.3f, %d × 429, shares %v", m.people, m.most, m.use(), m.refused, m.each)
			if m.use() < s.use || m.refused > 0 {
				t.Errorf("use %.3f with %d × 429, want at least %.3f without", m.use(), m.refused, s.use)
			}
			for _, people := range m.each {
				if fair := m.people / len(m.each); s.killed == 0 && (people < fair*8/10 || people > fair*12/10) {
					t.Errorf("the hosts created %v", m.each)
				}
			}
		})
	}
}

// TestPaceShortly measures three settings of TestPace.
func TestPaceShortly(t *testing.T) {
	t.Parallel()
	windows := []quota{fixed(spikeOf(25), 0), fixed(hourlyOf(1234), 50*time.Minute)}
	for tell, refused := range map[telling]int{share: 0, usedUp: 0, onlyRefused: 1} {
		s := setting{windows: windows, telling: tell, latency: ms(50, 200), span: 90 * time.Minute, workers: 40}
		m := s.measure(t, 0, ratelimit.Options{})
		if m.use() < 0.98 || m.refused > refused {
			t.Errorf("told by %s: use %.3f with %d × 429", tell, m.use(), m.refused)
		}
	}
}

func TestPace(t *testing.T) {
	if !long() {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	t.Parallel()
	var table strings.Builder
	quoted := documented()
	fmt.Fprintf(&table, "%-30s %-12s %-12s %5s %7s %7s %6s %5s\n", "quota", "told by", "latency", "span", "people", "most", "use", "429s")
	for _, s := range settings() {
		s.workers = 40
		s.span = cmp.Or(s.span, time.Hour)
		m := s.measure(t, 0, ratelimit.Options{})
		fmt.Fprintf(&table, "%-30s %-12s %-12s %4.1fh %7d %7d %6.3f %5d\n", s.name, s.telling,
			fmt.Sprintf("%v-%v", s.latency.least, s.latency.most), s.span.Hours(), m.people, m.most-m.others, m.use(), m.refused)
		for _, q := range quoted {
			q.add(s, m)
		}
		for _, people := range m.each {
			if fair := m.people / len(m.each); s.killed == 0 && (people < fair*8/10 || people > fair*12/10) {
				t.Errorf("%s, told by %s: the processes created %v", s.name, s.telling, m.each)
			}
		}
		if m.use() < s.use || m.refused > s.refused {
			t.Errorf("%s, told by %s, %v over %v: use %.3f with %d × 429; want at least %.3f with at most %d",
				s.name, s.telling, s.latency, s.span, m.use(), m.refused, s.use, s.refused)
		}
	}
	t.Log("\n" + table.String())
	topic, err := os.ReadFile("../cmd/muster/help/pace.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range quoted {
		if line := q.line(); !strings.Contains(columns.ReplaceAllString(string(topic), "  "), "\n  "+line+"\n") {
			t.Errorf("the topic pace lacks the line\n%s", line)
		}
	}
}

// quote is a line of the table in the topic pace: the use in some of the settings, and the 429s.
type quote struct {
	name    string // the first line of its first cell
	between string // what stands between the uses
	of      []func(setting) bool
	uses    [][]float64 // in those that each of them is about
	refused float64     // in 10 seconds, at most
}

func (q *quote) add(s setting, m measured) {
	for i, about := range q.of {
		if about(s) {
			q.uses[i] = append(q.uses[i], m.use())
			q.refused = max(q.refused, float64(m.refused)/s.span.Seconds()*10)
		}
	}
}

func (q *quote) line() string {
	var uses []string
	for _, all := range q.uses {
		least, most := fmt.Sprintf("%.2f", slices.Min(all)), fmt.Sprintf("%.2f", slices.Max(all))
		if least != most {
			least += " to " + most
		}
		uses = append(uses, least)
	}
	refused := "0"
	if q.refused > 0 {
		refused = fmt.Sprintf("%.1f in 10 s", q.refused)
		if day := q.refused * (24 * 360); day < 100 {
			refused = fmt.Sprintf("%.0f a day", day)
		}
	}
	return fmt.Sprintf("%s  %s  %s", q.name, strings.Join(uses, q.between), refused)
}

func documented() []*quote {
	named := func(names ...string) func(setting) bool {
		return func(s setting) bool {
			return slices.ContainsFunc(names, func(name string) bool { return strings.HasPrefix(s.name, name) })
		}
	}
	daily := func(names ...string) func(setting) bool {
		return func(s setting) bool { return s.span == day && named(names...)(s) }
	}
	alone := func(l latency) func(setting) bool {
		return func(s setting) bool { return s.name == "spike alone" && s.latency == l }
	}
	half := func(windows int) func(setting) bool {
		return func(s setting) bool { return s.neighbour == 0.5 && len(s.windows) == windows }
	}
	list := []*quote{
		{name: "25 in 10 s and 3,600 in a rolling hour, 5", of: []func(setting) bool{daily("rolling hour")}},
		{name: "the same in fixed hours, 5 ms to 5 s; a day", of: []func(setting) bool{daily("fixed hour", "latency to 5 s")}},
		{name: "25 in 10 s alone; 5, 50 to 200, 500 ms", between: ", ", of: []func(setting) bool{alone(ms(5, 5)), alone(ms(50, 200)), alone(ms(500, 500))}},
		{name: "server's clock 30 s off; 5 % of the answers", of: []func(setting) bool{named("server's clock", "5 % of the answers lost")}},
		{name: "two processes on one machine", of: []func(setting) bool{named("two processes")}},
		{name: "hourly limit of 600, 1,234 or 3,600 shown", of: []func(setting) bool{named("once used up")}},
		{name: "another program takes half of the quota at", between: "; ", of: []func(setting) bool{half(2), half(1)}},
	}
	for _, q := range list {
		q.uses = make([][]float64, len(q.of))
	}
	return list
}
