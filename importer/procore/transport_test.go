package procore_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/http2"

	"muster/importer/procore"
	"muster/ratelimit"
)

// rawServer is a server that may do to a connection what no handler can. For
// every request it calls serve, which answers or not, and reports whether the
// connection stays open.
type rawServer struct {
	listener net.Listener
	serve    func(conn net.Conn, r *http.Request, nth int) bool
	all      sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool
	seen  map[string]int // requests by Idempotency-Token
}

func newRawServer(t *testing.T, serve func(conn net.Conn, r *http.Request, nth int) bool) *rawServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rawServer{listener: l, serve: serve, conns: map[net.Conn]bool{}, seen: map[string]int{}}
	s.all.Go(s.accept)
	t.Cleanup(func() {
		_ = l.Close()
		s.mu.Lock()
		for c := range s.conns {
			_ = c.Close()
		}
		s.mu.Unlock()
		s.all.Wait()
	})
	return s
}

func (s *rawServer) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[conn] = true
		s.mu.Unlock()
		s.all.Go(func() { s.handle(conn) })
	}
}

func (s *rawServer) handle(conn net.Conn) {
	defer conn.Close()
	r := bufio.NewReader(conn)
	for nth := 1; ; nth++ {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return
		}
		s.mu.Lock()
		s.seen[req.Header.Get("Idempotency-Token")]++
		s.mu.Unlock()
		if !s.serve(conn, req, nth) {
			return
		}
	}
}

func (s *rawServer) times(token string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.seen[token]
}

func (s *rawServer) url() string { return "http://" + s.listener.Addr().String() }

