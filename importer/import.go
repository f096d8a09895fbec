// Package importer runs the import of a roster.
//
// Every front end makes the same calls: [Open] reads the file and Bind maps the
// headings, Split finds the projects, and [New] makes an import of that. Validate
// finds the problems of every row, DryRun also looks at the project's people and
// the ledger, and Run sends. Lock, before Validate, keeps other runs away; Match
// compares with a reviewed plan file, and Forecast counts the requests. Close frees
// the locks. OnEvent tells what happens.
//
// A run reads the roster twice. The first pass finds every problem of every row
// and the rows that repeat an earlier row; only then does the second pass send.
// Between the passes only the index of keys is in memory.
//
//	read ──▶ senders ──▶ record
//	  └── rows that need no request ──┘
//
// One goroutine reads, some send, one settles, one records, in the roster's
// order. Two contexts hold them: the caller's ends the intake (reading,
// waiting for quota and for another try); what was sent by then is still
// answered and recorded.
//
// The project's people are listed once before the first row is sent; a row that
// is among them already is existing. A request that creates a person is repeated only
// here, and only when the person is known not to exist. A request whose answer
// was lost is settled by listing the people again: see settler.
package importer

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
)

// codeUsage is the code of what a user can correct before a run.
const codeUsage = "usage"

// DefaultWorkers bounds how many requests are under way. The pace gives as many
// slots as the allowed rate times the latency: at 25 in 10 seconds that is 25 at
// most, however slow the answers are. The rest is for accounts that are allowed
// more.
const DefaultWorkers = 64

// Options say how to import a roster.
type Options struct {
	Connection                 // without an API there is no Run, and DryRun asks only the ledger
	Ledger      *ledger.Ledger // nil: no earlier run is known, and there is no Run
	ResultsPath string         // the results file, or the marked copy that DryRun writes; "": DryRun writes none
	Rehearsal   bool           // Procore is simulated
	Policy
	Limits
	OnEvent func(Event) // called by one goroutine at a time; may be nil
	Log     zerolog.Logger
}

// Policy holds the decisions that a user makes about people. The JSON is part of a
// plan file.
type Policy struct {
	AllowNamesakes  bool `json:"allow_namesakes"`  // two rows of one name without IDs are two people
	Update          bool `json:"update"`           // existing people get the roster's job title
	RecreateRemoved bool `json:"recreate_removed"` // people of earlier runs who were taken off the project come back
	InactivePolicy
}

// InactivePolicy holds what a user decides about people who are inactive in Procore.
type InactivePolicy struct {
	Reactivate     bool `json:"reactivate"`      // inactive people become active again
	IgnoreInactive bool `json:"ignore_inactive"` // the list of inactive people is not read
}

// Limits bound a run.
type Limits struct {
	Workers     int           // requests under way at a time, at most; 0 means DefaultWorkers
	SettleAfter time.Duration // how long a request may take effect after its answer was lost; 0 means 2 minutes
	MaxErrors   MaxErrors     // when to give up
	MaxDuration time.Duration // from Lock until the rest is left for the next run; 0 means no bound
	Slice       time.Duration // from the listing until the rest is left for the next slice; 0 means no bound
	Since       time.Time     // the run that began since then is continued, so that all slices count as one run; zero: each is a run
}

// Import is the import of a roster into a project or several projects.
type Import struct {
	Options
	roster *Roster
	split  *ProjectSplit
	parts  []*part // nil before Validate

	stop       *StopError // why nothing can be sent to any project
	foreseen   *DryRunResult
	locks      []func() error
	deadline   time.Time // by MaxDuration
	delivering sync.Mutex
}

// New returns an import of a roster that Bind has mapped. Close it.
func New(split *ProjectSplit, o Options) *Import {
	return &Import{Options: o, roster: split.roster, split: split}
}

// Close frees the locks.
func (im *Import) Close() error {
	var err error
	for _, release := range im.locks {
		err = errors.Join(err, release())
	}
	im.locks = nil
	return err
}

// Lock keeps other runs away from the projects until Close. The error wraps
// ledger.ErrLocked if another run works on a project.
func (im *Import) Lock(ctx context.Context) error {
	if im.MaxDuration > 0 {
		im.deadline = time.Now().Add(im.MaxDuration)
	}
	for _, id := range im.split.Projects {
		release, err := im.Ledger.Lock(ctx, im.connection(id).Scope)
		if err != nil {
			return errors.Join(err, im.Close()) // all projects or none
		}
		im.locks = append(im.locks, release)
	}
	return nil
}

// connection returns the connection to a project of the roster.
func (im *Import) connection(id int64) Connection {
	if !im.split.ByRow {
		return im.Connection
	}
	return im.project(id)
}

