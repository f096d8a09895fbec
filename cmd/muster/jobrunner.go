package main

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/worker"
)

// jobRunner runs the jobs of a worker.
type jobRunner struct {
	app *app
	log zerolog.Logger
}

// forJob returns an app for a single import of a job, which prints nothing but errors.
func (r *jobRunner) forJob(name string) (*app, error) {
	quiet := newApp(&process{
		getenv: r.app.getenv, stdin: strings.NewReader(""), stdout: &output{w: io.Discard}, stderr: r.app.stderr,
		said: maps.Clone(r.app.said), timing: r.app.timing,
	})
	quiet.settings.config, quiet.given = r.app.settings.config, r.app.given
	one, err := quiet.forJob(name)
	one.settings.quiet, one.inJob = true, true
	one.monitor = &monitor{app: one, started: true}
	return one, err
}

// Begin pings the monitor of a job, and returns the rosters.
func (r *jobRunner) Begin(ctx context.Context, name string) ([]string, *worker.Result) {
	one, err := r.forJob(name)
	var rosters []string
	if err == nil {
		one.monitor.started = false
		one.monitor.start(ctx)
		rosters, err = one.rosters()
	}
	if err != nil {
		end := failed(err, worker.Figures{})
		end.ExitCode = one.reportEnd(ctx, err)
		return nil, &end
	}
	r.log.Info().Str("job", name).Int("rosters", len(rosters)).Msg("the job begins")
	return rosters, nil
}

// failed returns the result of an error before the import, after so much was done.
func failed(err error, before worker.Figures) worker.Result {
	code, message := problemOf(reasonOf(err))
	return worker.Result{Problem: code, Message: message, Figures: before}
}

// Slice imports a slice of a roster.
func (r *jobRunner) Slice(ctx context.Context, t worker.Task) (end worker.Result, report worker.Report) {
	one, err := r.forJob(t.Job)
	if err != nil {
		end = failed(err, t.Before)
	} else if _, missing := os.Stat(t.Roster); errors.Is(missing, fs.ErrNotExist) && one.settings.chosen.Several() {
		return worker.Result{Figures: t.Before}, func(_ context.Context, end worker.Result) worker.Result { return end } // another run has moved it
	} else {
		end, err = one.importSlice(ctx, t)
	}
	end.ExitCode = one.reportEnd(ctx, err)
	return end, func(ctx context.Context, end worker.Result) worker.Result { return r.report(ctx, one, t, end, err) }
}

// importSlice imports a slice of a roster of the chosen job.
func (a *app) importSlice(ctx context.Context, t worker.Task) (worker.Result, error) {
	a.archive = a.settings.chosen.NewArchive(t.Roster)
	a.settings.Slice, a.settings.Since = a.workerTiming().Slice, t.Since
	whole := a.settings.MaxDuration
	if whole > 0 {
		a.settings.MaxDuration = max(time.Until(t.Since.Add(whole)), time.Second)
	}
	result, err := a.importSilently(ctx, t.Roster, false)
	took := time.Since(t.Since)
	result.Unfinished = result.Problem == importer.CodeMaxDuration && (whole == 0 || took < whole)
	if f := &result.Figures; f.Run == "" {
		*f = t.Before
	} else {
		f.Requests, f.Throttled, f.Seconds = f.Requests+t.Before.Requests, f.Throttled+t.Before.Throttled, took.Seconds()
	}
	return result.Result, err
}

// Died sends the notices for a roster whose hosts died.
func (r *jobRunner) Died(ctx context.Context, t worker.Task, end worker.Result) worker.Result {
	one, err := r.forJob(t.Job)
	if err != nil {
		return end
	}
	end.Figures.Project = cmp.Or(end.Figures.Project, one.settings.project)
	return r.report(ctx, one, t, end, nil)
}

// report sends the notices for a roster and moves it to its folder.
func (r *jobRunner) report(ctx context.Context, one *app, t worker.Task, end worker.Result, failure error) worker.Result {
	line := r.log.Info()
	if end.ExitCode != outcome.ExitDone {
		line = r.log.Warn().Str("code", end.Problem)
	}
	one.notify(ctx, runResult{t.Job, t.Roster, end})
	if moved := one.moveRoster(ctx, &end, failure); moved != "" {
		line = line.Str("moved", moved)
	}
	counts := end.Figures.Counts()
	line.Str("job", t.Job).Str("roster", t.Roster).Str("run", end.Figures.Run).Int("exit_code", end.ExitCode).
		Int("created", counts.Created).Int("existing", counts.Existing).Int("need_look", counts.NeedLook()).
		Msg("the import of a roster has ended")
	return end
}

// End writes the metrics and pings the monitor of a job.
func (r *jobRunner) End(ctx context.Context, name string, began time.Time, results []worker.Result) int {
	code := outcome.ExitDone
	for _, end := range results {
		code = outcome.WorseExit(code, end.ExitCode)
	}
	if one, err := r.forJob(name); err == nil {
		one.reportRuns(ctx, results, code)
	}
	r.log.Info().Str("job", name).Int("exit_code", code).Stringer("took", time.Since(began).Round(time.Second)).Msg("the job has ended")
	return code
}
