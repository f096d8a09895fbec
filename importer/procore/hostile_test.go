package procore_test

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
)

// hostile is a server that writes the same to every request, and counts what it
// got rid of before the client left.
func hostile(t *testing.T, write func(w io.Writer) error) (url string, sent *atomic.Int64, times func(token string) int) {
	t.Helper()
	sent = new(atomic.Int64)
	s := newRawServer(t, func(conn net.Conn, _ *http.Request, _ int) bool {
		_ = write(counting{conn, sent})
		return false
	})
	return s.url(), sent, s.times
}

type counting struct {
	w io.Writer
	n *atomic.Int64
}

func (c counting) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n.Add(int64(n))
	return n, err
}

// endless writes head and then block again and again, until nobody listens.
func endless(head, block string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, head)
		for err == nil {
			_, err = io.WriteString(w, block)
		}
		return err
	}
}

// dripping writes head and then a byte at a time.
func dripping(head string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, head)
		for err == nil {
			time.Sleep(5 * time.Millisecond)
			_, err = io.WriteString(w, " ")
		}
		return err
	}
}

func saying(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// whole is an answer whose length is right.
func whole(head, body string) func(io.Writer) error {
	return saying(fmt.Sprintf("%sContent-Length: %d\r\n\r\n%s", head, len(body), body))
}

// enough bytes for the largest answer that is read and whatever the sockets hold.
const enough = 64 << 20

const (
	createdHead = "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
	okHead      = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
)

// zeros is a gzip stream of 1 GiB of blanks in a megabyte.
func zeros(w io.Writer) error {
	if _, err := io.WriteString(w, createdHead+"Content-Encoding: gzip\r\n\r\n"); err != nil {
		return err
	}
	z := gzip.NewWriter(w)
	blanks := strings.Repeat(" ", 1<<20)
	for range 1 << 10 {
		if _, err := io.WriteString(z, blanks); err != nil {
			return err
		}
	}
	return z.Close()
}

// TestHostileAnswersToACreate has a server do its worst to a create: each time
// there is one request, an end within the time-out, a bound on what is read, and
// the doubt whether the person exists.
func TestHostileAnswersToACreate(t *testing.T) {
	t.Parallel()
	malformed := meaning{procore.Malformed, procore.MayHaveHappened, "malformed"}
	lost := meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}
	header := "X-A: " + strings.Repeat("a", 64<<10) + "\r\n"
	for _, tt := range []struct {
		name  string
		write func(io.Writer) error
		most  int64 // bytes that the server gets rid of
		want  meaning
		says  string
	}{
		{"10 MB of headers", saying(createdHead + strings.Repeat(header, 160) + "\r\n{}"), enough, lost, "no answer came"},
		{"one header without end", endless(createdHead+"X-A: ", strings.Repeat("a", 64<<10)), enough, lost, "no answer came"},
		{"interim answers without end", endless("", "HTTP/1.1 103 Early Hints\r\nX-A: b\r\n\r\n"), enough, lost, "no answer came"},
		{"a body without end", endless(createdHead+"\r\n{\"id\":1,\"first_name\":\"", strings.Repeat("a", 64<<10)), enough, malformed, "too long for one from Procore"},
		{"blanks without end", endless(createdHead+"\r\n", strings.Repeat(" ", 64<<10)), enough, malformed, "too long for one from Procore"},
		{"a packed body without end", zeros, 1 << 20, malformed, "too long for one from Procore"},
		{"a refusal without end", endless("HTTP/1.1 422 No\r\n\r\n{\"errors\":\"", strings.Repeat("a", 64<<10)), enough, meaning{procore.Refused, procore.DidNotHappen, "refused"}, ""},
		{"a body that drips", dripping(createdHead + "\r\n{"), 1 << 10, malformed, "did not answer in time"},
		{"headers that drip", dripping("HTTP/1.1 201 Created\r\nX-A:"), 1 << 10, lost, "did not answer in time"},
		{"a length too short", saying(createdHead + "Content-Length: 5\r\n\r\n{\"id\":1}"), 1 << 10, malformed, "broke off"},
		{"a length too long", saying(createdHead + "Content-Length: 500\r\n\r\n{\"id\":1"), 1 << 10, malformed, "broke off"},
		{"a negative length", saying(createdHead + "Content-Length: -5\r\n\r\n{\"id\":1}"), 1 << 10, lost, "no answer came"},
		{"two lengths", saying(createdHead + "Content-Length: 8\r\nContent-Length: 9\r\n\r\n{\"id\":1}"), 1 << 10, lost, "no answer came"},
		{"chunks of nonsense", saying(createdHead + "Transfer-Encoding: chunked\r\n\r\nzz\r\n{\"id\":1}"), 1 << 10, malformed, "can't be understood"},
		{"a status of nonsense", saying("HTTP/1.1 2O1 Created\r\n\r\n{\"id\":1}"), 1 << 10, lost, "no answer came"},
		{"brackets without end", endless(createdHead+"\r\n{\"id\":1,\"contact\":", strings.Repeat("[", 64<<10)), enough, malformed, "can't be"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url, sent, times := hostile(t, tt.write)
			c := realClient(t, url, func(o *procore.Options) { o.Timeout = 15 * time.Second })
			if strings.Contains(tt.name, " drip") {
				c = realClient(t, url, func(o *procore.Options) { o.Timeout = 200 * time.Millisecond })
			}
			began := time.Now()
			e := send(t.Context(), t, c, "a")
			if e == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, meaning{e.Kind, e.Effect, e.Code}); diff != "" || times("a") != 1 || !strings.Contains(e.Message, tt.says) {
				t.Errorf("%s %d requests; %s", diff, times("a"), e.Message)
			}
			if len(e.Message) > 2000 {
				t.Errorf("the message has %d bytes", len(e.Message))
			}
			if took := time.Since(began); took > 20*time.Second { // a machine under load is slow
				t.Errorf("it took %v", took)
			}
			if n := sent.Load(); n > tt.most {
				t.Errorf("%d bytes were taken, want at most %d", n, tt.most)
			}
		})
	}
}

