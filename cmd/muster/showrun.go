package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/report"
)

func (a *app) showRun(ctx context.Context, flags *pflag.FlagSet, id string) (err error) {
	if err := a.begin(flags); err != nil {
		return err
	}
	book, run, err := a.openRun(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	one, err := describe(ctx, book, run)
	if err != nil {
		return err
	}
	out := bufio.NewWriter(a.stdout)
	if a.settings.json {
		a.answered = true
		err = writeRunJSON(ctx, out, book, one)
	} else {
		err = a.writeRun(ctx, out, book, one)
	}
	return errors.Join(err, out.Flush())
}

// attemptJSON is the JSON of a request for a row.
type attemptJSON struct {
	Row        int            `json:"row"`
	Attempt    int            `json:"attempt"` // of this person, over all runs
	Sent       time.Time      `json:"sent"`
	Answered   *time.Time     `json:"answered"`
	State      string         `json:"state"`
	Status     outcome.Status `json:"status"`
	Code       string         `json:"code"`
	PersonID   string         `json:"person_id"` // text, as it may exceed what other programs hold as a number
	HTTPStatus int            `json:"http_status"`
	RequestID  string         `json:"request_id"`
}

// writeRunJSON prints a run with its attempts, page by page.
func writeRunJSON(ctx context.Context, w io.Writer, book *ledger.Ledger, run runJSON) error {
	head, err := json.Marshal(run)
	if err != nil {
		return fmt.Errorf("write the run: %w", err)
	}
	fmt.Fprintf(w, "%s,\"attempts\":[", strings.TrimSuffix(string(head), "}"))
	first := true
	for t, err := range book.Attempts(ctx, run.Run) {
		if err != nil {
			return err
		}
		one := attemptJSON{
			Row: t.Row, Attempt: t.Attempt, Sent: t.Sent, State: t.State.String(), Status: t.Status, Code: t.Code,
			HTTPStatus: t.HTTPStatus, RequestID: t.RequestID,
		}
		if !t.Ended.IsZero() {
			one.Answered = &t.Ended
		}
		if t.PersonID != 0 {
			one.PersonID = strconv.FormatInt(t.PersonID, 10)
		}
		text, err := json.Marshal(one)
		if err != nil {
			return fmt.Errorf("write row %d: %w", t.Row, err)
		}
		if !first {
			fmt.Fprintf(w, ",")
		}
		first = false
		fmt.Fprintf(w, "%s", text)
	}
	fmt.Fprintln(w, "]}")
	return nil
}

// writeRun prints a run for people, a line for each request. A long code gets a second
// line with the request's ID.
func (a *app) writeRun(ctx context.Context, w io.Writer, book *ledger.Ledger, run runJSON) error {
	if !a.settings.quiet {
		a.writeRunHead(w, run)
	}
	columns := a.width(a.stdout)
	day := run.Started.Local().Format(time.DateOnly)
	none := true
	for t, err := range book.Attempts(ctx, run.Run) {
		if err != nil {
			return err
		}
		if none && !a.settings.quiet && !a.settings.plain {
			fmt.Fprintf(w, "%6s %-8s %-8s %4s %-12s %s\n", "ROW", "SENT", "OUTCOME", "HTTP", "CODE", "REQUEST ID")
		}
		none = false
		if a.settings.plain {
			fmt.Fprintln(w, saidOf(t, run.Removed != nil))
			continue
		}
		if today := t.Sent.Local().Format(time.DateOnly); today != day {
			day = today
			fmt.Fprintf(w, "%6s on %s\n", "", day)
		}
		fmt.Fprintln(w, lineOf(t, run.Removed != nil, columns))
	}
	if none && !a.settings.quiet {
		fmt.Fprintln(w, "no row needed a request")
	}
	return nil
}

// writeRunHead writes what is known of a run as a whole.
func (a *app) writeRunHead(w io.Writer, run runJSON) {
	times := "started " + run.Started.Local().Format(time.DateTime)
	if run.Ended != nil {
		times += ", ended " + run.Ended.Local().Format(time.DateTime)
	}
	for _, text := range []string{
		fmt.Sprintf("Run %s: %s", run.Run, run.Status),
		run.sentence(),
		times,
		fmt.Sprintf("company %d, project %d at %s", run.Company, run.Project, run.API),
	} {
		fmt.Fprintf(w, "%s", paragraph(report.Clean(text), "", a.width(a.stdout)))
	}
	if a.settings.plain {
		fmt.Fprintf(w, "Roster: %s\nResults: %s\n", report.Clean(run.Roster), report.Clean(run.Results))
		return
	}
	fmt.Fprintf(w, "roster  %s\nresults %s\n\n", report.Clean(run.Roster), report.Clean(run.Results))
}

// lineOf shows an attempt in the table of a run.
func lineOf(t ledger.Attempt, undo bool, columns int) string {
	http := ""
	if t.HTTPStatus != 0 {
		http = strconv.Itoa(t.HTTPStatus)
	}
	line := fmt.Sprintf("%6d %s %-8s %4s %-12s ", t.Row, t.Sent.Local().Format("15:04:05"), became(t, undo), http, report.Clean(t.Code))
	request := report.Clean(t.RequestID)
	if len(line)+len(request) > columns && request != "" {
		line = strings.TrimRight(line, " ") + "\n" + strings.Repeat(" ", 8)
	}
	return strings.TrimRight(line+request, " ")
}

// saidOf says in a sentence what became of an attempt.
func saidOf(t ledger.Attempt, undo bool) string {
	text := fmt.Sprintf("Row %d: sent %s, %s", t.Row, t.Sent.Local().Format(time.DateTime), became(t, undo))
	if t.HTTPStatus != 0 {
		text += fmt.Sprintf(", HTTP status %d", t.HTTPStatus)
	}
	if t.Code != "" {
		text += ", code " + report.Clean(t.Code)
	}
	if t.RequestID != "" {
		text += ", request " + report.Clean(t.RequestID)
	}
	return text
}

// became says in a word what became of an attempt.
func became(t ledger.Attempt, undo bool) string {
	switch {
	case t.State == ledger.Intended:
		return "in doubt"
	case t.State == ledger.Removed && t.Code == importer.CodeUndoGone:
		return "gone"
	case t.State == ledger.Created && undo:
		return "kept"
	case t.Status != "":
		return string(t.Status)
	}
	return t.State.String()
}
