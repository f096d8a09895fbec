package main

import (
	"archive/zip"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/doctor"
)

// bundleReadme describes a support bundle. The content is chosen, not cleaned: figures,
// times, codes of muster and a few settings. Text by a person, a roster, a file or a
// server never gets in, so there is nothing to search for and remove.
//
//go:embed supportbundle.txt
var bundleReadme []byte

// writeBundle writes the zip file, which only this user can read.
func (a *app) writeBundle(path string, findings []doctor.Finding, flags *pflag.FlagSet, runs []bundledRun) error {
	findings = slices.Clone(findings)
	for i := range findings {
		findings[i].Text, findings[i].Fix = "", ""
	}
	return createFile(path, 0o600, "name another file with --support-bundle", func(w io.Writer) error {
		z := zip.NewWriter(w)
		for _, part := range []struct {
			name    string
			content any
		}{
			{"findings.json", findings},
			{"settings.json", a.bundledSettings(flags)},
			{"runs.json", append([]bundledRun{}, runs...)},
			{"machine.json", machineFacts()},
		} {
			text, err := json.MarshalIndent(part.content, "", "  ")
			if err == nil {
				err = addTo(z, part.name, append(text, '\n'))
			}
			if err != nil {
				return err
			}
		}
		return errors.Join(addTo(z, "README.txt", bundleReadme), z.Close())
	})
}

func addTo(z *zip.Writer, name string, content []byte) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name, Method: zip.Deflate, Modified: time.Now().UTC()})
	if err == nil {
		_, err = w.Write(content)
	}
	return err
}

// bundledSetting is a setting in a support bundle.
type bundledSetting struct {
	Name   string `json:"name"`
	Source string `json:"source"`          // flag, environment or config; defaults are left out
	Value  string `json:"value,omitempty"` // only of settings without private content
}

// publicSettings are the settings whose value is in a support bundle: numbers, times,
// switches and words from a fixed list.
var publicSettings = []string{
	"company", "project", "environment", "view", "header-row", "workers", "rate", "reserve", "max-errors", "max-duration",
	"settle-after", "allow-namesakes", "recreate-removed", "reactivate", "ignore-inactive", "update", "json", "quiet", "log-format",
}

func (a *app) bundledSettings(flags *pflag.FlagSet) []bundledSetting {
	var all []bundledSetting
	flags.Visit(func(f *pflag.Flag) {
		s := bundledSetting{Name: f.Name, Source: "config"}
		switch {
		case slices.Contains(a.given, f):
			s.Source = "flag"
		case a.settings.line(f.Name).variable != "" && a.getenv(a.settings.line(f.Name).variable) != "":
			s.Source = "environment"
		}
		switch {
		case f.Name == "project" && a.settings.project == 0: // a name that was not found
		case slices.Contains(publicSettings, f.Name):
			s.Value = f.Value.String()
		case f.Name == "api-url" || f.Name == "login-url":
			if u, err := url.Parse(f.Value.String()); err == nil {
				s.Value = u.Host
			}
		}
		all = append(all, s)
	})
	if a.getenv("MUSTER_CLIENT_SECRET") != "" {
		all = append(all, bundledSetting{Name: "client-secret", Source: "environment"})
	}
	switch {
	case a.getenv("MUSTER_CLIENT_ID") != "":
		all = append(all, bundledSetting{Name: "client-id", Source: "environment"})
	case a.settings.clientID != "":
		all = append(all, bundledSetting{Name: "client-id", Source: "config"})
	}
	slices.SortFunc(all, func(a, b bundledSetting) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// bundledRun is a run in a support bundle. Of the files it has only the format.
type bundledRun struct {
	runJSON
	Attempts map[string]int `json:"attempts"` // by result, such as "failed 422 refused"
}

// newBundledRuns returns the runs for a support bundle.
func newBundledRuns(ctx context.Context, runs []importer.PastRun) ([]bundledRun, error) {
	all := make([]bundledRun, 0, len(runs))
	for _, run := range runs {
		b := bundledRun{runJSON: newRunJSON(run), Attempts: map[string]int{}}
		b.Roster, b.Results = importer.FormatOf(run.Roster), importer.FormatOf(run.Results)
		for t, err := range run.Attempts(ctx) {
			if err != nil {
				return all, err
			}
			b.Attempts[strings.TrimSpace(fmt.Sprintf("%s %d %s", run.Result(t), t.HTTPStatus, t.Code))]++
		}
		all = append(all, b)
	}
	return all, nil
}

// machineFacts returns facts about the program and the machine for a support bundle,
// without names of the machine and users.
func machineFacts() map[string]any {
	return map[string]any{
		"version": version(), "go": runtime.Version(), "system": runtime.GOOS + "/" + runtime.GOARCH,
		"cpus": runtime.NumCPU(), "gomaxprocs": runtime.GOMAXPROCS(0), "time": time.Now().UTC(), "modules": modules(),
	}
}

// modules returns the versions that the program was built from.
func modules() map[string]string {
	all, info := map[string]string{}, buildInfo()
	for _, m := range info.Deps {
		all[m.Path] = m.Version
	}
	for _, s := range info.Settings {
		if strings.HasPrefix(s.Key, "vcs.") {
			all[s.Key] = s.Value
		}
	}
	return all
}
