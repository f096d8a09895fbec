// Package procore talks to Procore's API: one method a call, one request a
// create, and what each refusal means.
//
// Decisions that the code can't show:
//
//   - A create is one request, whatever happens. There is no retry in this
//     package for creates and updates; the run decides, with the ledger. Nor can
//     net/http repeat one: the body hands itself out once (no GetBody), and no
//     header is named Idempotency-Key, which net/http takes as leave to send a
//     POST twice.
//   - Whether a lost request may have reached Procore is not told from error
//     texts. It is told by the body: if nobody has begun to read it when the
//     request fails, it is sealed, so nobody ever will, and a create whose
//     body never leaves can't have happened. Once reading began, it may have. It
//     errs on the safe side: a body read into a buffer that was never flushed
//     counts as sent. A transport that is given in the options reads the body by
//     its Read method. The own one is net/http, which sends a body that it knows to
//     be in memory in one packet with the headers, and so spares both ends a
//     wake-up. There the hook of httptrace that comes between headers and body is
//     where reading begins, or is refused.
//   - The own transport speaks HTTP/1.1 only. A connection then carries one
//     request, and one that breaks loses one answer instead of all that were
//     in flight; at a few requests a second HTTP/2 would gain nothing. Idle
//     connections are given up early, before a server is likely to close them
//     under a request.
//   - What a server may make us hold is bounded: headers, the bytes of an answer
//     (after it was unpacked), the people on one page, the words of a refusal.
//     An answer beyond that is malformed and not asked for again.
//   - No URL that comes from the server is ever requested. Redirects are
//     refused, and of a Link header only the page number is used, so the token
//     can't be led to another host.
//   - A slot is released when the headers of the answer are there: by then the
//     server has counted the request.
//   - The list of people is asked for in the view "normal", for "web" has no
//     employee IDs and needs more permission; job titles are in "web" alone.
//   - Token requests take no slot: they go to another host, and no document
//     counts them.
//   - Nothing is logged but method, path template, status, request ID and
//     duration. [Error.Error] leaves out Procore's own words where they may
//     quote a person; [Error.Message] has them for the row's outcome.
package procore

import (
	"cmp"
	"net/http"
	"net/url"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"muster/ratelimit"
)

// Options says whom to talk to, as whom, and how.
type Options struct {
	APIURL   string // such as https://api.procore.com; http:// only to this machine
	LoginURL string // such as https://login.procore.com; likewise

	CompanyID    int64
	ProjectID    int64
	ClientID     string
	ClientSecret string

	View        string            // of the answer to a create: normal (the default), extended or web
	Pace        *ratelimit.Pace   // nil: an own one, without a cap
	Transport   http.RoundTripper // nil: an own one, closed by Client.Close; with one, the three files below are not read
	CAFile      string            // PEM file of authorities trusted besides the system's; "": none
	ClientCert  string            // PEM file of the certificate that is shown to the server; "": none
	ClientKey   string            // PEM file of its key
	Connections int               // how many are kept open, of the own transport; 0: 8
	Timeout     time.Duration     // for one call with its token and its answer; 0: 60 s
	UserAgent   string            // "": muster
	Logger      zerolog.Logger    // the zero Logger is silent
}

// Client talks to one project of one company. Its methods may be called from
// many goroutines.
type Client struct {
	o         Options
	api       *url.URL
	transport http.RoundTripper
	own       *http.Transport // nil if the caller gave one
	pace      *ratelimit.Pace
	tokens    *tokens
	redact    redactor
	log       zerolog.Logger
	requests  *atomic.Int64
	quota     *atomic.Pointer[ratelimit.Report]
}

// Requests returns how many requests were sent to the API so far, tokens not
// included, and those of other projects included.
func (c *Client) Requests() int { return int(c.requests.Load()) }

// Quota returns what the latest answer with rate headers said of the quota, and
// whether there was one.
func (c *Client) Quota() (ratelimit.Report, bool) {
	r := c.quota.Load()
	if r == nil {
		return ratelimit.Report{}, false
	}
	return *r, true
}

const (
	defaultTimeout     = 60 * time.Second
	defaultConnections = 8
)

// New returns a client. It sends nothing yet. The error joins every problem
// of the options, one a line.
func New(o Options) (*Client, error) {
	api, login, err := o.check()
	if err != nil {
		return nil, err
	}
	o.View = cmp.Or(o.View, "normal")
	o.UserAgent = cmp.Or(o.UserAgent, "muster")
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Connections <= 0 {
		o.Connections = defaultConnections
	}
	c := &Client{
		o:         o,
		api:       api,
		transport: o.Transport,
		pace:      o.Pace,
		redact:    redactor{o.ClientSecret},
		log:       o.Logger,
		requests:  new(atomic.Int64),
		quota:     new(atomic.Pointer[ratelimit.Report]),
	}
	if c.transport == nil {
		if err := checkProxy(api, login); err != nil {
			return nil, err
		}
		if c.own, err = o.newTransport(); err != nil {
			return nil, err
		}
		c.transport = c.own
	}
	if c.pace == nil {
		c.pace = ratelimit.New(ratelimit.Options{})
	}
	c.tokens = newTokens(login, o, c.transport, c.redact)
	return c, nil
}

// In returns a client of another project of the same company. Both share the token,
// the pace and the connections, and are closed together.
func (c *Client) In(project int64) *Client {
	other := *c
	other.o.ProjectID = project
	return &other
}

// Timeout returns how long one call may take, with its token and its answer:
// no request leaves later than that after the call began.
func (c *Client) Timeout() time.Duration { return c.o.Timeout }

// Close closes the idle connections of the own transport; one that was given
// in the options is left alone.
func (c *Client) Close() {
	if c.own != nil {
		c.own.CloseIdleConnections()
	}
}
