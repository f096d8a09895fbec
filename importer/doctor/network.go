package doctor

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"muster/importer/procore"
)

// Patience is the longest time for a check of the network.
const Patience = 15 * time.Second

// Host checks the proxy, the name, the connection and for the API host the clock.
func (x *Examination) Host(ctx context.Context, base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return false // the check of the settings reports this
	}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	proxy, err := procore.ProxyTo(base)
	if err != nil {
		x.Found(Finding{Check: "proxy", State: Broken, Text: err.Error(), Fix: "correct HTTPS_PROXY, or unset it", Facts: Facts{"code": "proxy"}})
		return false
	}
	name := u.Hostname()
	f := Finding{Check: "proxy", State: Fine, Text: "none to " + u.Host, Facts: Facts{"host": u.Host}}
	if proxy != nil {
		name = proxy.Hostname()
		f.Text = fmt.Sprintf("%s is used for %s (from HTTPS_PROXY)", proxy, u.Host)
		f.Facts["proxy"] = proxy.String()
	}
	x.Found(f)
	if f = checkName(ctx, name); f.State == Broken {
		x.Found(f)
		x.Skip("connection", "the name is not known")
		return false
	}
	x.Found(f)
	f, probe := x.checkConnection(ctx, base, u.Host)
	x.Found(f)
	if f.State != Broken && base == x.Options.APIURL {
		x.Found(checkClock(probe, u.Host))
	}
	return f.State != Broken
}

// checkName looks up a host name.
func checkName(ctx context.Context, name string) Finding {
	f := Finding{Check: "name", State: Fine, Facts: Facts{"host": name}}
	if _, err := netip.ParseAddr(name); err == nil {
		f.Text = name + " is an address"
		return f
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		f.State, f.Text = Broken, fmt.Sprintf("%s can't be looked up", name)
		f.Fix = "check the spelling of the URL or proxy, and this machine's network and name server"
		if dns, ok := errors.AsType[*net.DNSError](err); ok {
			f.Facts["not_found"] = dns.IsNotFound
		}
		return f
	}
	f.Text = fmt.Sprintf("%s is %s", name, addresses[0].Unmap())
	if len(addresses) > 1 {
		f.Text += fmt.Sprintf(" and %d more", len(addresses)-1)
	}
	f.Facts["addresses"] = len(addresses)
	return f
}

// checkConnection sends a request without credentials to a host.
func (x *Examination) checkConnection(ctx context.Context, base, host string) (Finding, procore.Probe) {
	const expiresSoon = 14 * 24 * time.Hour
	started := time.Now()
	probe, err := x.Options.Probe(ctx, base)
	if err != nil {
		f := NewTrouble(Broken, err)
		f.Check = "connection"
		f.Facts["host"] = host
		return f, probe
	}
	f := Finding{Check: "connection", State: Fine, Text: host + " answers", Facts: Facts{"host": host, "took_ms": time.Since(started).Milliseconds()}}
	if probe.TLS == nil {
		f.Text += ", unencrypted: the host is this machine"
		return f, probe
	}
	leaf, version := probe.TLS.PeerCertificates[0], tls.VersionName(probe.TLS.Version)
	issuer := slices.Concat(leaf.Issuer.Organization, []string{leaf.Issuer.CommonName})[0]
	f.Text += fmt.Sprintf(" by %s; %s has signed the certificate, until %s", version, issuer, leaf.NotAfter.Local().Format(time.DateOnly))
	f.Facts["tls"], f.Facts["certificate_until"] = version, leaf.NotAfter.UTC()
	if time.Until(leaf.NotAfter) < expiresSoon {
		f.State, f.Fix = Doubted, "tell the operator of "+host+" (or of the proxy) that the certificate expires soon"
	}
	return f, probe
}

// checkClock compares the clocks of this machine and a host. A host tells the time in
// whole seconds.
func checkClock(probe procore.Probe, host string) Finding {
	const tolerance = 30 * time.Second
	if !probe.Dated {
		return newSkip("clock", host+" does not tell the time")
	}
	f := Finding{Check: "clock", State: Fine, Text: "agrees with " + host, Facts: Facts{"server_ahead_s": int(probe.Ahead.Seconds())}}
	if probe.Ahead.Abs() > tolerance {
		how := "behind"
		if probe.Ahead < 0 {
			how = "ahead of"
		}
		f.State = Doubted
		f.Text = fmt.Sprintf("this machine's clock is %s %s the clock of %s", probe.Ahead.Abs(), how, host)
		f.Fix = "set this machine's clock, best from a time server: certificates and the ledger depend on the clock"
	}
	return f
}
