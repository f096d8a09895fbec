package main

import (
	"cmp"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"muster/importer/report"
)

// build describes the origin of the program.
type build struct {
	Version  string `json:"version"`
	Commit   string `json:"commit"` // "" if it was not built from a repository
	Time     string `json:"commit_time"`
	Modified bool   `json:"modified"` // changes on top of the commit
	Go       string `json:"go"`
	OS       string `json:"os"`
	Arch     string `json:"arch"`
}

// readBuild returns the facts that the Go linker recorded.
func readBuild() build {
	b := build{Version: version(), Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	for _, setting := range buildInfo().Settings {
		switch setting.Key {
		case "vcs.revision":
			b.Commit = setting.Value
		case "vcs.time":
			b.Time = setting.Value
		case "vcs.modified":
			b.Modified = setting.Value == "true"
		}
	}
	return b
}

func (a *app) newVersionCommand() *cobra.Command {
	cmd := newCommand("version", func(*cobra.Command, []string) error {
		b := readBuild()
		return a.print(b, func(p *report.Page) {
			p.Copyable("muster ", b.Version)
			if b.Commit != "" {
				more := ""
				if b.Modified {
					more = ", with changes"
				}
				p.Copyable("commit ", fmt.Sprintf("%s of %s%s", b.Commit, b.Time, more))
			}
			p.Line("", "", fmt.Sprintf("%s, %s/%s", b.Go, b.OS, b.Arch))
		})
	})
	a.addSettings(cmd, "version", "json")
	return cmd
}

// buildInfo returns what the Go linker recorded, if anything.
func buildInfo() debug.BuildInfo {
	if info, ok := debug.ReadBuildInfo(); ok {
		return *info
	}
	return debug.BuildInfo{}
}

// version returns the release of the program, or (devel).
func version() string { return cmp.Or(buildInfo().Main.Version, "(devel)") }

// userAgent returns the name of muster for servers.
func userAgent() string { return "muster/" + version() }
