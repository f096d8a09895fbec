package ratelimit_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/time/rate"

	"muster/ratelimit"
)

// rival is a way to pace requests: take waits for a turn and returns what to do with the answer.
type rival struct {
	name    string
	workers int
	start   func() (take func(ctx context.Context, attempt int) (func(ratelimit.Report, bool), error))
}

func rivals() []rival {
	ignore := func(ratelimit.Report, bool) {}
	return []rival{
		{"muster", 40, func() func(context.Context, int) (func(ratelimit.Report, bool), error) {
			pace := ratelimit.New(ratelimit.Options{})
			return func(ctx context.Context, _ int) (func(ratelimit.Report, bool), error) {
				slot, err := pace.Take(ctx)
				return func(r ratelimit.Report, ok bool) {
					if !ok {
						pace.Pause(r.Reset.Sub(r.Date))
					}
					slot.Release(r)
				}, err
			}
		}},
		{"a fixed delay of 1 s", 1, func() func(context.Context, int) (func(ratelimit.Report, bool), error) {
			first := true
			return func(context.Context, int) (func(ratelimit.Report, bool), error) {
				if !first {
					time.Sleep(time.Second)
				}
				first = false
				return ignore, nil
			}
		}},
		{"`x/time/rate` at the hourly average", 40, func() func(context.Context, int) (func(ratelimit.Report, bool), error) {
			limiter := rate.NewLimiter(1, 1)
			return func(ctx context.Context, _ int) (func(ratelimit.Report, bool), error) {
				return ignore, limiter.Wait(ctx)
			}
		}},
		{"send, and back off on 429", 40, func() func(context.Context, int) (func(ratelimit.Report, bool), error) {
			var mu sync.Mutex
			random := rand.New(rand.NewPCG(7, 8))
			return func(_ context.Context, attempt int) (func(ratelimit.Report, bool), error) {
				if attempt > 0 {
					ceiling := min(time.Second<<min(attempt-1, 10), time.Minute)
					mu.Lock()
					spread := time.Duration(random.Int64N(int64(ceiling / 2)))
					mu.Unlock()
					time.Sleep(ceiling/2 + spread)
				}
				return ignore, nil
			}
		}},
	}
}

// runs returns how long the rows take at 25 per 10 s and 3,600 an hour, both rolling, and how many are refused.
func (r rival) runs(t *testing.T, rows int) (took time.Duration, refused int) {
	t.Helper()
	s := setting{windows: []quota{spikeOf(25), hourlyOf(3600)}, telling: fewest, latency: ms(50, 200)}
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		sv, take, random := s.server(), r.start(), rand.New(rand.NewPCG(1, 2))
		var workers sync.WaitGroup
		var mu sync.Mutex // of everything that the workers share
		again := func() bool {
			mu.Lock()
			defer mu.Unlock()
			rows--
			return rows >= 0
		}
		draw := func() (up, down time.Duration) {
			mu.Lock()
			defer mu.Unlock()
			return s.latency.draw(random)
		}
		for range r.workers {
			workers.Go(func() {
				for again() {
					for attempt, created := 0, false; !created; attempt++ {
						done, err := take(t.Context(), attempt)
						if err != nil {
							t.Error(err)
							return
						}
						up, down := draw()
						time.Sleep(up)
						report, ok := sv.handle(time.Now())
						time.Sleep(down)
						done(report, ok)
						created = ok
					}
				}
			})
		}
		workers.Wait()
		took, refused = time.Since(begin), sv.refused
	})
	return took, refused
}

func TestPaceSideBySide(t *testing.T) {
	t.Parallel()
	counts := []int{100, 500, 5000, 20000}
	topic, err := os.ReadFile("../cmd/muster/help/performance.txt")
	if err != nil {
		t.Fatal(err)
	}
	var table strings.Builder
	fmt.Fprintf(&table, "%-35s", "time (429s)")
	for _, rows := range counts {
		fmt.Fprintf(&table, " %18d", rows)
	}
	for i, r := range rivals() {
		fmt.Fprintf(&table, "\n%-35s", r.name)
		for _, rows := range counts {
			took, refused := r.runs(t, rows)
			cell := cellOf(string(topic), rows, i)
			if !quotes(cell, took, refused) {
				t.Errorf("the topic performance has %q where %s takes %v (%d) for %d rows", strings.TrimSpace(cell), r.name, took.Round(time.Second), refused, rows)
			}
			fmt.Fprintf(&table, " %18s", fmt.Sprintf("%v (%d)", took.Round(time.Second), refused))
			least := best(&server{windows: []*quota{{length: 10 * time.Second, limit: 25}, {length: time.Hour, limit: 3600}}, telling: fewest}, time.Now(), took, nil)
			if i == 0 && (refused > 0 || float64(rows) < 0.95*float64(least)) {
				t.Errorf("%d rows took %v with %d × 429; %d could have been created in that time", rows, took, refused, least)
			}
		}
	}
	t.Log("\n" + table.String())
}

// cellOf returns what the topic's table has for so many rows and the i-th way to pace.
func cellOf(topic string, rows, i int) string {
	for line := range strings.Lines(topic) {
		cells := columns.Split(strings.TrimSpace(line), -1)
		if strings.ReplaceAll(cells[0], ",", "") == strconv.Itoa(rows) && len(cells) > i+1 {
			return cells[i+1]
		}
	}
	return ""
}

var columns = regexp.MustCompile(` {2,}`)

// quotes reports whether a cell of the topic says so, in whole seconds or minutes. What is refused
// is rounded, and in which order waiters wake may change it a little.
func quotes(cell string, took time.Duration, refused int) bool {
	said, count, _ := strings.Cut(strings.TrimSuffix(strings.ReplaceAll(cell, ",", ""), ")"), "(")
	about, err := time.ParseDuration(strings.NewReplacer(" ", "", "min", "m").Replace(said))
	n, errCount := strconv.Atoi(count)
	if err != nil || errCount != nil {
		return false
	}
	exact := time.Second
	if strings.Contains(said, "h") {
		exact = time.Minute
	}
	exact /= 2
	if refused > 0 {
		exact += took / 50
	}
	return (took-about).Abs() <= exact && math.Abs(float64(n-refused)) <= float64(refused)/20
}
