package ratelimit_test

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/ratelimit"
)

// take returns a slot that must be free at once.
func take(t *testing.T, pace *ratelimit.Pace) *ratelimit.Slot {
	t.Helper()
	begin := time.Now()
	slot, err := pace.Take(t.Context())
	if err != nil || time.Since(begin) > 0 {
		t.Fatalf("Take: %v after %v; want a slot at once", err, time.Since(begin))
	}
	return slot
}

// after returns how long the next slot takes.
func after(t *testing.T, pace *ratelimit.Pace) (time.Duration, *ratelimit.Slot) {
	t.Helper()
	begin := time.Now()
	slot, err := pace.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return time.Since(begin), slot
}

func report(limit, remaining int, ahead time.Duration) ratelimit.Report {
	now := time.Now().Truncate(time.Second)
	return ratelimit.Report{Limit: limit, Remaining: remaining, Reset: now.Add(ahead), Date: now}
}

func TestIdleQuotaIsUsedAtOnce(t *testing.T) {
	t.Parallel()
	s := setting{windows: []quota{spikeOf(25), hourlyOf(3600)}, telling: share, latency: ms(200, 200), span: time.Minute, workers: 25}
	if m := s.measure(t, 25, ratelimit.Options{}); m.finish > 400*time.Millisecond {
		t.Errorf("25 people took %v; want one probe and one round trip", m.finish)
	}
}

func TestOneProbeAtATimeUntilTheFirstAnswer(t *testing.T) {
	t.Parallel()
	for name, first := range map[string]ratelimit.Report{
		"answered without headers": {Date: time.Unix(1, 0)},
		"lost":                     {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pace := ratelimit.New(ratelimit.Options{})
				slot := take(t, pace)
				var sent atomic.Int32
				for range 10 {
					go func() {
						slot, err := pace.Take(t.Context())
						if err != nil {
							return
						}
						sent.Add(1)
						time.Sleep(time.Second)
						slot.Release(ratelimit.Report{})
					}()
				}
				synctest.Wait()
				if n := sent.Load(); n != 0 {
					t.Errorf("%d more were sent before the first answer", n)
				}
				slot.Release(first)
				synctest.Wait()
				want := int32(10)
				if first.Date.IsZero() {
					want = 1
				}
				if n := sent.Load(); n != want {
					t.Errorf("%d were sent after the first answer, want %d", n, want)
				}
				time.Sleep(time.Hour)
			})
		})
	}
}

func TestSlotReturnsOneWindowAfterTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		take(t, pace).Release(report(1000, 500, 30*time.Minute))
		take(t, pace).Release(report(2, 0, 10*time.Second))
		time.Sleep(11 * time.Second)
		slow := take(t, pace)
		time.Sleep(20 * time.Second)
		third := take(t, pace)
		third.Release(report(2, 0, 10*time.Second))
		time.Sleep(5 * time.Second)
		slow.Release(ratelimit.Report{}) // lost
		slow.Release(report(2, 1, 10*time.Second))
		third.Release(ratelimit.Report{})
		wait, _ := after(t, pace)
		if wait < 5*time.Second || wait > 5100*time.Millisecond {
			t.Errorf("the third's slot returned after %v, want 5s", wait)
		}
		if wait, _ = after(t, pace); wait < 5*time.Second || wait > 5100*time.Millisecond {
			t.Errorf("the lost one's slot returned after another %v, want 5s", wait)
		}
	})
}

func TestOthersCountUntilTheReset(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		take(t, pace).Release(report(25, 24, 10*time.Second))
		take(t, pace).Release(report(25, 3, 6*time.Second)) // 20 are somebody else's
		want := []ratelimit.Window{{Length: 10 * time.Second, Limit: 25, Used: 22}}
		if diff := cmp.Diff(want, pace.Windows()); diff != "" {
			t.Error(diff)
		}
		slots := []*ratelimit.Slot{take(t, pace), take(t, pace), take(t, pace)}
		for _, slot := range slots {
			slot.Release(report(25, 0, 6*time.Second))
		}
		wait, probe := after(t, pace)
		if wait < 6*time.Second || wait > 8*time.Second {
			t.Errorf("went on after %v, want at the reset in 6s", wait)
		}
		probe.Release(report(25, 19, 10*time.Second)) // theirs are gone
		for range 19 {
			take(t, pace)
		}
	})
}

