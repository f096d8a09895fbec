package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/text"
	"muster/importer/worker"
)

func (a *app) newJobsCommand() *cobra.Command {
	cmd := a.command("jobs", func(ctx context.Context, _ []string) error { return a.listJobs(ctx) }, recordGroups()...)
	cmd.AddCommand(a.command("jobs start", func(ctx context.Context, args []string) error { return a.startJob(ctx, args[0]) }, recordGroups()...))
	return cmd
}

// jobJSON is the JSON of a job: a contract with other programs.
type jobJSON struct {
	Job      string       `json:"job"`
	Schedule string       `json:"schedule"`
	State    string       `json:"state"`
	NextRun  *time.Time   `json:"next_run"`
	Failures int          `json:"failures"`
	Running  *runningJSON `json:"running"`
	LastRun  *lastRunJSON `json:"last_run"`
}

type runningJSON struct {
	Began   time.Time         `json:"began"`
	Rosters []worker.Progress `json:"rosters"`
}

type lastRunJSON struct {
	Began    time.Time     `json:"began"`
	Ended    time.Time     `json:"ended"`
	ExitCode int           `json:"exit_code"`
	Rosters  []outcomeJSON `json:"rosters"`
}

type outcomeJSON struct {
	Roster   string `json:"roster"`
	Host     string `json:"host"`
	ExitCode int    `json:"exit_code"`
	Problem  string `json:"problem"`
	Run      string `json:"run"`
	Results  string `json:"results"`
	outcome.Counts
}

func newJobJSON(s worker.Status) jobJSON {
	j := jobJSON{Job: s.Name, Schedule: s.Schedule.String(), State: s.State, NextRun: orNull(s.Next.UTC()), Failures: s.Failures}
	if !s.Began.IsZero() {
		j.Running = &runningJSON{Began: s.Began.UTC(), Rosters: append([]worker.Progress{}, s.Rosters...)}
	}
	if s.Last != nil {
		j.LastRun = &lastRunJSON{Began: s.Last.Began.UTC(), Ended: s.Last.Ended.UTC(), ExitCode: s.Last.ExitCode, Rosters: []outcomeJSON{}}
		for _, o := range s.Last.Rosters {
			j.LastRun.Rosters = append(j.LastRun.Rosters, outcomeJSON{
				o.Roster, o.Host, o.ExitCode, o.Problem, o.Figures.Run, o.Figures.Results, o.Figures.Counts(),
			})
		}
	}
	return j
}

// openQueue opens the record of jobs beside the ledger. Without create, the queue may be
// nil.
func (a *app) openQueue(ctx context.Context, create bool) (*worker.Queue, error) {
	location, err := a.ledgerPath()
	if err != nil {
		return nil, err
	}
	if err := a.tryLedger(ctx); err != nil {
		return nil, err
	}
	return worker.OpenQueue(ctx, location, create, a.logger())
}

// listJobs lists the jobs of the config file with the last run, the next run, and the
// hosts of the run under way.
func (a *app) listJobs(ctx context.Context) error {
	jobs, err := a.configJobs()
	if err != nil {
		return err
	}
	queue, err := a.openQueue(ctx, false)
	if err != nil {
		return err
	}
	if queue != nil {
		defer queue.Close()
	}
	status, err := queue.Status(ctx, jobs)
	if err != nil {
		return err
	}
	if a.settings.json {
		all := make([]jobJSON, len(status))
		for i, s := range status {
			all[i] = newJobJSON(s)
		}
		return json.NewEncoder(a.answer()).Encode(map[string][]jobJSON{"jobs": all})
	}
	out := bufio.NewWriter(a.stdout)
	a.writeJobs(out, status)
	if queue == nil {
		a.talk("No worker has run these jobs yet: muster worker --config %s", text.ShellWord(a.settings.config))
	}
	return out.Flush()
}

