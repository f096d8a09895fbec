// Package procore is a client of Procore's API with one method per call.
//
// Decisions that the code can't show:
//
//   - A create is one request, whatever happens. This package repeats neither
//     creates nor updates; the caller decides, with the ledger. Nor can net/http
//     repeat them: the body can be read once (no GetBody), and no header is named
//     Idempotency-Key, which would allow net/http to send a POST twice.
//   - The body, not the text of an error, proves whether a lost request may have
//     reached Procore. When a request fails before the transport has begun to read
//     the body, the body is sealed: the create did not happen. Once reading has
//     begun, the create may have happened, even if the bytes never left a buffer.
//   - The client's transport speaks HTTP/1.1 only, so that a broken connection loses
//     one answer. Idle connections are closed early, before a server is likely to
//     close them during a request.
//   - A server can't fill the memory: headers, answers (unpacked), people per page
//     and error texts are bounded. A longer answer is malformed and not requested
//     again.
//   - URLs from the server are never requested. Redirects are refused, and only
//     the page number of a Link header is used, so that the token can't be sent to
//     another host.
//   - A slot is released when the headers of the answer arrive: by then the server
//     has counted the request.
//   - People are listed in the view "normal", since "web" has no employee IDs and
//     needs more permission. Only "web" has job titles.
//   - Token requests take no slot: the login is another host, and no document
//     counts token requests.
//   - The log has method, path template, status, request ID and duration only.
//     [Error.Error] leaves out Procore's text where a person may be quoted;
//     [Error.Message] has the text for the row's outcome.
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

// Options configures a Client.
type Options struct {
	APIURL   string // such as https://api.procore.com; http:// only to this machine
	LoginURL string // such as https://login.procore.com; http:// only to this machine

	CompanyID    int64
	ProjectID    int64
	ClientID     string
	ClientSecret string

	View       string          // of the answer to a create: normal (the default), extended or web
	Pace       *ratelimit.Pace // nil: a new pace without a cap
	Timeout    time.Duration   // for a call including token and answer; 0: 60 s
	Logger     zerolog.Logger  // the zero Logger is silent
	Connection                 // how to reach both hosts
}

// Connection is the part of the options about connections.
type Connection struct {
	Transport   http.RoundTripper // nil: a new transport, made from the other fields
	CAFile      string            // PEM file of further trusted authorities; "": the system's only
	ClientCert  string            // PEM file of the client's certificate; "": none
	ClientKey   string            // PEM file of the key of ClientCert
	Connections int               // kept open; 0: 8
	UserAgent   string            // "": muster
}

// Client calls the API for a project of a company. All methods may be called
// concurrently.
type Client struct {
	o            Options
	api          *url.URL
	transport    http.RoundTripper
	ownTransport *http.Transport // nil if the options gave a transport
	pace         *ratelimit.Pace
	tokens       *tokens
	redact       redactor
	log          zerolog.Logger
	requests     *atomic.Int64
	quota        *atomic.Pointer[ratelimit.Report]
	pageSize     *atomic.Int64 // items to ask for on a page of a list
}

// Requests returns the number of requests to the API so far, including other
// projects and excluding tokens.
func (c *Client) Requests() int { return int(c.requests.Load()) }

// Quota returns the quota by the latest answer with rate headers, if any.
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

// New returns a client and sends nothing yet. The error joins every problem of the
// options, a line for each.
func New(o Options) (*Client, error) { return newClient(o, true) }

// NewUnbound returns a client for the calls that come before a project is chosen: Me,
// Companies and, if the options name a company, Projects.
func NewUnbound(o Options) (*Client, error) { return newClient(o, false) }

func newClient(o Options, bound bool) (*Client, error) {
	api, login, err := o.check(bound)
	if err != nil {
		return nil, err
	}
	o.View = cmp.Or(o.View, "normal")
	o.UserAgent = cmp.Or(o.UserAgent, "muster")
	o.Timeout = cmp.Or(o.Timeout, defaultTimeout)
	o.Connections = cmp.Or(o.Connections, defaultConnections)
	c := &Client{
		o:         o,
		api:       api,
		transport: o.Transport,
		pace:      o.Pace,
		redact:    redactor{o.ClientSecret},
		log:       o.Logger,
		requests:  new(atomic.Int64),
		quota:     new(atomic.Pointer[ratelimit.Report]),
		pageSize:  new(atomic.Int64),
	}
	c.pageSize.Store(mostPerPage)
	if c.transport == nil {
		if err := checkProxy(api, login); err != nil {
			return nil, err
		}
		if c.ownTransport, err = o.newTransport(); err != nil {
			return nil, err
		}
		c.transport = c.ownTransport
	}
	if c.pace == nil {
		c.pace = ratelimit.New(ratelimit.Options{})
	}
	c.tokens = newTokens(login, o, c.transport, c.redact)
	return c, nil
}

// ForProject returns a client for another project of the same company. Both share
// token, pace and connections, and are closed together.
func (c *Client) ForProject(project int64) *Client {
	other := *c
	other.o.ProjectID = project
	return &other
}

// Close closes the idle connections, except for a transport that the options gave.
func (c *Client) Close() {
	if c.ownTransport != nil {
		c.ownTransport.CloseIdleConnections()
	}
}