func created(w io.Writer) {
	body := `{"id":1}`
	fmt.Fprintf(w, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
}

// loginServer is a login on a socket.
func loginServer(t *testing.T) string {
	t.Helper()
	s := httptest.NewServer(&fake{})
	t.Cleanup(s.Close)
	return s.URL
}

// realClient returns a client with its own transport.
func realClient(t *testing.T, api string, change ...func(*procore.Options)) *procore.Client {
	t.Helper()
	login := loginServer(t)
	c, _ := client(t, nil, append([]func(*procore.Options){func(o *procore.Options) {
		o.Transport, o.APIURL, o.LoginURL = nil, api, login
	}}, change...)...)
	if e := renew(t, c); e != nil {
		t.Fatal(e)
	}
	return c
}

func send(ctx context.Context, t *testing.T, c *procore.Client, token string) *procore.Error {
	t.Helper()
	_, err := c.CreatePerson(ctx, nil, procore.Draft{FirstName: "Ada", LastName: "Quist"}, token)
	return as(t, err)
}

func TestCreateIsNeverReplayed(t *testing.T) {
	t.Parallel()
	t.Run("closed after the request, new connection", func(t *testing.T) {
		t.Parallel()
		s := newRawServer(t, func(net.Conn, *http.Request, int) bool { return false })
		e := send(t.Context(), t, realClient(t, s.url()), "a")
		if e == nil || e.Effect != procore.MayHaveHappened || e.Kind != procore.Fault || s.times("a") != 1 {
			t.Errorf("got %+v with %d requests", e, s.times("a"))
		}
	})
	t.Run("closed after the request, reused connection", func(t *testing.T) {
		t.Parallel()
		s := newRawServer(t, func(conn net.Conn, _ *http.Request, nth int) bool {
			if nth == 2 {
				return false
			}
			created(conn)
			return true
		})
		c := realClient(t, s.url(), func(o *procore.Options) { o.Connections = 1 })
		if e := send(t.Context(), t, c, "a"); e != nil {
			t.Fatal(e)
		}
		e := send(t.Context(), t, c, "b")
		if e == nil || e.Effect != procore.MayHaveHappened || s.times("b") != 1 {
			t.Errorf("got %+v with %d requests", e, s.times("b"))
		}
	})
	t.Run("reset after the request, reused connection", func(t *testing.T) {
		t.Parallel()
		s := newRawServer(t, func(conn net.Conn, _ *http.Request, nth int) bool {
			if nth == 2 {
				_ = conn.(*net.TCPConn).SetLinger(0)
				return false
			}
			created(conn)
			return true
		})
		c := realClient(t, s.url())
		if e := send(t.Context(), t, c, "a"); e != nil {
			t.Fatal(e)
		}
		e := send(t.Context(), t, c, "b")
		if e == nil || e.Effect != procore.MayHaveHappened || s.times("b") != 1 {
			t.Errorf("got %+v with %d requests", e, s.times("b"))
		}
	})
	t.Run("closed while idle", func(t *testing.T) {
		t.Parallel()
		s := newRawServer(t, func(conn net.Conn, _ *http.Request, _ int) bool {
			created(conn) // and closes without saying so
			return false
		})
		c := realClient(t, s.url(), func(o *procore.Options) { o.Connections = 4 })
		var all sync.WaitGroup
		for worker := range 4 {
			all.Go(func() {
				for i := range 100 {
					token := fmt.Sprint(worker, "-", i)
					e := send(t.Context(), t, c, token)
					n := s.times(token)
					switch {
					case n > 1,
						e == nil && n != 1,
						e != nil && e.Effect == procore.DidNotHappen && n != 0:
						t.Errorf("%d requests, and the error is %+v", n, e)
					}
				}
			})
		}
		all.Wait()
	})
}

// TestCreateIsNeverReplayedOverHTTP2 answers a create with REFUSED_STREAM, or a
// GOAWAY that leaves it out: by HTTP/2 it may be sent again, and net/http would.
func TestCreateIsNeverReplayedOverHTTP2(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		refuse func(f *http2.Framer, stream uint32) error
	}{
		{"refused stream", func(f *http2.Framer, stream uint32) error {
			return f.WriteRSTStream(stream, http2.ErrCodeRefusedStream)
		}},
		{"go away", func(f *http2.Framer, _ uint32) error { return f.WriteGoAway(0, http2.ErrCodeNo, nil) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var all sync.WaitGroup
			var mu sync.Mutex
			sent := 0
			serve := func(conn net.Conn) {
				defer conn.Close()
				if _, err := io.ReadFull(conn, make([]byte, len(http2.ClientPreface))); err != nil {
					return
				}
				f := http2.NewFramer(conn, conn)
				_ = f.WriteSettings()
				for {
					frame, err := f.ReadFrame()
					if err != nil {
						return
					}
					switch frame := frame.(type) {
					case *http2.SettingsFrame:
						if !frame.IsAck() {
							_ = f.WriteSettingsAck()
						}
					case *http2.DataFrame:
						if frame.StreamEnded() {
							mu.Lock()
							sent++
							mu.Unlock()
							_ = tt.refuse(f, frame.StreamID)
						}
					}
				}
			}
			all.Go(func() {
				for {
					conn, err := l.Accept()
					if err != nil {
						return
					}
					all.Go(func() { serve(conn) })
				}
			})
			protocols := new(http.Protocols)
			protocols.SetUnencryptedHTTP2(true)
			h2 := &http.Transport{Protocols: protocols}
			login := inProcess{&fake{}}
			c, _ := client(t, nil, func(o *procore.Options) {
				o.APIURL = "http://" + l.Addr().String()
				o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
					if r.URL.Host == loginHost {
						return login.RoundTrip(r)
					}
					return h2.RoundTrip(r)
				})
				o.Timeout = 5 * time.Second
			})
			e := send(t.Context(), t, c, "a")
			h2.CloseIdleConnections()
			_ = l.Close()
			all.Wait()
			if e == nil || e.Effect != procore.MayHaveHappened || sent != 1 {
				t.Errorf("got %+v (%v) with %d requests", e, errors.Unwrap(e), sent)
			}
		})
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestNothingWasSent(t *testing.T) {
	t.Parallel()
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = closed.Close()
	plain := httptest.NewServer(answer(201, `{"id":1}`))
	t.Cleanup(plain.Close)
	untrusted := httptest.NewUnstartedServer(answer(201, `{"id":1}`))
	untrusted.Config.ErrorLog = log.New(io.Discard, "", 0)
	untrusted.StartTLS()
	t.Cleanup(untrusted.Close)
	noName := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		return nil, &net.DNSError{Name: apiHost, Err: "no such host", IsNotFound: true}
	}}
	over := make(chan struct{})
	t.Cleanup(func() { close(over) })
	stuck := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
		<-over // net/http dials on after the request was given up
		return nil, net.ErrClosed
	}}
	failing := func(err error) http.RoundTripper {
		return roundTrip(func(*http.Request) (*http.Response, error) { return nil, err })
	}
	distrusted := func(err error) http.RoundTripper { return failing(&tls.CertificateVerificationError{Err: err}) }
	for _, tt := range []struct {
		name      string
		api       string
		transport http.RoundTripper // nil: the own
		want      string
	}{
		{"connection refused", "http://" + closed.Addr().String(), nil, "nothing was sent: " + closed.Addr().String() + " refuses connections"},
		{"not https", "https" + plain.URL[len("http"):], nil, "nothing was sent: " + plain.URL[len("http://"):] + " does not speak https"},
		{"untrusted certificate", untrusted.URL, nil, "nothing was sent: the certificate of " + untrusted.URL[len("https://"):] + " is signed by an authority that this machine does not trust (--ca-file adds authorities)"},
		{"name not found", "https://" + apiHost, noName, "nothing was sent: the name " + apiHost + " is not known on the network"},
		{"no connection in time", "https://" + apiHost, stuck, "nothing was sent: " + apiHost + " did not answer in time"},
		{"name not to be looked up", "https://" + apiHost, failing(&net.DNSError{Name: apiHost, IsTemporary: true}), "nothing was sent: the name " + apiHost + " can't be looked up now"},
		{"another's certificate", "https://" + apiHost, distrusted(x509.HostnameError{}), "nothing was sent: the certificate that " + apiHost + " shows belongs to another host"},
		{"certificate out of date", "https://" + apiHost, distrusted(x509.CertificateInvalidError{Reason: x509.Expired}), "nothing was sent: the certificate of " + apiHost + " has expired, or is not valid yet by this machine's clock"},
		{"certificate for something else", "https://" + apiHost, distrusted(x509.CertificateInvalidError{Reason: x509.IncompatibleUsage}), "nothing was sent: the certificate of " + apiHost + " is not trusted here"},
		{"no way through the proxy", "https://" + apiHost, failing(&net.OpError{Op: "proxyconnect", Err: io.EOF}), "nothing was sent: the proxy on the way to " + apiHost + " refuses the connection"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			login := loginServer(t)
			c, p := client(t, nil, func(o *procore.Options) {
				o.APIURL, o.LoginURL, o.Transport = tt.api, login, nil
				if tt.transport == stuck {
					o.Timeout = 500 * time.Millisecond
				}
				if tt.transport != nil {
					o.LoginURL = "https://" + loginHost
					o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
						if r.URL.Host == loginHost {
							return inProcess{&fake{}}.RoundTrip(r)
						}
						return tt.transport.RoundTrip(r)
					})
				}
			})
			_, e := create(t, c, p)
			if e == nil || e.Kind != procore.Unreachable || e.Effect != procore.DidNotHappen || e.Message != tt.want {
				t.Errorf("got %+v (%v)", e, errors.Unwrap(e))
			}
		})
	}
}

