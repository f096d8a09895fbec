package ratelimit_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"muster/ratelimit"
)

// process returns the pace of a process that shares the file.
func process(t *testing.T, file string) *ratelimit.Pace {
	t.Helper()
	return ratelimit.New(ratelimit.Options{Shared: file, Unshared: func(err error) { t.Error(err) }})
}

// fill sends n requests of a limit of 25 in 10 s.
func fill(t *testing.T, pace *ratelimit.Pace, n int) {
	t.Helper()
	for i := range n {
		take(t, pace).Release(report(25, 24-i, 10*time.Second))
	}
}

func TestNextProcessKnowsWhatTheLastOneSent(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		fill(t, process(t, file), 25)
		time.Sleep(4 * time.Second)
		if wait, _ := after(t, process(t, file)); wait < 6*time.Second || wait > 6100*time.Millisecond {
			t.Errorf("the next process sent after %v, want 6s", wait)
		}
	})
}

func TestUnansweredRequestsOfTheDeadAreHeld(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		dead := process(t, file)
		fill(t, dead, 5)
		for range 20 {
			take(t, dead)
		}
		for _, at := range []time.Duration{20 * time.Second, 58 * time.Second} {
			time.Sleep(time.Until(begin.Add(at)))
			pace := process(t, file)
			fill(t, pace, 5)
			ctx, stop := context.WithTimeout(t.Context(), 9*time.Second)
			if _, err := pace.Take(ctx); err == nil {
				t.Errorf("after %v a place was given that a dead process's request may still take", at)
			}
			stop()
		}
		time.Sleep(time.Until(begin.Add(71 * time.Second)))
		fill(t, process(t, file), 25)
	})
}

func TestWaitNamesTheDead(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		dead int                                   // requests of the dead, of 25
		rest func(t *testing.T, p *ratelimit.Pace) // takes the other places
		want time.Duration                         // since the requests of the dead
	}{
		{"for an answer", 24, func(t *testing.T, p *ratelimit.Pace) { t.Helper(); take(t, p) }, 70 * time.Second},
		{"for those of its own", 20, func(t *testing.T, p *ratelimit.Pace) { t.Helper(); fill(t, p, 5) }, 30 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "quota")
			synctest.Test(t, func(t *testing.T) {
				dead := process(t, file)
				fill(t, dead, 25-test.dead)
				begin := time.Now()
				for range test.dead {
					take(t, dead)
				}
				time.Sleep(20 * time.Second)
				pace := process(t, file)
				test.rest(t, pace)
				ctx, stop := context.WithCancel(t.Context())
				go func() { _, _ = pace.Take(ctx) }()
				synctest.Wait()
				until, why := pace.Wait()
				if got := until.Sub(begin); why != ratelimit.Abandoned || (got-test.want).Abs() > time.Second {
					t.Errorf("waits for %v: %q; want %v after the dead, for them", got, why, test.want)
				}
				stop()
				synctest.Wait()
				if _, why := pace.Wait(); why != ratelimit.None {
					t.Errorf("nobody waits, and it is for %q", why)
				}
			})
		})
	}
}

// A place that becomes free is left for a moment to whoever waits and had fewer lately.
func TestPlaceIsLeftToWhoHadFewer(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		few, many := process(t, file), process(t, file)
		fill(t, few, 10)
		time.Sleep(5 * time.Second)
		for i := range 15 {
			take(t, many).Release(report(25, 14-i, 10*time.Second))
		}
		var all sync.WaitGroup
		var first, second time.Duration
		all.Go(func() {
			_, slot := after(t, many)
			second = time.Since(begin)
			slot.Release(report(25, 8, 10*time.Second))
		})
		all.Go(func() {
			_, slot := after(t, few)
			first = time.Since(begin)
			slot.Release(report(25, 8, 10*time.Second))
		})
		all.Wait()
		if first > 10100*time.Millisecond || second < first+40*time.Millisecond || second > first+150*time.Millisecond {
			t.Errorf("who had fewer sent after %v, who had more after %v", first, second)
		}
	})
}

