package main

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/worker"
)

// slice says which part of an import a worker does at a time. The zero value is the
// whole.
type slice struct {
	length time.Duration
	since  time.Time // a run of the roster since then goes on
}

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

// forJob returns an app for a single import of a job, which prints nothing but errors,
// and the job.
func (r *jobRunner) forJob(name string) (*app, *job, error) {
	quiet := newApp(&process{
		getenv: r.app.getenv, stdin: strings.NewReader(""), stdout: &output{w: io.Discard}, stderr: r.app.stderr,
		said: maps.Clone(r.app.said), timing: r.app.timing,
	})
	quiet.settings.config, quiet.given = r.app.settings.config, r.app.given
	one, err := quiet.forJob(name)
	if err != nil {
		return one, nil, err
	}
	one.settings.quiet, one.inJob = true, true
	one.monitor = &monitor{app: one, started: true}
	file, err := readConfig(one.settings.config)
	if err != nil {
		return one, nil, err
	}
	j, err := file.job(name)
	return one, j, err
}

// Begin pings the monitor of a job, and returns the rosters.
func (r *jobRunner) Begin(ctx context.Context, name string) ([]string, *worker.Result) {
	one, j, err := r.forJob(name)
	var rosters []string
	if err == nil {
		one.monitor.started = false
		one.monitor.start(ctx)
		rosters, err = one.rostersOf(j)
	}
	if err != nil {
		failed := worker.Result{ExitCode: one.reportEnd(ctx, err)}
		failed.Problem, failed.Message = problemOf(err)
		return nil, &failed
	}
	r.log.Info().Str("job", name).Int("rosters", len(rosters)).Msg("the job begins")
	return rosters, nil
}

// Slice imports a slice of a roster.
func (r *jobRunner) Slice(ctx context.Context, t worker.Task) worker.Result {
	one, j, err := r.forJob(t.Job)
	if err != nil {
		return r.ended(ctx, t, &endedSlice{app: one, err: err})
	}
	if _, err := os.Stat(t.Roster); errors.Is(err, fs.ErrNotExist) && j.inbox().Several() {
		return worker.Result{Figures: t.Before} // another run has moved it
	}
	one.archive = j.inbox().NewArchive(t.Roster)
	one.slice = slice{length: r.app.workerTiming().Slice, since: t.Since}
	whole := one.settings.maxDuration
	if whole > 0 {
		one.settings.maxDuration = max(time.Until(t.Since.Add(whole)), time.Second)
	}
	result, err := one.importSilently(ctx, t.Roster, false)
	if result.summary != nil {
		result.summary.Requests += t.Before.Requests
		result.summary.Throttled += t.Before.Throttled
	}
	result.took = time.Since(t.Since)
	end := r.ended(ctx, t, &endedSlice{app: one, result: result, err: err})
	end.Unfinished = end.Problem == importer.CodeMaxDuration && (whole == 0 || result.took < whole)
	return end
}

// ended keeps a slice for Report, and returns the result.
func (r *jobRunner) ended(ctx context.Context, t worker.Task, s *endedSlice) worker.Result {
	r.slices.Store(taskKey{t.Job, t.Roster}, s)
	s.result.job, s.result.roster = t.Job, t.Roster
	s.result.code = s.app.reportEnd(ctx, s.err)
	end := worker.Result{ExitCode: s.result.code, Problem: s.result.problem, Figures: t.Before}
	switch {
	case s.err != nil:
		end.Problem, end.Message = problemOf(s.err)
	case s.result.summary != nil && s.result.summary.Error != nil && !s.result.summary.Error.Quotes:
		end.Message = s.result.summary.Error.Message
	}
	s.result.problem = end.Problem
	if s.result.summary != nil {
		end.Figures = figuresOf(s.result)
	}
	return end
}

// problemOf returns the code of an error, and the message unless it repeats cells of a
// roster.
func problemOf(err error) (code, message string) {
	e := reasonOf(err)
	if e.Quotes {
		return e.Code, ""
	}
	return e.Code, e.Message
}

func figuresOf(run runResult) worker.Figures {
	s := run.summary
	f := worker.Figures{
		Run: s.Run, Results: s.Results, Project: run.project, Rows: map[int64]outcome.Counts{run.project: s.Counts},
		Seconds: run.took.Seconds(), Requests: s.Requests, Throttled: s.Throttled,
	}
	if len(s.Parts) > 0 {
		clear(f.Rows)
	}
	for _, part := range s.Parts {
		f.Rows[part.Project] = part.Counts
	}
	return f
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
		one, _, err := r.forJob(t.Job)
		if end.ExitCode == exitDone || err != nil {
			return end
		}
		s = &endedSlice{app: one, result: runResult{job: t.Job, roster: t.Roster, project: one.settings.project, code: end.ExitCode, problem: end.Problem}}
	}
	s.app.notify(ctx, s.result)
	moved, err := s.app.moveRoster(ctx, end.ExitCode, s.err)
	if err != nil {
		s.app.complain(err)
		end.ExitCode = worse(end.ExitCode, exitRowsLeft)
	}
	if moved != "" {
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
	if one, _, err := r.forJob(name); err == nil {
		one.reportRuns(ctx, runResults(name, results), code)
	}
	r.log.Info().Str("job", name).Int("exit_code", code).Stringer("took", time.Since(began).Round(time.Second)).Msg("the job has ended")
	return code
}

// runResults returns the results of rosters as results of runs.
func runResults(job string, results []worker.Result) []runResult {
	var runs []runResult
	for _, end := range results {
		f := end.Figures
		run := runResult{
			job: job, project: f.Project, code: end.ExitCode, problem: end.Problem, took: time.Duration(f.Seconds * float64(time.Second)),
			summary: &report.Summary{Effort: report.Effort{Requests: f.Requests, Throttled: f.Throttled}},
		}
		for _, project := range slices.Sorted(maps.Keys(f.Rows)) {
			run.summary.Parts = append(run.summary.Parts, report.Part{Project: project, Counts: f.Rows[project]})
		}
		runs = append(runs, run)
	}
	return runs
}
