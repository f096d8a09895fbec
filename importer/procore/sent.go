package procore

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// onceBody is a request body that can be read once and be sealed. It tells
// whether a failed request can have reached the server: see the package
// comment.
type onceBody struct {
	rest bytes.Reader

	mu     sync.Mutex
	begun  bool
	sealed bool
}

var errSealed = errors.New("the request was given up")

// begin must come before the first byte is read. It reports false after seal:
// then none may be.
func (b *onceBody) begin() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.begun = b.begun || !b.sealed
	return !b.sealed
}

// Read hands out what is left of the body, or refuses after seal.
func (b *onceBody) Read(p []byte) (int, error) {
	if !b.begin() {
		return 0, errSealed
	}
	return b.rest.Read(p)
}

// Close ends nothing: a transport closes the body also before it has sent it.
func (b *onceBody) Close() error { return nil }

// inMemory returns a context and a body for a request by net/http in HTTP/1.1,
// which writes a body of a type that it knows together with the headers. The hook
// is called between the two, on the goroutine that writes them.
func (b *onceBody) inMemory(ctx context.Context) (context.Context, io.ReadCloser) {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{WroteHeaders: func() {
		if !b.begin() {
			b.rest.Reset(nil) // shorter than the headers say: net/http gives up the request, unsent
		}
	}}), io.NopCloser(&b.rest)
}

// seal lets nobody begin to read any more, and reports whether anybody has.
func (b *onceBody) seal() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return b.begun
}

// contact says whether a connection was had. It words the errors of calls
// without a body; creates have better evidence.
type contact struct{ sought, had atomic.Bool }

func watch(ctx context.Context) (context.Context, *contact) {
	c := new(contact)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.had.Store(true) },
	}), c
}

func (c *contact) failed() bool { return c.sought.Load() && !c.had.Load() }
