package ratelimit_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"muster/ratelimit"

	"pgregory.net/rapid"
)

// Alone on the quota, whatever its limits, its server's habits and the latency: never over it.
func TestNeverOverTheLimit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		burst := rapid.IntRange(2, 60).Draw(rt, "spike limit")
		windows := []quota{spikeOf(burst)}
		if rapid.Bool().Draw(rt, "fixed spike") {
			windows[0] = fixed(windows[0], rapid.Custom(second(10)).Draw(rt, "into the spike"))
		}
		if rapid.Bool().Draw(rt, "hourly") {
			hour := hourlyOf(rapid.IntRange(burst+1, 900).Draw(rt, "hourly limit"))
			if rapid.Bool().Draw(rt, "fixed hour") {
				hour = fixed(hour, rapid.Custom(second(3600)).Draw(rt, "into the hour"))
			}
			windows = append(windows, hour)
		}
		least := rapid.IntRange(0, 2000).Draw(rt, "least latency")
		s := setting{
			windows: windows,
			telling: rapid.SampledFrom([]telling{fewest, share}).Draw(rt, "telling"),
			latency: ms(least, least+rapid.IntRange(0, 3000).Draw(rt, "jitter")),
			skew:    time.Duration(rapid.IntRange(-30_000, 30_000).Draw(rt, "skew")) * time.Millisecond,
			oldest:  rapid.Bool().Draw(rt, "reset at the oldest"),
			floor:   rapid.Bool().Draw(rt, "reset rounded down"),
			lost:    rapid.SampledFrom([]float64{0, 0, 0.05, 0.3}).Draw(rt, "lost"),
			span:    70 * time.Minute,
			workers: rapid.IntRange(1, 64).Draw(rt, "workers"),
		}
		var o ratelimit.Options
		if s.processes = rapid.SampledFrom([]int{0, 0, 0, 0, 0, 0, 1, 2, 3}).Draw(rt, "processes"); s.processes > 0 {
			s.span = 8 * time.Minute
			s.killed = time.Duration(rapid.SampledFrom([]int{0, 20, 120}).Draw(rt, "killed every")) * time.Second
			o.Shared = filepath.Join(t.TempDir(), strconv.Itoa(rapid.Int().Draw(rt, "file")))
			o.Unshared = func(err error) { rt.Error(err) }
		}
		most := 0
		if s.lost > 0 {
			most = 2 // an answer that alone could tell of the hourly window may be lost, once an hour, and a refusal, too
		}
		if m := s.measureWith(t, 0, o); m.refused-m.unheard > most {
			rt.Fatalf("%d of %d requests were over the limit, want at most %d", m.refused, m.refused+m.people, most)
		}
	})
}

func second(most int) func(*rapid.T) time.Duration {
	return func(t *rapid.T) time.Duration {
		return time.Duration(rapid.IntRange(0, most*1000-1).Draw(t, "ms")) * time.Millisecond
	}
}
