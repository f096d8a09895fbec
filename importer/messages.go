package importer

import (
	"context"
	"fmt"
	"strings"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/text"
	"muster/mapping"
)

// problems words the codes of a decision.
func (r *run) problems(intake context.Context, t *task, f facts, d decision) []outcome.Problem {
	var problems []outcome.Problem
	for _, code := range d.codes {
		problems = append(problems, r.at(t.line, r.problem(t, f, d, code)))
	}
	if d.open && d.next == ready && f.state == ledger.Intended {
		problems = append(problems, outcome.Problem{
			Code:    codeAnswerLost,
			Message: fmt.Sprintf("sent in run %s without an answer; an import first finds out whether the person exists", t.entry.Intent.Run),
		})
	}
	if d.status == outcome.Pending {
		problems = append(problems, r.pendingProblem(intake))
	}
	return problems
}

func (r *run) problem(t *task, f facts, d decision, code string) outcome.Problem {
	p := outcome.Problem{Code: code}
	switch code {
	case codeAnswerLost:
		return answerLost(t.entry.Intent.Run, d.people)
	case codeNameOnly:
		return nameOnly(d.people)
	case codeNameGiven:
		p.Field = string(mapping.LastName)
		p.Message = fmt.Sprintf("person %s in Procore has this name and no ID, and was matched with another row of the name; nothing was sent", list(d.people))
		p.Hint = "give that person the ID of the right row in Procore, or, if the rows are two people and the second is new, import with --allow-namesakes"
	case codeIDAlike:
		p.Field = string(f.match.by.field())
		p.Message = fmt.Sprintf("matched with person %s, who has the same name; the %s differs only in case, hyphens, blanks or leading zeros", list(d.people), f.match.by)
		p.Hint = "spreadsheets remove leading zeros; correct the ID in the roster, or in Procore"
	case codeIDConflict:
		p.Field = string(f.match.by.field())
		p.Message = fmt.Sprintf("in Procore, %s has this %s", r.people.named(d.people), f.match.by)
		p.Hint = "correct the ID in the roster, or in Procore"
	case codeFirstName:
		p.Field = string(mapping.FirstName)
		p.Message = fmt.Sprintf("in Procore, %s has this %s; the row was taken for the same person", r.people.named(d.people), f.match.by)
		p.Hint = "if they are two people, correct the ID in the roster, or in Procore"
	case codeSharedID:
		return sharedID(t.person.EmployeeID)
	case codeInactive:
		p.Message = fmt.Sprintf("this person is inactive in Procore (%s); nothing was sent", list(d.people))
		p.Hint = "to make the person active again, import with --reactivate, or activate the person in the company's directory"
		if len(d.people) > 1 {
			p.Message = fmt.Sprintf("several inactive people in Procore may be this person: %s; nothing was sent", list(d.people))
			p.Hint = "activate the right one in the company's directory, or give it the row's ID there"
		}
	case codeGone:
		p.Message = "an earlier run created this person, but the project no longer lists the person; not created again"
		p.Hint = "if the person belongs to the project, import with --recreate-removed"
	case codeDiffers:
		p.Field = string(mapping.JobTitle)
		p.Message = "this person has another job title in Procore"
		p.Hint = "correct the title there, or import with --update"
	case codeKeptFailing:
		p.Message = fmt.Sprintf("Procore did not answer %d requests for this row, and the person was not created", t.tries.failures.Lost)
		p.Hint = "try again later; if this goes on, send the request IDs to Procore's support"
	case codeSentElsewhere:
		return sentElsewhere(t.entry.Project)
	}
	return p
}

// code returns the code of a person that an action put on the project without
// creating a new one.
func (a action) code() string {
	for _, note := range a.note() {
		return note.Code
	}
	return ""
}

