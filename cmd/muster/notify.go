package main

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"muster/importer/notify"
	"muster/importer/outcome"
	"muster/importer/text"
)

// message returns the message about a run.
func (n notice) message(run runResult) notify.Message {
	b := notify.Message{
		Program: "muster", Job: run.job, Project: run.project, Text: run.sentence(),
		End:    notify.End{Status: statusOf(run.code), ExitCode: run.code, Code: run.problem},
		Effort: notify.Effort{Elapsed: run.took.Round(time.Millisecond).Seconds()},
	}
	if s := run.summary; s != nil {
		b.Run, b.Status, b.Counts, b.Rows = s.Run, s.Status, s.Counts, s.Counts.Rows()
		b.Requests, b.Throttled = s.Requests, s.Throttled
	}
	if n.Paths {
		b.Roster = run.roster
		b.Text += "\nRoster: " + run.roster
		if run.summary != nil && run.summary.Results != "" {
			b.Results = run.summary.Results
			b.Text += "\nResults: " + b.Results
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
	if run.project != 0 {
		what += ", project " + strconv.FormatInt(run.project, 10)
	}
	switch run.code {
	case exitDone:
		return "muster: " + what + ": done"
	case exitRowsLeft:
		return "muster: " + what + ": some rows need a person"
	case exitNotStarted:
		return "muster: " + what + ": did not start"
	}
	return "muster: " + what + ": stopped early"
}

// sentence returns the result of the run in words.
func (run runResult) sentence() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s (exit code %d).", run.subject(), run.code)
	if run.summary != nil {
		c := run.summary.Counts
		var parts []string
		for _, status := range outcome.Statuses() {
			if n := c.Of(status); n > 0 {
				parts = append(parts, fmt.Sprintf("%d %s", n, status))
			}
		}
		fmt.Fprintf(&b, "\n%s: %s.", text.Plural(c.Rows(), "row", "rows"), strings.Join(parts, ", "))
	}
	if e, _, ok := explanationOf(run.problem); ok {
		fmt.Fprintf(&b, "\n%s %s", e.Meaning, e.Fix)
	} else if run.problem != "" {
		fmt.Fprintf(&b, "\nCode: %s.", run.problem)
	}
	if run.summary != nil && run.summary.Run != "" {
		fmt.Fprintf(&b, "\nRun: %s.", run.summary.Run)
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
