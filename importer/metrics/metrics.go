// Package metrics keeps figures of the last runs in a text file for Prometheus.
package metrics

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

// help describes the metrics by name. All are gauges, since a text file has no memory
// for a counter.
var help = map[string]string{
	"muster_rows":                           "Rows of the last run by status.",
	"muster_run_duration_seconds":           "Duration of the last run.",
	"muster_run_requests":                   "Requests to Procore of the last run.",
	"muster_run_throttled_requests":         "Requests of the last run that Procore put off.",
	"muster_run_exit_code":                  "Exit code of the last run.",
	"muster_last_run_timestamp_seconds":     "When the last run ended.",
	"muster_last_success_timestamp_seconds": "When a run last ended with exit code 0.",
}

// Names returns the names of the metrics, sorted.
func Names() []string { return slices.Sorted(maps.Keys(help)) }

// Job holds the figures of the last runs of a job, or of a run outside of jobs.
type Job struct {
	Name      string                   // "" outside of jobs
	Project   int64                    // 0: several
	Rows      map[int64]outcome.Counts // by project
	Duration  time.Duration
	Requests  int
	Throttled int
	ExitCode  int
	Ended     time.Time
	Success   time.Time // of an earlier run; zero: not known
}

// sample is a line of a metrics file.
type sample struct{ name, job, project, status, value string }

// samples returns the lines for the job.
func (j Job) samples() []sample {
	var all []sample
	for _, project := range slices.Sorted(maps.Keys(j.Rows)) {
		for _, status := range outcome.Statuses() {
			all = append(all, sample{"muster_rows", j.Name, projectLabel(project), string(status), strconv.Itoa(j.Rows[project].Of(status))})
		}
	}
	ended := float64(j.Ended.UnixMilli()) / 1000
	values := map[string]float64{
		"muster_run_duration_seconds":       j.Duration.Seconds(),
		"muster_run_requests":               float64(j.Requests),
		"muster_run_throttled_requests":     float64(j.Throttled),
		"muster_run_exit_code":              float64(j.ExitCode),
		"muster_last_run_timestamp_seconds": ended,
	}
	switch {
	case j.ExitCode == 0:
		values["muster_last_success_timestamp_seconds"] = ended
	case !j.Success.IsZero():
		values["muster_last_success_timestamp_seconds"] = float64(j.Success.UnixMilli()) / 1000
	}
	for name, value := range values {
		all = append(all, sample{name, j.Name, projectLabel(j.Project), "", strconv.FormatFloat(value, 'g', -1, 64)})
	}
	return all
}

// projectLabel returns the label of a project. Several projects together have the empty
// label.
func projectLabel(id int64) string {
	if id == 0 {
		return ""
	}
	return strconv.FormatInt(id, 10)
}

// Update replaces the figures of a job in the file at path, or without a job the figures
// of the same projects. The time of the last success stays unless there is a new one.
func Update(path string, job Job) (err error) {
	lock := flock.New(path + ".lock") // another job may write the same file
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	old, err := read(path)
	if err != nil {
		return err
	}
	samples := job.samples()
	renewed, projects := map[string]bool{}, map[string]bool{}
	for _, s := range samples {
		renewed[s.name], projects[s.project] = true, true
	}
	kept := slices.DeleteFunc(old, func(s sample) bool {
		return renewed[s.name] && s.job == job.Name && (job.Name != "" || projects[s.project])
	})
	return atomicfile.Write(path, func(w io.Writer) error {
		if file, ok := w.(*os.File); ok {
			if err := file.Chmod(0o644); err != nil { // the node exporter is another user
				return err
			}
		}
		return write(w, append(kept, samples...))
	})
}

// Write writes the figures of jobs in the text format of Prometheus.
func Write(w io.Writer, jobs []Job) error {
	var samples []sample
	for _, job := range jobs {
		samples = append(samples, job.samples()...)
	}
	return write(w, samples)
}

var labelEscapes = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\n`)

// write prints samples in the text format of Prometheus, sorted by name.
func write(w io.Writer, samples []sample) error {
	var b strings.Builder
	for _, name := range Names() {
		head := fmt.Sprintf("# HELP %s %s\n# TYPE %s gauge\n", name, help[name], name)
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

// read returns the samples of a metrics file, and refuses files of other programs. A
// missing file has no samples.
func read(path string) ([]sample, error) {
	content, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var samples []sample
	for line := range strings.Lines(string(content)) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		m := sampleLine.FindStringSubmatch(line)
		if m == nil || help[m[1]] == "" {
			name, _, _ := strings.Cut(strings.ReplaceAll(line, "{", " "), " ")
			return nil, fmt.Errorf("it holds %s, which muster did not write", name)
		}
		samples = append(samples, sample{m[1], labelUnescapes.Replace(m[2]), m[3], m[4], m[5]})
	}
	return samples, nil
}
