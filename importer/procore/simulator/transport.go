package simulator

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"syscall"
)

// Transport returns a RoundTripper that passes every request to the Server without
// a socket, whatever the host. Each request is served in a separate goroutine, which
// continues when the client has gone. After Close, Transport refuses connections.
func (s *Server) Transport() http.RoundTripper {
	return transport{s}
}

type transport struct{ server *Server }

// RoundTrip returns the answer as soon as the headers are written. A cut connection
// becomes io.ErrUnexpectedEOF, either from RoundTrip or while the body is read.
func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	body := req.Body
	if body == nil {
		body = http.NoBody
	}
	if err := ctx.Err(); err != nil {
		_ = body.Close() // err says enough
		return nil, err
	}
	select {
	case <-t.server.closed:
		_ = body.Close()
		return nil, &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}
	default:
	}

	reader, writer := io.Pipe()
	serving, leave := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		_ = writer.CloseWithError(ctx.Err()) // never fails
		leave()
	})
	r := req.Clone(serving)
	r.Body = body
	r.RequestURI = req.URL.RequestURI()
	r.RemoteAddr = "192.0.2.1:1234"
	if r.Host == "" {
		r.Host = req.URL.Host
	}

	a := &answerWriter{header: make(http.Header), body: writer, ready: make(chan struct{})}
	go func() {
		defer leave()
		defer stop()
		a.finish(serveOnce(t.server, a, r))
		_ = body.Close() // read already
	}()
	select {
	case <-a.ready:
	case <-ctx.Done():
		_ = body.Close() // a body that still streams must not keep the handler
		return nil, ctx.Err()
	}
	if a.status == 0 {
		return nil, a.err
	}
	return a.response(req, answerBody{reader, leave}), nil
}

// serveOnce runs the handler and returns how the connection ended, nil for a whole
// answer.
func serveOnce(h http.Handler, w http.ResponseWriter, r *http.Request) (err error) {
	defer func() {
		switch v := recover(); {
		case v == nil:
		case isAbort(v):
			err = fmt.Errorf("the simulated connection was cut: %w", io.ErrUnexpectedEOF)
		default:
			err = fmt.Errorf("the simulated server broke down: %v", v)
		}
	}()
	h.ServeHTTP(w, r)
	return nil
}

// answerWriter is the handler's ResponseWriter. Headers go to the client at once, the
// body as the client reads.
type answerWriter struct {
	header http.Header // as the handler sets it
	body   *io.PipeWriter

	ready  chan struct{} // closed when the fields below are final
	status int           // 0: the connection ended before the headers
	sent   http.Header
	err    error // of a connection without headers
}

// Header implements http.ResponseWriter.
func (a *answerWriter) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *answerWriter) WriteHeader(status int) {
	if a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
		close(a.ready)
	}
}

// Write implements http.ResponseWriter.
func (a *answerWriter) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	return a.body.Write(p)
}

// response returns the client's view of the answer.
func (a *answerWriter) response(req *http.Request, body io.ReadCloser) *http.Response {
	length, err := strconv.ParseInt(a.sent.Get("Content-Length"), 10, 64)
	if err != nil {
		length = -1
	}
	return &http.Response{
		Status: strconv.Itoa(a.status) + " " + http.StatusText(a.status), StatusCode: a.status,
		Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.sent, ContentLength: length, Body: body, Request: req,
	}
}

// finish ends the answer with io.EOF for a nil err.
func (a *answerWriter) finish(err error) {
	_ = a.body.CloseWithError(err) // never fails
	if a.status == 0 {
		a.err = err
		close(a.ready)
	}
}

// answerBody is the client's end of an answer.
type answerBody struct {
	*io.PipeReader
	leave context.CancelFunc
}

// Close tells the handler that the client is gone.
func (b answerBody) Close() error {
	b.leave()
	return b.PipeReader.Close()
}
