package ratelimit

import (
	"errors"
	"maps"
	"math/rand/v2"
	"slices"
	"time"
)

const (
	defaultTimeout = time.Minute
	// fairnessGrace is for how long a free place is left to a process that had fewer: a bound on what
	// a process that wants no more, or has died, can cost the others.
	fairnessGrace = 50 * time.Millisecond
	// fairnessSpan is how far back a process with fewer requests is preferred.
	fairnessSpan = time.Minute
	fairnessLook = 5 * time.Millisecond // between two looks whether that process has taken the place
	// A process that waits says so this often, and is believed for somewhat longer.
	announceEvery = time.Second
	announceHolds = 2500 * time.Millisecond
	// The first waiter reads the journal this often, since processes cannot wake each other: sooner
	// where an answer to another process may free a place.
	soonestLook = 20 * time.Millisecond
	soonLook    = 50 * time.Millisecond
	latestLook  = time.Second
	// remembered is for how long an hourly limit is likely to be still the same.
	remembered = 7 * 24 * time.Hour
)

// shared is what a Pace knows of the other processes on the quota. Each process reads all records of
// the others before it adds its own. So each counts as if it sent everything itself, and the invariant
// holds for all processes together.
type shared struct {
	journal  journal
	use      journalUse
	timeout  time.Duration
	unshared func(error)
	self     uint64

	locked bool
	joined bool          // the journal was read before
	looked time.Duration // when the journal was last read
	added  []record      // to be appended
	open   []*Slot       // requests of others in flight, in the order in which they were sent

	unanswered int // recorded requests of this process whose answers are not recorded

	fairness
}

// fairness is what decides which process takes a free place.
type fairness struct {
	others    map[uint64]*process
	own       *process
	freeSince time.Duration // when a place became free; 0: none was free at the last look
}

// journalUse says when the journal may be used next.
type journalUse struct {
	gap   time.Duration // the least time from the begin of a use to the next; 0: a use takes no time
	began time.Duration // when the last use began
	busy  bool
	again bool          // something changed during the use
	done  chan struct{} // closed at the end of the use
	lost  error         // why the journal can't be used any more
}

// rests returns how long the journal must not be used.
func (u *journalUse) rests(now time.Duration) time.Duration {
	return max(u.began+u.gap-now, 0)
}

func (u *journalUse) begin(now time.Duration) {
	u.began, u.busy, u.again, u.done = now, true, false, make(chan struct{})
}

func (u *journalUse) end() {
	u.busy = false
	close(u.done)
}

// databaseGap is the least time between two transactions of a Pace: ten a second at most.
const databaseGap = 100 * time.Millisecond

// LostError says that the database of the quota was lost, so that nothing more may be sent.
type LostError struct{ Err error }

