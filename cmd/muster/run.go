package main

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer/report"
)

func (a *app) newRunCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "run [JOB...]",
		Short: "Run jobs of the config file",
		Long: `Run jobs of the config file, one after the other. A job is an import with a
name: a roster, and any settings that differ from those at the top of the file.

Its roster is a file, a pattern (inbox/*.csv) or a folder. With a pattern or a
folder muster runs every roster separately, in order of names. A file that was
changed in the last 10 seconds waits for the next time, because it may be
incomplete. No file at all is not an error. A results file beside its roster is
ignored; a results file alone is imported as by retry.

With done: FOLDER muster moves the roster and its results there when the run has
ended; with failed: FOLDER it moves them there when rows need your attention or
the roster can't be read. The roster of a stopped run stays.

Exit code: the first of 130 and 143, 2, 3, 1, 4, 0 that any of the runs ended
with.
` + exitCodesHelp,
		Example: `  muster run nightly --config /etc/muster/config.yaml
  muster run --all --config /etc/muster/config.yaml --quiet`,
		RunE: func(cmd *cobra.Command, args []string) error {
			return a.run(cmd.Context(), cmd.Flags(), args, all)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&all, "all", false, "run all jobs, in the file's order")
	f.BoolVar(&a.settings.simulate, "simulate", false, "rehearse against a simulated Procore inside muster; nothing leaves this machine")
	a.settings.outputFlags(f)
	_ = f.MarkHidden("job") // a job is an argument here
	return cmd
}

// jobRun is the JSON of a run in a job.
type jobRun struct {
	Job    string          `json:"job"`
	Roster string          `json:"roster"`
	Moved  string          `json:"moved,omitempty"` // where the roster has gone
	Result json.RawMessage `json:"result"`          // as import --json prints it
}

func (a *app) run(ctx context.Context, flags *pflag.FlagSet, names []string, all bool) error {
	if err := a.begin(flags); err != nil {
		return err
	}
	jobs, err := a.chosen(names, all)
	if err != nil {
		return err
	}
	runs := []jobRun{}
	for _, j := range jobs {
		code := exitCode(ctx, context.Cause(ctx)) // of a job that is not begun any more
		if ctx.Err() == nil {
			code = a.runJob(ctx, j, func(r jobRun) { runs = append(runs, r) })
		}
		a.code = worse(a.code, code)
	}
	if !a.settings.json {
		return nil
	}
	return json.NewEncoder(a.answer()).Encode(struct {
		ExitCode int      `json:"exit_code"`
		Runs     []jobRun `json:"runs"`
	}{a.code, runs})
}

// chosen returns the jobs to be run.
func (a *app) chosen(names []string, all bool) ([]*job, error) {
	if a.settings.config == "" {
		return nil, usageError("jobs are in a config file, and none is named", "--config FILE (or MUSTER_CONFIG)")
	}
	file, err := readConfig(a.settings.config)
	if err != nil {
		return nil, err
	}
	var known []string
	for _, j := range file.jobs {
		known = append(known, j.name)
	}
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

// runJob imports every roster of a job, and returns the worst exit code.
func (a *app) runJob(ctx context.Context, j *job, record func(jobRun)) int {
	args := []string{"--config", a.settings.config, "--job", j.name}
	for _, f := range a.given {
		if f.Name != "config" && f.Name != "job" && f.Name != "all" {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	}
	// The job's settings, for the hooks of all its runs together.
	whole := a.child()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	whole.importFlags(flags)
	err := flags.Parse(args)
	if err == nil {
		err = whole.begin(flags)
	}
	var rosters []string
	if err == nil {
		rosters, err = whole.rostersOf(j)
	}
	if err != nil {
		code := exitCode(ctx, err)
		var object bytes.Buffer
		whole.stdout = &output{w: &object}
		whole.refuse(code, err)
		record(jobRun{Job: j.name, Roster: j.roster, Result: bytes.TrimSpace(object.Bytes())})
		a.complain(err)
		return code
	}
	rehearsal := a.settings.simulate
	code, runs := exitDone, []runResult{}
	for _, path := range rosters {
		if ctx.Err() != nil {
			code = worse(code, exitCode(ctx, context.Cause(ctx)))
			break
		}
		one := a.child()
		if !rehearsal {
			one.archive = j.inbox().NewArchive(path)
		}
		one.start = whole.start
		said := jobRun{Job: j.name, Roster: path}
		var object bytes.Buffer
		if a.settings.json {
			one.stdout = &output{w: &object}
		} else {
			a.talk("Job %s, roster %s:", j.name, report.Clean(path))
		}
		own := one.execute(ctx, append(append([]string{"import"}, args...), "--", path))
		code = worse(code, own)
		a.sent = a.sent || one.sent
		if one.end != nil {
			runs = append(runs, *one.end)
		}
		said.Result = bytes.TrimSpace(object.Bytes())
		var filed error
		if said.Moved, filed = one.moveRoster(ctx, own); filed != nil {
			a.complain(filed)
			code = worse(code, exitRowsLeft)
		} else if said.Moved != "" && !a.settings.json {
			a.talk("Moved %s to %s.", path, said.Moved)
		}
		record(said)
	}
	if !rehearsal {
		whole.wrapUp(ctx, runs, code)
	}
	return code
}

// child returns an app for a single run of a job.
func (a *app) child() *app {
	return &app{getenv: a.getenv, stdin: a.stdin, stdout: a.stdout, stderr: a.stderr, said: a.said, jobState: jobState{partOfJob: true, start: new(sync.Once)}}
}

// worse returns the more severe of two exit codes.
func worse(one, other int) int {
	order := []int{exitDone, exitLocked, exitRowsLeft, exitStopped, exitNotStarted, exitInterrupted, exitTerminated}
	if slices.Index(order, other) > slices.Index(order, one) {
		return other
	}
	return one
}