// intake returns a context that also ends when MaxDuration is over, and the
// function that ends the context. With a reason to stop the context has ended already.
func (im *Import) intake(ctx context.Context, stop *StopError) (context.Context, context.CancelCauseFunc) {
	intake, end := context.WithCancelCause(ctx)
	if stop != nil {
		end(stop)
	}
	if im.deadline.IsZero() {
		return intake, end
	}
	over := time.AfterFunc(time.Until(im.deadline), func() { end(maxDurationOver(im.MaxDuration)) })
	return intake, func(why error) {
		over.Stop()
		end(why)
	}
}

// emit delivers an event. Goroutines take turns.
func (im *Import) emit(e Event) {
	if im.OnEvent == nil {
		return
	}
	im.delivering.Lock()
	defer im.delivering.Unlock()
	im.OnEvent(e)
}

// watchPace emits what requests wait for, until stop is called.
func (im *Import) watchPace(ctx context.Context) (stop func()) {
	if im.Pace == nil || im.OnEvent == nil {
		return func() {}
	}
	return WatchPace(ctx, im.Pace, func(w Waiting) { im.emit(w) })
}

// Stop returns why nothing can be sent to any project, or nil. Often a project
// number in the roster was mistyped: sending the other rows would create people by
// a wrong roster.
func (im *Import) Stop() *StopError {
	if im.stop != nil {
		return im.stop
	}
	return unreachable(im.parts)
}

// Projects returns the projects of the roster. Names are known after Validate.
func (im *Import) Projects() []procore.Named {
	var projects []procore.Named
	for _, p := range im.parts {
		projects = append(projects, p.project)
	}
	return projects
}

// Validate finds every problem of every row, without sending a row. With a
// connection it first finds out whether the projects can be reached, and reads
// what the mapping needs of them; if not, Stop says why. The error is a
// *fault.Error where the roster can't be read.
func (im *Import) Validate(ctx context.Context) (*Validation, error) {
	intake, end := im.intake(ctx, nil)
	defer end(nil)
	defer im.watchPace(intake)()
	total := &Validation{}
	im.parts, im.stop = nil, nil
	for _, id := range im.split.Projects {
		p := im.newPart(id)
		im.parts = append(im.parts, p)
		if im.API != nil && im.stop == nil {
			if err := im.reach(intake, p); err != nil {
				return nil, err
			}
		}
		if err := p.validate(ctx); err != nil {
			return nil, err
		}
		total.add(&p.validation.Validation)
	}
	return total, total.anyPeople(im.roster.Path)
}

// reach connects to the project of a part. A part that can't be reached says why.
func (im *Import) reach(ctx context.Context, p *part) error {
	err := p.connect(ctx)
	var stop *StopError
	switch {
	case err == nil:
	case !errors.As(err, &stop):
		return err
	case stop.OfProject():
		p.stop = stop
		if im.split.ByRow {
			p.stop = stop.named(p.Scope.Project)
		}
	default:
		im.stop = stop
	}
	return nil
}

// Match compares what a run would do with a reviewed plan file. Call Validate first. The
// error has [CodePlanChanged] if anything differs.
func (im *Import) Match(ctx context.Context, reviewed *PlanFile) error {
	if im.Stop() != nil {
		return nil // nothing will be sent
	}
	result, err := im.dryRun(ctx, nil)
	if err != nil {
		return err
	}
	if stop := im.Stop(); stop != nil {
		return stop // the changes in that project are unknown
	}
	return reviewed.compare(im.PlanFile(result))
}

// Forecast returns how many requests for people a run will make. Rows that exist
// already take none. Forecast makes a dry run, unless there was one or the pace is
// not known yet.
func (im *Import) Forecast(ctx context.Context) (requests int, err error) {
	for _, p := range im.parts {
		requests += p.validation.Create
	}
	if im.Stop() != nil {
		return 0, nil
	}
	if _, known := im.Pace.Forecast(1); !known || requests == 0 || ctx.Err() != nil {
		return requests, nil
	}
	result := im.foreseen
	if result == nil {
		result, err = im.dryRun(ctx, nil)
		var ended *StopError
		if errors.As(err, &ended) || ctx.Err() != nil {
			return requests, nil // Run says what became of the rows
		}
		if err != nil {
			return 0, err
		}
	}
	return result.Requests(), nil
}

