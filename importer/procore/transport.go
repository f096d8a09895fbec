package procore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"sync"
	"syscall"
	"time"
)

// newTransport returns a transport that keeps as many connections as there are
// workers: the default of net/http keeps two a host and opens the rest anew
// for each request.
func newTransport(connections int) *http.Transport {
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    15 * time.Second,
		Protocols:              protocols,
		MaxIdleConns:           2 * connections, // API and login
		MaxIdleConnsPerHost:    connections,
		IdleConnTimeout:        20 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}
}

// checkProxy finds a proxy setting that can't be used before the first request
// does. The setting is not repeated: it may hold a password.
func checkProxy(urls ...*url.URL) error {
	for _, u := range urls {
		if _, err := http.ProxyFromEnvironment(&http.Request{URL: u}); err != nil {
			return errors.New("the proxy setting (HTTPS_PROXY or HTTP_PROXY) is not a URL: write it like http://proxy.example.com:3128, or unset it")
		}
	}
	return nil
}

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

// describe puts a transport's error into words. Permanent means that trying
// again soon is of no use: a name or a certificate is wrong.
func describe(err error, host string) (words string, permanent bool) {
	var (
		dns     *net.DNSError
		op      *net.OpError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
		netErr  net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "it was stopped here", true
	case errors.As(err, &dns) && dns.IsNotFound:
		return fmt.Sprintf("the name %s is not known on the network", dns.Name), true
	case errors.As(err, &dns):
		return fmt.Sprintf("the name %s can't be looked up now", dns.Name), false
	case errors.As(err, &cert), errors.As(err, &unknown):
		return fmt.Sprintf("the certificate of %s is not trusted here", host), true
	case errors.As(err, &record):
		return fmt.Sprintf("%s does not speak https", host), true
	case errors.As(err, &op) && op.Op == "proxyconnect":
		return fmt.Sprintf("the proxy on the way to %s refuses the connection", host), false
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refuses connections", host), false
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded),
		errors.As(err, &netErr) && netErr.Timeout():
		return fmt.Sprintf("%s did not answer in time", host), false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF),
		errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return fmt.Sprintf("%s closed the connection", host), false
	}
	return fmt.Sprintf("the connection to %s broke", host), false
}