// A spike that somebody else had used up looks like an hourly window at first.
// What is reckoned with then is not what later processes reckon with.
func TestSpikeIsNotRememberedAsHourly(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		forecast := func(pace *ratelimit.Pace) {
			t.Helper()
			if got, ok := pace.Forecast(5000); !ok || got < time.Hour || got > 90*time.Minute {
				t.Errorf("5,000 requests are said to take %v, %v; want somewhat more than an hour", got, ok)
			}
		}
		pace := process(t, file)
		take(t, pace).Release(report(25, 0, 11*time.Second))
		pace.Pause(11 * time.Second)
		_, slot := after(t, pace)
		slot.Release(report(25, 24, 10*time.Second))
		forecast(pace)
		time.Sleep(time.Minute)
		next := process(t, file)
		_, slot = after(t, next)
		slot.Release(report(25, 24, 10*time.Second))
		forecast(next)
	})
}

// A spike limit that rises may be an hourly one at first, but not for the forecast.
func TestForecastOverARisingSpike(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		pace := ratelimit.New(ratelimit.Options{})
		take(t, pace).Release(report(10, 9, 10*time.Second))
		take(t, pace).Release(report(50, 48, 10*time.Second))
		if got, ok := pace.Forecast(100); !ok || got > 2*time.Minute {
			t.Errorf("100 requests are said to take %v, %v", got, ok)
		}
	})
}

// The Reserve of an hourly window that has not shown itself goes by what it was
// before, for a week: a limit that rose since would not show itself.
func TestReserveGoesByTheHourlyLimitOfEarlierRuns(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		later time.Duration
		want  int
	}{
		"the next night": {24 * time.Hour, 480},
		"a month later":  {30 * 24 * time.Hour, 2880}, // the usual limit is likely again
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "quota")
			synctest.Test(t, func(t *testing.T) {
				pace := process(t, file)
				take(t, pace).Release(report(600, 300, 30*time.Minute))
				take(t, pace)
				time.Sleep(row.later)
				pace = ratelimit.New(ratelimit.Options{Reserve: 0.2, Shared: file})
				for i := range row.want {
					take(t, pace).Release(report(8000, 7999-i, 10*time.Second))
				}
				if wait, _ := after(t, pace); wait < 59*time.Minute {
					t.Errorf("more than %d requests went within %v", row.want, wait)
				}
			})
		})
	}
}

func TestPauseHoldsForAllProcesses(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		one, two := process(t, file), process(t, file)
		fill(t, one, 1)
		one.Pause(30 * time.Second)
		if wait, _ := after(t, two); wait != 30*time.Second {
			t.Errorf("the other process waited for %v, want 30s", wait)
		}
	})
}

func TestSharedFileFromTheFuture(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(1000 * time.Hour)
		fill(t, process(t, file), 25)
	})
	synctest.Test(t, func(t *testing.T) { // the clock is set back
		if wait, _ := after(t, process(t, file)); wait < 9*time.Second || wait > 10100*time.Millisecond {
			t.Errorf("waited for %v, want one window", wait)
		}
	})
}

func TestSharedFileFromLongAgo(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		fill(t, process(t, file), 25)
	})
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(2 * time.Hour)
		pace := process(t, file)
		take(t, pace)
		if got := pace.Windows(); len(got) > 0 {
			t.Errorf("limits of two hours ago are believed: %v", got)
		}
	})
}

