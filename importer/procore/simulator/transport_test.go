package simulator_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"muster/importer/procore/simulator"
)

func TestTransportRefusesAfterClose(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{})
	c := dial(t, s)
	s.Close()
	r := c.create(jane)
	var op *net.OpError
	if !errors.Is(r.err, syscall.ECONNREFUSED) || !errors.As(r.err, &op) || op.Op != "dial" {
		t.Errorf("got %v, want a refused connection", r.err)
	}
}

func TestTransportReportsBrokenHook(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{OnCreate: func(int, bool) { panic("out of order") }})
	if r := dial(t, s).create(jane); r.err == nil || !strings.Contains(r.err.Error(), "out of order") {
		t.Errorf("got %v", r.err)
	}
}

func TestTransportCancelled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		ask := func() error {
			reader, writer := io.Pipe() // a body that never comes
			defer func() {
				if _, err := writer.Write([]byte("x")); !errors.Is(err, io.ErrClosedPipe) {
					t.Errorf("the body was not closed: %v", err)
				}
			}()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://api.procore.example"+peoplePath, reader)
			if err != nil {
				return err
			}
			answer, err := s.Transport().RoundTrip(r)
			if err == nil {
				return answer.Body.Close()
			}
			return err
		}
		time.AfterFunc(time.Second, cancel)
		for range 2 { // while it is sent, and before
			if err := ask(); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		}
		if got := s.Requests().Creates; got != 1 {
			t.Errorf("%d requests arrived, want 1", got)
		}
	})
}

// The client closes the body of an answer that still drips in.
func TestTransportBodyClosedEarly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := simulator.New(simulator.Config{Faults: []simulator.Fault{{Kind: simulator.SlowBody, Delay: 10 * time.Second}}})
		c := dial(t, s)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "https://api.procore.example"+peoplePath, strings.NewReader(jane))
		if err != nil {
			t.Fatal(err)
		}
		r.Header = c.header
		answer, err := c.http.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		first := make([]byte, 5)
		if _, err := io.ReadFull(answer.Body, first); err != nil || string(first) != `{"id"` {
			t.Errorf("got %q, %v", first, err)
		}
		if err := answer.Body.Close(); err != nil {
			t.Error(err)
		}
		if _, err := answer.Body.Read(first); !errors.Is(err, io.ErrClosedPipe) {
			t.Errorf("read after close: %v", err)
		}
	})
}

// The same faults over a real socket, to hold Transport against net/http.
func TestOverSocket(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{Faults: []simulator.Fault{
		{Kind: simulator.LostAnswer, Nth: []int{1}},
		{Kind: simulator.TruncatedBody, Nth: []int{2}},
		{Kind: simulator.SlowBody, Nth: []int{3}, Delay: 10 * time.Millisecond},
		{Kind: simulator.LateCommit, Nth: []int{4}, Delay: time.Hour, Hang: true},
	}}))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: time.Minute}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		s.Close()
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	c := dial(t, s)
	own := &http.Transport{}
	t.Cleanup(own.CloseIdleConnections)
	c.http = &http.Client{Transport: overTo{listener.Addr().String(), own}}
	for i, want := range []string{"EOF", "unexpected EOF", "", "exceeded"} {
		if want == "exceeded" {
			c.http.Timeout = 100 * time.Millisecond
		}
		r := c.create(jane)
		if want == "" && (r.err != nil || r.status != 201 || !strings.HasSuffix(r.body, "}}")) ||
			want != "" && (r.err == nil || !strings.Contains(r.err.Error(), want)) {
			t.Errorf("create %d: got %d %s %v, want %q", i+1, r.status, r.body, r.err, want)
		}
	}
	c.http.Timeout = time.Minute
	if r := c.get(peoplePath + "?per_page=1"); !strings.Contains(r.header.Get("Link"), "<http://"+listener.Addr().String()+peoplePath+"?page=2&per_page=1>") {
		t.Errorf("Link: got %v", r.header)
	}
	if n := len(s.People()); n != 3 {
		t.Errorf("%d people, want 3", n)
	}
}

// overTo sends every request to one address over plain HTTP.
type overTo struct {
	address string
	next    http.RoundTripper
}

func (o overTo) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.URL.Scheme, r.URL.Host, r.Host = "http", o.address, o.address
	return o.next.RoundTrip(r)
}

func TestConcurrentUse(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{
		Windows:  []simulator.Window{{Length: time.Minute, Limit: 600, Rolling: true}, {Length: time.Hour, Limit: 700}},
		Answers:  simulator.Answers{Bodies: simulator.MixedBodies, OriginID: simulator.OriginAlternating},
		OnCreate: func(int, bool) {},
		Faults: []simulator.Fault{
			{Kind: simulator.LostAnswer, Every: 7},
			{Kind: simulator.LateCommit, Every: 11, Delay: time.Millisecond},
			{Kind: simulator.TruncatedBody, Probability: 0.1},
			{Kind: simulator.Latency, Probability: 0.1, Delay: time.Millisecond},
			{Kind: simulator.ListLag, Every: 5, Delay: time.Millisecond},
		},
	})
	c := dial(t, s)
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for i := range 100 {
				c.create(`{"person":{"last_name":"Doe","origin_id":"1"}}`)
				c.create(jane)
				if i%20 == 0 {
					c.get(peoplePath)
					s.People()
					s.Neighbour(1)
					s.SetWindows(simulator.Window{Length: time.Minute, Limit: 600, Rolling: true})
				}
			}
		})
	}
	group.Wait()
	s.Close()
	taken := 0
	for _, p := range s.People() {
		if p.OriginID == "1" {
			taken++
		}
	}
	got := s.Requests()
	if taken != 1 || got.Stored != len(s.People()) || got.Throttled == 0 {
		t.Errorf("%d people have one origin ID; %+v", taken, got)
	}
}