// Error returns what was lost, and the cause.
func (e *LostError) Error() string {
	return "the database that the quota is shared through was lost: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *LostError) Unwrap() error { return e.Err }

var errClosed = errors.New("the pace is closed")

// process is what is known of a process that shares the quota.
type process struct {
	sent          slotLog       // the requests of the last fairnessSpan
	newest        time.Duration // when the process last sent a request
	announcedWait time.Duration // when the process last said that it waits
	alive         time.Duration // when the process last said anything
}

func newProcess() *process {
	return &process{sent: slotLog{length: fairnessSpan}, newest: -spikeLength}
}

// sends counts a request that is sent at the given time.
func (o *process) sends(at time.Duration) {
	o.sent.add(at)
	o.newest = at
}

func newShared(o Options, j journal, gap time.Duration) *shared {
	x := &shared{
		journal: j, use: journalUse{gap: gap, began: -gap}, timeout: o.Timeout, unshared: o.Unshared,
		self:     rand.Uint64(), //nolint:gosec // tells processes apart, keeps no secret
		fairness: fairness{others: map[uint64]*process{}, own: newProcess()},
	}
	if x.timeout <= 0 {
		x.timeout = defaultTimeout
	}
	return x
}

// serveShared serves while the journal is locked. Without a limit there is nothing to share, and the
// journal is not used.
func (p *Pace) serveShared() {
	use := &p.shared.use
	switch rests := use.rests(p.now()); {
	case use.lost != nil:
		p.count()
		hand(p.dismissAll(), use.lost)
		return
	case rests > 0:
		p.serveIn(rests)
		return
	}
	use.begin(p.now())
	granted, wait, err := p.exchange()
	use.end()
	switch {
	case err == nil:
		hand(granted, nil)
		if use.again {
			wait = 0
		}
		p.serveIn(wait)
	case use.gap > 0:
		p.lose(err)
		hand(granted, use.lost)
		p.serve()
	default:
		p.unshare(err)
		hand(granted, nil)
		p.serve()
	}
}

// exchange reads what other processes did, counts and grants, and records what this process did.
func (p *Pace) exchange() (granted []*waiter, wait time.Duration, err error) {
	x := p.shared
	keep := hourlyLength + x.timeout
	var records []record
	var clock time.Time
	p.unlocked(func() { records, clock, err = x.journal.begin() })
	if err != nil {
		return nil, 0, err
	}
	x.locked = true
	p.takeIn(records, clock, keep)
	p.count()
	granted, wait = p.grantAll()
	added := x.added
	x.locked, x.added = false, nil
	p.unlocked(func() { err = x.journal.commit(added, keep) })
	return granted, wait, err
}

// unlocked calls fn, which uses the journal. If that takes long, others may use the Pace meanwhile.
func (p *Pace) unlocked(fn func()) {
	if p.shared.use.gap > 0 {
		p.mu.Unlock()
		defer p.mu.Lock()
	}
	fn()
}

// takeIn counts what other processes recorded. clock is the time by the journal's clock.
func (p *Pace) takeIn(records []record, clock time.Time, keep time.Duration) {
	x, now := p.shared, p.now()
	for _, r := range records {
		age := clock.Sub(time.Unix(0, r.At))
		if !x.joined && age > keep {
			if age < remembered {
				p.rememberHourly(r.report())
			}
			continue
		}
		// A record that was not there the last time is younger than that, whatever the clock says.
		at := min(max(now-min(max(age, 0), keep), x.looked), now)
		x.looked = at
		p.giveUp(at)
		p.apply(r, at)
	}
	x.joined, x.looked = true, now
	p.giveUp(now)
	maps.DeleteFunc(x.others, func(_ uint64, o *process) bool { return now-o.alive > keep })
}

// unshare goes on alone. Requests of others in flight count as answered now.
func (p *Pace) unshare(err error) {
	x := p.shared
	p.shared = nil
	x.journal.abandon()
	for _, slot := range x.open {
		p.answers(slot, Report{}, p.now())
	}
	if x.unshared != nil {
		x.unshared(err)
	}
}

// lose ends the sending: what other hosts send is not known any more.
func (p *Pace) lose(err error) {
	x := p.shared
	x.use.lost = &LostError{err}
	x.journal.abandon()
}

// Close records what is not recorded yet, and ends the connection to Options.Database. Take returns an
// error afterwards.
func (p *Pace) Close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.shared == nil || p.shared.use.gap == 0 {
		return
	}
	use := &p.shared.use
	for use.lost == nil && (use.busy || len(p.queue.events) > 0) {
		if !use.busy {
			use.began = -use.gap
			p.serveShared()
			continue
		}
		done := use.done
		p.mu.Unlock()
		<-done
		p.mu.Lock()
	}
	if use.lost == nil {
		p.lose(errClosed)
	}
	p.serve()
}

// giveUp counts requests of others as answered if the time-out has passed at the given time: the
// process has died.
func (p *Pace) giveUp(at time.Duration) {
	x := p.shared
	for len(x.open) > 0 && x.open[0].taken+x.timeout <= at {
		p.answers(x.open[0], Report{}, x.open[0].taken+x.timeout)
		x.open = x.open[1:]
	}
}

// abandoned reports whether a request that would wait until at for that reason waits, at
// least in part, for places that requests of a dead process hold. It returns until when.
func (p *Pace) abandoned(now, at time.Duration, why Reason) (time.Duration, bool) {
	if p.shared == nil || why != None && why != Spike {
		return 0, false
	}
	for _, s := range p.shared.open {
		overdue := now-s.taken > max(10*p.requests.latency, 2*time.Second)
		switch {
		case overdue && why == None: // for an answer
			return max(s.taken+p.shared.timeout, now) + spikeLength, true
		case overdue:
			return at, true
		}
	}
	return 0, false
}

