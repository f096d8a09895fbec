package main

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/worker"
)

func (a *app) newRunCommand() *cobra.Command {
	var all bool
	cmd := a.command("run", func(ctx context.Context, args []string) error { return a.runJobs(ctx, args, all) },
		"simulate", outputGroup, "plain", configGroup)
	cmd.Flags().BoolVar(&all, "all", false, "run all jobs, in the file's order")
	return cmd
}

// jobRun is the JSON of a run in a job.
type jobRun struct {
	Job    string          `json:"job"`
	Roster string          `json:"roster"`
	Moved  string          `json:"moved,omitempty"` // the roster's new path
	Result json.RawMessage `json:"result"`          // the object of import --json
}

// runJobs runs the chosen jobs in turn.
func (a *app) runJobs(ctx context.Context, names []string, all bool) error {
	jobs, err := a.chooseJobs(names, all)
	if err != nil {
		return err
	}
	runs := []jobRun{}
	for _, j := range jobs {
		if ctx.Err() != nil {
			a.code = outcome.WorseExit(a.code, exitCode(ctx, context.Cause(ctx)))
			break
		}
		code, ofJob := a.runJob(ctx, j)
		a.code, runs = outcome.WorseExit(a.code, code), append(runs, ofJob...)
	}
	if !a.settings.json {
		return nil
	}
	return json.NewEncoder(a.answer()).Encode(struct {
		ExitCode int      `json:"exit_code"`
		Runs     []jobRun `json:"runs"`
	}{a.code, runs})
}

// chooseJobs returns the jobs to run.
func (a *app) chooseJobs(names []string, all bool) ([]*job, error) {
	if a.settings.config == "" {
		return nil, usageError("jobs are in a config file, and none is named", "--config FILE (or MUSTER_CONFIG)")
	}
	file := a.settings.file
	known := file.jobNames()
	switch {
	case all && len(names) > 0:
		return nil, usageError("--all is given, and jobs are named", "leave one of the two out")
	case len(known) == 0:
		return nil, usageError(a.settings.config+" has no jobs", "add one: jobs: {nightly: {roster: roster.csv}}")
	case all:
		names = known
	case len(names) == 0:
		return nil, usageError("no job is named", "muster run --all, or one of "+strings.Join(known, ", "))
	}
	var jobs []*job
	for _, name := range names {
		j, err := file.job(name)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(jobs, j) {
			jobs = append(jobs, j)
		}
	}
	return jobs, nil
}

// forJob returns an app with the settings of a job and the flags of this command.
func (a *app) forJob(name string) (*app, error) {
	ofJob := newApp(a.process)
	flags := ofJob.settings.flags
	values := map[string]string{"config": a.settings.config, "job": name}
	for _, f := range a.given {
		if values[f.Name] == "" && flags.Lookup(f.Name) != nil {
			values[f.Name] = f.Value.String()
		}
	}
	for flag, value := range values {
		if err := flags.Set(flag, value); err != nil {
			return ofJob, err
		}
	}
	return ofJob, ofJob.begin(flags)
}

// runJob imports every roster of a job, and returns the worst exit code.
func (a *app) runJob(ctx context.Context, j *job) (code int, runs []jobRun) {
	whole, err := a.forJob(j.Name)
	var rosters []string
	if err == nil {
		rosters, err = whole.rosters()
	}
	if err != nil {
		code = exitCode(ctx, err)
		a.complain(err)
		return code, []jobRun{{Job: j.Name, Roster: j.Roster, Result: refusal(code, err)}}
	}
	var results []worker.Result
	for _, path := range rosters {
		if ctx.Err() != nil {
			code = outcome.WorseExit(code, exitCode(ctx, context.Cause(ctx)))
			break
		}
		run, result := whole.runRoster(ctx, path)
		runs, results, code = append(runs, run), append(results, result), outcome.WorseExit(code, result.ExitCode)
		a.sent = a.sent || result.Figures.Run != ""
	}
	whole.reportRuns(ctx, results, code)
	return code, runs
}

// runRoster imports a roster of a job, and moves the roster to the folder for finished
// rosters. The receiver has the settings of the job.
func (a *app) runRoster(ctx context.Context, path string) (jobRun, worker.Result) {
	name := a.settings.job
	one, err := a.forJob(name) // an import changes its settings
	one.monitor, one.inJob = a.monitor, true
	if !a.settings.simulate {
		one.archive = a.settings.chosen.NewArchive(path)
	}
	if !a.settings.json {
		a.talk("Job %s, roster %s:", name, report.Clean(path))
	}
	var result runResult
	if err == nil {
		result, err = one.importFile(ctx, path, false)
	}
	result.ExitCode = one.reportEnd(ctx, err)
	run := jobRun{Job: name, Roster: path}
	if one.summary == nil {
		run.Result = refusal(result.ExitCode, err)
	} else {
		run.Result, _ = json.Marshal(one.summary.ForJSON()) // the fields are words and numbers
	}
	run.Moved = one.moveRoster(ctx, &result.Result, err)
	if run.Moved != "" && !a.settings.json {
		a.talk("Moved %s to %s.", path, run.Moved)
	}
	return run, result.Result
}