// Cut anywhere, or with a byte changed anywhere, the file costs at most what
// stood behind the damage.
func TestSharedFileDamaged(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	whole := filepath.Join(folder, "whole")
	synctest.Test(t, func(t *testing.T) { fill(t, process(t, whole), 3) })
	content, err := os.ReadFile(whole)
	if err != nil {
		t.Fatal(err)
	}
	damages := map[string]func(at int) []byte{
		"cut":     func(at int) []byte { return content[:at] },
		"changed": func(at int) []byte { b := append([]byte{}, content...); b[at] ^= 0x55; return b },
	}
	for name, damage := range damages {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			step := 7
			if long() {
				step = 1
			}
			for at := 0; at < len(content); at += step {
				file := filepath.Join(folder, name)
				if err := os.WriteFile(file, damage(at), 0o600); err != nil {
					t.Fatal(err)
				}
				synctest.Test(t, func(t *testing.T) {
					one := process(t, file)
					_, slot := after(t, one)
					slot.Release(report(3, 2, 10*time.Second))
					two := process(t, file) // it reads what the first one made of the file
					for range 2 {
						_, slot = after(t, two)
						slot.Release(report(3, 0, 10*time.Second))
					}
					if wait, _ := after(t, one); wait == 0 {
						t.Fatalf("%s at byte %d: a fourth request went at once", name, at)
					}
				})
			}
		})
	}
}

func TestSharedFileThatCannotBeUsed(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	for name, file := range map[string]string{"no such folder": filepath.Join(folder, "gone", "quota"), "a folder": folder} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var told []error
				pace := ratelimit.New(ratelimit.Options{Shared: file, Unshared: func(err error) { told = append(told, err) }})
				fill(t, pace, 25)
				if wait, _ := after(t, pace); wait < 10*time.Second {
					t.Errorf("a request over the limit went after %v", wait)
				}
				if len(told) != 1 {
					t.Errorf("told %d times: %v", len(told), told)
				}
			})
		})
	}
}

// When the file goes away in mid-run, what other processes have under way
// there is not waited for.
func TestSharedFileTakenAway(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "state")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		var told error
		one := ratelimit.New(ratelimit.Options{Shared: filepath.Join(folder, "quota"), Unshared: func(err error) { told = err }})
		two := process(t, filepath.Join(folder, "quota"))
		fill(t, two, 1)
		take(t, two)
		take(t, one).Release(report(3, 0, 10*time.Second))
		if err := os.RemoveAll(folder); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			_, slot := after(t, one)
			slot.Release(report(3, 0, 10*time.Second))
		}
		if !errors.Is(told, fs.ErrNotExist) {
			t.Errorf("told %v", told)
		}
	})
}

// The file is as long as an hour's requests make it, however long the run.
func TestSharedFileStaysSmall(t *testing.T) {
	t.Parallel()
	s := setting{windows: []quota{spikeOf(25), hourlyOf(600)}, telling: share, latency: ms(50, 200), span: 9 * time.Hour, workers: 4}
	file := filepath.Join(t.TempDir(), "quota")
	if m := s.measureWith(t, 0, ratelimit.Options{Shared: file}); m.refused > 0 || m.use() < 0.98 {
		t.Errorf("use %.3f with %d × 429", m.use(), m.refused)
	}
	if info, err := os.Stat(file); err != nil || info.Size() > 400<<10 {
		t.Errorf("%v, %v", info.Size(), err)
	} else if info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
}

func TestWithoutLimitsTheFileIsLeftAlone(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	synctest.Test(t, func(t *testing.T) {
		pace := process(t, file)
		answer := func() { take(t, pace).Release(ratelimit.Report{Date: time.Now()}) }
		answer()
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		for range 100 {
			answer()
		}
		if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
			t.Error("the file was used without a limit")
		}
	})
}

func BenchmarkShared(b *testing.B) {
	for name, file := range map[string]string{"alone": "", "shared": filepath.Join(b.TempDir(), "quota")} {
		b.Run(name, func(b *testing.B) {
			pace := ratelimit.New(ratelimit.Options{Shared: file})
			b.ReportAllocs()
			for b.Loop() {
				slot, err := pace.Take(b.Context())
				if err != nil {
					b.Fatal(err)
				}
				slot.Release(ratelimit.Report{Limit: 1e9, Remaining: 1e9 - 1, Reset: time.Now().Add(10 * time.Second)})
			}
		})
	}
}
