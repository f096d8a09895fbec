package main

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"strconv"
	"time"

	"github.com/gofrs/flock"
	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"muster/importer/outcome"
)

// The metrics: what the last run of each job and project came to. They are
// gauges, since a text file has no memory that a counter could count in.
const (
	metricRows        = "muster_rows"
	metricDuration    = "muster_run_duration_seconds"
	metricRequests    = "muster_run_requests"
	metricThrottled   = "muster_run_throttled_requests"
	metricExitCode    = "muster_run_exit_code"
	metricLastRun     = "muster_last_run_timestamp_seconds"
	metricLastSuccess = "muster_last_success_timestamp_seconds"
)

var metricHelp = map[string]string{
	metricRows:        "Rows of the last run by what became of them.",
	metricDuration:    "How long the last run took.",
	metricRequests:    "Requests to Procore that the last run made.",
	metricThrottled:   "Requests of the last run that Procore put off.",
	metricExitCode:    "Exit code of the last run.",
	metricLastRun:     "When the last run ended.",
	metricLastSuccess: "When a run last ended with exit code 0.",
}

// writeMetrics replaces in the metrics file what it says of these runs' job, and
// keeps the rest: other jobs', and when this one last succeeded.
func (a *app) writeMetrics(runs []ended, code int) {
	if a.settings.metricsFile == "" {
		return
	}
	if err := updateMetrics(a.settings.metricsFile, a.settings.job, a.settings.project, runs, code, time.Now()); err != nil {
		a.warn("the metrics file %s could not be written: %v", a.settings.metricsFile, pathCause(err))
	}
}

func updateMetrics(path, job string, project int64, runs []ended, code int, now time.Time) (err error) {
	lock := flock.New(path + ".lock") // another job's run may be at the same file
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	families, err := readMetrics(path)
	if err != nil {
		return err
	}
	rows, projects := map[int64]outcome.Counts{}, map[int64]bool{}
	var duration time.Duration
	requests, throttled := 0, 0
	for _, run := range runs {
		duration += run.took
		projects[run.project] = true
		s := run.summary
		if s == nil {
			rows[run.project] = rows[run.project].Plus(outcome.Counts{})
			continue
		}
		requests, throttled = requests+s.Requests, throttled+s.Throttled
		for _, part := range s.Parts {
			rows[part.Project] = rows[part.Project].Plus(part.Counts)
		}
		if len(s.Parts) == 0 {
			rows[run.project] = rows[run.project].Plus(s.Counts)
		}
	}
	switch {
	case len(runs) == 0:
		rows[project] = outcome.Counts{}
	case len(projects) > 1:
		project = 0
	default:
		project = runs[0].project
	}

	m := &metrics{families: families, job: job, projects: []string{projectLabel(project)}}
	for id := range rows {
		m.projects = append(m.projects, projectLabel(id))
	}
	for name := range metricHelp {
		if name != metricLastSuccess || code == exitDone {
			m.forget(name)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		for _, status := range outcome.Statuses() {
			m.set(metricRows, float64(rows[id].Of(status)), "project", projectLabel(id), "status", string(status))
		}
	}
	of := []string{"project", projectLabel(project)}
	seconds := float64(now.UnixMilli()) / 1000
	m.set(metricDuration, duration.Seconds(), of...)
	m.set(metricRequests, float64(requests), of...)
	m.set(metricThrottled, float64(throttled), of...)
	m.set(metricExitCode, float64(code), of...)
	m.set(metricLastRun, seconds, of...)
	if code == exitDone {
		m.set(metricLastSuccess, seconds, of...)
	}
	return prometheus.WriteToTextfile(path, prometheus.GathererFunc(m.gather))
}

// projectLabel names a project; runs for several have no number.
func projectLabel(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

func readMetrics(path string) (map[string]*dto.MetricFamily, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string]*dto.MetricFamily{}, nil
	}
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }() // it was read only
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(file)
	if err != nil {
		return nil, fmt.Errorf("it is no metrics file: %w", err)
	}
	for name := range families {
		if metricHelp[name] == "" {
			return nil, fmt.Errorf("it holds %s, which is not muster's", name)
		}
	}
	return families, nil
}

// metrics is a metrics file in which one job's metrics are renewed, or those of
// some projects that no job is for.
type metrics struct {
	families map[string]*dto.MetricFamily
	job      string
	projects []string
}

// forget drops what a metric says of the job.
func (m *metrics) forget(name string) {
	family := m.families[name]
	if family == nil {
		return
	}
	family.Metric = slices.DeleteFunc(family.Metric, func(one *dto.Metric) bool {
		of := map[string]string{}
		for _, label := range one.GetLabel() {
			of[label.GetName()] = label.GetValue()
		}
		return of["job"] == m.job && (m.job != "" || slices.Contains(m.projects, of["project"]))
	})
}

// set sets a metric of the job, with labels as name and value in turn.
func (m *metrics) set(name string, value float64, labels ...string) {
	help := metricHelp[name]
	family := m.families[name]
	if family == nil {
		family = &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()}
		m.families[name] = family
	}
	one := &dto.Metric{Gauge: &dto.Gauge{Value: &value}}
	labels = append([]string{"job", m.job}, labels...)
	for i := 0; i < len(labels); i += 2 {
		one.Label = append(one.Label, &dto.LabelPair{Name: &labels[i], Value: &labels[i+1]})
	}
	family.Metric = append(family.Metric, one)
}

// gather returns the families that say something, by name.
func (m *metrics) gather() ([]*dto.MetricFamily, error) {
	var all []*dto.MetricFamily
	for _, name := range slices.Sorted(maps.Keys(m.families)) {
		if family := m.families[name]; len(family.Metric) > 0 {
			all = append(all, family)
		}
	}
	return all, nil
}
