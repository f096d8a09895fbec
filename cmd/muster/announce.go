package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/report"
	"muster/ratelimit"
)

// foresee returns how many requests the rows will take. Rows that are in the project
// already take none. The lookup is skipped if the answer would not be shown, or if the
// pace is not known yet. A project whose people can't be listed stops its run.
func (a *app) foresee(ctx context.Context, shares []*share, pace *ratelimit.Pace) (requests int, err error) {
	defer a.sayWaits(ctx, pace)()
	_, known := pace.Forecast(1)
	for i, s := range shares {
		if s.stop != nil || s.plan.Create == 0 {
			continue
		}
		if a.settings.quiet || !known || ctx.Err() != nil {
			requests += s.plan.Create
			continue
		}
		plan := s.plan
		if i > 0 { // its run may begin hours later, and lists the people anew
			later := *s.plan
			plan = &later
		}
		foreseen, err := s.job.DryRun(ctx, plan, nil)
		switch {
		case err == nil:
			requests += foreseen.Counts.Pending + foreseen.Updates
		case !errors.As(err, &s.stop) && ctx.Err() == nil:
			return 0, err
		}
	}
	return requests, nil
}

// announce says what is about to happen.
func (a *app) announce(job *importer.Job, plan *importer.Validation, in *input, project procore.Project, requests int) {
	if a.settings.quiet || a.settings.json && !isTerminal(a.stderr) {
		return
	}
	estimate, _ := job.Pace.Forecast(requests)
	a.talkPlan(report.Plan{Rows: plan.Rows, Roster: in.called(), Project: a.called(project, job.Scope.Project), Estimate: estimate, Rehearsal: a.settings.simulate})
	if plan.Invalid > 0 {
		a.talk("%s invalid and will not be sent; the summary and the results file say why.", rowsAre(plan.Invalid))
	}
}

// called names a project for people: name and number, or the number alone. A rehearsal
// has no number.
func (a *app) called(project procore.Project, id int64) string {
	number := fmt.Sprintf("project %d", id)
	switch {
	case project.Name == "":
		return number
	case strings.EqualFold(project.Name, number), a.settings.simulate && a.settings.project == 0:
		return project.Name
	}
	return fmt.Sprintf("%s (%s)", project.Name, number)
}

func (a *app) talkPlan(plan report.Plan) {
	columns := a.width(a.stderr)
	if a.logsJSON() {
		columns = math.MaxInt
	}
	var text strings.Builder
	_ = report.WritePlan(&text, plan, columns) // a builder takes everything
	a.talk("%s", strings.TrimSuffix(text.String(), "\n"))
}

func rowsAre(n int) string {
	if n == 1 {
		return "1 row is"
	}
	return fmt.Sprintf("%d rows are", n)
}