func TestWrongTypesInAnAnswerToACreate(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		``, ` `, `null`, `true`, `7`, `"id"`, `[]`, `[{"id":1}]`, `{}`, `{"id":null}`, `{"id":0}`, `{"id":-7}`, `{"id":"x"}`, `{"id":1.5}`,
		`{"id":1e3}`, `{"id":{}}`, `{"id":[1]}`, `{"id":true}`, `{"id":9223372036854775808}`, `{"ID2":1}`, `{"id":1`, `{"id":1,}`,
		`<html>created</html>`, "\x00\x00", "{\"id\":1\x00}", `{"id":1 "first_name":"x"}`, `)]}',{"id":1}`,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			c, p := client(t, &fake{api: answer(201, body)})
			_, e := create(t, c, p)
			if e == nil || e.Effect != procore.MayHaveHappened || e.Code != "malformed" || e.Hint == "" {
				t.Errorf("got %+v", e)
			}
		})
	}
	// Whoever exists is not doubted for the sake of other fields.
	for _, body := range []string{
		`{"id":1,"first_name":{},"last_name":[],"employee_id":true,"is_employee":"x","work_classification_id":"x","work_classification":7,"contact":"x"}`,
		"{\"id\":1,\"first_name\":\"\xff\\ud800\"}",
		`{"id":1} trailing`,
	} {
		t.Run(body, func(t *testing.T) {
			t.Parallel()
			c, p := client(t, &fake{api: answer(201, body)})
			if person, e := create(t, c, p); e != nil || person.ID != 1 {
				t.Errorf("got %+v, %+v", person, e)
			}
		})
	}
}

