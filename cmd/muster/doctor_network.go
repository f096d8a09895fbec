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

// patience is how long one step of the doctor's may take.
const patience = 15 * time.Second

// checkSettings checks that the settings are complete and that other users can't read
// the secrets.
func (x *examination) checkSettings() {
	s := &x.settings
	f := finding{Check: "settings", State: fine, Facts: map[string]any{"environment": s.environment}}
	secret, err := s.secret(x.getenv)
	x.options = procore.Options{
		CompanyID: s.company, ProjectID: s.project, ClientID: s.clientID, ClientSecret: secret, View: s.view,
		CAFile: s.caFile, ClientCert: s.clientCert, ClientKey: s.clientKey, Timeout: patience, UserAgent: userAgent(),
	}
	api, login, hostErr := s.hosts()
	x.options.APIURL, x.options.LoginURL = api, login
	missing := s.missing(secret)
	var usage *fault.Error
	switch {
	case errors.As(err, &usage), errors.As(hostErr, &usage):
		f.State, f.Text, f.Fix = broken, usage.Message, usage.Fix
	case errors.As(missing, &usage):
		f.State, f.Text, f.Fix = broken, usage.Message, "muster help credentials says where they come from"
		if s.jobWithProject != "" {
			f.Fix = usage.Fix
		}
	default:
		client, err := procore.New(x.options)
		if err != nil {
			f.State, f.Text, f.Fix = broken, strings.ReplaceAll(err.Error(), "\n", "; "), "muster doctor --help shows the settings"
			break
		}
		client.Close()
		x.complete = true
		f.Text = fmt.Sprintf("company %d, project %d, client ID and secret are set", s.company, s.project)
		f.Facts["company"], f.Facts["project"] = s.company, s.project
	}
	x.found(f)
	if host, err := url.Parse(api); err == nil && s.company != 0 && s.project != 0 {
		x.scope = ledger.Scope{API: host.Host, Company: s.company, Project: s.project}
	}
	for _, c := range s.cautions {
		x.found(finding{Check: "settings", State: doubted, Text: c.text, Fix: c.fix, Facts: map[string]any{"code": "open_to_others"}})
	}
}

// checkWay checks the proxy, the name, the connection and the clock of a URL.
func (x *examination) checkWay(ctx context.Context, base string) bool {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return false // the settings say so
	}
	proxy, err := procore.ProxyTo(base)
	if err != nil {
		x.found(finding{Check: "proxy", State: broken, Text: err.Error(), Fix: "correct HTTPS_PROXY, or unset it", Facts: map[string]any{"code": "proxy"}})
		return false
	}
	asked := u.Hostname()
	f := finding{Check: "proxy", State: fine, Text: "none to " + u.Host, Facts: map[string]any{"host": u.Host}}
	if proxy != nil {
		asked = proxy.Hostname()
		f.Text = fmt.Sprintf("%s stands before %s (by HTTPS_PROXY)", proxy, u.Host)
		f.Facts["proxy"] = proxy.String()
	}
	x.found(f)
	if !x.checkName(ctx, asked) {
		x.skip("connection", "the name is not known")
		return false
	}
	return x.checkConnection(ctx, base, u.Host)
}

// checkName looks up a host name and reports whether an address was found.
func (x *examination) checkName(ctx context.Context, name string) bool {
	f := finding{Check: "name", State: fine, Facts: map[string]any{"host": name}}
	if _, err := netip.ParseAddr(name); err == nil {
		f.Text = name + " is an address"
		x.found(f)
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
	if err != nil {
		f.State, f.Text = broken, fmt.Sprintf("%s can't be looked up", name)
		f.Fix = "check the spelling of the URL or proxy, and this machine's network and name server"
		var dns *net.DNSError
		if errors.As(err, &dns) {
			f.Facts["not_found"] = dns.IsNotFound
		}
		x.found(f)
		return false
	}
	f.Text = fmt.Sprintf("%s is %s", name, addresses[0].Unmap())
	if len(addresses) > 1 {
		f.Text += fmt.Sprintf(" and %d more", len(addresses)-1)
	}
	f.Facts["addresses"] = len(addresses)
	x.found(f)
	return true
}

// renewal is how long before its end a certificate wants a look.
const renewal = 14 * 24 * time.Hour

func (x *examination) checkConnection(ctx context.Context, base, host string) bool {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	probe, err := x.options.Probe(ctx, base)
	if err != nil {
		f := trouble("connection", broken, err)
		if f.Facts == nil {
			f.Facts = map[string]any{}
		}
		f.Facts["host"] = host
		x.found(f)
		return false
	}
	f := finding{Check: "connection", State: fine, Facts: map[string]any{"host": host, "took_ms": time.Since(began).Milliseconds()}}
	f.Text = fmt.Sprintf("%s answers", host)
	if probe.TLS == nil {
		f.Text += ", unencrypted: it is on this machine"
	} else {
		leaf := probe.TLS.PeerCertificates[0]
		issuer := slices.Concat(leaf.Issuer.Organization, []string{leaf.Issuer.CommonName})[0]
		f.Text += fmt.Sprintf(" by %s; %s has signed its certificate, until %s", tls.VersionName(probe.TLS.Version), issuer, leaf.NotAfter.Local().Format(time.DateOnly))
		f.Facts["tls"], f.Facts["certificate_until"] = tls.VersionName(probe.TLS.Version), leaf.NotAfter.UTC()
		if time.Until(leaf.NotAfter) < renewal {
			f.State, f.Fix = doubted, "tell the operator of "+host+" (or of the proxy) that the certificate expires soon"
		}
	}
	x.found(f)
	x.checkClock(probe, host)
	return true
}

// offClock is by how much the clocks may differ before it is worth a word: they
// are compared through an answer, whose time is cut to the second.
const offClock = 30 * time.Second

func (x *examination) checkClock(probe procore.Probe, host string) {
	if slices.ContainsFunc(x.findings, func(f finding) bool { return f.Check == "clock" && f.State != skipped }) {
		return // one host's clock will do
	}
	if !probe.Dated {
		x.skip("clock", host+" does not tell the time")
		return
	}
	f := finding{Check: "clock", State: fine, Text: fmt.Sprintf("agrees with %s", host), Facts: map[string]any{"server_ahead_s": int(probe.Ahead.Seconds())}}
	if probe.Ahead.Abs() > offClock {
		how := "behind"
		if probe.Ahead < 0 {
			how = "ahead of"
		}
		f.State = doubted
		f.Text = fmt.Sprintf("this machine's clock is %s %s the one of %s", probe.Ahead.Abs(), how, host)
		f.Fix = "set this machine's clock, best from a time server: certificates and the times in the ledger go by it"
	}
	x.found(f)
}
