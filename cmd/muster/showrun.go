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

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/report"
)

func (a *app) showRun(ctx context.Context, id string) (err error) {
	book, run, err := a.openRun(ctx, id)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	out := bufio.NewWriter(a.stdout)
	if a.settings.json {
		a.answered = true
		err = writeRunJSON(ctx, out, run)
	} else {
		err = a.writeRun(ctx, out, run)
	}
	return errors.Join(err, out.Flush())
}

// attemptJSON is the JSON of a request for a row.
type attemptJSON struct {
	Row        int            `json:"row"`
	Attempt    int            `json:"attempt"` // of the person, over all runs
	Sent       time.Time      `json:"sent"`
	Answered   *time.Time     `json:"answered"`
	State      string         `json:"state"`
	Status     outcome.Status `json:"status"`
	Code       string         `json:"code"`
	PersonID   string         `json:"person_id"` // text: the ID may exceed the numbers of other programs
	HTTPStatus int            `json:"http_status"`
	RequestID  string         `json:"request_id"`
}

func newAttemptJSON(t ledger.Attempt) attemptJSON {
	a := attemptJSON{
		Row: t.Row, Attempt: t.Attempt, Sent: t.Sent, Answered: orNull(t.Ended), State: t.State.String(), Status: t.Status, Code: t.Code,
		HTTPStatus: t.HTTPStatus, RequestID: t.RequestID,
	}
	if t.PersonID != 0 {
		a.PersonID = strconv.FormatInt(t.PersonID, 10)
	}
	return a
}

// writeRunJSON prints a run with the attempts. A run may have millions of attempts, so
// muster writes each at once.
func writeRunJSON(ctx context.Context, w io.Writer, run importer.PastRun) error {
	head, err := json.Marshal(newRunJSON(run))
	if err != nil {
		return fmt.Errorf("write the run: %w", err)
	}
	fmt.Fprintf(w, "%s,\"attempts\":[", strings.TrimSuffix(string(head), "}"))
	comma := ""
	for t, err := range run.Attempts(ctx) {
		if err != nil {
			return err
		}
		attempt, err := json.Marshal(newAttemptJSON(t))
		if err != nil {
			return fmt.Errorf("write row %d: %w", t.Row, err)
		}
		fmt.Fprintf(w, "%s%s", comma, attempt)
		comma = ","
	}
	fmt.Fprintln(w, "]}")
	return nil
}

// writeRun prints a run for people, a line for each request.
func (a *app) writeRun(ctx context.Context, w io.Writer, run importer.PastRun) error {
	if !a.settings.quiet {
		a.writeRunHead(w, run)
	}
	day := run.Started.Local().Format(time.DateOnly)
	none := true
	for t, err := range run.Attempts(ctx) {
		if err != nil {
			return err
		}
		if none && !a.settings.quiet && !a.settings.plain {
			fmt.Fprintf(w, "%6s %-8s %-8s %4s %-12s %s\n", "ROW", "SENT", "OUTCOME", "HTTP", "CODE", "REQUEST ID")
		}
		none = false
		if a.settings.plain {
			fmt.Fprintln(w, attemptSentence(run, t))
			continue
		}
		if today := t.Sent.Local().Format(time.DateOnly); today != day {
			day = today
			fmt.Fprintf(w, "%6s on %s\n", "", day)
		}
		fmt.Fprintln(w, attemptLine(run, t, a.width(a.stdout)))
	}
	if none && !a.settings.quiet {
		fmt.Fprintln(w, "no row needed a request")
	}
	return nil
}

// writeRunHead writes the facts about a run as a whole.
func (a *app) writeRunHead(w io.Writer, run importer.PastRun) {
	times := "started " + run.Started.Local().Format(time.DateTime)
	if !run.Ended.IsZero() {
		times += ", ended " + run.Ended.Local().Format(time.DateTime)
	}
	for _, line := range []string{
		fmt.Sprintf("Run %s: %s", run.ID, run.Status),
		run.Sentence(),
		times,
		fmt.Sprintf("company %d, project %d at %s", run.Company, run.Project, run.API),
	} {
		fmt.Fprintf(w, "%s", paragraph(report.Clean(line), "", a.width(a.stdout)))
	}
	form := "roster  %s\nresults %s\n\n"
	if a.settings.plain {
		form = "Roster: %s\nResults: %s\n"
	}
	fmt.Fprintf(w, form, report.Clean(importer.PlaceOf(run.Run, run.Roster)), report.Clean(importer.PlaceOf(run.Run, run.Results)))
}

// attemptLine returns a line of the table of a run. A request ID that does not fit gets
// a second line.
func attemptLine(run importer.PastRun, t ledger.Attempt, columns int) string {
	http := ""
	if t.HTTPStatus != 0 {
		http = strconv.Itoa(t.HTTPStatus)
	}
	line := fmt.Sprintf("%6d %s %-8s %4s %-12s ", t.Row, t.Sent.Local().Format(time.TimeOnly), run.Result(t), http, report.Clean(t.Code))
	request := report.Clean(t.RequestID)
	if len(line)+len(request) > columns && request != "" {
		line = strings.TrimRight(line, " ") + "\n" + strings.Repeat(" ", 8)
	}
	return strings.TrimRight(line+request, " ")
}

// attemptSentence returns a sentence about a request.
func attemptSentence(run importer.PastRun, t ledger.Attempt) string {
	sentence := fmt.Sprintf("Row %d: sent %s, %s", t.Row, t.Sent.Local().Format(time.DateTime), run.Result(t))
	if t.HTTPStatus != 0 {
		sentence += fmt.Sprintf(", HTTP status %d", t.HTTPStatus)
	}
	if t.Code != "" {
		sentence += ", code " + report.Clean(t.Code)
	}
	if t.RequestID != "" {
		sentence += ", request " + report.Clean(t.RequestID)
	}
	return sentence
}