// writeJobs writes two lines for each job, or sentences for a screen reader.
func (a *app) writeJobs(out io.Writer, status []worker.Status) {
	widest := len("JOB")
	for _, s := range status {
		widest = max(widest, len(s.Name))
	}
	if !a.settings.quiet && !a.settings.plain {
		fmt.Fprintf(out, "%-*s  %-8s  %-16s  %s\n", widest, "JOB", "STATE", "NEXT RUN", "SCHEDULE")
	}
	for _, s := range status {
		next, schedule := "-", "-"
		if !s.Next.IsZero() {
			next = s.Next.Local().Format(toTheMinute)
		}
		if !s.Schedule.IsZero() {
			schedule = s.Schedule.String()
		}
		if a.settings.plain {
			fmt.Fprintf(out, "Job %s is %s, next run %s, schedule %s, %s.\n", s.Name, s.State, next, schedule, jobSentence(s))
			continue
		}
		fmt.Fprintf(out, "%-*s  %-8s  %-16s  %s\n", widest, s.Name, s.State, next, schedule)
		fmt.Fprintf(out, "%s", paragraph(jobSentence(s), "  ", report.Width(a.stdout)))
	}
}

// jobSentence says where a job runs, or how the last run ended.
func jobSentence(s worker.Status) string {
	if !s.Began.IsZero() {
		var places []string
		for _, p := range s.Rosters {
			place := report.Clean(filepath.Base(p.Roster)) + " " + p.State
			if p.State == worker.RosterRunning {
				place += " on " + p.Host
			}
			if p.Problem != "" && p.State == worker.RosterWaiting {
				place += " after " + p.Problem
			}
			places = append(places, place)
		}
		return strings.TrimSuffix("since "+s.Began.Local().Format(toTheMinute)+": "+strings.Join(places, ", "), ": ")
	}
	if s.Last == nil {
		return "no run yet"
	}
	var counts outcome.Counts
	var hosts, problems []string
	for _, o := range s.Last.Rosters {
		counts = counts.Plus(o.Figures.Counts())
		if !slices.Contains(hosts, o.Host) {
			hosts = append(hosts, o.Host)
		}
		if o.Problem != "" && !slices.Contains(problems, o.Problem) {
			problems = append(problems, o.Problem)
		}
	}
	words := "last run " + s.Last.Began.Local().Format(toTheMinute)
	if len(hosts) > 0 {
		words += " on " + text.List(hosts, "and")
	}
	words += fmt.Sprintf(": exit code %d, %s, %s", s.Last.ExitCode,
		text.Plural(len(s.Last.Rosters), "roster", "rosters"), text.Plural(counts.Created, "person created", "people created"))
	if n := counts.NeedLook(); n > 0 {
		words += ", " + text.Plural(n, "row needs your attention", "rows need your attention")
	}
	if len(problems) > 0 {
		words += "; " + strings.Join(problems, ", ")
	}
	if s.Failures > 1 {
		words += fmt.Sprintf("; %d runs in a row with another exit code than 0", s.Failures)
	}
	return words
}

// startJob has a worker start a job now.
func (a *app) startJob(ctx context.Context, name string) error {
	chosen, err := a.chooseJobs([]string{name}, false)
	if err != nil {
		return err
	}
	queue, err := a.openQueue(ctx, true)
	if err != nil {
		return err
	}
	defer queue.Close()
	job := chosen[0].Job
	started, err := queue.Start(ctx, job)
	if err != nil {
		return err
	}
	if !started {
		a.code = outcome.ExitLocked
	}
	switch {
	case a.settings.json:
		return json.NewEncoder(a.answer()).Encode(struct {
			Job     string `json:"job"`
			Started bool   `json:"started"`
		}{job.Name, started})
	case started:
		a.talk("A worker starts the job %s now; muster jobs shows how far it is.", job.Name)
	default:
		a.talk("The job %s is running already; muster jobs shows how far it is.", job.Name)
	}
	return nil
}
