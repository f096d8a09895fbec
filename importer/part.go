package importer

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/results"
	"muster/mapping"
)

// part is the rows of a roster for a project. A part has a run, a lock and a listing
// of the project's people.
type part struct {
	Options // of the import; the connection is the project's
	emit    func(Event)
	roster  *Roster
	mapper  *mapping.Mapper
	project procore.Named
	partRows

	zeros      *lostZeros // of a results file; otherwise nil
	validation *partValidation
	stop       *StopError // why nothing can be sent to this project; mostly nil
	results    *results.Writer
	summary    *Summary // nil before the run
}

// partRows is the rows of a part, and what is known of them.
type partRows struct {
	source   rowSource
	columns  map[mapping.Field]int // the roster's column of each field
	detailed bool                  // most rows say more than a name
}

func (im *Import) newPart(id int64) *part {
	p := &part{
		Options: im.Options, emit: im.emit, roster: im.roster, mapper: im.roster.Mapper, project: procore.Named{ID: id},
	}
	p.Connection = im.connection(id)
	source := im.split.source(id)
	p.partRows = partRows{source, columnsOf(p.mapper), source.detailed()}
	if im.split.ByRow {
		p.project.Name = fmt.Sprintf("project %d", id)
	}
	return p
}

// connect finds out whether the project can be reached, and reads the work
// classifications if a column needs the list. A rehearsal accepts every
// classification, since only the real project has a list.
func (p *part) connect(ctx context.Context) error {
	project, err := Connect(ctx, p.API)
	if err != nil {
		return err
	}
	if project.Name != "" {
		p.project.Name = project.Name
	}
	if p.Rehearsal || !p.roster.NeedsClassifications() {
		return nil
	}
	known, err := Classifications(ctx, p.API)
	if err != nil {
		return err
	}
	mapper, err := p.roster.bindTo(mapping.Options{Classifications: known})
	if err == nil {
		p.mapper = mapper
	}
	return err
}

// runInto runs the part into the results file. A reason that stops the other
// projects, too, ends the intake.
func (p *part) runInto(intake context.Context, end context.CancelCauseFunc, file *resultsFile) (err error) {
	if err = file.open(p); err != nil {
		return err
	}
	base := intake
	if p.stop != nil {
		base = context.WithoutCancel(intake) // whatever ends the others, this is why it was not begun
	}
	own, stop := context.WithCancelCause(base)
	defer stop(nil)
	if p.stop != nil {
		stop(p.stop)
	}
	if p.summary, err = p.run(own); err != nil {
		return errors.Join(err, p.results.Discard())
	}
	if why := p.summary.Stopped; why != nil && !why.OfProject() {
		end(why)
	}
	return nil
}

// place returns the name and the number of the project.
func (p *part) place() string { return procore.Named{ID: p.Scope.Project, Name: p.project.Name}.Full() }

// nameOf returns the name in the cells of a row.
func (p *part) nameOf(cells []string) string { return nameIn(cells, p.columns) }

// nameIn returns the name in the cells of a row with these columns.
func nameIn(cells []string, columns map[mapping.Field]int) string {
	var words []string
	var used []int
	for _, field := range []mapping.Field{mapping.FirstName, mapping.LastName} {
		if c, ok := columns[field]; ok && c < len(cells) && !slices.Contains(used, c) {
			used, words = append(used, c), append(words, strings.TrimSpace(cells[c]))
		}
	}
	return strings.TrimSpace(strings.Join(words, " "))
}

// named returns the reason with the number of the project, if there are several.
func (e *StopError) named(project int64) *StopError {
	stop := *e
	stop.Message = fmt.Sprintf("project %d: %s", project, e.Message)
	stop.Fix = "check the project's number in the roster or the mapping file; " + e.Fix
	return &stop
}

// unreachable returns the reason to send nothing to any project, or nil if all
// projects can be reached.
func unreachable(parts []*part) *StopError {
	var first *StopError
	var messages, fixes []string
	reached := false
	for _, p := range parts {
		if p.stop == nil {
			reached = true
			continue
		}
		if first == nil {
			first = p.stop
		}
		if !slices.Contains(messages, p.stop.Message) {
			messages = append(messages, p.stop.Message)
		}
		if !slices.Contains(fixes, p.stop.Fix) {
			fixes = append(fixes, p.stop.Fix)
		}
	}
	if first == nil {
		return nil
	}
	all := *first
	all.Message, all.Fix = strings.Join(messages, "; "), strings.Join(fixes, "; ")
	if reached {
		all.Message += "; nothing is sent to any project"
	}
	return &all
}

// checkedOutcome returns the outcome that the marked copy of a dry run has for a
// row.
func checkedOutcome(o outcome.Outcome) outcome.Outcome {
	if o.Status == "" {
		o.Status = outcome.Pending
		o.Problems = append(slices.Clone(o.Problems), outcome.Problem{
			Code: "checked", Message: "checked, and not sent: an import would create this person", Hint: "import this file, or the roster",
		})
	}
	return o
}
