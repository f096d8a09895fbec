package web

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/report"
)

// runner starts runs and knows the runs under way.
type runner struct {
	runStore
	backend Backend
	log     zerolog.Logger
	drafts  *drafts
	open    func(ctx context.Context, d *draft) (*importer.Roster, error) // opens the roster of a draft
	forget  func(draft string)                                            // ends the check of a draft

	forgetAll func() // ends the checks of all drafts

	mu     sync.Mutex
	live   map[string]*liveRun // by ID
	closed bool
	under  sync.WaitGroup
}

// newRunner returns the runner of the server. The folder of the runs is beside the drafts.
func (s *Server) newRunner() (*runner, error) {
	store, err := openRunStore(filepath.Join(s.Folder, "runs"), s.Now)
	if err != nil {
		return nil, err
	}
	return &runner{
		runStore: store, backend: s.Backend, log: s.Log, drafts: s.drafts, open: s.openDraft, live: map[string]*liveRun{},
		forget: s.checks.forget, forgetAll: s.checks.forgetAll,
	}, nil
}

// errStopped is the cause of a run's end by a person, or by the end of the program.
var errStopped = errors.New("stopped on the page")

// stage is what a run under way does.
type stage string

// The stages.
const (
	stageStarting stage = "starting" // opens files, connects and checks the rows
	stageListing  stage = "listing"  // finds out who is in the project
	stageSending  stage = "sending"
	stageUndoing  stage = "undoing"
)

// liveRun is a run under way. The state grows by the events of the import.
type liveRun struct {
	report.Collector
	record *runRecord // changed by the run alone, before ended is closed
	stop   context.CancelCauseFunc
	ended  chan struct{} // closed when the record on disk says how the run ended

	mu        sync.Mutex
	stage     stage
	stopping  bool
	progress  *report.Progress // nil before the first row is sent
	waiting   importer.Waiting
	unsettled importer.Unsettled
}

// start begins a run in the background, or goes on with it. The record says what to do;
// started ends when the run has ended. A run of a draft that is under way already is not
// begun twice, nor an undo of the same runs: start then returns its ID.
func (rs *runner) start(ctx context.Context, r *runRecord, working func() func()) (id string, err error) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if rs.closed {
		return "", errors.New("muster is about to end")
	}
	for _, one := range rs.live {
		if one.record.ID == r.ID || one.record.sameAs(r) {
			return one.record.ID, nil
		}
	}
	if r.shown != "" {
		if err := rs.unmoved(r.Draft, r.shown); err != nil {
			return "", err
		}
	}
	r.Status, r.Started, r.Ended, r.Result = statusRunning, rs.now(), time.Time{}, runResult{}
	if r.ID == "" {
		err = rs.create(r)
	} else {
		err = rs.save(r)
	}
	if err != nil {
		return "", err
	}
	intake, stop := context.WithCancelCause(context.WithoutCancel(ctx)) // the request that starts a run ends at once
	one := &liveRun{record: r, stop: stop, ended: make(chan struct{}), stage: stageStarting}
	rs.live[r.ID] = one
	done := working()
	rs.under.Go(func() {
		defer done()
		defer stop(nil)
		rs.run(intake, one)
	})
	return r.ID, nil
}

// run does what a record says, and records how that ended.
func (rs *runner) run(ctx context.Context, one *liveRun) {
	r := one.record
	var err error
	if r.Kind == kindUndo {
		err = rs.undo(ctx, one)
	} else {
		err = rs.importRoster(ctx, one)
	}
	if r.over() {
		err = errors.Join(err, rs.removeDraft(r.Draft))
	}
	r.Ended = rs.now()
	switch {
	case r.Status != statusRunning: // the run itself knows best
	case errors.Is(context.Cause(ctx), errStopped):
		r.Status = statusInterrupted
	default:
		r.Status = statusRefused
	}
	if err != nil && r.Result.Stop == nil && r.Status != statusInterrupted {
		r.Result.Stop = importer.Reason(err)
		rs.log.Warn().Str("run", r.Result.Run).Str("code", r.Result.Stop.Code).Msg("a run of the page ended early")
	}
	if r.Kind != kindRehearsal {
		rs.forgetAll()
	}
	if err := rs.save(r); err != nil {
		rs.log.Error().Err(err).Str("run", r.Result.Run).Msg("the end of a run can't be recorded; the ledger has what was done")
	}
	rs.mu.Lock()
	delete(rs.live, r.ID)
	rs.mu.Unlock()
	close(one.ended)
}

