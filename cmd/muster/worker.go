package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"muster/importer/metrics"
	"muster/importer/worker"
)

func (a *app) newWorkerCommand() *cobra.Command {
	var listen string
	cmd := a.command("worker", func(ctx context.Context, _ []string) error { return a.work(ctx, listen) },
		ledgerGroup, "quiet", "log-format", "log-level", "plain", configGroup)
	cmd.Flags().StringVar(&listen, "health-listen", "", "`ADDRESS` for health checks and metrics by HTTP, such as :8080")
	return cmd
}

// work runs the jobs of the config file by schedule until a signal ends ctx.
func (a *app) work(ctx context.Context, listen string) error {
	jobs, err := a.scheduledJobs()
	if err != nil {
		return err
	}
	location, err := a.ledgerPath()
	if err != nil {
		return err
	}
	if err := a.checkJobs(jobs, location); err != nil {
		return err
	}
	if err := a.tryLedger(ctx); err != nil {
		return err
	}
	log := a.logger()
	w, err := worker.Open(ctx, worker.Options{
		Location: location, Jobs: jobs, Runner: &jobRunner{app: a, log: log}, Timing: a.workerTiming(), Log: log,
	})
	if err != nil {
		return err
	}
	defer w.Close()
	if listen != "" {
		stop, err := a.serveHealth(ctx, listen, w, jobs)
		if err != nil {
			return err
		}
		defer stop()
	}
	status, err := w.Queue().Status(ctx, jobs)
	if err != nil {
		return err
	}
	for _, s := range status {
		line := log.Info().Str("job", s.Name)
		if !s.Next.IsZero() {
			line = line.Time("next_run", s.Next)
		}
		line.Msg("the worker is ready for the job")
	}
	context.AfterFunc(ctx, func() { log.Info().Msg("the worker stops: requests on their way are finished first") })
	return w.Run(ctx)
}

// tryLedger opens and closes the ledger, which says in a sentence why a database can't be
// used.
func (a *app) tryLedger(ctx context.Context) error {
	book, _, err := a.openRecord(ctx)
	return errors.Join(err, book.Close())
}

// workerTiming returns the times of the worker, which tests shorten.
func (p *process) workerTiming() worker.Timing { return cmp.Or(p.timing, worker.DefaultTiming()) }

// scheduledJobs returns the jobs of the config file, at least one of which has a
// schedule.
func (a *app) scheduledJobs() ([]worker.Job, error) {
	jobs, err := a.configJobs()
	if err != nil {
		return nil, err
	}
	if slices.ContainsFunc(jobs, func(j worker.Job) bool { return !j.Schedule.IsZero() }) {
		return jobs, nil
	}
	return nil, usageError("no job of "+a.settings.config+" has a schedule", "add one to a job: "+scheduleExample)
}

// configJobs returns the jobs of the config file.
func (a *app) configJobs() ([]worker.Job, error) {
	chosen, err := a.chooseJobs(nil, true)
	if err != nil {
		return nil, err
	}
	jobs := make([]worker.Job, len(chosen))
	for i, j := range chosen {
		jobs[i] = j.Job
	}
	return jobs, nil
}

// checkJobs refuses jobs that can't start, and jobs with another ledger: only a shared
// ledger keeps two hosts apart.
func (a *app) checkJobs(jobs []worker.Job, location string) error {
	for _, j := range jobs {
		one, err := a.forJob(j.Name)
		if err != nil {
			return err
		}
		secret, err := one.settings.secret(a.getenv)
		if one.settings.project == 0 && one.settings.mapping != "" {
			one.settings.project = 1 // the mapping may name a column of projects
		}
		if err == nil {
			err = one.settings.missing(secret)
		}
		if err != nil {
			return fmt.Errorf("the job %s can't run: %w", j.Name, err)
		}
		own, err := one.ledgerPath()
		if err != nil {
			return err
		}
		if own != location {
			return usageError(fmt.Sprintf("the job %s has another ledger than the worker", j.Name), "set the ledger once, at the top of the config file")
		}
	}
	return nil
}

// serveHealth answers health checks and metrics until stop.
func (a *app) serveHealth(ctx context.Context, address string, w *worker.Worker, jobs []worker.Job) (stop func(), err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, usageError(fmt.Sprintf("can't answer health checks on %s: %v", address, err), "name another address, such as --health-listen :8080")
	}
	paths := http.NewServeMux()
	paths.HandleFunc("GET /livez", func(w http.ResponseWriter, _ *http.Request) { _, _ = fmt.Fprintln(w, "ok") })
	paths.HandleFunc("GET /readyz", func(out http.ResponseWriter, r *http.Request) {
		if err := errors.Join(ctx.Err(), w.Ready(r.Context())); err != nil { //nolint:contextcheck // a request's context
			http.Error(out, "not ready", http.StatusServiceUnavailable)
			return
		}
		_, _ = fmt.Fprintln(out, "ok")
	})
	paths.HandleFunc("GET /metrics", func(out http.ResponseWriter, r *http.Request) {
		status, err := w.Queue().Status(r.Context(), jobs)
		if err != nil {
			http.Error(out, "the record of jobs can't be read", http.StatusServiceUnavailable)
			return
		}
		out.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		_ = metrics.Write(out, lastRuns(status)) // the reader has gone
	})
	const patience = 10 * time.Second
	server := &http.Server{Handler: http.TimeoutHandler(paths, patience, "too slow"), ReadHeaderTimeout: patience}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener) // until stop
	}()
	a.talk("Health checks and metrics are on http://%s (/livez, /readyz, /metrics).", listener.Addr())
	return func() {
		_ = server.Close()
		<-done
	}, nil
}

// lastRuns returns the figures of the last runs of jobs.
func lastRuns(status []worker.Status) []metrics.Job {
	var jobs []metrics.Job
	for _, s := range status {
		if s.Last == nil {
			continue
		}
		results := make([]worker.Result, len(s.Last.Rosters))
		for i, o := range s.Last.Rosters {
			results[i] = o.Result
		}
		job := jobMetrics(s.Name, results, s.Last.ExitCode)
		job.Ended, job.Success = s.Last.Ended, s.Success
		jobs = append(jobs, job)
	}
	return jobs
}
