package main

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/importer/procore/simulator"
)

// tunnelProxy is a proxy that knows CONNECT and nothing else. Whatever host it is
// asked for, it connects to one server.
type tunnelProxy struct {
	listener net.Listener
	server   string // the address behind it
	all      sync.WaitGroup

	mu    sync.Mutex
	hosts []string // that tunnels were made to
	conns []net.Conn
}

const proxyPassword = "pr0xy-passw0rd"

func newTunnelProxy(ts *testscript.TestScript, server string) *tunnelProxy {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	p := &tunnelProxy{listener: l, server: server}
	p.all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			p.all.Go(func() { p.serve(conn) })
		}
	})
	return p
}

func (p *tunnelProxy) serve(conn net.Conn) {
	defer conn.Close()
	p.keep(conn)
	r := bufio.NewReader(conn)
	req, err := http.ReadRequest(r)
	if err != nil {
		return
	}
	user := &http.Request{Header: http.Header{"Authorization": req.Header["Proxy-Authorization"]}}
	name, password, _ := user.BasicAuth()
	switch {
	case req.Method != http.MethodConnect:
		_, _ = io.WriteString(conn, "HTTP/1.1 405 CONNECT only\r\nContent-Length: 0\r\n\r\n")
		return
	case name != "crew" || password != proxyPassword:
		_, _ = io.WriteString(conn, "HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
		return
	}
	far, err := net.Dial("tcp", p.server)
	if err != nil {
		return
	}
	defer far.Close()
	p.keep(far)
	p.mu.Lock()
	p.hosts = append(p.hosts, req.Host)
	p.mu.Unlock()
	_, _ = io.WriteString(conn, "HTTP/1.1 200 Go ahead\r\n\r\n")
	var both sync.WaitGroup
	both.Go(func() { _, _ = io.Copy(far, r); _ = far.Close() })
	_, _ = io.Copy(conn, far)
	_ = conn.Close()
	both.Wait()
}

func (p *tunnelProxy) keep(conn net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.conns = append(p.conns, conn)
}

func (p *tunnelProxy) close() {
	_ = p.listener.Close()
	p.mu.Lock()
	for _, c := range p.conns {
		_ = c.Close()
	}
	p.mu.Unlock()
	p.all.Wait()
}

const testHost = "procore.test"

func proxiedCommand(ts *testscript.TestScript, neg bool, args []string) {
	authority, authorityKey := certify(ts, "Muster Test Authority", nil, nil)
	own, ownKey := certify(ts, testHost, authority, authorityKey)
	client, clientKey := certify(ts, "a client", authority, authorityKey)
	writePEM(ts, "ca.pem", "CERTIFICATE", authority.Raw)
	writePEM(ts, "client.pem", "CERTIFICATE", client.Raw)
	writeKey(ts, "client-key.pem", clientKey)

	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{{Certificate: [][]byte{own.Raw}, PrivateKey: ownKey}}}
	if slices.Contains(args, "client") {
		config.ClientAuth, config.ClientCAs = tls.RequireAndVerifyClientCert, x509.NewCertPool()
		config.ClientCAs.AddCert(authority)
	}
	if slices.Contains(args, "old") {
		config.MinVersion, config.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	}
	sim := simulator.New(simulator.Config{Credentials: simulator.Credentials{ClientID: "id", ClientSecret: "secret"}, Windows: []simulator.Window{{Limit: 3600, Length: time.Hour}}})
	listener, err := tls.Listen("tcp", "127.0.0.1:0", config)
	ts.Check(err)
	server := &http.Server{Handler: sim, ReadHeaderTimeout: time.Minute, ErrorLog: log.New(io.Discard, "", 0)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	proxy := newTunnelProxy(ts, listener.Addr().String())
	ts.Defer(func() {
		sim.Close()
		proxy.close()
		_ = server.Close()
		<-done
	})
	s := ts.Value(serverKey{}).(*served)
	s.Server, s.proxy = sim, proxy
	for name, value := range map[string]string{
		"HTTPS_PROXY":    "http://crew:" + proxyPassword + "@" + proxy.listener.Addr().String(),
		"PROXY":          proxy.listener.Addr().String(),
		"MUSTER_API_URL": "https://api." + testHost, "MUSTER_LOGIN_URL": "https://login." + testHost,
		"MUSTER_COMPANY": "1", "MUSTER_PROJECT": "100", "MUSTER_CLIENT_ID": "id", "MUSTER_CLIENT_SECRET": "secret",
	} {
		ts.Setenv(name, value)
	}
}

func tunnelsCommand(ts *testscript.TestScript, neg bool, args []string) {
	p := ts.Value(serverKey{}).(*served).proxy
	if p == nil || len(args) != 0 {
		ts.Fatalf("usage, after proxied: tunnels")
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, host := range p.hosts {
		if host != "api."+testHost+":443" && host != "login."+testHost+":443" {
			ts.Fatalf("a tunnel to %s", host)
		}
	}
	if (len(p.hosts) > 0) == neg {
		ts.Fatalf("%d tunnels", len(p.hosts))
	}
	p.hosts = nil
}

// certify makes a certificate, signed by its authority or, without one, by
// itself to sign others.
func certify(ts *testscript.TestScript, name string, authority *x509.Certificate, authorityKey *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		DNSNames:    []string{"api." + name, "login." + name},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	if authority == nil {
		template.IsCA, template.DNSNames, template.ExtKeyUsage = true, nil, nil
		template.KeyUsage = x509.KeyUsageCertSign
		authority, authorityKey = template, key
	} else if name != testHost {
		template.DNSNames = nil
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, authority, &key.PublicKey, authorityKey)
	ts.Check(err)
	made, err := x509.ParseCertificate(raw)
	ts.Check(err)
	return made, key
}

func writeKey(ts *testscript.TestScript, name string, key *ecdsa.PrivateKey) {
	raw, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	writePEM(ts, name, "PRIVATE KEY", raw)
}

func writePEM(ts *testscript.TestScript, name, kind string, raw []byte) {
	ts.Check(os.WriteFile(ts.MkAbs(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: raw}), 0o600))
}

// damageCommand changes a byte in the middle of every 4,096 of a file.
func damageCommand(ts *testscript.TestScript, neg bool, args []string) {
	content, err := os.ReadFile(ts.MkAbs(args[0]))
	ts.Check(err)
	for at := 2048; at < len(content); at += 4096 {
		content[at] ^= 0xff
	}
	for at := 100; at < len(content); at += 4096 {
		content[at] ^= 0xff
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), content, 0o600))
}