// find returns a run and, while the run is under way, the live state. A run that was under
// way when the program ended is interrupted.
func (rs *runner) find(id string) (*runRecord, *liveRun, error) {
	rs.mu.Lock()
	one := rs.live[id]
	rs.mu.Unlock()
	r, err := rs.load(id) // the live record belongs to the run
	if err != nil {
		return nil, nil, err
	}
	if one == nil && r.Status == statusRunning {
		if r, err = rs.load(id); err != nil { // it may just have ended
			return nil, nil, err
		}
		if r.Status == statusRunning {
			r.Status = statusInterrupted
		}
	}
	return r, one, nil
}

// errMoved is the error of a page that shows a list as the list was read before: another
// sheet, header row, encoding or mapping was chosen in another window.
var errMoved = errors.New("the list is read in another way than the page shows")

// change changes a draft that is read as a page has shown, unless the draft is imported.
// An import that begins meanwhile waits, and so has the change.
func (rs *runner) change(draft, shown string, how func() error) error {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if id := rs.importing(draft); id != "" {
		return importedError{id}
	}
	if err := rs.unmoved(draft, shown); err != nil {
		return err
	}
	return how()
}

// unmoved returns an error unless a draft is read as a page has shown.
func (rs *runner) unmoved(draft, shown string) error {
	d, err := rs.drafts.get(draft)
	if err != nil {
		return err
	}
	read, err := d.reading()
	if err == nil && read.shown != shown {
		err = errMoved
	}
	return err
}

// importing returns the ID of the import of a draft that is under way; "" for none.
func (rs *runner) importing(draft string) (id string) {
	for _, one := range rs.live {
		if one.record.Kind == kindImport && one.record.Draft == draft {
			id = one.record.ID
		}
	}
	return id
}

// importOf returns the ID of the import of a draft that is under way or, if the draft is
// missing, of the latest import that there was; "" for none.
func (rs *runner) importOf(draft string, missing bool) (id string, err error) {
	rs.mu.Lock()
	id = rs.importing(draft)
	rs.mu.Unlock()
	if id != "" || !missing {
		return id, nil
	}
	records, err := rs.all()
	for _, r := range records {
		if r.Kind == kindImport && r.Draft == draft {
			return r.ID, nil
		}
	}
	return "", err
}

// liveOf returns whether a run with this ID is under way.
func (rs *runner) liveOf(id string) bool {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	return rs.live[id] != nil
}

// stopRun ends a run: what is under way is finished first.
func (rs *runner) stopRun(id string) {
	rs.mu.Lock()
	defer rs.mu.Unlock()
	if one := rs.live[id]; one != nil {
		one.end()
	}
}

// close ends all runs and waits for what is under way.
func (rs *runner) close() {
	rs.mu.Lock()
	rs.closed = true
	for _, one := range rs.live {
		one.end()
	}
	rs.mu.Unlock()
	rs.under.Wait()
}

func (one *liveRun) end() {
	one.mu.Lock()
	one.stopping = true
	one.mu.Unlock()
	one.stop(errStopped)
}

// handle takes an event of the import.
func (one *liveRun) handle(e importer.Event) {
	one.mu.Lock()
	switch e := e.(type) {
	case importer.Waiting:
		one.waiting = e
	case importer.Unsettled:
		one.unsettled = e
	}
	one.mu.Unlock()
	one.Handle(e)
}

func (one *liveRun) enter(s stage, progress *report.Progress) {
	one.mu.Lock()
	defer one.mu.Unlock()
	one.stage, one.progress = s, progress
}
