package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"github.com/rogpeppe/go-internal/testscript"
)

// ear hears what is sent to monitors, webhooks and a mail server.
type ear struct {
	mu    sync.Mutex
	heard strings.Builder
}

type earKey struct{}

func (e *ear) add(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.heard.WriteString(text + "\n")
}

func listenCommand(ts *testscript.TestScript, _ bool, args []string) {
	status := http.StatusOK
	if len(args) == 1 {
		var err error
		status, err = strconv.Atoi(args[0])
		ts.Check(err)
	}
	e := &ear{}
	url, stop := serveHTTP(ts, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		e.add(fmt.Sprintf("%s %s %s", r.Method, r.URL, body))
		w.WriteHeader(status)
	}))
	ts.Defer(stop)
	mails, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			conn, err := mails.Accept()
			if err != nil {
				return
			}
			serving.Go(func() { e.receive(conn) })
		}
	})
	ts.Defer(func() {
		_ = mails.Close()
		serving.Wait()
	})
	*ts.Value(earKey{}).(**ear) = e
	ts.Setenv("HOOK", url)
	ts.Setenv("SMTP", mails.Addr().String())
}

// receive speaks as much SMTP as it takes to be given a mail.
func (e *ear) receive(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	lines := bufio.NewScanner(conn)
	say := func(text string) { _, _ = io.WriteString(conn, text+"\r\n") }
	say("220 ear")
	for data := false; lines.Scan(); {
		line := lines.Text()
		e.add("mail: " + line)
		switch word, _, _ := strings.Cut(line, " "); {
		case data && line == ".":
			data = false
			say("250 taken")
		case data:
		case word == "EHLO":
			say("250-ear\r\n250 AUTH CRAM-MD5 PLAIN") // unencrypted no client may use PLAIN
		case word == "AUTH":
			say("334 PGVhcj4=")
			lines.Scan()
			say("235 welcome")
		case word == "DATA":
			data = true
			say("354 go on")
		case word == "QUIT":
			say("221 bye")
			return
		default:
			say("250 well")
		}
	}
}

func heardCommand(ts *testscript.TestScript, neg bool, args []string) {
	want := -1
	if len(args) == 2 {
		n, ok := strings.CutPrefix(args[0], "-count=")
		if !ok {
			ts.Fatalf("usage: heard [-count=N] REGEXP")
		}
		var err error
		want, err = strconv.Atoi(n)
		ts.Check(err)
		args = args[1:]
	}
	e := *ts.Value(earKey{}).(**ear)
	e.mu.Lock()
	all := e.heard.String()
	e.mu.Unlock()
	found := len(regexp.MustCompile("(?m)"+args[0]).FindAllString(all, -1))
	if want >= 0 && found != want || want < 0 && (found > 0) == neg {
		ts.Fatalf("%d of these match %s:\n%s", found, args[0], all)
	}
}

func extractCommand(ts *testscript.TestScript, _ bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: extract NAME FILE REGEXP")
	}
	found := regexp.MustCompile(args[2]).FindStringSubmatch(ts.ReadFile(args[1]))
	if len(found) != 2 {
		ts.Fatalf("%s does not match %s", args[1], args[2])
	}
	ts.Setenv(args[0], regexp.QuoteMeta(found[1]))
}

func expandCommand(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		text := os.Expand(ts.ReadFile(name), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(name), []byte(text), 0o600))
	}
}
