package ratelimit_test

import (
	"math"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/ratelimit"
)

// What a limit costs does not depend on the limit: neither memory nor time.
func TestHugeLimits(t *testing.T) {
	for _, limit := range []int{25, math.MaxInt32, 1_000_000_000_000, math.MaxInt} {
		for name, ahead := range map[string]time.Duration{"spike": 10 * time.Second, "hourly": time.Hour} {
			pace := ratelimit.New(ratelimit.Options{Reserve: 0.2})
			var before, after runtime.MemStats
			begin := time.Now()
			runtime.ReadMemStats(&before)
			for range 10 {
				slot, err := pace.Take(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				slot.Release(report(limit, limit-1, ahead))
			}
			pace.Forecast(math.MaxInt32)
			pace.Wait()
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 4096 {
				t.Errorf("%s, %d: %d bytes for ten requests", name, limit, used)
			}
			if took := time.Since(begin); took > time.Second {
				t.Errorf("%s, %d: ten requests took %v", name, limit, took)
			}
		}
	}
}

// Another process reads a huge limit from the shared file as a huge limit.
func TestHugeLimitsAreShared(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "quota")
	first, second := ratelimit.New(ratelimit.Options{Shared: file}), ratelimit.New(ratelimit.Options{Shared: file})
	_, slot := after(t, first)
	slot.Release(report(1_000_000_000_000, 999_999_999_999, 10*time.Second))
	after(t, second)
	if diff := cmp.Diff([]ratelimit.Window{{Length: 10 * time.Second, Limit: math.MaxInt32, Used: 2}}, second.Windows()); diff != "" {
		t.Error(diff)
	}
}
