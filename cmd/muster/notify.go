package main

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"

	"muster/importer"
	"muster/importer/notify"
	"muster/importer/outcome"
)

// message returns the message about a run.
func (n notice) message(run runResult) notify.Message {
	f, counts := run.Figures, run.Figures.Counts()
	b := notify.Message{
		Program: "muster", Job: run.job, Run: f.Run, Project: f.Project, Rows: counts.Rows(), Counts: counts, Text: run.sentence(),
		End:    notify.End{Status: statusOf(run.ExitCode), ExitCode: run.ExitCode, Code: run.Problem},
		Effort: notify.Effort{Requests: f.Requests, Throttled: f.Throttled, Elapsed: math.Round(f.Seconds*1000) / 1000},
	}
	if n.Paths {
		b.Roster, b.Results = run.roster, f.Results
		b.Text += "\nRoster: " + run.roster
		if f.Results != "" {
			b.Text += "\nResults: " + f.Results
		}
	}
	return b
}

// subject returns the subject of a mail.
func (run runResult) subject() string {
	what := "import"
	if run.job != "" {
		what = "job " + run.job
	}
	if run.Figures.Project != 0 {
		what += ", project " + strconv.FormatInt(run.Figures.Project, 10)
	}
	ends := map[int]string{outcome.ExitDone: "done", outcome.ExitRowsLeft: "some rows need a person", outcome.ExitNotStarted: "did not start"}
	return "muster: " + what + ": " + cmp.Or(ends[run.ExitCode], "stopped early")
}

// sentence returns the result of the run in words.
func (run runResult) sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (exit code %d).", run.subject(), run.ExitCode)
	if run.Figures.Run != "" {
		fmt.Fprintf(&b, "\n%s.", importer.InWords(run.Figures.Counts()))
	}
	if e, _, ok := explanationOf(run.Problem); ok {
		fmt.Fprintf(&b, "\n%s %s", e.Meaning, e.Fix)
	} else if run.Problem != "" {
		fmt.Fprintf(&b, "\nCode: %s.", run.Problem)
	}
	if run.Figures.Run != "" {
		fmt.Fprintf(&b, "\nRun: %s.", run.Figures.Run)
	}
	return b.String()
}

// send sends a notice about a run.
func (a *app) send(ctx context.Context, n notice, run runResult) error {
	var secret string
	if source := n.secret(); source.count() > 0 {
		var err error
		if secret, err = source.read(a.getenv); err != nil {
			return err
		}
	}
	message := n.message(run)
	if e := n.Email; e != nil {
		mail := notify.Mail{Server: e.Server, From: e.From, To: e.To, User: e.User, Password: secret}
		return mail.Send(ctx, run.subject(), message.Text)
	}
	kind, _ := n.kind()
	return notify.Client{UserAgent: userAgent()}.Send(ctx, notify.Kind(kind), secret, message)
}
