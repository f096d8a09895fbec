package simulator

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"syscall"
)

// Transport returns a RoundTripper that hands every request, whatever its host,
// to the Server without a socket. Each request is served in a goroutine of its
// own, which goes on when the client has gone. After Close it refuses the
// connection.
func (s *Server) Transport() http.RoundTripper {
	return transport{s}
}

type transport struct{ server *Server }

// RoundTrip returns the answer when its headers are there. A connection that is
// cut shows as io.ErrUnexpectedEOF, here or while the body is read.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body := req.Body
	if body == nil {
		body = http.NoBody
	}
	if err := ctx.Err(); err != nil {
		_ = body.Close() // the reason is err
		return nil, err
	}
	select {
	case <-t.server.closed:
		_ = body.Close()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	default:
	}

	serving, gone := context.WithCancel(context.WithoutCancel(ctx))
	watch := context.AfterFunc(ctx, gone)
	r := req.Clone(serving)
	r.Body = body
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = "192.0.2.1:1234"
	if r.Host == "" {
		r.Host = req.URL.Host
	}

	e := &exchange{
		header: make(http.Header),
		bare:   req.Method == http.MethodHead,
		ready:  make(chan struct{}),
		more:   make(chan struct{}, 1),
	}
	go func() {
		defer func() {
			watch()
			gone()
			_ = body.Close() // it was read; its closing changes nothing
		}()
		e.serve(t.server, r)
	}()

	select {
	case <-e.ready:
	case <-ctx.Done():
		// A body that still streams must not keep the handler.
		_ = body.Close()
		return nil, ctx.Err()
	}
	return e.response(req, gone)
}

// exchange is the answer to one request: the handler's ResponseWriter, and the
// client's body. What the handler writes is kept until the client reads it, as
// a socket's buffer would, but without a bound.
type exchange struct {
	header http.Header   // the handler's
	bare   bool          // no body belongs to this method
	ready  chan struct{} // closed when the headers are sent, or can't be any more
	more   chan struct{} // says that data or err has changed

	mu     sync.Mutex
	sent   bool
	status int
	final  http.Header // as sent
	length int64       // Content-Length as sent, -1 if there is none
	total  int64       // bytes written so far
	data   []byte      // written and not read
	err    error       // how it ended; nil as long as it goes on
	left   bool        // the client has closed the body
}

// serve runs the handler and ends the answer, however the handler ends.
func (e *exchange) serve(h http.Handler, r *http.Request) {
	end := fmt.Errorf("the simulated connection was cut: %w", io.ErrUnexpectedEOF)
	defer func() {
		if v := recover(); v != nil && !isAbort(v) {
			end = fmt.Errorf("the simulated server broke down: %v", v)
		}
		e.finish(end)
	}()
	h.ServeHTTP(e, r)
	end = nil
}

// Header implements http.ResponseWriter.
func (e *exchange) Header() http.Header { return e.header }

// WriteHeader implements http.ResponseWriter.
func (e *exchange) WriteHeader(status int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == 0 {
		e.status = status
	}
}

// Write implements http.ResponseWriter.
func (e *exchange) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.status == 0 {
		e.status = http.StatusOK
	}
	if e.left {
		return 0, io.ErrClosedPipe
	}
	e.total += int64(len(p))
	if !e.bare {
		e.data = append(e.data, p...)
	}
	e.wake()
	return len(p), nil
}

// Flush implements http.Flusher: the client gets what there is.
func (e *exchange) Flush() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.send(-1)
}

// finish ends the answer; a nil err means that the handler returned.
func (e *exchange) finish(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err == nil {
		e.send(e.total)
		err = io.EOF
		if !e.bare && e.total < e.length {
			err = io.ErrUnexpectedEOF
		}
	}
	e.err = err
	e.wake()
	if !e.sent { // cut before anything was sent: there is no answer
		e.sent = true
		close(e.ready)
	}
}

// send sends the headers if they were not yet, with the length known so far.
func (e *exchange) send(length int64) {
	if e.sent {
		return
	}
	e.sent = true
	if e.status == 0 {
		e.status = http.StatusOK
	}
	e.final = e.header.Clone()
	e.length = length
	if n, err := strconv.ParseInt(e.final.Get("Content-Length"), 10, 64); err == nil {
		e.length = n
	}
	close(e.ready)
}

func (e *exchange) wake() {
	select {
	case e.more <- struct{}{}:
	default:
	}
}

// response returns what the client gets.
func (e *exchange) response(req *http.Request, gone context.CancelFunc) (*http.Response, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.final == nil {
		return nil, e.err
	}
	return &http.Response{
		Status:        strconv.Itoa(e.status) + " " + http.StatusText(e.status),
		StatusCode:    e.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        e.final,
		ContentLength: e.length,
		Body:          &answerBody{e: e, ctx: req.Context(), gone: gone},
		Request:       req,
	}, nil
}

// answerBody is the body of a Response.
type answerBody struct {
	e    *exchange
	ctx  context.Context // the request's: it bounds the reading of the body
	gone context.CancelFunc
}

// Read waits for the handler to write, or for the end of the client's context.
func (b *answerBody) Read(p []byte) (int, error) {
	for {
		n, err := b.e.read(p)
		if n > 0 || err != nil || len(p) == 0 {
			return n, err
		}
		select {
		case <-b.e.more:
		case <-b.ctx.Done():
			return 0, b.ctx.Err()
		}
	}
}

// Close tells the handler that the client is gone.
func (b *answerBody) Close() error {
	b.e.mu.Lock()
	defer b.e.mu.Unlock()
	b.e.left = true
	b.e.data = nil
	b.gone()
	return nil
}

func (e *exchange) read(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.left:
		return 0, http.ErrBodyReadAfterClose
	case len(e.data) > 0:
		n := copy(p, e.data)
		e.data = e.data[n:]
		return n, nil
	}
	return 0, e.err
}
