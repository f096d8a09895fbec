package simulator

import (
	"errors"
	"net/http"
	"time"
)

// perform runs the operation with the fault that hit it, if any, laid around.
func (s *Server) perform(w http.ResponseWriter, c *call, op operation, hit Fault, back time.Duration) {
	s.pass(hit.before())
	var a answer
	switch hit.Kind {
	case LostAnswer:
		op.run(c)
		cut()
	case CutBefore:
		cut()
	case LateCommit:
		s.later(hit.Delay, func() { op.run(c) })
		if hit.Hang {
			select {
			case <-c.r.Context().Done():
			case <-s.closed:
			}
		}
		cut()
	case Status500After:
		op.run(c)
		a = s.broken(c)
	case Status500Before, ListFailure:
		a = s.broken(c)
	case BadGateway:
		s.maybe(c, op, hit)
		a = htmlPage(http.StatusBadGateway, "The server sent an invalid answer.")
	case GatewayTimeout:
		s.maybe(c, op, hit)
		a = htmlPage(http.StatusGatewayTimeout, "The server did not answer in time.")
	case Unavailable:
		if hit.Created != CreatedMaybe {
			s.maybe(c, op, hit)
			a = htmlPage(http.StatusServiceUnavailable, "The server is not available.")
			break
		}
		a = s.refuse(c, http.StatusServiceUnavailable, problem{text: "The service is under heavy load"})
		a.header = map[string]string{"Retry-After": seconds(hit.Delay)}
	case Throttle:
		a = s.throttled(c, hit.Delay > 0 || s.config.RetryAfter, hit.Delay)
	case RequestTimeout:
		s.maybe(c, op, hit)
		a = s.refuse(c, http.StatusRequestTimeout, problem{text: "The request took too long"})
	case ExpireToken:
		s.revoke(c.r)
		a = s.refuse(c, http.StatusUnauthorized, problem{text: "The access token is expired"})
	case Malformed:
		a = op.run(c)
		a.body = []byte(`{"id": 90071992, "first_name": "Ma`)
	case SlowBody:
		a = op.run(c)
		s.linger(c, back)
		s.drip(w, c, a, hit.Delay)
		return
	case TruncatedBody:
		a = op.run(c)
		s.linger(c, back)
		s.head(w, a)
		_, _ = w.Write(a.body[:len(a.body)/2]) // the client may be gone: nobody to tell
		flush(w)
		cut()
	case Latency, ListLag:
		fallthrough
	default: // nothing goes wrong
		a = op.run(c)
	}
	s.linger(c, back)
	s.reply(w, a)
}

// before returns how long a request takes before anything else happens, for the
// kinds whose Delay is not something else.
func (f Fault) before() time.Duration {
	switch f.Kind {
	case LostAnswer, CutBefore, Status500After, Status500Before, BadGateway, GatewayTimeout,
		RequestTimeout, ExpireToken, TruncatedBody, Malformed, ListFailure:
		return f.Delay
	case Unavailable:
		if f.Created != CreatedMaybe {
			return f.Delay
		}
	case LateCommit, Throttle, SlowBody, Latency, ListLag:
	}
	return 0
}

// maybe runs the operation if the fault comes after it.
func (s *Server) maybe(c *call, op operation, hit Fault) {
	if hit.Created == CreatedYes {
		op.run(c)
	}
}

func (s *Server) broken(c *call) answer {
	return s.refuse(c, http.StatusInternalServerError, problem{text: "We're sorry, but something went wrong"})
}

// drip sends the body in ten pieces, evenly over the time it takes.
func (s *Server) drip(w http.ResponseWriter, c *call, a answer, over time.Duration) {
	s.head(w, a)
	flush(w)
	const pieces = 10
	for i := range pieces {
		s.linger(c, over/pieces)
		_, _ = w.Write(a.body[len(a.body)*i/pieces : len(a.body)*(i+1)/pieces]) // as in reply
		flush(w)
	}
}

func flush(w http.ResponseWriter) {
	if f, ok := w.(http.Flusher); ok {
		f.Flush()
	}
}

// pass lets d go by. The client's going does not end it, as a server does not
// notice; Close does, and cuts the connection.
func (s *Server) pass(d time.Duration) {
	s.await(d, nil)
}

// linger lets d go by when nothing is left to do but to answer: it ends when
// the client goes, too.
func (s *Server) linger(c *call, d time.Duration) {
	s.await(d, c.r.Context().Done())
}

func (s *Server) await(d time.Duration, gone <-chan struct{}) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-gone:
		cut()
	case <-s.closed:
		cut()
	}
}

// later runs f after d, unless the Server is closed before.
func (s *Server) later(d time.Duration, f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.isClosed {
		return
	}
	var timer *time.Timer
	timer = time.AfterFunc(d, func() {
		s.mu.Lock()
		_, pending := s.timers[timer]
		delete(s.timers, timer)
		s.mu.Unlock()
		if !pending {
			return
		}
		defer func() {
			// A hook that cuts the connection finds none here.
			if v := recover(); v != nil && !isAbort(v) {
				panic(v)
			}
		}()
		f()
	})
	s.timers[timer] = struct{}{}
}

// cut cuts the connection, which net/http lets a handler do only by this panic.
func cut() {
	panic(http.ErrAbortHandler)
}

func isAbort(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}
