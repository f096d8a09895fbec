package procore

import (
	"bytes"
	"context"
	"errors"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
)

// onceBody is a request body that can be read once and can be sealed. A body
// sealed before the first read proves that a failed request never reached the
// server: see the package comment.
type onceBody struct {
	mu     sync.Mutex
	rest   *bytes.Reader
	begun  bool
	sealed bool
}

func newOnceBody(body []byte) *onceBody { return &onceBody{rest: bytes.NewReader(body)} }

var errSealed = errors.New("the request was given up")

// Read returns the next bytes of the body, or errSealed after seal.
func (b *onceBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sealed {
		return 0, errSealed
	}
	b.begun = true
	return b.rest.Read(p)
}

// Close does nothing: a transport also closes a body that was never sent.
func (b *onceBody) Close() error { return nil }

// seal makes every later read fail and reports whether reading had begun.
func (b *onceBody) seal() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sealed = true
	return b.begun
}

// contact records whether a call without a body got a connection.
type contact struct{ sought, had atomic.Bool }

func watchContact(ctx context.Context) (context.Context, *contact) {
	c := new(contact)
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { c.sought.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { c.had.Store(true) },
	}), c
}

func (c *contact) failed() bool { return c.sought.Load() && !c.had.Load() }
