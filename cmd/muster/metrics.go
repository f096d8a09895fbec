package main

import (
	"time"

	"muster/importer/fault"
	"muster/importer/metrics"
	"muster/importer/outcome"
	"muster/importer/report"
)

// writeMetrics updates the metrics file after the runs of a job.
func (a *app) writeMetrics(runs []runResult, code int) {
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
func jobMetrics(name string, runs []runResult, code int) metrics.Job {
	job := metrics.Job{Name: name, Rows: map[int64]outcome.Counts{}, ExitCode: code}
	for i, run := range runs {
		switch {
		case i == 0:
			job.Project = run.project
		case run.project != job.Project:
			job.Project = 0
		}
		job.Duration += run.took
		parts := []report.Part{{Project: run.project}}
		if s := run.summary; s != nil {
			job.Requests, job.Throttled = job.Requests+s.Requests, job.Throttled+s.Throttled
			parts[0].Counts = s.Counts
			if len(s.Parts) > 0 {
				parts = s.Parts
			}
		}
		for _, part := range parts {
			job.Rows[part.Project] = job.Rows[part.Project].Plus(part.Counts)
		}
	}
	return job
}