// apply takes in what another process did at the given time.
func (p *Pace) apply(r record, at time.Duration) {
	x := p.shared
	other := x.others[r.Process]
	if other == nil {
		other = newProcess()
		x.others[r.Process] = other
	}
	other.alive = at
	switch r.Kind {
	case recordSent:
		slot := p.sends(at)
		slot.process, slot.number = r.Process, r.Number
		other.sends(at)
		x.open = append(x.open, slot)
	case recordAnswered:
		i := slices.IndexFunc(x.open, func(s *Slot) bool { return s.process == r.Process && s.number == r.Number })
		if i < 0 { // given up before, or unknown: counted, but no proof of anything
			p.answers(p.sends(at), Report{}, at)
		} else {
			p.answers(x.open[i], r.report(), at)
			x.open = slices.Delete(x.open, i, i+1)
		}
		p.unlimited = false // each process finds out for itself that there is no limit
	case recordPaused:
		p.pauses(at + time.Duration(r.Pause))
	case recordWaits:
		other.announcedWait = at
	}
}

// fairnessDelay returns 0 if a slot that is free at the given time may be taken now, or else when to
// ask again.
func (x *shared) fairnessDelay(now, at time.Duration) time.Duration {
	wait := at - now
	if at == never {
		wait = never
	}
	if x == nil || !x.locked {
		return wait
	}
	if at <= now {
		if x.freeSince == 0 {
			x.freeSince = now
		}
		if until := x.freeSince + fairnessGrace + x.use.gap; until > now && x.sentMoreThanWaiting(now) {
			return min(until-now, fairnessLook)
		}
		return 0
	}
	x.freeSince = 0
	if len(x.others) == 0 {
		return wait
	}
	if now-x.own.announcedWait >= announceEvery {
		x.own.announcedWait = now
		x.add(record{Kind: recordWaits})
	}
	longest := latestLook
	if len(x.open) > 0 {
		longest = soonLook
	}
	return min(wait, min(max(wait/2, soonestLook), longest))
}

// add has the next write append r.
func (x *shared) add(r record) {
	if x == nil || !x.locked {
		return
	}
	r.Process = x.self
	x.added = append(x.added, r)
}

// took adds a request that is sent now.
func (x *shared) took(s *Slot, now time.Duration) {
	if x == nil {
		return
	}
	x.own.sends(now)
	if x.locked {
		s.recorded = true
		x.unanswered++
	}
	x.add(record{Kind: recordSent, Number: s.number})
}

// answered adds the answer to a request.
func (x *shared) answered(s *Slot, r Report) {
	if x != nil && x.locked && s.recorded {
		x.unanswered--
	}
	x.add(record{
		Kind: recordAnswered, Number: s.number, Limit: int32(r.Limit), Remaining: int32(r.Remaining),
		Reset: r.Reset.Unix(), Date: r.Date.Unix(),
	})
}

// paused adds a Pause.
func (x *shared) paused(d time.Duration) {
	x.add(record{Kind: recordPaused, Pause: int64(d)})
}

// sentMoreThanWaiting reports whether this process has sent more lately than a process that waits.
func (x *shared) sentMoreThanWaiting(now time.Duration) bool {
	own := x.own.lately(now)
	for _, o := range x.others {
		if o.waits(now) && o.lately(now) < own {
			return true
		}
	}
	return false
}

// waiting returns how many other processes wait for a slot.
func (x *shared) waiting(now time.Duration) int {
	n := 0
	if x != nil {
		for _, o := range x.others {
			if o.waits(now) {
				n++
			}
		}
	}
	return n
}

func (o *process) waits(now time.Duration) bool {
	return o.announcedWait > 0 && now-o.announcedWait < announceHolds
}

// lately returns how many requests the process has sent within the last fairnessSpan.
func (o *process) lately(now time.Duration) int {
	o.sent.expire(now)
	return o.sent.logged
}
