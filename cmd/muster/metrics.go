package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"muster/importer/atomicfile"
	"muster/importer/outcome"
)

// The metrics describe the last run of each job and project. All are gauges, since a
// text file has no memory for a counter.
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
	metricRows:        "Rows of the last run by status.",
	metricDuration:    "Duration of the last run.",
	metricRequests:    "Requests to Procore of the last run.",
	metricThrottled:   "Requests of the last run that Procore put off.",
	metricExitCode:    "Exit code of the last run.",
	metricLastRun:     "When the last run ended.",
	metricLastSuccess: "When a run last ended with exit code 0.",
}

// writeMetrics replaces the job's metrics in the metrics file. The metrics of other jobs
// stay, and so does the time of the last success.
func (a *app) writeMetrics(runs []runResult, code int) {
	path := a.settings.metricsFile
	if path == "" {
		return
	}
	if err := updateMetrics(path, metricsOf(&a.settings, runs, code, time.Now())); err != nil {
		a.warn("The metrics file %s could not be written: %v", path, pathCause(err))
	}
}

// metricSample is a line of a metrics file.
type metricSample struct{ name, job, project, status, value string }

// metricsOf returns the samples of a job's runs.
func metricsOf(s *settings, runs []runResult, code int, now time.Time) []metricSample {
	rows, projects := map[int64]outcome.Counts{}, map[int64]bool{}
	var duration time.Duration
	requests, throttled := 0, 0
	for _, run := range runs {
		duration += run.took
		projects[run.project] = true
		summary := run.summary
		if summary == nil || len(summary.Parts) == 0 {
			rows[run.project] = rows[run.project].Plus(outcome.Counts{})
		}
		if summary == nil {
			continue
		}
		requests, throttled = requests+summary.Requests, throttled+summary.Throttled
		for _, part := range summary.Parts {
			rows[part.Project] = rows[part.Project].Plus(part.Counts)
		}
		if len(summary.Parts) == 0 {
			rows[run.project] = rows[run.project].Plus(summary.Counts)
		}
	}
	project := s.project
	switch {
	case len(runs) == 0:
		rows[project] = outcome.Counts{}
	case len(projects) > 1:
		project = 0
	default:
		project = runs[0].project
	}

	var samples []metricSample
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		for _, status := range outcome.Statuses() {
			samples = append(samples, metricSample{metricRows, s.job, projectLabel(id), string(status), strconv.Itoa(rows[id].Of(status))})
		}
	}
	add := func(name string, value float64) {
		samples = append(samples, metricSample{name, s.job, projectLabel(project), "", strconv.FormatFloat(value, 'g', -1, 64)})
	}
	seconds := float64(now.UnixMilli()) / 1000
	add(metricDuration, duration.Seconds())
	add(metricRequests, float64(requests))
	add(metricThrottled, float64(throttled))
	add(metricExitCode, float64(code))
	add(metricLastRun, seconds)
	if code == exitDone {
		add(metricLastSuccess, seconds)
	}
	return samples
}

// projectLabel returns the label of a project; several projects together have an empty label.
func projectLabel(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// updateMetrics replaces the samples of a job by new ones, or without a job those of the
// new samples' projects. A job without a new success keeps the old one.
func updateMetrics(path string, samples []metricSample) (err error) {
	lock := flock.New(path + ".lock") // another job may write the same file
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	old, err := readMetrics(path)
	if err != nil {
		return err
	}
	renewed, projects := map[string]bool{}, map[string]bool{}
	for _, s := range samples {
		renewed[s.name], projects[s.project] = true, true
	}
	job := samples[0].job
	kept := slices.DeleteFunc(old, func(s metricSample) bool {
		return renewed[s.name] && s.job == job && (job != "" || projects[s.project])
	})
	return atomicfile.Write(path, func(w io.Writer) error {
		if file, ok := w.(*os.File); ok {
			if err := file.Chmod(0o644); err != nil { // the node exporter is another user
				return err
			}
		}
		return printMetrics(w, append(kept, samples...))
	})
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// printMetrics writes samples in Prometheus' text format, by name.
func printMetrics(w io.Writer, samples []metricSample) error {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(metricHelp)) {
		head := fmt.Sprintf("# HELP %s %s\n# TYPE %s gauge\n", name, metricHelp[name], name)
		for _, s := range samples {
			if s.name != name {
				continue
			}
			labels := fmt.Sprintf(`job="%s",project="%s"`, labelEscapes.Replace(s.job), s.project)
			if s.status != "" {
				labels += `,status="` + s.status + `"`
			}
			b.WriteString(head + name + "{" + labels + "} " + s.value + "\n")
			head = ""
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var (
	sampleLine     = regexp.MustCompile(`^(muster_\w+)\{job="((?:[^"\\]|\\.)*)",project="(\d*)"(?:,status="(\w+)")?\} (\S+)$`)
	labelUnescapes = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n")
)

// readMetrics reads a metrics file that muster wrote, and refuses any other. A missing
// file has no samples.
func readMetrics(path string) ([]metricSample, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var samples []metricSample
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || metricHelp[m[1]] == "" {
			name, _, _ := strings.Cut(strings.ReplaceAll(line, "{", " "), " ")
			return nil, fmt.Errorf("it holds %s, which muster did not write", name)
		}
		samples = append(samples, metricSample{m[1], labelUnescapes.Replace(m[2]), m[3], m[4], m[5]})
	}
	return samples, nil
}
