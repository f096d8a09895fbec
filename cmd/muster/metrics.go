package main

import (
	"time"

	"muster/importer/fault"
	"muster/importer/metrics"
	"muster/importer/outcome"
	"muster/importer/worker"
)

// writeMetrics updates the metrics file after the runs of a job.
func (a *app) writeMetrics(runs []worker.Result, code int) {
	path := a.settings.metricsFile
	if path == "" {
		return
	}
	job := jobMetrics(a.settings.job, runs, code)
	if len(runs) == 0 {
		job.Project, job.Rows[a.settings.project] = a.settings.project, outcome.Counts{}
	}
	job.Ended = time.Now()
	if err := metrics.Update(path, job); err != nil {
		a.warn("The metrics file %s could not be written: %v", path, fault.Cause(err))
	}
}

// jobMetrics returns the figures of the runs of a job.
func jobMetrics(name string, runs []worker.Result, code int) metrics.Job {
	job := metrics.Job{Name: name, Rows: map[int64]outcome.Counts{}, ExitCode: code}
	for i, run := range runs {
		f := run.Figures
		switch {
		case i == 0:
			job.Project = f.Project
		case f.Project != job.Project:
			job.Project = 0
		}
		job.Duration += time.Duration(f.Seconds * float64(time.Second))
		job.Requests, job.Throttled = job.Requests+f.Requests, job.Throttled+f.Throttled
		if len(f.Rows) == 0 { // the run did not start
			job.Rows[f.Project] = job.Rows[f.Project].Plus(outcome.Counts{})
		}
		for project, counts := range f.Rows {
			job.Rows[project] = job.Rows[project].Plus(counts)
		}
	}
	return job
}
