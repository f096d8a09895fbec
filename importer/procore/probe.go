package procore

import (
	"context"
	"crypto/tls"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Probe is the result of a request without credentials to a host.
type Probe struct {
	TLS   *tls.ConnectionState // nil over http://
	Dated bool                 // the answer has a Date
	Ahead time.Duration        // the server's clock minus ours, to the second
}

// Probe sends a request without credentials to a URL through a separate transport
// and accepts any answer. The error is an *[Error], or says what is wrong with the
// options.
func (o Connection) Probe(ctx context.Context, base string) (Probe, error) {
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
		words, permanent := describeTransportError(err, u.Host)
		return Probe{}, &Error{
			Op: "connect", Kind: Unreachable, Effect: DidNotHappen, Code: "unreachable", Err: err, permanent: permanent,
			Message: words, Hint: "Check the network, the URL and the proxy, then try again.",
		}
	}
	half := time.Since(asked) / 2
	_, _ = io.CopyN(io.Discard, resp.Body, maxDrain) // any body will do
	_ = resp.Body.Close()
	p := Probe{TLS: resp.TLS}
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The server rounds down to the second, about half-way between request and answer.
		p.Dated, p.Ahead = true, date.Add(time.Second/2).Sub(asked.Add(half)).Round(time.Second)
	}
	return p, nil
}

// ProxyTo returns the proxy for a URL without user name and password, or nil if
// there is no proxy.
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
