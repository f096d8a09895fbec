package importer

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/text"
	"muster/mapping"
	"muster/ratelimit"
)

// StopError says why a run stopped before the last row. What was sent by then
// is answered and recorded; the other rows are pending.
type StopError struct {
	Code    string // such as "forbidden" or "max_errors"
	Message string // for people: what stopped it
	Fix     string // for people: what to do
	Err     error
}

func (e *StopError) Error() string { return e.Message }

func (e *StopError) Unwrap() error { return e.Err }

// Reason returns what an error says to people and to programs.
func Reason(err error) *fault.Error {
	var (
		e     fault.Error
		known *fault.Error
		file  *mapping.FileError
		stop  *StopError
	)
	switch {
	case errors.As(err, &file):
		e = fault.Error{Code: "mapping_file", Fix: file.Hint, Where: fault.Where{File: file.Path, Line: file.Line, Column: file.Column}}
	case errors.As(err, &known):
		e = *known
	case errors.As(err, &stop):
		e = fault.Error{Code: stop.Code, Fix: stop.Fix}
	case errors.Is(err, ledger.ErrLocked):
		e = fault.Error{Code: "locked", Fix: "wait until the other run has ended, and run the same command again"}
	default:
		e.Code = "unexpected"
	}
	e.Message = err.Error()
	return &e
}

// ledgerStop returns why a run ends that can't read or write its ledger.
func ledgerStop(err error) *StopError {
	stop := &StopError{Code: "ledger_failed", Message: "stopped: the ledger can't be used: " + err.Error(), Err: err}
	var known *fault.Error
	if errors.As(err, &known) {
		stop.Code, stop.Fix = known.Code, known.Fix
	}
	return stop
}

// OfProject reports whether the reason concerns the project alone, so that another
// project of the company may work.
func (e *StopError) OfProject() bool { return e.Code == codeForbidden || e.Code == codeProjectNotFound }

const (
	codeForbidden       = "forbidden"
	codeProjectNotFound = "project_not_found"
)

// CodeMaxDuration is the code of a run or a slice that its time ended.
const CodeMaxDuration = "max_duration"

// MaxErrors is how many rows may end without a person before a run stops. The
// zero value sets no bound.
type MaxErrors struct {
	set     bool
	rows    int
	percent float64
}

// ParseMaxErrors reads "20" (rows) or "5%" (of the roster's rows).
func ParseMaxErrors(most string) (MaxErrors, error) {
	most = strings.TrimSpace(most)
	if most == "" {
		return MaxErrors{}, nil
	}
	if number, ok := strings.CutSuffix(most, "%"); ok {
		percent, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
		if err != nil || math.IsNaN(percent) || percent < 0 || percent > 100 {
			return MaxErrors{}, fmt.Errorf("%q is not a share between 0%% and 100%%", most)
		}
		return MaxErrors{set: true, percent: percent}, nil
	}
	rows, err := strconv.Atoi(most)
	if err != nil || rows < 0 {
		return MaxErrors{}, fmt.Errorf("%q is neither a number of rows (20) nor a share of them (5%%)", most)
	}
	return MaxErrors{set: true, rows: rows}, nil
}

// exceeded reports whether errors are more than m allows of a roster of so many rows.
func (m MaxErrors) exceeded(errors, rows int) bool {
	switch {
	case !m.set:
		return false
	case m.percent > 0:
		return float64(errors) > m.percent/100*float64(rows)
	default:
		return errors > m.rows
	}
}

func (m MaxErrors) String() string {
	if m.percent > 0 {
		return strconv.FormatFloat(m.percent, 'f', -1, 64) + "%"
	}
	return strconv.Itoa(m.rows)
}

// CodeMaxErrors is the code of a run that MaxErrors stopped.
const CodeMaxErrors = "max_errors"

// stop returns the reason for the end of a run after too many rows without a person.
// More rows may end so before the run is over, so the message has no number.
func (m MaxErrors) stop() *StopError {
	return &StopError{
		Code:    CodeMaxErrors,
		Message: fmt.Sprintf("stopped: more rows ended without a person than the %s allowed by --max-errors", m),
		Fix:     "look at the problems in the results file, fix them, and feed it in again",
	}
}

// stopAfter returns the reason with the number of rows that ended without a person.
func (m MaxErrors) stopAfter(errors int) *StopError {
	stop := m.stop()
	stop.Message = fmt.Sprintf("stopped: %s without a person, more than the %s allowed by --max-errors", text.Plural(errors, "row has ended", "rows have ended"), m)
	return stop
}

// maxDurationOver returns the reason for the end of a run after --max-duration.
func maxDurationOver(d time.Duration) *StopError {
	return &StopError{
		Code:    CodeMaxDuration,
		Message: fmt.Sprintf("stopped: the %s of --max-duration are over", d),
		Fix:     "run the same command again: it goes on with the rows that are left",
	}
}

// Connect finds out, before anything is sent, whether the credentials work
// and the project can be reached, and returns the project's name. The error
// is a *StopError, or ctx's.
func Connect(ctx context.Context, api *procore.Client) (project procore.Named, err error) {
	if err := api.Renew(ctx); err != nil {
		return procore.Named{}, connectStop(ctx, err)
	}
	if project, err = api.Project(ctx); err != nil {
		return procore.Named{}, connectStop(ctx, err)
	}
	return project, nil
}

// Classifications returns the work classifications of the project, by which rows
// with a classification's name are mapped. The error is a *StopError, or ctx's.
func Classifications(ctx context.Context, api *procore.Client) ([]mapping.Classification, error) {
	list, err := api.WorkClassifications(ctx)
	if err != nil {
		return nil, connectStop(ctx, err)
	}
	known := make([]mapping.Classification, 0, len(list))
	for _, c := range list {
		known = append(known, mapping.Classification(c))
	}
	return known, nil
}

