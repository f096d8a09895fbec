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
	"os"
	"strings"
	"syscall"
)

// proxyError is the refusal of a proxy to connect to the host.
type proxyError struct{ status int }

func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered with status %d", e.status)
}

// describeTransportError puts an error into words. Permanent means that trying
// again soon is of no use, as with a wrong name or certificate.
func describeTransportError(err error, host string) (words string, permanent bool) {
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
		return describeCertificateError(err, host), true
	case errors.As(err, &record):
		return fmt.Sprintf("%s does not speak https", host), true
	case errors.As(err, &op) && op.Op == "remote error":
		words = fmt.Sprintf("%s ends the encryption (%v)", host, op.Err)
		if strings.Contains(op.Err.Error(), "certificate") { // the type of alerts is not exported
			words += "; perhaps the host wants a client certificate, or another one"
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

// describeCertificateError says why the certificate of host is not accepted.
func describeCertificateError(err error, host string) string {
	var (
		unknown x509.UnknownAuthorityError
		invalid x509.CertificateInvalidError
		name    x509.HostnameError
	)
	switch {
	case errors.As(err, &unknown):
		return fmt.Sprintf("the certificate of %s is signed by an authority that this machine does not trust (--ca-file adds authorities)", host)
	case errors.As(err, &name):
		return fmt.Sprintf("the certificate that %s shows belongs to another host", host)
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return fmt.Sprintf("the certificate of %s has expired, or is not valid yet by this machine's clock", host)
	}
	return fmt.Sprintf("the certificate of %s is not trusted here", host)
}

// isCut reports whether reading an answer failed at the connection rather than
// at the content of the answer.
func isCut(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) || errors.As(err, &timeout) ||
		errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded)
}
