package procore

import (
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
	mu     sync.Mutex
	rest   []byte
	begun  bool
	sealed bool
}

var errSealed = errors.New("the request was given up")

// Read hands out what is left of the body, or refuses after seal.
func (b *onceBody) Read(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.sealed {
		return 0, errSealed
	}
	b.begun = true
	if len(b.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, b.rest)
	b.rest = b.rest[n:]
	return n, nil
}

// Close ends nothing: a transport closes the body also before it has sent it.
func (b *onceBody) Close() error { return nil }

// seal lets nobody read on, and reports whether anybody has read.
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