func connectStop(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return inVain(context.Cause(ctx), err)
	}
	var stop *StopError
	if errors.As(err, &stop) {
		return stop
	}
	var e *procore.Error
	if !errors.As(err, &e) {
		e = &procore.Error{Kind: procore.Unreachable, Message: err.Error(), Err: err}
	}
	return stopFor(e)
}

// inVain returns why a run ended, with the last request's error: time that went by
// while Procore could not be reached says nothing of the network by itself.
func inVain(cause, last error) error {
	var stop *StopError
	var e *procore.Error
	if !errors.As(cause, &stop) || stop.Code != CodeMaxDuration || !errors.As(last, &e) || e.Kind != procore.Unreachable || e.Code == procore.CodeStopped {
		return cause
	}
	words := e.Message
	if errors.Is(e, context.Canceled) {
		words = "it did not answer"
	}
	why := stopFor(e)
	return &StopError{Code: why.Code, Message: stop.Message + ", and Procore could not be reached: " + words, Fix: why.Fix, Err: e}
}

// quotaLost returns the reason for the end of a run that lost the database of the quota,
// or nil if err says something else.
func quotaLost(err error) *StopError {
	var lost *ratelimit.LostError
	if !errors.As(err, &lost) {
		return nil
	}
	stop := &StopError{
		Code: ledger.CodeLost, Message: "stopped: the connection to the ledger's database was lost, and with it the quota that the hosts share",
		Fix: "see that the database server runs, then run the same command again: muster continues where this run stopped", Err: err,
	}
	if ledger.IsFull(lost) {
		stop.Code, stop.Message = ledger.CodeFull, "stopped: the disk of the database server is full"
		stop.Fix = "make room on that disk, then run the same command again: muster continues where this run stopped"
	}
	return stop
}

// stops says what an answer that concerns every row means for the run. In a message,
// %[1]s is what could not be done, and %[2]s what Procore says.
var stops = map[procore.Kind]StopError{
	procore.BadCredentials: {
		Code: "bad_credentials", Message: "Procore refused the credentials: %[2]s",
		Fix: "check MUSTER_CLIENT_ID and the client secret, and that they belong to this --environment",
	},
	procore.Unauthorized: {
		Code: "unauthorized", Message: "Procore refuses the token, also after it was renewed: %[2]s",
		Fix: "check that the service account is still active and that the credentials belong to this --environment",
	},
	procore.Forbidden: {
		Code: codeForbidden, Message: "the account may not %[1]s: %[2]s",
		Fix: "give the service account Directory Admin (or Create Contacts), and check --company; add the project to its Permitted Projects: an update of the app removes them",
	},
	procore.NotFound: {
		Code: codeProjectNotFound, Message: "the project does not exist, or this account can't see it (refused: to %[1]s): %[2]s",
		Fix: "check --company and --project, and the service account's Permitted Projects: an update of the app removes them",
	},
	procore.Unreachable: {
		Code: "unreachable", Message: "Procore can't be reached: %[2]s",
		Fix: "check the network, the proxy (HTTPS_PROXY) and --environment or --api-url, then run the same command again",
	},
	procore.Throttled: {Code: "throttled", Message: "Procore puts every request off: %[2]s", Fix: "run the same command again later"},
	procore.Malformed: {Code: "procore_fault", Message: "Procore did not answer as expected: %[2]s", Fix: "run the same command again later"},
}

// stopFor says what an answer that concerns every row means for the run.
func stopFor(e *procore.Error) *StopError {
	if stop := quotaLost(e.Err); stop != nil {
		return stop
	}
	stop, known := stops[e.Kind]
	if !known { // Refused or Fault, after many tries
		stop = stops[procore.Malformed]
	}
	stop.Message, stop.Err = fmt.Sprintf(stop.Message, e.Op, e.Message), e
	switch {
	case e.Blocked():
		stop.Message = fmt.Sprintf("Procore did not get the call to %s: %s", e.Op, e.Message)
		stop.Fix = "a firewall, a proxy or a sign-in page answered in place of Procore: ask your IT department to let muster reach Procore, and check HTTPS_PROXY and --api-url"
	case e.Code == procore.CodeIncomplete:
		stop.Code, stop.Message, stop.Fix = e.Code, e.Message, e.Hint
	case e.Kind == procore.Forbidden && strings.Contains(strings.ToLower(e.Message), "not connected"):
		stop.Fix = "ask a company administrator to connect the app in the company's App Management, and check --company"
	}
	return &stop
}

// pendingProblem returns the reason why a row was not attempted.
func (r *run) pendingProblem(intake context.Context) outcome.Problem {
	const hint = "run the same command again: it goes on with the rows that are left"
	var stop *StopError
	if errors.As(r.why(intake), &stop) {
		return outcome.Problem{Code: stop.Code, Message: stop.Message, Hint: hint}
	}
	return outcome.Problem{Code: "interrupted", Message: "the run was interrupted before this row", Hint: hint}
}

// note keeps in mind whether the latest request reached Procore.
func (r *run) note(err error) {
	var e *procore.Error
	errors.As(err, &e)
	r.latest.Store(e)
	if err == nil {
		r.counters.answered.Add(1)
	}
}

// why returns what ended the intake.
func (r *run) why(intake context.Context) error {
	if e := r.latest.Load(); e != nil {
		return inVain(context.Cause(intake), e)
	}
	return context.Cause(intake)
}
