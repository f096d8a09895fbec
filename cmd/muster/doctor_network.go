package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/procore"
)

// patience is the longest time for a check of the network.
const patience = 15 * time.Second

// checkSettings checks that the settings are complete and that other users can't read
// the secrets.
func (x *examination) checkSettings() {
	s := &x.settings
	secret, secretErr := s.secret(x.getenv)
	x.options = s.clientOptions(secret)
	x.options.Timeout = patience
	f := finding{Check: "settings", State: broken, Facts: facts{"environment": s.environment}}
	var usage *fault.Error
	switch {
	case errors.As(secretErr, &usage):
		f.Text, f.Fix = usage.Message, usage.Fix
	case errors.As(s.missing(secret), &usage):
		f.Text, f.Fix = usage.Message, "muster help credentials says where they come from"
		if s.jobWithProject != "" {
			f.Fix = usage.Fix
		}
	default:
		client, err := procore.New(x.options)
		if err != nil {
			f.Text, f.Fix = strings.ReplaceAll(err.Error(), "\n", "; "), "muster doctor --help shows the settings"
			break
		}
		client.Close()
		x.complete = true
		f.State, f.Text = fine, fmt.Sprintf("company %d, project %d, client ID and secret are set", s.company, s.project)
		if place := s.keptPlace(); place != "" {
			f.Text += "; the secret is in " + place
		}
		f.Facts["company"], f.Facts["project"] = s.company, s.project
	}
	x.found(f)
	if host, err := url.Parse(x.options.APIURL); err == nil && s.company != 0 && s.project != 0 {
		x.scope = ledger.Scope{API: host.Host, Company: s.company, Project: s.project}
	}
	for _, c := range s.cautions {
		x.found(finding{Check: "settings", State: doubted, Text: c.text, Fix: c.fix, Facts: facts{"code": "open_to_others"}})
	}
}

// checkHost checks the proxy, the name, the connection and for the API host the clock.
func (x *examination) checkHost(ctx context.Context, base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return false // checkSettings has reported this
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	proxy, err := procore.ProxyTo(base)
	if err != nil {
		x.found(finding{Check: "proxy", State: broken, Text: err.Error(), Fix: "correct HTTPS_PROXY, or unset it", Facts: facts{"code": "proxy"}})
		return false
	}
	name := u.Hostname()
	f := finding{Check: "proxy", State: fine, Text: "none to " + u.Host, Facts: facts{"host": u.Host}}
	if proxy != nil {
		name = proxy.Hostname()
		f.Text = fmt.Sprintf("%s is used for %s (from HTTPS_PROXY)", proxy, u.Host)
		f.Facts["proxy"] = proxy.String()
	}
	x.found(f)
	if f = checkName(ctx, name); f.State == broken {
		x.found(f)
		x.skip("connection", "the name is not known")
		return false
	}
	x.found(f)
	f, probe := x.checkConnection(ctx, base, u.Host)
	x.found(f)
	if f.State != broken && base == x.options.APIURL {
		x.found(checkClock(probe, u.Host))
	}
	return f.State != broken
}

// checkName looks up a host name.
func checkName(ctx context.Context, name string) finding {
	f := finding{Check: "name", State: fine, Facts: facts{"host": name}}
	if _, err := netip.ParseAddr(name); err == nil {
		f.Text = name + " is an address"
		return f
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		f.State, f.Text = broken, fmt.Sprintf("%s can't be looked up", name)
		f.Fix = "check the spelling of the URL or proxy, and this machine's network and name server"
		var dns *net.DNSError
		if errors.As(err, &dns) {
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
func (x *examination) checkConnection(ctx context.Context, base, host string) (finding, procore.Probe) {
	const expiresSoon = 14 * 24 * time.Hour
	started := time.Now()
	probe, err := x.options.Probe(ctx, base)
	if err != nil {
		f := newTrouble(broken, err)
		f.Check = "connection"
		if f.Facts == nil {
			f.Facts = facts{}
		}
		f.Facts["host"] = host
		return f, probe
	}
	f := finding{Check: "connection", State: fine, Text: host + " answers", Facts: facts{"host": host, "took_ms": time.Since(started).Milliseconds()}}
	if probe.TLS == nil {
		f.Text += ", unencrypted: the host is this machine"
		return f, probe
	}
	leaf, version := probe.TLS.PeerCertificates[0], tls.VersionName(probe.TLS.Version)
	issuer := slices.Concat(leaf.Issuer.Organization, []string{leaf.Issuer.CommonName})[0]
	f.Text += fmt.Sprintf(" by %s; %s has signed the certificate, until %s", version, issuer, leaf.NotAfter.Local().Format(time.DateOnly))
	f.Facts["tls"], f.Facts["certificate_until"] = version, leaf.NotAfter.UTC()
	if time.Until(leaf.NotAfter) < expiresSoon {
		f.State, f.Fix = doubted, "tell the operator of "+host+" (or of the proxy) that the certificate expires soon"
	}
	return f, probe
}

// checkClock compares the clocks of this machine and a host. A host tells the time in
// whole seconds.
func checkClock(probe procore.Probe, host string) finding {
	const tolerance = 30 * time.Second
	if !probe.Dated {
		return newSkip("clock", host+" does not tell the time")
	}
	f := finding{Check: "clock", State: fine, Text: "agrees with " + host, Facts: facts{"server_ahead_s": int(probe.Ahead.Seconds())}}
	if probe.Ahead.Abs() > tolerance {
		how := "behind"
		if probe.Ahead < 0 {
			how = "ahead of"
		}
		f.State = doubted
		f.Text = fmt.Sprintf("this machine's clock is %s %s the clock of %s", probe.Ahead.Abs(), how, host)
		f.Fix = "set this machine's clock, best from a time server: certificates and the ledger depend on the clock"
	}
	return f
}