func TestBrokenAnswers(t *testing.T) {
	t.Parallel()
	half := "HTTP/1.1 201 Created\r\nContent-Length: 4000\r\n\r\n{\"id\":1,"
	hang := func(c net.Conn) { _, _ = io.Copy(io.Discard, c) } // until the client gives up
	for _, tt := range []struct {
		name  string
		serve func(net.Conn)
		want  meaning
	}{
		{"body cut off", func(c net.Conn) { _, _ = io.WriteString(c, half) }, meaning{procore.Malformed, procore.MayHaveHappened, "malformed"}},
		{"body that hangs", func(c net.Conn) { _, _ = io.WriteString(c, half); hang(c) }, meaning{procore.Malformed, procore.MayHaveHappened, "malformed"}},
		{"no answer", hang, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
		{"half a header", func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 201 Cre") }, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
		{"not HTTP", func(c net.Conn) { _, _ = io.WriteString(c, "SSH-2.0-x\r\n") }, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
		{"refusal cut off", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 422 Unprocessable Entity\r\nContent-Length: 400\r\n\r\n{\"err")
		}, meaning{procore.Refused, procore.DidNotHappen, "refused"}},
		{"headers without end", func(c net.Conn) {
			_, _ = io.WriteString(c, "HTTP/1.1 201 Created\r\n")
			for range 400 {
				if _, err := fmt.Fprintf(c, "X-A: %01000d\r\n", 1); err != nil {
					return
				}
			}
		}, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newRawServer(t, func(conn net.Conn, _ *http.Request, _ int) bool { tt.serve(conn); return false })
			c := realClient(t, s.url(), func(o *procore.Options) { o.Timeout = 2 * time.Second })
			e := send(t.Context(), t, c, "a")
			if e == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, meaning{e.Kind, e.Effect, e.Code}); diff != "" || s.times("a") != 1 {
				t.Errorf("%s %d requests; %+v", diff, s.times("a"), e)
			}
		})
	}
}

