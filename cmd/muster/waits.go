package main

import (
	"context"
	"time"

	"muster/ratelimit"
)

// watchPace calls tell with the reason for waiting until ctx ends or stop is called.
// stop waits for the last call.
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

// sayWaits prints what is waited for until stop is called, for the time before there is
// a progress line.
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

// reasonText words the reason for waiting; shared says that other runs used the quota
// lately.
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