// TestHostileLists has a server do its worst to who reads a list: what is wrong
// for good is asked for once.
func TestHostileLists(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		write func(io.Writer) error
		says  string
	}{
		{"people without end on a page", endless(okHead+"\r\n[{\"id\":1}", strings.Repeat(`,{"id":2}`, 1000)), "far more items on one page"},
		{"a name without end", endless(okHead+"\r\n[{\"id\":1,\"first_name\":\"", strings.Repeat("a", 64<<10)), "too long for one from Procore"},
		{"no list", whole(okHead, "{\"id\":1}"), "not a list"},
		{"a person without an ID", whole(okHead, "[{\"id\":1},{\"a\":2}]"), "no ID"},
		{"garbage", whole(okHead, "[{nope"), "can't be read"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url, sent, times := hostile(t, tt.write)
			c := realClient(t, url, func(o *procore.Options) { o.Timeout = 30 * time.Second })
			_, e := ids(t, c)
			if e == nil || e.Code != "malformed" || e.Effect != procore.DidNotHappen || !strings.Contains(e.Message, tt.says) {
				t.Fatalf("got %+v", e)
			}
			if n := times(""); n != 1 {
				t.Errorf("%d requests", n)
			}
			if n := sent.Load(); n > enough {
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

// TestHostileLogin has the login do its worst: a create then never left.
func TestHostileLogin(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name  string
		write func(io.Writer) error
	}{
		{"a body without end", endless(okHead+"\r\n{\"access_token\":\"", strings.Repeat("a", 64<<10))},
		{"headers without end", endless(okHead+"X-A: ", strings.Repeat("a", 64<<10))},
		{"a body that drips", dripping(okHead + "\r\n{")},
		{"no JSON", whole(okHead, "<html>")},
		{"a token with a line break", whole(okHead, "{\"access_token\":\"a\\r\\nX-B: c\",\"expires_in\":900}")},
		{"a token of nonsense", whole(okHead, "{\"access_token\":{}}")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			url, sent, _ := hostile(t, tt.write)
			c, _ := client(t, nil, func(o *procore.Options) {
				o.Transport, o.APIURL, o.LoginURL, o.Timeout = nil, url, url, 500*time.Millisecond
			})
			e := send(t.Context(), t, c, "a")
			if e == nil || e.Kind != procore.Unreachable || e.Effect != procore.DidNotHappen {
				t.Errorf("got %+v", e)
			}
			if n := sent.Load(); n > 5*enough { // as often as a login is tried
				t.Errorf("%d bytes were taken", n)
			}
		})
	}
}

// TestRedirectLoop follows nothing, so that there is nothing to go round.
func TestRedirectLoop(t *testing.T) {
	t.Parallel()
	url, _, times := hostile(t, saying("HTTP/1.1 307 Round\r\nLocation: /rest/v1.0/projects/7/people\r\nContent-Length: 0\r\n\r\n"))
	e := send(t.Context(), t, realClient(t, url), "a")
	if e == nil || e.Code != "redirected" || times("a") != 1 {
		t.Errorf("got %+v with %d requests", e, times("a"))
	}
}

// TestWhyItTookTooLong keeps the trouble that a call was waiting out when its
// time was over.
func TestWhyItTookTooLong(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, _ := client(t, &fake{api: answer(500, "")})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := c.Project(ctx)
		if e := as(t, err); e == nil || e.Code != "fault" || e.Status != 500 {
			t.Errorf("got %+v", e)
		}
	})
}

func TestQuotaIsTold(t *testing.T) {
	t.Parallel()
	reset := time.Now().Add(time.Hour).Truncate(time.Second)
	headers := []string{"X-Rate-Limit-Limit: 3600", "X-Rate-Limit-Remaining: 3599", fmt.Sprintf("X-Rate-Limit-Reset: %d", reset.Unix())}
	c, p := client(t, &fake{api: answer(404, "", headers...)})
	if q, ok := c.Quota(); ok {
		t.Errorf("before any answer: %+v", q)
	}
	_, _ = create(t, c, p)
	if q, ok := c.Quota(); !ok || q.Limit != 3600 || q.Remaining != 3599 || !q.Reset.Equal(reset) {
		t.Errorf("got %+v, %v", q, ok)
	}
}
