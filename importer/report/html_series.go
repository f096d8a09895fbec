package report

import "time"

// The most slices of a run in memory, and in a chart.
const (
	slicesKept  = 240
	slicesShown = 96
)

// widths returns the possible lengths of a slice. Each is a multiple of the one
// before, so that slices can be joined. Longer slices double.
func widths() []time.Duration {
	return []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second, time.Minute, 5 * time.Minute, 10 * time.Minute,
		30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 12 * time.Hour, 24 * time.Hour,
	}
}

// wider returns the next length of a slice.
func wider(width time.Duration) time.Duration {
	for _, next := range widths() {
		if next > width {
			return next
		}
	}
	return 2 * width
}

// slice counts what happened in a part of a run.
type slice struct {
	created, throttled, faults int
	waited                     time.Duration
}

func (s *slice) add(other slice) {
	s.created += other.created
	s.throttled += other.throttled
	s.faults += other.faults
	s.waited += other.waited
}

// series is a run in slices of equal length. The number of slices is bounded: in a
// long run slices are joined to longer slices.
type series struct {
	start  time.Time
	width  time.Duration
	slices []slice

	last  time.Duration // of the last call
	until time.Duration // end of the wait; up to last: no wait
}

func newSeries(start time.Time) series {
	return series{start: start, width: widths()[0]}
}

func (s *series) event(now time.Time, e Event) {
	one := s.sliceAt(s.advance(now))
	switch e {
	case EventCreated:
		one.created++
	case EventThrottled:
		one.throttled++
	case EventFault:
		one.faults++
	}
}

func (s *series) waiting(now, until time.Time) {
	s.advance(now)
	s.until = until.Sub(s.start)
	if until.IsZero() {
		s.until = 0
	}
}

func (s *series) end(now time.Time) { s.sliceAt(s.advance(now)) }

// advance adds the time spent waiting up to now, and returns the time since the start.
func (s *series) advance(now time.Time) time.Duration {
	elapsed := max(now.Sub(s.start), s.last) // a clock may be set back
	for from, to := s.last, min(elapsed, s.until); from < to; {
		one := s.sliceAt(from)
		end := min((from/s.width+1)*s.width, to)
		one.waited += end - from
		from = end
	}
	s.last = elapsed
	return elapsed
}

// sliceAt returns the slice for a time since the start.
func (s *series) sliceAt(elapsed time.Duration) *slice {
	for elapsed/s.width >= slicesKept {
		s.join()
	}
	i := int(elapsed / s.width)
	for len(s.slices) <= i {
		s.slices = append(s.slices, slice{})
	}
	return &s.slices[i]
}

// join joins slices to the next length.
func (s *series) join() {
	next := wider(s.width)
	count := int(next / s.width)
	joined := s.slices[:0]
	for i, one := range s.slices {
		if i%count == 0 {
			joined = append(joined, one)
		} else {
			joined[len(joined)-1].add(one)
		}
	}
	s.slices, s.width = joined, next
}

// fit joins slices until a chart can show all.
func (s *series) fit() {
	for len(s.slices) > slicesShown {
		s.join()
	}
}