// DryRun finds out what Run would do with every row, and emits each row as
// recorded; the status of a row that would be sent is "". With ResultsPath it
// writes the rows into a copy of the roster, to be corrected and imported. Where a
// project's people can't be listed, Stop says why, and the result tells what
// validation and ledger know. Call Validate first.
func (im *Import) DryRun(ctx context.Context) (_ *DryRunResult, err error) {
	var file *resultsFile
	if im.ResultsPath != "" {
		if file, err = im.createResults(0); err != nil {
			return nil, err
		}
		defer func() { err = errors.Join(err, file.discard()) }()
	}
	result, err := im.dryRun(ctx, func(p *part, cells []string, o outcome.Outcome) error {
		im.emit(RowRecorded{p.nameOf(cells), o})
		if file == nil {
			return nil
		}
		return file.write(p, cells, checkedOutcome(o))
	})
	if err == nil && file != nil {
		err = file.commit()
	}
	return result, err
}

// rowFunc takes a row of a dry run.
type rowFunc func(p *part, cells []string, o outcome.Outcome) error

// dryRun makes a dry run of all parts and calls each, if not nil, with every row.
func (im *Import) dryRun(ctx context.Context, each rowFunc) (*DryRunResult, error) {
	intake, end := im.intake(ctx, nil)
	defer end(nil)
	defer im.watchPace(intake)()
	var total *DryRunResult
	for i, p := range im.parts {
		if im.online(p) {
			if err := p.stopped(intake, p.listFirst(intake, nil)); err != nil {
				return nil, err
			}
		}
		result, err := p.dryRun(intake, each)
		if err != nil {
			return nil, err
		}
		if i > 0 { // its run may begin hours later, and lists the people again
			p.validation.people = nil
		}
		if total == nil {
			total = result
		} else {
			total.join(result)
		}
	}
	im.foreseen = total
	return total, nil
}

// online reports whether the people of a project can be listed.
func (im *Import) online(p *part) bool { return im.API != nil && im.stop == nil && p.stop == nil }

// Run creates the people that are missing, project by project, because projects
// share the quota. It pairs every row of the roster with an outcome in the results
// file. Run locks and validates first where that has not been done.
//
// When ctx ends, Run sends no further row. Requests in flight are answered and
// recorded, the other rows are pending, and the results file is still written.
// Stopped in the summary then says why, if ctx's cause is a *StopError.
//
// An error means that the machine failed: the results file can't be written, or
// the roster can't be read a second time. The outcomes recorded by then are in
// the ledger, and the next run goes on from there. Without a summary nothing was
// begun.
func (im *Import) Run(ctx context.Context) (_ *Summary, err error) {
	if im.locks == nil {
		if err := im.Lock(ctx); err != nil {
			return nil, err
		}
	}
	if im.parts == nil {
		if _, err := im.Validate(ctx); err != nil {
			return nil, err
		}
	}
	intake, end := im.intake(ctx, im.Stop())
	defer end(nil)
	defer im.watchPace(intake)()
	rows := 0
	for _, p := range im.parts {
		rows += p.validation.Rows
	}
	file, err := im.createResults(rows)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, file.discard()) }()
	for _, p := range im.parts {
		if err = p.runInto(intake, end, file); err != nil {
			break
		}
	}
	if err == nil {
		err = file.commit()
	}
	return im.summarize(file.target.Remarks()), err
}

// summarize adds the parts up, or returns nil if no run was begun.
func (im *Import) summarize(remarks []string) *Summary {
	var total *Summary
	for _, p := range im.parts {
		if p.summary == nil {
			continue
		}
		if total == nil {
			total = &Summary{Run: p.summary.Run, Remarks: remarks}
		}
		total.add(p)
	}
	if stop := im.Stop(); stop != nil && total != nil {
		total.Stopped = stop
	}
	return total
}

// Summary is the result of an import.
type Summary struct {
	Run       string // the ID of the first project's run in the ledger
	Counts    outcome.Counts
	Earlier   int // existing people who were created by earlier runs
	Updated   int // existing people who were given the roster's job title
	Retries   int // requests for a person beyond each row's first
	Throttled int // requests for a person that Procore answered with 429, or 503 and a time
	Elapsed   time.Duration
	Stopped   *StopError // nil when every row was attempted
	Projects  []ProjectSummary
	Remarks   []string // about the results file
}

// ProjectSummary is the result of a run in a project.
type ProjectSummary struct {
	Project procore.Named
	Run     string // the ID in the ledger
	Counts  outcome.Counts
}

func (s *Summary) add(p *part) {
	one := p.summary
	s.Counts = s.Counts.Plus(one.Counts)
	s.Earlier += one.Earlier
	s.Updated += one.Updated
	s.Retries += one.Retries
	s.Throttled += one.Throttled
	s.Elapsed += one.Elapsed
	if s.Stopped == nil {
		s.Stopped = one.Stopped
	}
	s.Projects = append(s.Projects, ProjectSummary{p.project, one.Run, one.Counts})
}
