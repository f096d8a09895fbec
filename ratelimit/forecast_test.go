package ratelimit_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/ratelimit"
)

// What is said to be left, right after the connecting requests and then at a
// tenth, half and nine tenths of the rows, is what it takes in the end.
func TestForecastHolds(t *testing.T) {
	t.Parallel()
	usual := func(hour quota) []quota { return []quota{spikeOf(25), hour} }
	table := []struct {
		name    string
		setting setting
		rows    int
		options ratelimit.Options
	}{
		{"500 rows", setting{windows: usual(hourlyOf(3600)), telling: fewest}, 500, ratelimit.Options{}},
		{"5,000 rows, rolling hour", setting{windows: usual(hourlyOf(3600)), telling: fewest}, 5000, ratelimit.Options{}},
		{"5,000 rows, fixed hour", setting{windows: usual(fixed(hourlyOf(3600), 0)), telling: share}, 5000, ratelimit.Options{}},
		{"20,000 rows, rolling hour", setting{windows: usual(hourlyOf(3600)), telling: share}, 20_000, ratelimit.Options{}},
		{"20,000 rows, fixed hour", setting{windows: usual(fixed(hourlyOf(3600), 0)), telling: fewest}, 20_000, ratelimit.Options{}},
		{"12,000 rows, the oldest leaves first", setting{windows: []quota{spikeOf(50), hourlyOf(3600)}, telling: share, oldest: true}, 12_000, ratelimit.Options{}},
		{"latency to 5 s", setting{windows: usual(hourlyOf(3600)), telling: share, latency: ms(5, 5000)}, 5000, ratelimit.Options{}},
		{"a fifth reserved", setting{windows: usual(hourlyOf(3600)), telling: fewest}, 5000, ratelimit.Options{Reserve: 0.2}},
		{"one in two seconds", setting{windows: usual(hourlyOf(3600)), telling: fewest}, 5000, ratelimit.Options{Rate: 0.5}},
		{"600 an hour, seen by an earlier run", setting{windows: usual(hourlyOf(600)), telling: fewest}, 2000, ratelimit.Options{Shared: filepath.Join(t.TempDir(), "quota")}},
	}
	var out strings.Builder
	fmt.Fprintf(&out, "%-38s %10s %28s", "what is left is said to be, and took", "", "off at 0, 10, 50, 90 %")
	for _, row := range table {
		s := row.setting
		if s.latency.most == 0 {
			s.latency = ms(50, 200)
		}
		if row.options.Shared != "" {
			s.span = 65 * time.Minute
			s.workers = 30
			s.measureWith(t, 700, row.options)
		}
		took, off := s.forecasts(t, row.rows, row.options)
		fmt.Fprintf(&out, "\n%-38s %10v", row.name, took.Round(time.Second))
		for _, share := range off {
			fmt.Fprintf(&out, " %6.3f", share)
			if share > 0.05 {
				t.Errorf("%s: a forecast was off by %.3f", row.name, share)
			}
		}
	}
	t.Log("\n" + out.String())
}

func TestForecastCountsWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		slot := take(t, pace)
		time.Sleep(time.Second)
		slot.Release(report(25, 24, 10*time.Second))
		for range 24 {
			take(t, pace)
		}
		for n, want := range map[int]time.Duration{0: 0, 10: time.Second, 24: time.Second} {
			if got, ok := pace.Forecast(n); !ok || got != want {
				t.Errorf("%d requests that are under way are said to take %v, want %v", n, got, want)
			}
		}
		if got, ok := pace.Forecast(25); !ok || got < 10*time.Second {
			t.Errorf("one more is said to take %v", got)
		}
	})
}

func TestForecastReckonsWithOthers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		take(t, pace).Release(report(25, 14, 10*time.Second)) // 10 are somebody else's
		if got, ok := pace.Forecast(149); !ok || got.Round(time.Second) != 90*time.Second {
			t.Errorf("149 requests, 15 in 10 s, are said to take %v", got)
		}
		take(t, pace).Release(report(25, 0, 10*time.Second))
		if got, ok := pace.Forecast(4); !ok || got.Round(time.Second) != 20*time.Second {
			t.Errorf("4 requests, two in 10 s, are said to take %v", got)
		}
	})
}

func TestForecastWaitsForTheRate(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{Rate: 0.2})
		take(t, pace).Release(report(25, 24, 10*time.Second))
		time.Sleep(2 * time.Second)
		if got, ok := pace.Forecast(2); !ok || got.Round(time.Second) != 8*time.Second {
			t.Errorf("two requests are said to take %v, want 3 s and 5 s", got)
		}
	})
}

// forecasts sends rows, and returns by which share of the time that was left
// each forecast was off.
func (s *setting) forecasts(t *testing.T, rows int, o ratelimit.Options) (took time.Duration, off []float64) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(24 * time.Hour)
		begin := time.Now()
		sv, pace, random := s.server(), ratelimit.New(o), rand.New(rand.NewPCG(1, 2))
		sv.start(begin)
		var mu sync.Mutex
		draw := func() (up, down time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			return s.latency.draw(random)
		}
		send := func() {
			slot, err := pace.Take(t.Context())
			if err != nil {
				t.Error(err)
				return
			}
			up, down := draw()
			time.Sleep(up)
			report, ok := sv.handle(time.Now())
			time.Sleep(down)
			slot.Release(report)
			if !ok {
				t.Error("over the limit")
			}
		}
		send() // who am I
		send() // list people
		type said struct{ at, left time.Duration }
		var all []said
		done := 0
		forecast := func() {
			left, ok := pace.Forecast(rows - done)
			if !ok {
				t.Error("no forecast")
			}
			all = append(all, said{time.Since(begin), left})
		}
		forecast()
		var workers sync.WaitGroup
		started := 0
		for range 60 {
			workers.Go(func() {
				for {
					mu.Lock()
					more := started < rows
					started++
					mu.Unlock()
					if !more {
						return
					}
					send()
					mu.Lock()
					if done++; done == rows/10 || done == rows/2 || done == rows*9/10 {
						forecast()
					}
					mu.Unlock()
				}
			})
		}
		workers.Wait()
		took = time.Since(begin)
		for _, f := range all {
			off = append(off, (f.left-(took-f.at)).Abs().Seconds()/(took-f.at).Seconds())
		}
	})
	return took, off
}
