package procore

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Probe is what a request without credentials shows of the way to a host.
type Probe struct {
	TLS   *tls.ConnectionState // nil over http://
	Dated bool                 // the answer told the time
	Ahead time.Duration        // by how much the server's clock is ahead of ours, to the second
}

// Probe sends one request without credentials to the API's or the login's URL,
// through the own transport, and takes any answer. Of the options it heeds
// those of the connection alone; the others may be missing. The error is an
// *[Error], or says what is wrong with the options.
func (o Options) Probe(ctx context.Context, base string) (Probe, error) {
	u, err := baseURL("URL", base)
	if err != nil {
		return Probe{}, err
	}
	if err := checkProxy(u); err != nil {
		return Probe{}, err
	}
	transport, err := o.newTransport()
	if err != nil {
		return Probe{}, err
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return Probe{}, err
	}
	req.Header.Set("User-Agent", o.UserAgent)
	asked := time.Now()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		words, permanent := describe(err, u.Host)
		return Probe{}, &Error{
			Op: "connect", Kind: Unreachable, Effect: DidNotHappen, Code: "unreachable", Err: err, permanent: permanent,
			Message: words, Hint: "Check the network, the URL and the proxy, then try again.",
		}
	}
	half := time.Since(asked) / 2
	_, _ = io.CopyN(io.Discard, resp.Body, mostDrain) // what it says is of no interest
	_ = resp.Body.Close()
	p := Probe{TLS: resp.TLS}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The server has cut its time to the second, and told it about half way.
		p.Dated, p.Ahead = true, date.Add(time.Second/2).Sub(asked.Add(half)).Round(time.Second)
	}
	return p, nil
}

// ProxyTo returns the proxy on the way to a URL, without user name and password;
// nil without one.
func ProxyTo(base string) (*url.URL, error) {
	u, err := baseURL("URL", base)
	if err != nil {
		return nil, err
	}
	if err := checkProxy(u); err != nil {
		return nil, err
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: u})
	if proxy == nil || err != nil {
		return nil, err
	}
	bare := *proxy
	bare.User = nil
	return &bare, nil
}
