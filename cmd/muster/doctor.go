package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/doctor"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newDoctorCommand() *cobra.Command {
	var bundle string
	cmd := newCommand("doctor", func(cmd *cobra.Command, _ []string) error { return a.doctor(cmd.Context(), cmd.Flags(), bundle) })
	f := cmd.Flags()
	a.addSettings(cmd, "doctor", connectionGroup, "ledger", "results", "json", "quiet", "plain", configGroup)
	// The bundle lists all settings of an import, but only some matter here.
	others := pflag.NewFlagSet("import", pflag.ContinueOnError)
	a.settings.addFlags(others, importGroups()...)
	others.VisitAll(func(flag *pflag.Flag) { flag.Hidden = true })
	f.AddFlagSet(others) // without those that the doctor has
	f.StringVar(&bundle, "support-bundle", "", "`FILE.zip` to write for the person who helps you")
	return cmd
}

// stateStyle is how a state is shown to people.
type stateStyle struct{ name, colour string }

func styleOf(s doctor.State) stateStyle {
	return map[doctor.State]stateStyle{
		doctor.Fine:    {"ok", "\x1b[32m"},
		doctor.Skipped: {"skipped", "\x1b[2m"},
		doctor.Doubted: {"needs attention", "\x1b[33m"},
		doctor.Broken:  {"failed", "\x1b[31m"},
	}[s]
}

// diagnosis is what --json prints: a contract with other programs.
type diagnosis struct {
	Status   doctor.State     `json:"status"`
	ExitCode int              `json:"exit_code"`
	Checks   []doctor.Finding `json:"checks"`
	Bundle   string           `json:"support_bundle,omitempty"`
}

// doctor runs all checks.
func (a *app) doctor(ctx context.Context, flags *pflag.FlagSet, bundle string) error {
	if err := a.complete(flags); err != nil { // warnings become findings
		return err
	}
	if a.settings.simulate {
		return usageError("a rehearsal needs no doctor: a rehearsal sends nothing", "leave --simulate out")
	}
	x := a.newExamination(func(f doctor.Finding) {
		if !a.settings.json && (!a.settings.quiet || f.State == doctor.Broken || f.State == doctor.Doubted) {
			writeFinding(a.stdout, f, a.width(a.stdout), a.coloured(a.stdout))
		}
	})
	if err := a.findProject(ctx); err != nil {
		f := doctor.NewTrouble(doctor.Broken, err)
		f.Check, f.Fix = "project", reasonOf(err).Fix
		x.Found(f)
	}
	a.checkSettings(x)
	x.Procore(ctx)
	location, _ := a.ledgerPath() // openRecord returns the same error
	var runs []bundledRun
	x.Ledger(ctx, location, a.openRecord, func(past []importer.PastRun) (err error) {
		runs, err = newBundledRuns(ctx, past)
		return err
	})
	a.checkDisks(x)
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}

	d := diagnosis{Status: x.Worst(), Checks: x.Findings, Bundle: bundle}
	if d.Status == doctor.Broken {
		d.ExitCode = outcome.ExitStopped
	}
	a.code = d.ExitCode
	if bundle != "" {
		if err := a.writeBundle(bundle, x.Findings, flags, runs); err != nil {
			return err
		}
	}
	return a.print(d, func(p *report.Page) {
		if a.settings.quiet {
			return
		}
		p.Blank()
		p.Line("", "", conclusion(x.Findings))
		if bundle != "" {
			p.Line("", "", "Support bundle: "+report.Clean(bundle))
		}
	})
}

// conclusion counts the findings by state, in a sentence.
func conclusion(findings []doctor.Finding) string {
	n := map[doctor.State]int{}
	for _, f := range findings {
		n[f.State]++
	}
	parts := []string{text.Plural(n[doctor.Fine], "check", "checks") + " ok"}
	for _, part := range []struct {
		doctor.State
		words string
	}{
		{doctor.Broken, "failed"},
		{doctor.Doubted, text.Choose(n[doctor.Doubted], "needs attention", "need attention")},
		{doctor.Skipped, "skipped"},
	} {
		if count := n[part.State]; count > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", count, part.words))
		}
	}
	return strings.Join(parts, ", ") + "."
}

// checkColumn is the width of the column with the names of the checks.
const checkColumn = len("classifications")

// writeFinding prints a finding in at most columns columns. Only a longer word is wider.
func writeFinding(w io.Writer, f doctor.Finding, columns int, colours bool) {
	style := styleOf(f.State)
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
