package simulator

import (
	"errors"
	"net/http"
	"time"
)

// perform runs the operation and answers, both as the fault says.
func (s *Server) perform(w http.ResponseWriter, c *call, op operation, hit Fault, back time.Duration) {
	rule := hit.rule()
	if rule.waits {
		s.pass(hit.Delay)
	}
	var a answer
	if rule.done == done || rule.done == doneIfCreated && hit.Created == CreatedYes {
		a = op.run(c)
	}
	if hit.Kind == LateCommit {
		s.runLater(hit.Delay, func() { op.run(c) })
		if hit.Hang {
			select {
			case <-c.r.Context().Done():
			case <-s.closed:
			}
		}
	}
	if rule.cuts {
		cut()
	}
	a = s.faultyAnswer(c, hit, rule, a)
	s.linger(c, back)
	if hit.Kind == SlowBody {
		s.drip(w, c, a, hit.Delay)
		return
	}
	if hit.Kind == TruncatedBody {
		s.writeHead(w, a)
		_, _ = w.Write(a.body[:len(a.body)/2]) // the client may be gone
		flush(w)
		cut()
	}
	s.reply(w, a)
}

// faultyAnswer returns the answer of a fault, or a if the fault changes nothing.
func (s *Server) faultyAnswer(c *call, hit Fault, rule faultRule, a answer) answer {
	if hit.Kind == ExpireToken {
		s.revoke(c.r)
	}
	switch {
	case hit.Kind == Throttle:
		return s.throttled(c, hit.Delay > 0 || s.config.RetryAfter, hit.Delay)
	case hit.Kind == Malformed:
		a.body = []byte(`{"id": 90071992, "first_name": "Ma`)
	case rule.proxy:
		return htmlPage(rule.status, rule.text)
	case rule.status != 0:
		a = s.refuse(c, rule.status, problem{text: rule.text})
	}
	if hit.Kind == Unavailable {
		a.header = map[string]string{"Retry-After": wholeSeconds(hit.Delay)}
	}
	return a
}

// drip sends the body in ten pieces, evenly over a time.
func (s *Server) drip(w http.ResponseWriter, c *call, a answer, over time.Duration) {
	s.writeHead(w, a)
	flush(w)
	const pieces = 10
	for i := range pieces {
		s.linger(c, over/pieces)
		_, _ = w.Write(a.body[len(a.body)*i/pieces : len(a.body)*(i+1)/pieces]) // the client may be gone
		flush(w)
	}
}

// flush sends what was written so far, where the connection can do so.
func flush(w http.ResponseWriter) { _ = http.NewResponseController(w).Flush() }

// pass waits for d, even if the client disconnects: a server does not notice. Close ends the
// wait and cuts the connection.
func (s *Server) pass(d time.Duration) {
	s.await(d, nil)
}

// linger waits for d before an answer. Both Close and the client's leaving end the
// wait and cut the connection.
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

// runLater runs f after d unless the Server is closed before.
func (s *Server) runLater(d time.Duration, f func()) {
	go func() {
		defer func() {
			// Close or a hook cuts the connection, which is gone already.
			if v := recover(); v != nil && !isAbort(v) {
				panic(v)
			}
		}()
		s.pass(d)
		f()
	}()
}

// cut cuts the connection. This panic is the only way for a handler of net/http.
func cut() {
	panic(http.ErrAbortHandler)
}

func isAbort(v any) bool {
	err, ok := v.(error)
	return ok && errors.Is(err, http.ErrAbortHandler)
}
