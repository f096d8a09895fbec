package web

import (
	"context"
	"errors"
	"io"
	"path/filepath"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/report"
)

// importRoster imports the roster of a draft, or rehearses that.
func (rs *runner) importRoster(ctx context.Context, one *liveRun) (err error) {
	r := one.record
	d, err := rs.drafts.get(r.Draft)
	if err != nil {
		return fault.Usage("drop the roster again", "the roster was removed: %v", err)
	}
	in, err := rs.open(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	rehearsal := r.Kind == kindRehearsal
	split, err := in.Split(ctx, r.Project.ID)
	if err != nil {
		return err
	}
	connection, err := rs.backend.Connect(ctx, rehearsal, split.Projects...)
	if err != nil {
		return err
	}
	defer connection.Close()
	book, err := rs.backend.Ledger(ctx, rehearsal)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	target, err := in.ResultsPath("", rehearsal)
	if err != nil {
		return err
	}
	options := rs.backend.Options()
	options.Connection, options.Ledger, options.Rehearsal = connection, book, rehearsal
	options.ResultsPath, options.OnEvent, options.Log = rs.path(r.ID, filepath.Base(target)), one.handle, rs.log
	im := importer.New(split, options)
	defer func() { err = errors.Join(err, im.Close()) }()
	r.Result.Remarks = in.Remarks
	return rs.send(ctx, one, im)
}

// reportFile is the name of the HTML report of a run.
const reportFile = "report.html"

// send runs an import, and keeps the result.
func (rs *runner) send(ctx context.Context, one *liveRun, im *importer.Import) (err error) {
	r := one.record
	if err := im.Lock(ctx); err != nil {
		return err
	}
	if _, err := im.Validate(ctx); err != nil {
		return err
	}
	one.enter(stageListing, nil)
	requests, err := im.Forecast(ctx)
	if err != nil {
		return err
	}
	page, err := report.CreateHTML(rs.path(r.ID, reportFile))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, page.Discard()) }()
	progress := report.NewProgress(io.Discard, report.ModeLog, requests, rs.log)
	one.Begin(im, requests, progress, page)
	one.enter(stageSending, progress)
	run, failure := im.Run(ctx)
	progress.Close()
	if run == nil {
		return failure
	}
	s := one.Summary(im, run)
	s.Elapsed, s.Project = run.Elapsed.Seconds(), r.Project.Name
	s.Remarks = append(r.Result.Remarks, run.Remarks...)
	s.Status, r.Result = one.conclude(ctx, run, failure)
	r.Result.Remarks = s.Remarks
	if failure == nil {
		r.Result.Results = filepath.Base(im.ResultsPath)
	}
	if stop := r.Result.Stop; stop != nil {
		s.Why = stop.Message
	}
	if unwritten := page.Commit(s); unwritten == nil {
		r.Result.Report = reportFile
	} else {
		failure = errors.Join(failure, unwritten)
	}
	return failure
}

// conclude sets how a run ended, and returns that for a report, and the result.
func (one *liveRun) conclude(ctx context.Context, run *importer.Summary, failure error) (status string, _ runResult) {
	r := one.record
	result := runResult{
		Run: run.Run, Counts: run.Counts, Earlier: run.Earlier,
		Problems: newRunProblems(one.Problems()), Notes: newRunProblems(one.Notes()),
	}
	r.Status, status = statusFinished, report.Finished
	switch {
	case failure != nil:
		r.Status, status, result.Stop = statusStopped, report.Stopped, importer.Reason(failure)
	case run.Stopped != nil:
		r.Status, status, result.Stop = statusStopped, report.Stopped, importer.Reason(run.Stopped)
	case errors.Is(context.Cause(ctx), errStopped) && run.Counts.Pending+run.Counts.Unknown > 0:
		r.Status, status = statusInterrupted, report.Interrupted
	}
	return status, result
}

// removeDraft removes what was uploaded and edited.
func (rs *runner) removeDraft(id string) error {
	d, err := rs.drafts.get(id)
	if errors.As(err, &notFoundError{}) {
		return nil
	}
	if err != nil {
		return err
	}
	rs.forget(id)
	return d.remove()
}