func TestRedirectsLeadNowhere(t *testing.T) {
	t.Parallel()
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s reached another host", r.Method, r.URL)
	}))
	t.Cleanup(elsewhere.Close)
	for _, status := range []int{301, 302, 303, 307, 308} {
		t.Run(strconv.Itoa(status), func(t *testing.T) {
			t.Parallel()
			away := httptest.NewServer(answer(status, "", "Location: "+elsewhere.URL))
			t.Cleanup(away.Close)
			c := realClient(t, away.URL)
			if e := send(t.Context(), t, c, "a"); e == nil || e.Code != "redirected" || e.Effect != procore.MayHaveHappened {
				t.Errorf("create: %+v", e)
			}
			_, err := c.Project(t.Context())
			if e := as(t, err); e == nil || e.Code != "redirected" || e.Effect != procore.DidNotHappen {
				t.Errorf("project: %+v", e)
			}
			login, _ := client(t, nil, func(o *procore.Options) { o.Transport, o.LoginURL = nil, away.URL })
			if e := renew(t, login); e == nil || e.Code != "redirected" {
				t.Errorf("login: %+v", e)
			}
		})
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	conns := map[string]bool{}
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		conns[r.RemoteAddr] = true
		mu.Unlock()
		answer(422, `{"errors":"x"}`+string(make([]byte, 4000)))(w, r)
	}))
	t.Cleanup(s.Close)
	c := realClient(t, s.URL, func(o *procore.Options) { o.Connections = 8 })
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for i := range 25 {
				_ = send(t.Context(), t, c, fmt.Sprint(i))
			}
		})
	}
	all.Wait()
	if len(conns) > 12 {
		t.Errorf("%d connections for 8 workers", len(conns))
	}
}

func BenchmarkCreate(b *testing.B) {
	o := options()
	o.Pace = ratelimit.New(ratelimit.Options{})
	o.Transport = inProcess{&fake{api: answer(201, `{"id":9007199254740993,"first_name":"Ada","last_name":"Quist","origin_id":null}`)}}
	c, err := procore.New(o)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.CreatePerson(b.Context(), nil, procore.Draft{FirstName: "Ada", LastName: "Quist"}, "t"); err != nil {
			b.Fatal(err)
		}
	}
}