func TestStaleAnswers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		take(t, pace).Release(report(10, 9, 10*time.Second))
		var slots []*ratelimit.Slot
		for range 9 {
			slots = append(slots, take(t, pace))
		}
		for i := range slots { // the last sent is answered first
			slot := slots[len(slots)-1-i]
			slot.Release(report(10, i, 10*time.Second))
		}
		if wait, _ := after(t, pace); wait < 10*time.Second {
			t.Errorf("an eleventh request went after %v", wait)
		}
	})
}

func TestPause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		take(t, pace).Release(report(25, 24, 10*time.Second))
		pace.Pause(30 * time.Second)
		pace.Pause(5 * time.Second) // the longest wins
		go func() {
			synctest.Wait()
			at, why := pace.Wait()
			if got := time.Until(at); got != 30*time.Second || why != ratelimit.Paused {
				t.Errorf("Wait: in %v, %v; want in 30s, paused", got, why)
			}
		}()
		wait, probe := after(t, pace)
		if wait != 30*time.Second {
			t.Errorf("paused for %v, want 30s", wait)
		}
		ctx, stop := context.WithTimeout(t.Context(), time.Second)
		defer stop()
		if _, err := pace.Take(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a second request went before the first one's answer: %v", err)
		}
		probe.Release(report(25, 24, 10*time.Second))
		take(t, pace)
		take(t, pace)
	})
}

func TestRateAndReserve(t *testing.T) {
	t.Parallel()
	table := []struct {
		name    string
		options ratelimit.Options
		within  time.Duration
		want    int
	}{
		{"none", ratelimit.Options{}, 9 * time.Second, 25},
		{"two a second", ratelimit.Options{Rate: 2}, 9 * time.Second, 18},
		{"a fifth reserved", ratelimit.Options{Reserve: 0.2}, 9 * time.Second, 20},
		{"all reserved leaves one", ratelimit.Options{Reserve: 1}, 9 * time.Second, 1},
		{"nonsense is no reserve", ratelimit.Options{Reserve: -3, Rate: -1}, 9 * time.Second, 25},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := setting{windows: []quota{spikeOf(25)}, latency: ms(1, 1), span: row.within, workers: 30}
			if m := s.measure(t, 0, row.options); m.people != row.want {
				t.Errorf("%d people in %v, want %d", m.people, row.within, row.want)
			}
		})
	}
}

func TestReserveIsLeftInTheHourlyWindow(t *testing.T) {
	t.Parallel()
	s := setting{windows: []quota{spikeOf(25), hourlyOf(600)}, telling: share, latency: ms(50, 50), span: time.Hour, workers: 30}
	if m := s.measure(t, 0, ratelimit.Options{Reserve: 0.2}); m.people > 480 || m.people < 475 {
		t.Errorf("%d people in an hour, want 480 of 600", m.people)
	}
	// Procore does not report the usual limit before the reserve is gone.
	s = setting{windows: []quota{spikeOf(25), hourlyOf(3600)}, telling: fewest, latency: ms(50, 50), span: 2 * time.Hour, workers: 30}
	if m := s.measure(t, 0, ratelimit.Options{Reserve: 0.2}); m.people > 5760 || m.people < 5750 {
		t.Errorf("%d people in two hours, want 5,760 of 7,200", m.people)
	}
}

