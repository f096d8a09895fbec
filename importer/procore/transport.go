package procore

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// newTransport returns a transport that keeps as many connections as there are
// workers: the default of net/http keeps two a host and opens the rest anew
// for each request. The error joins what is wrong with the files of the options.
func (o Options) newTransport() (*http.Transport, error) {
	trust, err := o.tls()
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: refusedByProxy,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        trust,
		TLSHandshakeTimeout:    15 * time.Second,
		Protocols:              protocols,
		MaxIdleConns:           2 * o.Connections, // API and login
		MaxIdleConnsPerHost:    o.Connections,
		IdleConnTimeout:        20 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}, nil
}

// tls reads the files that say whom to trust and what to show.
func (o Options) tls() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var problems []error
	if o.CAFile != "" {
		var err error
		if config.RootCAs, err = roots(o.CAFile); err != nil {
			problems = append(problems, err)
		}
	}
	switch {
	case o.ClientCert == "" && o.ClientKey == "":
	case o.ClientCert == "" || o.ClientKey == "":
		problems = append(problems, errors.New("a client certificate and its key go together: give the files of both"))
	default:
		pair, err := tls.LoadX509KeyPair(o.ClientCert, o.ClientKey)
		if err != nil {
			problems = append(problems, fmt.Errorf("the client certificate %s with the key %s can't be used (both are PEM files, the key without a password): %w", o.ClientCert, o.ClientKey, err))
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, errors.Join(problems...)
}

// roots returns the system's authorities and those of a PEM file.
func roots(path string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("the file of authorities can't be read: %w", err)
	}
	pool, err := x509.SystemCertPool()
	if err != nil {
		return nil, fmt.Errorf("the system's authorities can't be read: %w", err)
	}
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("the file of authorities %s holds no certificate: it must be a PEM file, with -----BEGIN CERTIFICATE----- in it", path)
	}
	return pool, nil
}

// proxyError is a proxy that makes no way to the host.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered with status %d", e.status)
}

// refusedByProxy keeps the status of a proxy's refusal, of which net/http would
// tell no more than the proxy's own words.
func refusedByProxy(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{answer.StatusCode}
	}
	return nil
}

// checkProxy finds a proxy setting that can't be used before the first request
// is made: net/http would pass it over and go past the proxy. The setting is not
// repeated: it may hold a password.
func checkProxy(urls ...*url.URL) error {
	setting := httpproxy.FromEnvironment().HTTPSProxy
	if setting == "" || !slices.ContainsFunc(urls, func(u *url.URL) bool { return u.Scheme == "https" }) {
		return nil // http:// is for this machine, to which no proxy leads
	}
	proxy, err := url.Parse(setting)
	if !strings.Contains(setting, "://") { // as net/http reads it
		proxy, err = url.Parse("http://" + setting)
	}
	if err == nil && proxy.Hostname() != "" && strings.Trim(proxy.Path, "/") == "" { // http:/proxy is a path
		switch proxy.Scheme {
		case "http", "https", "socks5", "socks5h":
			return nil
		}
	}
	return errors.New("the proxy setting HTTPS_PROXY is not the URL of a proxy: write it like http://proxy.example.com:3128, or unset it")
}

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

// describe puts a transport's error into words. Permanent means that trying
// again soon is of no use: a name or a certificate is wrong.
func describe(err error, host string) (words string, permanent bool) {
	var (
		dns     *net.DNSError
		op      *net.OpError
		cert    *tls.CertificateVerificationError
		unknown x509.UnknownAuthorityError
		record  tls.RecordHeaderError
		proxy   *proxyError
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
		return distrust(err, host), true
	case errors.As(err, &record):
		return fmt.Sprintf("%s does not speak https", host), true
	case errors.As(err, &op) && op.Op == "remote error":
		words = fmt.Sprintf("%s ends the encryption (%v)", host, op.Err)
		if strings.Contains(op.Err.Error(), "certificate") { // the type of alerts is not exported
			words += "; perhaps it wants a client certificate, or another one"
		}
		return words, true
	case errors.As(err, &proxy) && proxy.status == http.StatusProxyAuthRequired:
		return fmt.Sprintf("the proxy on the way to %s wants a user name and a password, or others", host), true
	case errors.As(err, &proxy):
		return fmt.Sprintf("the proxy on the way to %s refuses the connection with status %d", host, proxy.status), false
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

// distrust says why a certificate is not taken.
func distrust(err error, host string) string {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err, &unknown):
		return fmt.Sprintf("the certificate of %s is not trusted here, as nobody known has signed it (--ca-file names more authorities)", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate that %s shows is another host's", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired, or is not valid yet by this machine's clock", host)
	}
	return fmt.Sprintf("the certificate of %s is not trusted here", host)
}
