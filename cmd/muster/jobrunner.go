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
	"sync"
	"time"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/worker"
)

// jobRunner runs the jobs of a worker.
type jobRunner struct {
	app    *app
	log    zerolog.Logger
	slices sync.Map // the *endedSlice of each task that has not been reported
}

// endedSlice is a slice that has ended in this process.
type endedSlice struct {
	app    *app
	result runResult
	err    error
}

// taskKey is what a task is known by.
type taskKey struct{ job, roster string }

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
func (r *jobRunner) Slice(ctx context.Context, t worker.Task) worker.Result {
	one, err := r.forJob(t.Job)
	if err != nil {
		return r.ended(ctx, t, &endedSlice{one, runResult{Result: failed(err, t.Before)}, err})
	}
	j := one.settings.chosen
	if _, err := os.Stat(t.Roster); errors.Is(err, fs.ErrNotExist) && j.Several() {
		return worker.Result{Figures: t.Before} // another run has moved it
	}
	one.archive = j.NewArchive(t.Roster)
	one.settings.Slice, one.settings.Since = r.app.workerTiming().Slice, t.Since
	whole := one.settings.MaxDuration
	if whole > 0 {
		one.settings.MaxDuration = max(time.Until(t.Since.Add(whole)), time.Second)
	}
	result, err := one.importSilently(ctx, t.Roster, false)
	took := time.Since(t.Since)
	result.Unfinished = result.Problem == importer.CodeMaxDuration && (whole == 0 || took < whole)
	if f := &result.Figures; f.Run == "" {
		*f = t.Before
	} else {
		f.Requests, f.Throttled, f.Seconds = f.Requests+t.Before.Requests, f.Throttled+t.Before.Throttled, took.Seconds()
	}
	return r.ended(ctx, t, &endedSlice{one, result, err})
}

// ended keeps a slice for Report, and returns the result.
func (r *jobRunner) ended(ctx context.Context, t worker.Task, s *endedSlice) worker.Result {
	s.result.job, s.result.roster = t.Job, t.Roster
	s.result.ExitCode = s.app.reportEnd(ctx, s.err)
	r.slices.Store(taskKey{t.Job, t.Roster}, s)
	return s.result.Result
}

// Report sends the notices for a roster and moves it to its folder.
func (r *jobRunner) Report(ctx context.Context, t worker.Task, end worker.Result) worker.Result {
	line := r.log.Info()
	if end.ExitCode != exitDone {
		line = r.log.Warn().Str("code", end.Problem)
	}
	kept, ok := r.slices.LoadAndDelete(taskKey{t.Job, t.Roster})
	s, _ := kept.(*endedSlice)
	if !ok { // the host that had the roster is gone, or the roster
		one, err := r.forJob(t.Job)
		if end.ExitCode == exitDone || err != nil {
			return end
		}
		s = &endedSlice{app: one, result: runResult{job: t.Job, roster: t.Roster, Result: end}}
		s.result.Figures.Project = cmp.Or(end.Figures.Project, one.settings.project)
	}
	s.app.notify(ctx, s.result)
	if moved := s.app.moveRoster(ctx, &end, s.err); moved != "" {
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
	code := exitDone
	for _, end := range results {
		code = worse(code, end.ExitCode)
	}
	if one, err := r.forJob(name); err == nil {
		one.reportRuns(ctx, results, code)
	}
	r.log.Info().Str("job", name).Int("exit_code", code).Stringer("took", time.Since(began).Round(time.Second)).Msg("the job has ended")
	return code
}
