package ratelimit_test

import (
	"math/rand/v2"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"muster/ratelimit"
)

// Alone on the quota, whatever its limits, its server's habits and the latency: never over it.
func TestNeverOverTheLimit(t *testing.T) {
	t.Parallel()
	checked := 0
	rapid.Check(t, func(rt *rapid.T) {
		if checked++; checked > 20 && !long() {
			return
		}
		burst := rapid.IntRange(2, 60).Draw(rt, "spike limit")
		windows := []quota{spikeOf(burst)}
		if rapid.Bool().Draw(rt, "fixed spike") {
			windows[0] = fixed(windows[0], rapid.Custom(second(10)).Draw(rt, "into the spike"))
		}
		if rapid.Bool().Draw(rt, "hourly") {
			hour := hourlyOf(rapid.IntRange(10*burst+1, 900).Draw(rt, "hourly limit"))
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
		if s.lost > 0 || s.killed > 0 {
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

// Alone on random quotas, always the same ones: nothing is refused and nearly
// everything is used, except where a tie of the windows hides the hour's end.
func TestAloneWhateverTheQuota(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(5, 6))
	quotas := 8
	if long() {
		quotas = 150
	}
	for range quotas {
		s, most := anyAlone(random)
		m := s.measureWith(t, 0, ratelimit.Options{})
		if m.refused > most {
			t.Errorf("%+v: %d × 429, want at most %d", s, m.refused, most)
		}
		// What returns in the last seconds may come too late.
		if least := 0.98*s.latency.slowed()*float64(m.most) - float64(s.windows[0].limit); m.refused == 0 && float64(m.people) < least {
			t.Errorf("%+v: %d people, want at least %.0f of %d", s, m.people, least, m.most)
		}
	}
}

// anyAlone returns a setting with a latency up to 500 ms, and how many requests may be refused there.
func anyAlone(random *rand.Rand) (s setting, refused int) {
	one := func(choices ...int) int { return choices[random.IntN(len(choices))] }
	upTo := func(d time.Duration) time.Duration { return time.Duration(random.Int64N(int64(d))) }
	burst := one(10, 25, 25, 50, 2+random.IntN(60))
	least := one(5, 50, 200)
	s = setting{
		windows: []quota{spikeOf(burst)},
		telling: []telling{fewest, share, strict}[random.IntN(3)],
		latency: ms(least, least+random.IntN(300)),
		skew:    upTo(time.Hour),
		oldest:  random.IntN(2) == 0,
		floor:   random.IntN(2) == 0,
		span:    time.Duration(60+random.IntN(60)) * time.Minute,
		workers: 64,
	}
	if random.IntN(2) == 0 {
		s.windows[0] = fixed(s.windows[0], upTo(10*time.Second))
	}
	hour := hourlyOf(one(600, 3600, 100*(6+random.IntN(40))))
	switch random.IntN(5) {
	case 0:
		return s, 0 // the spike alone
	case 1: // the hour rolls
	case 2: // it begins with a request
		hour.fixed, hour.opens = true, true
	case 3: // it is that of the server's clock, which has no other relation to ours
		hour = fixed(hour, s.skew)
	case 4:
		hour = fixed(hour, upTo(time.Hour))
	}
	s.windows = append(s.windows, hour)
	if s.telling == strict {
		refused = 1 // both windows may run out with the same request
	}
	return s, refused
}
