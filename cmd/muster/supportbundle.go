package main

import (
	"archive/zip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

// What a support bundle holds is chosen, not cleaned: it is made of numbers,
// times, codes of our own and the few settings below. What a person, a roster, a
// file or a server has worded never gets in, so nothing has to be found in it
// and taken out.

const bundleReadme = `A support bundle of muster. It holds no names of people, projects, accounts or
files, and no secret.

findings.json  what muster doctor found, without its sentences
settings.json  which settings are in force and where each comes from; of those
               that name a file only that they are set
runs.json      the latest runs: when, how they ended, what their rows and
               requests came to
machine.json   the versions of muster, Go and the modules; the system

It does hold the IDs of company, project and account, and the names of the hosts
and of a proxy.
`

// writeBundle writes the zip file, which must not be there yet.
func writeBundle(path string, x *examination, flags *pflag.FlagSet, runs []bundledRun) (err error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, os.ErrExist) {
		return usageError(path+" is there already", "name another file with --support-bundle")
	}
	if err != nil {
		return usageError(fmt.Sprintf("the support bundle %s can't be written: %v", path, pathCause(err)), "name another file with --support-bundle")
	}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("write the support bundle %s: %w", path, err), os.Remove(path))
		}
	}()
	z := zip.NewWriter(f)
	findings := slices.Clone(x.findings)
	for i := range findings {
		findings[i].Text, findings[i].Fix = "", ""
	}
	for _, part := range []struct {
		name    string
		content any
	}{
		{"findings.json", findings},
		{"settings.json", x.bundledSettings(flags)},
		{"runs.json", append([]bundledRun{}, runs...)},
		{"machine.json", machineFacts()},
	} {
		text, err := json.MarshalIndent(part.content, "", "  ")
		if err == nil {
			err = addTo(z, part.name, append(text, '\n'))
		}
		if err != nil {
			return errors.Join(err, f.Close())
		}
	}
	return errors.Join(addTo(z, "README.txt", []byte(bundleReadme)), z.Close(), f.Close())
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

// tellable are the settings whose value a bundle holds: numbers, times, switches and
// names from a fixed list. Of any other setting the bundle says only that it is set.
var tellable = []string{
	"company", "project", "environment", "view", "header-row", "workers", "rate", "reserve", "max-errors", "max-duration",
	"settle-after", "allow-namesakes", "recreate-removed", "update", "json", "quiet", "log-format",
}

func (x *examination) bundledSettings(flags *pflag.FlagSet) []bundledSetting {
	var all []bundledSetting
	flags.Visit(func(f *pflag.Flag) {
		s := bundledSetting{Name: f.Name, Source: "config"}
		switch {
		case slices.Contains(x.given, f):
			s.Source = "flag"
		case x.getenv(environmentOf[f.Name]) != "":
			s.Source = "environment"
		}
		switch {
		case slices.Contains(tellable, f.Name):
			s.Value = f.Value.String()
		case f.Name == "api-url" || f.Name == "login-url":
			if u, err := url.Parse(f.Value.String()); err == nil {
				s.Value = u.Host
			}
		}
		all = append(all, s)
	})
	secret := bundledSetting{Name: "client-secret", Source: "environment"}
	id := bundledSetting{Name: "client-id", Source: "environment"}
	if x.getenv("MUSTER_CLIENT_ID") == "" {
		id.Source = "config"
	}
	if x.getenv("MUSTER_CLIENT_SECRET") != "" {
		all = append(all, secret)
	}
	if x.settings.clientID != "" {
		all = append(all, id)
	}
	slices.SortFunc(all, func(a, b bundledSetting) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// bundledRun is a run in a support bundle.
type bundledRun struct {
	Run     string           `json:"run"`
	Command string           `json:"command"`
	Status  ledger.RunStatus `json:"status"`
	Started time.Time        `json:"started"`
	Ended   *time.Time       `json:"ended"`
	API     string           `json:"api"`
	Company int64            `json:"company"`
	Project int64            `json:"project"`
	Roster  string           `json:"roster"`  // its format alone, such as xlsx
	Results string           `json:"results"` // as of the roster
	outcome.Counts
	Attempts map[string]int `json:"attempts"` // by what became of them, such as "failed 422 refused"
}

func tellRuns(ctx context.Context, book *ledger.Ledger, runs []ledger.Run) ([]bundledRun, error) {
	told := make([]bundledRun, 0, len(runs))
	for _, r := range runs {
		one := bundledRun{
			Run: r.ID, Command: r.Command, Status: r.Status, Started: r.Started, API: r.API, Company: r.Company, Project: r.Project,
			Roster: formatOf(r.Roster), Results: formatOf(r.Results), Counts: r.Counts, Attempts: map[string]int{},
		}
		if !r.Ended.IsZero() {
			one.Ended = &r.Ended
		}
		for t, err := range book.Attempts(ctx, r.ID) {
			if err != nil {
				return told, err
			}
			one.Attempts[strings.TrimSpace(fmt.Sprintf("%s %d %s", became(t, false), t.HTTPStatus, t.Code))]++
		}
		told = append(told, one)
	}
	return told, nil
}

// formatOf returns the extension of a roster's file name, or "".
func formatOf(path string) string {
	end := strings.ToLower(strings.TrimPrefix(filepath.Ext(path), "."))
	if slices.Contains([]string{"csv", "txt", "tsv", "xlsx", "jsonl"}, end) {
		return end
	}
	return ""
}

// modules returns the versions that the program was built from.
func modules() map[string]string {
	all := map[string]string{}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range info.Deps {
			all[m.Path] = m.Version
		}
		for _, s := range info.Settings {
			if strings.HasPrefix(s.Key, "vcs.") {
				all[s.Key] = s.Value
			}
		}
	}
	return all
}
