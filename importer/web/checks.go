package web

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"muster/importer"
)

// mostChecks is how many checks stay in memory. An older one is made again when needed.
const mostChecks = 2

// checks knows the edits of drafts, and the checks that follow them. The zero value is
// ready.
type checks struct {
	mutex    sync.Mutex
	journals map[string]*importer.EditJournal // by path
	open     []*check                         // the latest last
}

// check is the check of a draft. It is made in the background.
type check struct {
	draft   string
	shown   string // how the draft is read
	journal *importer.EditJournal
	account Account       // zero in a rehearsal
	made    chan struct{} // closed when live or err is set
	cancel  context.CancelFunc

	editing sync.Mutex // an edit is in the journal and in the check, or in neither
	live    *importer.LiveCheck
	header  []string
	err     error
	close   func() error // of the connection and the ledger
}

// journal returns the journal of a draft's edits.
func (c *checks) journal(d *draft, sheet string) (*importer.EditJournal, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	path := d.journalPath(sheet)
	if j := c.journals[path]; j != nil {
		return j, nil
	}
	j, err := importer.OpenEditJournal(path)
	if err == nil {
		if c.journals == nil {
			c.journals = map[string]*importer.EditJournal{}
		}
		c.journals[path] = j
	}
	return j, err
}

// nameSheet gives the edits of the sheet that was found to the sheet by its name, since a
// person has chosen a sheet.
func (c *checks) nameSheet(d *draft, sheet string) error {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	from := d.journalPath("")
	delete(c.journals, from)
	if err := os.Rename(from, d.journalPath(sheet)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// forget ends the check of a draft, so that the next is made anew.
func (c *checks) forget(draft string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.drop(func(one *check) bool { return one.draft == draft })
}

// forgetAll ends all checks, since other people are in the project now.
func (c *checks) forgetAll() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.drop(func(*check) bool { return true })
}

// drop ends checks.
func (c *checks) drop(which func(*check) bool) {
	var kept []*check
	for _, one := range c.open {
		if which(one) {
			go one.end()
			continue
		}
		kept = append(kept, one)
	}
	c.open = kept
}

// end frees what a check holds, when it has been made.
func (one *check) end() {
	one.cancel()
	<-one.made
	one.editing.Lock()
	defer one.editing.Unlock()
	if one.close != nil {
		_ = one.close() // only read
		one.close = nil
	}
}

// check returns the check of a draft, and begins one if there is none. It is for the
// project that is chosen now.
func (s *Server) check(ctx context.Context, d *draft) (*check, error) {
	read, err := d.reading()
	if err != nil {
		return nil, err
	}
	journal, err := s.checks.journal(d, read.Sheet)
	if err != nil {
		return nil, err
	}
	account := s.Backend.Account(ctx)
	if !account.Connected() {
		account = Account{}
	}
	s.checks.mutex.Lock()
	defer s.checks.mutex.Unlock()
	for i, one := range s.checks.open {
		if one.draft == d.ID && one.account == account && one.shown == read.shown && !one.failed() {
			s.checks.open = append(append(s.checks.open[:i:i], s.checks.open[i+1:]...), one)
			return one, nil
		}
	}
	s.checks.drop(func(one *check) bool {
		return one.draft == d.ID || len(s.checks.open) >= mostChecks && one == s.checks.open[0]
	})
	making, cancel := context.WithCancel(context.WithoutCancel(ctx)) // a browser that leaves comes back
	one := &check{draft: d.ID, shown: read.shown, journal: journal, account: account, made: make(chan struct{}), cancel: cancel}
	s.checks.open = append(s.checks.open, one)
	go func() {
		defer close(one.made)
		one.err = s.make(making, d, one)
	}()
	return one, nil
}

// failed reports whether a check could not be made.
func (one *check) failed() bool {
	select {
	case <-one.made:
		return one.err != nil
	default:
		return false
	}
}

// make makes a check.
func (s *Server) make(ctx context.Context, d *draft, one *check) (err error) {
	in, err := s.openDraft(ctx, d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	options := s.Backend.Options()
	options.Log = s.Log
	one.close = func() error { return nil }
	if one.account.Connected() {
		connection, err := s.Backend.Connect(ctx, false)
		if err != nil {
			return err
		}
		book, err := s.Backend.Ledger(ctx, false)
		if err != nil {
			connection.Close()
			return err
		}
		options.Connection, options.Ledger = connection, book
		one.close = func() error {
			connection.Close()
			return book.Close()
		}
	}
	one.header = in.Header
	one.live, err = importer.NewLiveCheck(ctx, in, options)
	return err
}

// wait waits for the check, at most for a while, and reports whether it is made.
func (one *check) wait(ctx context.Context, most time.Duration) bool {
	select {
	case <-one.made: // although the browser may be gone
		return true
	default:
	}
	late := time.NewTimer(most)
	defer late.Stop()
	select {
	case <-one.made:
		return true
	case <-ctx.Done():
	case <-late.C:
	}
	return false
}

// edit records changes, and checks the rows that they concern.
func (s *Server) edit(ctx context.Context, one *check, changes []importer.Change) error {
	one.editing.Lock()
	defer one.editing.Unlock()
	if err := s.runs.change(one.draft, one.shown, func() error { return one.journal.Add(changes) }); err != nil {
		return err
	}
	var lines []int
	for _, change := range changes {
		lines = append(lines, change.Line)
	}
	return s.follow(ctx, one, lines)
}

// undoEdit takes the last of so many edits back. If there are more or fewer, the person
// saw another edit as the last, and nothing is taken back.
func (s *Server) undoEdit(ctx context.Context, one *check, steps int) error {
	one.editing.Lock()
	defer one.editing.Unlock()
	if one.journal.Steps() != steps {
		return nil
	}
	var lines []int
	err := s.runs.change(one.draft, one.shown, func() (err error) {
		lines, err = one.journal.Undo()
		return err
	})
	if err != nil {
		return err
	}
	return s.follow(ctx, one, lines)
}

// follow checks lines whose edits are in the journal. If the check can't follow, the next
// request makes a new check.
func (s *Server) follow(ctx context.Context, one *check, lines []int) error {
	err := one.live.Edit(context.WithoutCancel(ctx), one.journal.Edits(), lines)
	if err != nil {
		s.checks.forget(one.draft)
	}
	return err
}