func TestFirstComeFirstServed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{Rate: 1})
		var mu sync.Mutex
		var got []int
		var all sync.WaitGroup
		leave, left := context.WithCancel(t.Context())
		for i := range 20 {
			ctx := t.Context()
			if i%5 == 1 {
				ctx = leave
			}
			all.Go(func() {
				slot, err := pace.Take(ctx)
				if err != nil {
					return
				}
				mu.Lock()
				got = append(got, i)
				mu.Unlock()
				slot.Release(ratelimit.Report{Date: time.Now()})
			})
			synctest.Wait()
		}
		left()
		all.Wait()
		want := []int{0, 2, 3, 4, 5, 7, 8, 9, 10, 12, 13, 14, 15, 17, 18, 19}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestUrgentFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{Rate: 1})
		take(t, pace).Release(ratelimit.Report{Date: time.Now()})
		var mu sync.Mutex
		var got []string
		var all sync.WaitGroup
		wait := func(name string, take func(context.Context) (*ratelimit.Slot, error)) {
			all.Go(func() {
				slot, err := take(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				got = append(got, name)
				mu.Unlock()
				slot.Release(ratelimit.Report{Date: time.Now()})
			})
			synctest.Wait()
		}
		wait("create 1", pace.Take)
		wait("create 2", pace.Take)
		time.Sleep(time.Second / 2) // the first of them watches the clock
		wait("list 1", pace.TakeFirst)
		wait("list 2", pace.TakeFirst)
		wait("create 3", pace.Take)
		begin := time.Now()
		all.Wait()
		want := []string{"list 1", "list 2", "create 1", "create 2", "create 3"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if took := time.Since(begin); took > 4600*time.Millisecond {
			t.Errorf("five requests at one a second took %v", took)
		}
	})
}

func TestEndedContextTakesNothing(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	stop()
	pace := ratelimit.New(ratelimit.Options{})
	if slot, err := pace.Take(ctx); slot != nil || !errors.Is(err, context.Canceled) {
		t.Errorf("Take: %v, %v", slot, err)
	}
}

