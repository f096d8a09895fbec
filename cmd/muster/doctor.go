package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newDoctorCommand() *cobra.Command {
	var bundle string
	cmd := newCommand("doctor", func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), cmd.Flags(), bundle) })
	f := cmd.Flags()
	a.settings.addFlags(f, connectionGroup)
	useful := []string{"ledger", "results", "json", "quiet", "plain", "config", "job"}
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "simulate" && flag.Name != "view" {
			useful = append(useful, flag.Name)
		}
	})
	// The bundle lists all settings of an import, but only some matter here.
	a.settings.addFlags(f, importGroups()[1:]...)
	f.VisitAll(func(flag *pflag.Flag) { flag.Hidden = !slices.Contains(useful, flag.Name) })
	f.StringVar(&bundle, "support-bundle", "", "`FILE.zip` to write for the person who helps you")
	return cmd
}

// state is the result of a check.
type state string

// The states. A check is skipped if a check that it needs failed.
const (
	fine    state = "ok"
	skipped state = "skip"
	doubted state = "warn"
	broken  state = "fail"
)

// stateStyle is how a state is shown to people.
type stateStyle struct{ name, colour string }

func (s state) style() stateStyle {
	return map[state]stateStyle{
		fine:    {"ok", "\x1b[32m"},
		skipped: {"skipped", "\x1b[2m"},
		doubted: {"needs attention", "\x1b[33m"},
		broken:  {"failed", "\x1b[31m"},
	}[s]
}

// finding is the result of a check. Text and Fix are for people and may hold names of
// projects, accounts and files. Facts hold no such name and no words of a server or a
// roster, so that a support bundle may contain them.
type finding struct {
	Check string `json:"check"`
	State state  `json:"status"`
	Text  string `json:"text,omitempty"`
	Fix   string `json:"fix,omitempty"`
	Facts facts  `json:"facts,omitempty"`
}

// facts are figures and codes of a finding, by name.
type facts map[string]any

func newSkip(check, why string) finding {
	return finding{Check: check, State: skipped, Text: "not checked: " + why}
}

// examination is a run of the doctor.
type examination struct {
	*app
	options  procore.Options // from the settings, complete or not
	complete bool            // the options make a client
	scope    ledger.Scope
	findings []finding
	show     func(finding)
}

func (x *examination) found(f finding) {
	x.findings = append(x.findings, f)
	x.show(f)
}

func (x *examination) skip(check, why string) { x.found(newSkip(check, why)) }

// worst returns the worst state of all findings.
func (x *examination) worst() state {
	worst := fine
	for _, f := range x.findings {
		if f.State == broken || f.State == doubted && worst == fine {
			worst = f.State
		}
	}
	return worst
}

// diagnosis is what --json prints: a contract with other programs.
type diagnosis struct {
	Status   state     `json:"status"`
	ExitCode int       `json:"exit_code"`
	Checks   []finding `json:"checks"`
	Bundle   string    `json:"support_bundle,omitempty"`
}

// doctor runs all checks.
func (a *app) doctor(ctx context.Context, flags *pflag.FlagSet, bundle string) error {
	if err := a.complete(flags); err != nil { // warnings become findings
		return err
	}
	if a.settings.simulate {
		return usageError("a rehearsal needs no doctor: a rehearsal sends nothing", "leave --simulate out")
	}
	x := &examination{app: a, show: func(finding) {}}
	if !a.settings.json && !a.settings.quiet {
		x.show = func(f finding) { writeFinding(a.stdout, f, a.width(a.stdout), a.coloured(a.stdout)) }
	}
	if err := a.findProject(ctx); err != nil {
		f := newTrouble(broken, err)
		f.Check, f.Fix = "project", reasonOf(err).Fix
		x.found(f)
	}
	x.checkSettings()
	x.checkProcore(ctx)
	runs := x.checkLedger(ctx)
	x.checkDisks()
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}

	d := diagnosis{Status: x.worst(), Checks: x.findings, Bundle: bundle}
	if d.Status == broken {
		d.ExitCode = exitStopped
	}
	a.code = d.ExitCode
	if bundle != "" {
		if err := writeBundle(bundle, x, flags, runs); err != nil {
			return err
		}
	}
	switch {
	case a.settings.json:
		return json.NewEncoder(a.stdout).Encode(d)
	case a.settings.quiet:
		for _, f := range x.findings {
			if f.State == broken || f.State == doubted {
				writeFinding(a.stdout, f, a.width(a.stdout), a.coloured(a.stdout))
			}
		}
	default:
		p := report.NewPage(a.width(a.stdout))
		p.Blank()
		p.Line("", "", conclusion(x.findings))
		if bundle != "" {
			p.Line("", "", "Support bundle: "+report.Clean(bundle))
		}
		return p.Print(a.stdout)
	}
	return nil
}

// conclusion counts the findings by state, in a sentence.
func conclusion(findings []finding) string {
	n := map[state]int{}
	for _, f := range findings {
		n[f.State]++
	}
	parts := []string{text.Plural(n[fine], "check", "checks") + " ok"}
	for _, part := range []struct {
		state
		words string
	}{
		{broken, "failed"},
		{doubted, text.Choose(n[doubted], "needs attention", "need attention")},
		{skipped, "skipped"},
	} {
		if count := n[part.state]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, part.words))
		}
	}
	return strings.Join(parts, ", ") + "."
}

// checkColumn is the width of the column with the names of the checks.
const checkColumn = len("classifications")

// writeFinding prints a finding in at most columns columns. Only a longer word is wider.
func writeFinding(w io.Writer, f finding, columns int, colours bool) {
	style := f.State.style()
	if columns == report.Plain {
		_, _ = fmt.Fprintln(w, report.Clean(report.WithFix(fmt.Sprintf("%s: %s, %s", text.Capital(f.Check), style.name, f.Text), f.Fix)))
		return
	}
	head := fmt.Sprintf("  %-4s  %-*s  ", f.State, checkColumn, f.Check)
	indent := strings.Repeat(" ", len(head))
	lines := text.Wrap(report.Clean(f.Text), head, indent, columns)
	if f.Fix != "" {
		lines += text.Wrap(report.Clean(f.Fix), indent+"try: ", indent+"     ", columns)
	}
	if colours {
		lines = strings.Replace(lines, string(f.State), style.colour+string(f.State)+"\x1b[0m", 1)
	}
	_, _ = io.WriteString(w, lines) // reportLost reports a lost standard output
}
