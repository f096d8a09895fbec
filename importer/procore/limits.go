package procore

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/ratelimit"
)

const (
	longestWait = 2 * time.Hour    // a server that asks for more is not believed
	windowPause = 10 * time.Second // a 429 that says nothing: the shortest documented window
	loadPause   = time.Second      // a 503 whose Retry-After says nothing
	pauseJitter = time.Second      // at most: other machines wait for the same reset
)

// report reads the rate headers and the server's clock, for which ours stands
// in where it is not told. Without all three headers Limit is 0.
func report(h http.Header, now time.Time) ratelimit.Report {
	r := ratelimit.Report{Date: now}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		r.Date = date
	}
	limit, okLimit := count(h, "X-Rate-Limit-Limit")
	remaining, okRemaining := count(h, "X-Rate-Limit-Remaining")
	reset, okReset := count(h, "X-Rate-Limit-Reset")
	if okLimit && okRemaining && okReset && limit > 0 && reset > 0 {
		r.Limit, r.Remaining, r.Reset = limit, remaining, time.Unix(int64(reset), 0)
	}
	return r
}

// count reads a header that holds a whole number, not negative.
func count(h http.Header, name string) (int, bool) {
	text := strings.TrimSpace(h.Get(name))
	if text == "" {
		return 0, false // as so often: an error costs more to make
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 0
}

// retryAfter returns how long an answer asks to wait: the later of Retry-After
// and the reset of an exhausted window, both by the server's own clock if it
// tells it. A 503 speaks of load, so the window counts there only when it is
// used up. What throttles waits for some time, even if it says nothing usable.
func retryAfter(status int, h http.Header, r ratelimit.Report) time.Duration {
	now := r.Date
	var wait, least time.Duration
	asked := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(asked, 10, 64); err == nil {
		wait = time.Duration(min(max(seconds, 0), int64(longestWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(asked); err == nil {
		wait = at.Sub(now)
	}
	exhausted := false
	switch status {
	case http.StatusTooManyRequests:
		exhausted, least = true, windowPause
	case http.StatusServiceUnavailable:
		exhausted = r.Remaining == 0
		if asked != "" {
			least = loadPause
		}
	}
	if exhausted && r.Limit > 0 {
		wait = max(wait, r.Reset.Sub(now))
	}
	if wait <= 0 {
		wait = least
	}
	return min(wait, longestWait)
}