func TestWhichWindow(t *testing.T) {
	t.Parallel()
	spike := func(limit, used int) ratelimit.Window {
		return ratelimit.Window{Length: 10 * time.Second, Limit: limit, Used: used}
	}
	hour := func(limit, used int) ratelimit.Window {
		return ratelimit.Window{Length: time.Hour, Limit: limit, Used: used}
	}
	type answer struct {
		limit, remaining int
		ahead            time.Duration
		later            time.Duration // since the one before
	}
	table := []struct {
		name    string
		answers []answer
		want    []ratelimit.Window
	}{
		{"a close reset is the spike's", []answer{{25, 24, 10 * time.Second, 0}}, []ratelimit.Window{spike(25, 1)}},
		{"rounded up twice, still the spike's", []answer{{25, 24, 12 * time.Second, 0}}, []ratelimit.Window{spike(25, 1)}},
		{"a far reset is the hourly one's", []answer{{3600, 99, 13 * time.Second, 0}}, []ratelimit.Window{hour(3600, 3501)}},
		{"both", []answer{{25, 24, 10 * time.Second, 0}, {3600, 99, time.Minute, 0}}, []ratelimit.Window{spike(25, 2), hour(3600, 3501)}},
		{"the hourly one near its end", []answer{{3600, 50, 30 * time.Second, 0}, {25, 24, 10 * time.Second, 15 * time.Second}, {3600, 48, 5 * time.Second, 10 * time.Second}}, []ratelimit.Window{spike(25, 2), hour(3600, 3552)}},
		{"the hourly one first seen near its end", []answer{{25, 24, 10 * time.Second, 0}, {3600, 48, 5 * time.Second, 0}}, []ratelimit.Window{spike(25, 2), hour(3600, 3552)}},
		{"nearly used up at the first sight", []answer{{3600, 48, 5 * time.Second, 0}}, []ratelimit.Window{hour(3600, 3552)}},
		{"half used by others at the first sight, the spike's", []answer{{25, 11, 10 * time.Second, 0}}, []ratelimit.Window{spike(25, 14)}},
		{"used by others, as the oldest of theirs leaves", []answer{{3600, 2160, 5 * time.Second, 0}, {3600, 2165, 5 * time.Second, 20 * time.Second}}, []ratelimit.Window{hour(3600, 1435)}},
		{"nearly used up, as the oldest of others leaves", []answer{{1200, 2, 5 * time.Second, 0}, {1200, 3, 8 * time.Second, 20 * time.Second}}, []ratelimit.Window{hour(1200, 1197)}},
		{"the spike limit falls", []answer{{25, 24, 10 * time.Second, 0}, {10, 8, 10 * time.Second, 0}}, []ratelimit.Window{spike(10, 2)}},
		{"the spike limit rises", []answer{{25, 24, 10 * time.Second, 0}, {50, 48, 10 * time.Second, 0}, {50, 48, 10 * time.Second, 5 * time.Second}}, []ratelimit.Window{spike(50, 2)}},
		{"the spike limit rises tenfold", []answer{{25, 24, 10 * time.Second, 0}, {25, 23, 10 * time.Second, 0}, {250, 249, 10 * time.Second, 15 * time.Second}}, []ratelimit.Window{spike(250, 1)}},
		{"a hundred times as high, and others use it", []answer{{25, 24, 10 * time.Second, 0}, {2500, 1000, 10 * time.Second, 0}}, []ratelimit.Window{spike(25, 2), hour(2500, 1500)}},
		{"the hourly limit changes", []answer{{3600, 50, time.Minute, 0}, {1200, 40, time.Minute, 0}}, []ratelimit.Window{hour(1200, 1160)}},
		{"the hourly limit changes when its oldest leaves", []answer{{25, 24, 10 * time.Second, 0}, {1000, 1, time.Minute, 0}, {1200, 208, 2 * time.Second, 50 * time.Minute}}, []ratelimit.Window{spike(25, 1), hour(1200, 992)}},
		{"as far from the one as from the other is careful", []answer{{25, 24, 10 * time.Second, 0}, {3600, 99, time.Minute, 0}, {300, 8, 2 * time.Second, 50 * time.Minute}}, []ratelimit.Window{spike(25, 1), hour(300, 292)}},
		{"the spike limit changes beside a known hourly one", []answer{{25, 24, 10 * time.Second, 0}, {3600, 99, time.Minute, 0}, {100, 98, 10 * time.Second, 0}}, []ratelimit.Window{spike(100, 2), hour(3600, 3502)}},
		{"an answer without headers changes nothing", []answer{{25, 24, 10 * time.Second, 0}, {0, 0, 0, 0}}, []ratelimit.Window{spike(25, 2)}},
		{"nonsense", []answer{{25, 90, -time.Hour, 0}, {25, -3, 10 * time.Second, 0}}, []ratelimit.Window{spike(25, 25)}},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pace := ratelimit.New(ratelimit.Options{})
				for _, a := range row.answers {
					time.Sleep(a.later)
					_, slot := after(t, pace)
					slot.Release(report(a.limit, a.remaining, a.ahead))
				}
				if diff := cmp.Diff(row.want, pace.Windows()); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

func TestForecast(t *testing.T) {
	t.Parallel()
	table := []struct {
		name    string
		windows []quota
		warm    int // rows sent before the forecast
		rows    int
	}{
		{"a burst", []quota{spikeOf(25)}, 1, 20},
		{"twenty bursts", []quota{spikeOf(25)}, 1, 499},
		{"the hourly window rolls", []quota{spikeOf(25), hourlyOf(3600)}, 3590, 1500},
		{"the hourly window is fixed", []quota{spikeOf(25), fixed(hourlyOf(3600), 20*time.Minute)}, 3590, 1500},
		{"hours", []quota{spikeOf(25), hourlyOf(600)}, 500, 3000},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := setting{windows: row.windows, telling: share}
				sv, pace := s.server(), ratelimit.New(ratelimit.Options{})
				sv.start(time.Now())
				if _, ok := pace.Forecast(1); ok {
					t.Error("a forecast before any window is known")
				}
				run := func(rows int) {
					var all sync.WaitGroup
					var left atomic.Int64
					left.Store(int64(rows))
					for range 30 {
						all.Go(func() {
							for left.Add(-1) >= 0 {
								slot, err := pace.Take(t.Context())
								if err != nil {
									return
								}
								time.Sleep(50 * time.Millisecond)
								r, _ := sv.handle(time.Now())
								time.Sleep(50 * time.Millisecond)
								slot.Release(r)
							}
						})
					}
					all.Wait()
				}
				run(row.warm)
				want, ok := pace.Forecast(row.rows)
				begin := time.Now()
				run(row.rows)
				took := time.Since(begin)
				if off := math.Abs(float64(want-took)) / float64(took); !ok || off > 0.05 {
					t.Errorf("forecast %v, took %v", want, took)
				}
			})
		})
	}
}

