// Package browser drives a headless Chromium in tests.
package browser

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// patience is the longest wait for a browser on a busy machine.
const patience = 2 * time.Minute

// Tab is a tab of a Chromium that takes commands through a pipe. Every method fails the
// test if the browser refuses.
type Tab struct {
	t        testing.TB
	in       *os.File
	out      *bufio.Reader
	last     int
	attached string // what Chromium calls the connection to the tab
}

// Open starts Chromium with an empty tab, in a long test. More arguments may follow those
// that every test needs. Without Chromium the test is skipped, or fails if
// MUSTER_TEST_TOOLS is "required".
func Open(t testing.TB, arguments ...string) *Tab {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	if runtime.GOOS == "windows" {
		t.Skip("a child gets no pipes there")
	}
	path, err := exec.LookPath("chromium")
	switch {
	case err == nil:
	case os.Getenv("MUSTER_TEST_TOOLS") == "required":
		t.Fatal("chromium is not installed, and MUSTER_TEST_TOOLS requires it")
	default:
		t.Skip("chromium is not installed")
	}
	b := start(t, path, arguments)
	var target struct{ TargetID string }
	b.Call("Target.createTarget", map[string]any{"url": "about:blank"}, &target)
	var attached struct{ SessionID string }
	b.Call("Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true}, &attached)
	b.attached = attached.SessionID
	// The tab behaves as the one in front, whatever else the browser has open.
	b.Call("Emulation.setFocusEmulationEnabled", map[string]any{"enabled": true}, nil)
	return b
}

// start starts the process, and ends it with the test.
func start(t testing.TB, path string, arguments []string) *Tab {
	t.Helper()
	theirs, ours, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	answers, theirAnswers, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	profile := filepath.Join(t.TempDir(), "profile")
	cmd := exec.Command(path, append([]string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
		"--remote-debugging-pipe", "--user-data-dir=" + profile, "about:blank",
	}, arguments...)...)
	cmd.ExtraFiles = []*os.File{theirs, theirAnswers} // 3 and 4, as Chromium wants them
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = theirs.Close(), theirAnswers.Close()
	// A browser that hangs must not hang the tests.
	watch := time.AfterFunc(3*patience, func() { _ = cmd.Process.Kill() })
	b := &Tab{t: t, in: ours, out: bufio.NewReaderSize(answers, 1<<20)}
	t.Cleanup(func() {
		watch.Stop()
		fmt.Fprintf(b.in, `{"id":0,"method":"Browser.close"}`+"\x00")
		_, _ = cmd.Process.Wait()
		_, _ = ours.Close(), answers.Close()
		// Its helpers write for a moment longer, and would spoil the test's own cleaning.
		for began := time.Now(); os.RemoveAll(profile) != nil && time.Since(began) < patience; {
			time.Sleep(20 * time.Millisecond)
		}
	})
	return b
}

// Call sends a command of the DevTools protocol and reads the answer.
func (b *Tab) Call(method string, parameters, answer any) {
	b.t.Helper()
	if refusal := b.ask(method, parameters, answer); refusal != "" {
		b.t.Fatalf("%s: %s", method, refusal)
	}
}

// ask sends a command and returns the answer, or why the browser refuses. Events are left
// out.
func (b *Tab) ask(method string, parameters, answer any) (refusal string) {
	b.t.Helper()
	b.last++
	question := map[string]any{"id": b.last, "method": method, "params": parameters}
	if b.attached != "" {
		question["sessionId"] = b.attached
	}
	line, err := json.Marshal(question)
	if err != nil {
		b.t.Fatal(err)
	}
	if _, err := b.in.Write(append(line, 0)); err != nil {
		b.t.Fatal(err)
	}
	for {
		line, err := b.out.ReadBytes(0)
		if err != nil {
			b.t.Fatalf("%s: %v", method, err)
		}
		var got struct {
			ID     int
			Result json.RawMessage
			Error  *struct{ Message string }
		}
		if err := json.Unmarshal(bytes.TrimSuffix(line, []byte{0}), &got); err != nil {
			b.t.Fatal(err)
		}
		if got.ID != b.last {
			continue
		}
		if got.Error != nil {
			return got.Error.Message
		}
		if answer != nil {
			if err := json.Unmarshal(got.Result, answer); err != nil {
				b.t.Fatal(err)
			}
		}
		return ""
	}
}

// Go opens a URL and waits until the page is complete.
func (b *Tab) Go(url string) {
	b.t.Helper()
	b.Eval("window.beforeTheNextPage = true")
	b.Call("Page.navigate", map[string]any{"url": url}, nil)
	b.Until("window.beforeTheNextPage === undefined && document.readyState", "complete")
}

// Reload loads the page again.
func (b *Tab) Reload() {
	b.t.Helper()
	b.Go(b.Eval("location.href"))
}

// Eval returns the value of a JavaScript expression as text. A promise is waited for.
func (b *Tab) Eval(expression string) string {
	b.t.Helper()
	text, refusal := b.evaluate(expression)
	if refusal != "" {
		b.t.Fatalf("%s: %s", expression, refusal)
	}
	return text
}

func (b *Tab) evaluate(expression string) (text, refusal string) {
	b.t.Helper()
	var got struct {
		Result struct{ Value string }
		Error  *struct{ Exception struct{ Description string } } `json:"exceptionDetails"`
	}
	refusal = b.ask("Runtime.evaluate", map[string]any{
		"expression": "(async () => String(await (" + expression + ")))()", "userGesture": true, "awaitPromise": true,
		"allowUnsafeEvalBlockedByCSP": false,
	}, &got)
	if got.Error != nil {
		refusal = got.Error.Exception.Description
	}
	return got.Result.Value, refusal
}

// Until waits until an expression has a value. While the browser changes pages, no
// page answers, and a page is incomplete before the script has run.
func (b *Tab) Until(expression, want string) {
	b.t.Helper()
	got, refusal := "", ""
	for began := time.Now(); time.Since(began) < patience; {
		if got, refusal = b.evaluate(expression); refusal == "" && got == want {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.t.Fatalf("%s is %q, want %q; %s\nThe page: %s", expression, got, want, refusal, b.Eval("document.body.innerText"))
}

// Quote returns text as a literal of JavaScript.
func Quote(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return `""` // a string is always valid
	}
	return string(quoted)
}
