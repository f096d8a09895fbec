package importer

import (
	"context"
	"errors"
	"fmt"

	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/mapping"
)

// listPeople lists the people of the project, with their job titles if the
// roster gives any to compare them with.
func (j *Job) listPeople(ctx context.Context, plan *Plan) (*people, error) {
	x, err := listPeople(ctx, j.API, plan.index)
	if err != nil {
		return nil, err
	}
	if _, ok := j.columns()[mapping.JobTitle]; ok {
		err = x.listTitles(ctx, j.API)
	}
	return x, err
}

// existing pairs it with a person who was there already, and compares the job
// title.
func (r *run) existing(it *item, id int64) {
	it.send = false
	it.settle(outcome.Existing, it.outcome.Problems...)
	it.outcome.PersonID = id
	if r.people != nil && r.people.person(id) == nil && !it.recent {
		it.outcome.Problems = append(it.outcome.Problems, outcome.Problem{
			Code:    "gone",
			Message: "created by an earlier run, but the project does not list this person any more; not created again",
			Hint:    "if the person is to be in the project, import with --recreate-removed",
		})
	}
	if r.people == nil || !r.people.otherTitle(id, it.person.JobTitle) {
		return
	}
	it.update = r.Update
	it.outcome.Problems = append(it.outcome.Problems, r.at(it, outcome.Problem{
		Code:    "differs",
		Field:   string(mapping.JobTitle),
		Message: "in Procore this person has another job title",
		Hint:    "correct it there, or import with --update",
	}))
}

// at adds to a problem where its field stands in the roster.
func (r *run) at(it *item, p outcome.Problem) outcome.Problem {
	if column, ok := r.columns[mapping.Field(p.Field)]; ok {
		p.Cell = r.Source.cell(it.line, column)
	}
	return p
}

// updateTitle gives the person of it the row's job title. To say the same twice does
// no harm, so a request whose answer was lost is simply sent again.
func (r *run) updateTitle(intake, work context.Context, it *item) {
	change := procore.Draft{JobTitle: it.person.JobTitle}
	token := fmt.Sprintf("%s-%d", r.record.ID, it.row)
	for {
		slot, err := r.takeSlot(intake, it)
		if err != nil {
			return // it still differs, and says so
		}
		r.requests <- struct{}{}
		_, err = r.API.UpdatePerson(work, slot, it.outcome.PersonID, change, token)
		<-r.requests
		if err == nil {
			r.updated.Add(1)
			it.settle(outcome.Existing, r.at(it, outcome.Problem{
				Code: "updated", Field: string(mapping.JobTitle), Message: "the job title was changed in Procore to the roster's",
			}))
			return
		}
		answer := r.decideUpdate(it, err)
		if answer.stop != nil {
			r.end(answer.stop)
			return
		}
		if !answer.again {
			it.settle(answer.status, answer.problems...)
			it.outcome.PersonID = 0
			return
		}
		r.retries.Add(1)
		if !wait(intake, answer.wait) {
			return
		}
	}
}

// decideUpdate is decide for a request that may be repeated, and that concerns
// a person who may be gone by now.
func (r *run) decideUpdate(it *item, err error) answer {
	var e *procore.Error
	if errors.As(err, &e) && e.Kind == procore.NotFound {
		return r.updateRefused(it, []outcome.Problem{{Message: e.Message, Hint: e.Hint}})
	}
	a := r.decide(it, err)
	switch {
	case a.stop != nil || a.again:
		return a
	case a.doubt && it.tries.lost < maxLost:
		return answer{again: true, wait: it.tries.interval()}
	case a.doubt:
		return r.updateRefused(it, []outcome.Problem{{Message: "Procore kept failing", Hint: "run the same command again later"}})
	}
	return r.updateRefused(it, a.problems)
}

func (r *run) updateRefused(it *item, problems []outcome.Problem) answer {
	for i := range problems {
		problems[i].Code = "update_refused"
		problems[i].Message = fmt.Sprintf("the job title of person %d was not changed: %s", it.outcome.PersonID, problems[i].Message)
	}
	return answer{status: outcome.Failed, problems: problems}
}