// note says in a row which action, other than a create, put the person on the
// project.
func (a action) note() []outcome.Problem {
	switch a {
	case attach:
		return []outcome.Problem{{Code: codeAttached, Message: "this person was in the company already and is on the project now; no second person was created"}}
	case reactivate:
		return []outcome.Problem{{Code: codeReactivated, Message: "this person was inactive and is active again; no second person was created"}}
	case noAction, create, updateTitle:
	}
	return nil
}

// answerLost says in a row that the person may or may not exist.
func answerLost(run string, candidates []int64) outcome.Problem {
	p := outcome.Problem{
		Code:    codeAnswerLost,
		Message: fmt.Sprintf("sent in run %s without an answer: it is not known whether Procore created the person", run),
		Hint:    "run the same command again later: muster finds out before it sends anything",
	}
	if len(candidates) > 0 {
		p.Message = fmt.Sprintf("sent in run %s without an answer; the person may be any of %s", run, list(candidates))
		p.Hint = "look these people up in the project's directory and remove the duplicates"
	}
	return p
}

// nameOnly says in a row that only the name matched.
func nameOnly(ids []int64) outcome.Problem {
	p := outcome.Problem{
		Code:    codeNameOnly,
		Field:   string(mapping.LastName),
		Message: "matched with the person of the same name in Procore; no ID confirms the match",
		Hint:    "if these are two people, give the one in Procore an employee ID",
	}
	if len(ids) > 1 {
		p.Message = fmt.Sprintf("Procore has %d people of this name (%s); matched with the first", len(ids), list(ids))
	}
	return p
}

// sharedID says that an employee ID tells nothing about a person.
func sharedID(id string) outcome.Problem {
	return outcome.Problem{
		Code: codeSharedID, Field: string(mapping.EmployeeID),
		Message: fmt.Sprintf("several people have the employee ID %q, so the full name decides who is in the project already", id),
		Hint:    "if the ID is wrong, correct it in the roster, or in Procore",
	}
}

// nullMarker returns the note on cells that say in words that they are empty.
func nullMarker(field mapping.Field, text, heading string) outcome.Problem {
	return outcome.Problem{
		Code: codeNullMarker, Field: string(field),
		Message: fmt.Sprintf("%q under %q says that there is no value, so muster reads an empty cell", text, heading),
		Hint:    "if it is a value, list it under values in a mapping file",
	}
}

// noInactiveList is the note on a Procore that answers 404 for its list of inactive people.
func noInactiveList() outcome.Group {
	return outcome.Group{
		Code: "inactive_not_listed", ExampleRows: []int{},
		Message: "Procore has no list of inactive people for this project, so an inactive person may be created a second time",
		Hint:    "if people of the roster were made inactive in Procore, activate them in the company's directory before the import",
	}
}

// named lists people with their names, as far as these are known.
func (x *people) named(ids []int64) string {
	words := make([]string, 0, len(ids))
	for _, id := range ids {
		word := fmt.Sprintf("person %d", id)
		if x != nil && x.names[id] != "" {
			word = fmt.Sprintf("%q (person %d)", x.names[id], id)
		}
		words = append(words, word)
	}
	return text.List(words, "and")
}

// sentElsewhere says in a row that a run of another project sent the person. The
// project is 0 if it is not known.
func sentElsewhere(project int64) outcome.Problem {
	of := "another project"
	if project != 0 {
		of = fmt.Sprintf("project %d", project)
	}
	return outcome.Problem{
		Code: codeSentElsewhere, Field: string(mapping.OriginID),
		Message: fmt.Sprintf("a run of %s sent a person with this origin ID and has no answer yet", of),
		Hint:    "run the same command again when that run has ended: muster finds out before it sends anything",
	}
}

// list joins person IDs with commas. After five, list counts the rest.
func list(ids []int64) string {
	var b strings.Builder
	for i, id := range ids {
		switch {
		case i == 5:
			fmt.Fprintf(&b, " and %d more", len(ids)-i)
			return b.String()
		case i > 0:
			b.WriteString(", ")
		}
		fmt.Fprint(&b, id)
	}
	return b.String()
}
