package procore

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
)

// newTransport returns a transport that keeps a connection per worker; the default
// of net/http keeps two per host. The error joins the problems of the options'
// certificate files.
func (o Connection) newTransport() (*http.Transport, error) {
	tlsConfig, err := o.tlsConfig()
	if err != nil {
		return nil, err
	}
	protocols := new(http.Protocols)
	protocols.SetHTTP1(true)
	dialer := &net.Dialer{Timeout: 15 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: keepProxyStatus,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        tlsConfig,
		TLSHandshakeTimeout:    15 * time.Second,
		Protocols:              protocols,
		MaxIdleConns:           2 * o.Connections, // API and login
		MaxIdleConnsPerHost:    o.Connections,
		IdleConnTimeout:        20 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
	}, nil
}

// tlsConfig reads the files of authorities and of the client certificate.
func (o Connection) tlsConfig() (*tls.Config, error) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	var problems []error
	if o.CAFile != "" {
		var err error
		if config.RootCAs, err = readAuthorities(o.CAFile); err != nil {
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

// readAuthorities returns the system's authorities and the authorities in a PEM file.
func readAuthorities(path string) (*x509.CertPool, error) {
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

// keepProxyStatus turns a proxy's refusal into a *proxyError with the status, which
// net/http would drop.
func keepProxyStatus(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{answer.StatusCode}
	}
	return nil
}

// checkProxy refuses a proxy setting that is no URL: net/http would ignore the
// setting and connect without the proxy. The message does not repeat the setting,
// which may hold a password.
func checkProxy(urls ...*url.URL) error {
	setting := httpproxy.FromEnvironment().HTTPSProxy
	if setting == "" || !slices.ContainsFunc(urls, func(u *url.URL) bool { return u.Scheme == "https" }) {
		return nil // http:// is for this machine, which needs no proxy
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
