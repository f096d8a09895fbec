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
	job := metrics.Job{
		Name: a.settings.job, Project: a.settings.project, Rows: map[int64]outcome.Counts{}, ExitCode: code, Ended: time.Now(),
	}
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
	if len(runs) == 0 {
		job.Rows[job.Project] = outcome.Counts{}
	}
	if err := metrics.Update(path, job); err != nil {
		a.warn("The metrics file %s could not be written: %v", path, fault.Cause(err))
	}
}
