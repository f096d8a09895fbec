package main

import (
	"context"
	"encoding/json"
	"errors"
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
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Find out what works: network, credentials, project, quota, disks",
		Long: `Look at everything that an import needs, and say of each part whether it works
and, where it doesn't, what to do: settings, proxy, names, connection and
certificate, clock, credentials, company, project, Directory, work
classifications, quota, ledger and disks. What can be looked at is, whatever
else is out of order. A handful of requests that only read are sent to Procore.

A support bundle is a zip file with the findings, the settings and the latest
runs' figures. It holds no names of people, projects or files and no secret;
it does hold the IDs of company, project and account and the names of hosts.

Exit codes:
  0  everything works (it may say what wants a look)
  2  the command line or the config file can't be read
  3  something that an import needs does not work`,
		Example: `  muster doctor
  muster doctor --config /etc/muster/config.yaml --job nightly --json
  muster doctor --support-bundle support.zip`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.doctor(cmd.Context(), cmd.Flags(), bundle)
		},
	}
	f := cmd.Flags()
	a.settings.connectionFlags(f)
	useful := []string{"ledger", "results", "json", "quiet", "plain", "config", "job"}
	f.VisitAll(func(flag *pflag.Flag) {
		if flag.Name != "simulate" && flag.Name != "view" {
			useful = append(useful, flag.Name)
		}
	})
	// The rest of an import's settings is in the bundle, as the config file has it.
	a.settings.rosterFlags(f)
	a.settings.workFlags(f)
	a.settings.resultsFlag(f)
	a.settings.outputFlags(f)
	f.VisitAll(func(flag *pflag.Flag) { flag.Hidden = !slices.Contains(useful, flag.Name) })
	f.StringVar(&bundle, "support-bundle", "", "`FILE.zip` to write for the person who helps you")
	return cmd
}

// state says how a check came out.
type state string

// The states, from good to bad; skipped is what could not be looked at because
// of something that another check says.
const (
	fine    state = "ok"
	skipped state = "skip"
	doubted state = "warn"
	broken  state = "fail"
)

// finding is what a check found. Text and Fix are for people and may hold names
// of projects, accounts and files; Facts never do, and nothing that a server
// or a roster worded: they are what a support bundle takes.
type finding struct {
	Check string         `json:"check"`
	State state          `json:"status"`
	Text  string         `json:"text,omitempty"`
	Fix   string         `json:"fix,omitempty"`
	Facts map[string]any `json:"facts,omitempty"`
}

// examination is a run of the doctor.
type examination struct {
	*app
	options  procore.Options // as far as the settings go
	complete bool            // the options make a client
	scope    ledger.Scope
	findings []finding
	show     func(finding)
}

func (x *examination) found(f finding) {
	x.findings = append(x.findings, f)
	x.show(f)
}

func (x *examination) skip(check, why string) {
	x.found(finding{Check: check, State: skipped, Text: "not looked at: " + why})
}

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

func (a *app) doctor(ctx context.Context, flags *pflag.FlagSet, bundle string) error {
	if err := a.complete(flags); err != nil { // its warnings are among the findings
		return err
	}
	if a.settings.simulate {
		return usageError("a rehearsal needs no doctor: nothing of it leaves this machine", "leave --simulate out")
	}
	x := &examination{app: a, show: func(finding) {}}
	if !a.settings.json && !a.settings.quiet {
		x.show = func(f finding) { writeFinding(a.stdout, f, a.width(a.stdout), a.coloured(a.stdout)) }
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
		line := a.gap() + paragraph(conclusion(x.findings), "", a.width(a.stdout))
		if bundle != "" {
			line += paragraph("Support bundle: "+report.Clean(bundle), "", a.width(a.stdout))
		}
		_, err := io.WriteString(a.stdout, line)
		return err
	}
	return nil
}

// conclusion sums the findings up in a sentence.
func conclusion(findings []finding) string {
	n := map[state]int{}
	for _, f := range findings {
		n[f.State]++
	}
	parts := []string{text.Plural(n[fine], "check", "checks") + " ok"}
	if n[broken] > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", n[broken]))
	}
	if n[doubted] > 0 {
		parts = append(parts, text.Plural(n[doubted], "wants", "want")+" a look")
	}
	if n[skipped] > 0 {
		parts = append(parts, fmt.Sprintf("%d not looked at", n[skipped]))
	}
	return strings.Join(parts, ", ") + "."
}

// labelled is how wide the column of the checks' names is.
const labelled = len("classifications")

// writeFinding prints a finding in at most columns columns. A longer word keeps a line
// to itself.
func writeFinding(w io.Writer, f finding, columns int, colours bool) {
	if columns == report.Plain {
		_, _ = fmt.Fprintln(w, report.Clean(report.WithFix(fmt.Sprintf("%s: %s, %s", text.Capital(f.Check), inFull(f.State), f.Text), f.Fix)))
		return
	}
	head := fmt.Sprintf("  %-4s  %-*s  ", f.State, labelled, f.Check)
	indent := strings.Repeat(" ", len(head))
	line := strings.TrimPrefix(paragraph(report.Clean(f.Text), indent, columns), indent)
	if colours {
		head = strings.Replace(head, string(f.State), colourOf(f.State)+string(f.State)+"\x1b[0m", 1)
	}
	if f.Fix != "" {
		const try = "try: "
		under := indent + strings.Repeat(" ", len(try))
		line += indent + try + strings.TrimPrefix(paragraph(report.Clean(f.Fix), under, columns), under)
	}
	_, _ = io.WriteString(w, head+line) // tellLost reports a lost standard output
}

// inFull returns the state as a word for people.
func inFull(s state) string {
	switch s {
	case skipped:
		return "skipped"
	case doubted:
		return "wants a look"
	case broken:
		return "failed"
	case fine:
	}
	return "ok"
}

func colourOf(s state) string {
	switch s {
	case fine:
		return "\x1b[32m"
	case doubted:
		return "\x1b[33m"
	case broken:
		return "\x1b[31m"
	case skipped:
	}
	return "\x1b[2m"
}

// trouble words an error of Procore's client as a finding.
func trouble(check string, s state, err error) finding {
	f := finding{Check: check, State: s, Text: err.Error()}
	var e *procore.Error
	if errors.As(err, &e) {
		f.Text, f.Fix = e.Message, e.Hint
		f.Facts = map[string]any{"code": e.Code}
		if e.Status != 0 {
			f.Text = fmt.Sprintf("Procore answers with status %d: %s", e.Status, e.Message)
			f.Facts["http_status"] = e.Status
		}
		if e.RequestID != "" {
			f.Text += " (request " + e.RequestID + ")"
		}
	}
	return f
}
