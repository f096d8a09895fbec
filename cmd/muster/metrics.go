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
	"muster/importer/report"
)

// metricHelp describes the metrics of a metrics file, by name. The metrics are figures
// of the last run of each job and project. All are gauges, since a text file has no
// memory for a counter.
var metricHelp = map[string]string{
	"muster_rows":                           "Rows of the last run by status.",
	"muster_run_duration_seconds":           "Duration of the last run.",
	"muster_run_requests":                   "Requests to Procore of the last run.",
	"muster_run_throttled_requests":         "Requests of the last run that Procore put off.",
	"muster_run_exit_code":                  "Exit code of the last run.",
	"muster_last_run_timestamp_seconds":     "When the last run ended.",
	"muster_last_success_timestamp_seconds": "When a run last ended with exit code 0.",
}

// writeMetrics replaces the metrics of the job in the metrics file. The metrics of other
// jobs and the time of the last success stay.
func (a *app) writeMetrics(runs []runResult, code int) {
	path := a.settings.metricsFile
	if path == "" {
		return
	}
	if err := updateMetrics(path, newMetrics(&a.settings, runs, code, time.Now())); err != nil {
		a.warn("The metrics file %s could not be written: %v", path, pathCause(err))
	}
}

// metricSample is a line of a metrics file.
type metricSample struct{ name, job, project, status, value string }

// newMetrics returns the samples of the runs of a job.
func newMetrics(s *settings, runs []runResult, code int, now time.Time) []metricSample {
	project := s.project
	rows := map[int64]outcome.Counts{} // by project
	var duration time.Duration
	requests, throttled := 0, 0
	for i, run := range runs {
		switch {
		case i == 0:
			project = run.project
		case run.project != project:
			project = 0
		}
		duration += run.took
		parts := []report.Part{{Project: run.project}}
		if sum := run.summary; sum != nil {
			requests, throttled = requests+sum.Requests, throttled+sum.Throttled
			parts[0].Counts = sum.Counts
			if len(sum.Parts) > 0 {
				parts = sum.Parts
			}
		}
		for _, part := range parts {
			rows[part.Project] = rows[part.Project].Plus(part.Counts)
		}
	}
	if len(runs) == 0 {
		rows[project] = outcome.Counts{}
	}

	var samples []metricSample
	for _, id := range slices.Sorted(maps.Keys(rows)) {
		for _, status := range outcome.Statuses() {
			samples = append(samples, metricSample{"muster_rows", s.job, projectLabel(id), string(status), strconv.Itoa(rows[id].Of(status))})
		}
	}
	ended := float64(now.UnixMilli()) / 1000
	values := map[string]float64{
		"muster_run_duration_seconds":       duration.Seconds(),
		"muster_run_requests":               float64(requests),
		"muster_run_throttled_requests":     float64(throttled),
		"muster_run_exit_code":              float64(code),
		"muster_last_run_timestamp_seconds": ended,
	}
	if code == exitDone {
		values["muster_last_success_timestamp_seconds"] = ended
	}
	for name, value := range values {
		samples = append(samples, metricSample{name, s.job, projectLabel(project), "", strconv.FormatFloat(value, 'g', -1, 64)})
	}
	return samples
}

// projectLabel returns the label of a project. Several projects together have the empty
// label.
func projectLabel(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// updateMetrics replaces samples in a metrics file: the samples of the job, or without a
// job the samples of the same projects. The time of the last success stays unless there
// is a new one.
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

// printMetrics writes samples in the text format of Prometheus, sorted by name.
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

// readMetrics reads a metrics file of muster and refuses other files. A missing file has
// no samples.
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
