package main

import (
	"context"
	"time"

	"muster/importer"
	"muster/ratelimit"
)

// waits says what requests wait for while there is no progress line.
type waits struct {
	app    *app
	said   time.Time
	reason string
}

// sayWaits prints what is waited for until stop is called.
func (a *app) sayWaits(ctx context.Context, pace *ratelimit.Pace) (stop func()) {
	w := waits{app: a}
	return importer.WatchPace(ctx, pace, w.say)
}

func (w *waits) say(e importer.Waiting) {
	const worthSaying = 2 * time.Second
	if w.app.settings.json && !isTerminal(w.app.stderr) {
		return
	}
	why := e.Why()
	if time.Until(e.Until) > worthSaying && (e.Until.Sub(w.said) > worthSaying || why != w.reason) {
		w.said, w.reason = e.Until, why
		w.app.talk("Waiting %s until %s.", why, e.Until.Local().Format("15:04:05"))
	}
}