func TestWaitNamesTheWindow(t *testing.T) {
	t.Parallel()
	table := []struct {
		name    string
		answer  func() ratelimit.Report
		options ratelimit.Options
		want    ratelimit.Reason
	}{
		{"spike", func() ratelimit.Report { return report(1, 0, 10*time.Second) }, ratelimit.Options{}, ratelimit.Spike},
		{"hourly", func() ratelimit.Report { return report(600, 0, 20*time.Minute) }, ratelimit.Options{}, ratelimit.Hourly},
		{"capped", func() ratelimit.Report { return report(25, 24, 10*time.Second) }, ratelimit.Options{Rate: 0.5}, ratelimit.Capped},
	}
	for _, row := range table {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pace := ratelimit.New(row.options)
				take(t, pace).Release(row.answer())
				if at, why := pace.Wait(); why != ratelimit.None || !at.IsZero() {
					t.Errorf("nobody waits, and Wait returns %v, %v", at, why)
				}
				said := make(chan time.Time, 1)
				go func() {
					synctest.Wait()
					at, why := pace.Wait()
					if why != row.want || string(why) != row.name {
						t.Errorf("Wait says %q, want %q", why, row.want)
					}
					said <- at
				}()
				if _, err := pace.Take(t.Context()); err != nil {
					t.Fatal(err)
				}
				if late := time.Since(<-said); late < 0 || late > 10*time.Millisecond {
					t.Errorf("the slot came %v after the time that Wait named", late)
				}
			})
		})
	}
}

func TestLiesAboutTheReset(t *testing.T) {
	t.Parallel()
	for name, ahead := range map[string]time.Duration{"never": 1e6 * time.Hour, "long ago": -1e6 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				pace := ratelimit.New(ratelimit.Options{})
				take(t, pace).Release(report(25, 0, ahead))
				if wait, _ := after(t, pace); wait > time.Hour+5*time.Second {
					t.Errorf("waited for %v", wait)
				}
			})
		})
	}
}

func BenchmarkUnlimited(b *testing.B) {
	pace := ratelimit.New(ratelimit.Options{})
	answer := ratelimit.Report{Date: time.Now()}
	once := func() error {
		slot, err := pace.Take(b.Context())
		if err == nil {
			slot.Release(answer)
		}
		return err
	}
	b.Run("alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := once(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("64 workers", func(b *testing.B) {
		b.ReportAllocs()
		b.SetParallelism(32)
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				if err := once(); err != nil {
					b.Error(err)
					return
				}
			}
		})
	})
}

// A server that keeps a limit and doesn't tell it is not run into by all workers after every pause.
func TestWithoutHeadersAPauseEndsCarefully(t *testing.T) {
	t.Parallel()
	for name, l := range map[string]latency{"fast": ms(5, 5), "usual": ms(50, 200), "slow": ms(500, 500)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				const people, most = 250, 7 // the first 25 at once, then 1 + 2 + … + 7 > 25
				s := setting{windows: []quota{spikeOf(25)}}
				sv, pace, random := s.server(), ratelimit.New(ratelimit.Options{}), rand.New(rand.NewPCG(1, 2))
				begin := time.Now()
				var mu sync.Mutex // of what the workers share
				created := 0
				refused := map[time.Duration]int{} // by ten seconds
				work := func() {
					for {
						slot, err := pace.Take(t.Context())
						if err != nil {
							t.Error(err)
							return
						}
						mu.Lock()
						up, down := l.draw(random)
						mu.Unlock()
						time.Sleep(up)
						_, ok := sv.handle(time.Now())
						mu.Lock()
						if ok {
							created++
						} else {
							refused[time.Since(begin)/(10*time.Second)]++
						}
						enough := created >= people
						mu.Unlock()
						time.Sleep(down)
						if !ok {
							pace.Pause(10 * time.Second)
						}
						slot.Release(ratelimit.Report{Date: time.Now()})
						if enough {
							return
						}
					}
				}
				var workers sync.WaitGroup
				for range 16 {
					workers.Go(work)
				}
				workers.Wait()
				if took := time.Since(begin); took > 150*time.Second {
					t.Errorf("%d people took %v", people, took)
				}
				for at, n := range refused {
					if at > 0 && n > most || n > 16 {
						t.Errorf("%d were refused in the ten seconds from %v, want at most %d", n, at*10*time.Second, most)
					}
				}
			})
		})
	}
}
