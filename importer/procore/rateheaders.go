package procore

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"muster/ratelimit"
)

const (
	maxWait     = 2 * time.Hour    // a longer wait is not believed
	windowPause = 10 * time.Second // after a 429 without a time: the shortest documented window
	loadPause   = time.Second      // after a 503 whose Retry-After has no time
	pauseJitter = time.Second      // at most: other machines wait for the same reset
	firstMillis = 100_000_000_000  // a reset above is in milliseconds: in seconds, it is in the year 5138
)

// rateReport reads the rate headers and the server's clock, or uses now if there
// is no Date. Limit is 0 unless all three rate headers are there. A reset too far off for
// seconds, such as one of 13 digits, is in milliseconds.
func rateReport(h http.Header, now time.Time) ratelimit.Report {
	r := ratelimit.Report{Date: now}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		r.Date = date
	}
	limit, okLimit := headerCount(h, "X-Rate-Limit-Limit")
	remaining, okRemaining := headerCount(h, "X-Rate-Limit-Remaining")
	reset, okReset := headerCount(h, "X-Rate-Limit-Reset")
	if okLimit && okRemaining && okReset && limit > 0 && reset > 0 {
		r.Limit, r.Remaining, r.Reset = limit, remaining, time.Unix(int64(reset), 0)
		if millis := int64(reset); millis >= firstMillis {
			r.Reset = time.UnixMilli(millis)
		}
	}
	return r
}

// headerCount reads a header that holds a whole number of 0 or more.
func headerCount(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(strings.TrimSpace(h.Get(name)))
	return n, err == nil && n >= 0
}

// retryAfter returns the wait that an answer requests: the later of Retry-After
// and the credible reset of an exhausted window, by the server's clock. After a 503 the
// window counts only if no request is left. A throttled call waits some time even
// if the answer says nothing usable.
func retryAfter(status int, h http.Header, r ratelimit.Report) time.Duration {
	now := r.Date
	var wait, least time.Duration
	header := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseInt(header, 10, 64); err == nil {
		wait = time.Duration(min(max(seconds, 0), int64(maxWait/time.Second))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	exhausted := false
	switch status {
	case http.StatusTooManyRequests:
		exhausted, least = true, windowPause
	case http.StatusServiceUnavailable:
		exhausted = r.Remaining == 0
		if header != "" {
			least = loadPause
		}
	}
	if ahead, credible := r.UntilReset(); exhausted && r.Limit > 0 && credible {
		wait = max(wait, ahead)
	}
	if wait <= 0 {
		wait = least
	}
	return min(wait, maxWait)
}
