package main

import (
	"context"
	"time"

	"muster/ratelimit"
)

// watchPace tells why nothing is being sent, until ctx ends or the function that
// it returns is called, which waits for the last word.
func watchPace(ctx context.Context, pace *ratelimit.Pace, tell func(until time.Time, why string)) (stop func()) {
	watching, unwatch := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		tick := time.NewTicker(500 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-watching.Done():
				return
			case <-tick.C:
				until, reason := pace.Wait()
				tell(until, reasonText(reason, pace.Others()))
			}
		}
	}()
	return func() {
		unwatch()
		<-ended
	}
}

// sayWaits says what is waited for as long as there is no progress line yet,
// until the function that it returns is called.
func (a *app) sayWaits(ctx context.Context, pace *ratelimit.Pace) (stop func()) {
	const worthSaying = 2 * time.Second
	if a.settings.json && !isTerminal(a.stderr) {
		return func() {}
	}
	var said time.Time
	var reason string
	return watchPace(ctx, pace, func(until time.Time, why string) {
		if time.Until(until) > worthSaying && (until.Sub(said) > worthSaying || why != reason) {
			said, reason = until, why
			a.talk("Waiting %s until %s.", why, until.Local().Format("15:04:05"))
		}
	})
}

// reasonText says why nothing is sent; shared, that other runs have used the quota lately.
func reasonText(r ratelimit.Reason, shared bool) string {
	others := ""
	if shared {
		others = ", which another run has used,"
	}
	switch r {
	case ratelimit.Spike:
		return "for the quota" + others
	case ratelimit.Hourly:
		return "for the hourly quota" + others
	case ratelimit.Paused:
		return "because Procore asked for a pause,"
	case ratelimit.Capped:
		return "to keep to --rate,"
	case ratelimit.Abandoned:
		return "for the quota, part of which a killed run holds,"
	case ratelimit.None:
	}
	return ""
}
