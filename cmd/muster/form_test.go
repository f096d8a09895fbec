package main

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/charmbracelet/x/vt"
	"github.com/creack/pty"
	"github.com/rivo/uniseg"

	"muster/importer/outcome"
	"muster/importer/procore/simulator"
)

// recording is what a program showed at a terminal.
type recording struct {
	screen  string   // at the end, as a person sees it
	screens []string // after each piece of output
	written string   // the bytes, with what moves the cursor
}

// ever reports whether a text was on the screen at any time.
func (s *recording) ever(text string) bool {
	return slices.ContainsFunc(s.screens, func(screen string) bool { return strings.Contains(screen, text) })
}

// terminal runs muster at a terminal. Each answer is typed when its cue has appeared
// on the screen since the last one. It returns the recording, and the exit code.
func terminal(t *testing.T, folder string, args []string, cuesAndKeys ...string) (*recording, int) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithTimeout(t.Context(), 5*time.Minute)
	defer stop()
	// With Ctrl-C a terminal throws away what it has not shown yet, such as the last words.
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `stty noflsh && exec "$0" "$@"`, self}, args...)...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), childVariable+"=1", "TERM=xterm", "XDG_STATE_HOME="+filepath.Join(folder, "state"),
		"MUSTER_LEDGER=", "MUSTER_CONFIG=", "MUSTER_MAPPING=", "NO_COLOR=1")
	return converse(t, nil, cmd, 100, cuesAndKeys...), cmd.ProcessState.ExitCode()
}

// converse runs a command at a terminal of so many columns. A cue has appeared when the
// screen shows it more often than when the last key was pressed: programs redraw only what
// differs, so the cue may never be in the output in one piece. If ready is not nil, no key
// is pressed before ready is closed.
func converse(t *testing.T, ready <-chan struct{}, cmd *exec.Cmd, columns uint16, cuesAndKeys ...string) *recording {
	t.Helper()
	const rows = 200 // so many that nothing scrolls out of sight
	tty, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: rows, Cols: columns})
	if err != nil {
		t.Skipf("no terminal to be had: %v", err)
	}
	defer tty.Close()
	emulator := vt.NewEmulator(int(columns), rows)
	answered := make(chan struct{})
	go func() { // what a terminal answers to the program's questions about it
		defer close(answered)
		_, _ = io.Copy(tty, emulator)
	}()
	defer func() {
		_ = emulator.InputPipe().(io.Closer).Close()
		<-answered
	}()
	var s recording
	before := 0
	buf := make([]byte, 4096)
	for {
		n, readErr := tty.Read(buf) // fails when the program has ended
		s.written += string(buf[:n])
		if _, err := emulator.Write(buf[:n]); err != nil {
			t.Fatal(err)
		}
		s.screen = emulator.String()
		s.screens = append(s.screens, s.screen)
		if len(cuesAndKeys) > 0 && strings.Count(s.screen, cuesAndKeys[0]) > before {
			if ready != nil {
				<-ready
			}
			if _, err := io.WriteString(tty, cuesAndKeys[1]); err != nil {
				t.Fatal(err)
			}
			if cuesAndKeys = cuesAndKeys[2:]; len(cuesAndKeys) > 0 {
				before = strings.Count(s.screen, cuesAndKeys[0])
			}
		}
		if readErr != nil {
			break
		}
	}
	_ = cmd.Wait() // the exit code says how it ended
	if len(cuesAndKeys) > 0 {
		t.Fatalf("never shown: %q. At the end:\n%s\nOutput: %q", cuesAndKeys[0], s.screen, s.written)
	}
	return &s
}

func writeRoster(t *testing.T, folder, name string, lines ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(folder, name), []byte(strings.Join(lines, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	enter = "\n"
	ctrlC = "\x03"
)

// What a person settles at a terminal counts, at once and for later runs over
// the same headings without a terminal, until it is forgotten.
func TestFormIsRemembered(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRoster(t, folder, "crew.csv", "Frist Name,Last Name,Title,Job Title,SSN", "Ana,Silva,Lead,Laborer,123-45-6789", "Bo,Li,Foreman,Carpenter,")
	writeRoster(t, folder, "moved.csv", "ssn,TITLE,Job Title,Last  Name,Frist Name", ",Lead,Plumber,Ray,Cy")
	unattended := func(args ...string) (string, int) {
		t.Helper()
		self, _ := os.Executable()
		cmd := exec.CommandContext(t.Context(), self, args...)
		cmd.Dir = folder
		cmd.Env = append(os.Environ(), childVariable+"=1", "XDG_STATE_HOME="+filepath.Join(folder, "state"), "MUSTER_LEDGER=", "MUSTER_CONFIG=", "MUSTER_MAPPING=")
		out, _ := cmd.CombinedOutput() // the exit code says how it ended
		return string(out), cmd.ProcessState.ExitCode()
	}
	if out, code := unattended("check", "crew.csv"); code != outcome.ExitNotStarted || !strings.Contains(out, "muster map crew.csv -o mapping.yaml") {
		t.Fatalf("before: exit code %d\n%s", code, out)
	}

	shown, code := terminal(t, folder, []string{"import", "--simulate", "crew.csv"}, "Which column holds the first name?", enter, "Enter a number between 1 and 3:", "2\n")
	if code != outcome.ExitDone || !strings.Contains(shown.screen, "2 people were created") || shown.ever("6789") {
		t.Fatalf("exit code %d\n%s", code, shown.screen)
	}
	kept, _ := filepath.Glob(filepath.Join(folder, "state", "muster", "mappings", "*.yaml"))
	if len(kept) != 1 {
		t.Fatalf("kept: %v", kept)
	}
	if info, err := os.Stat(kept[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v", info.Mode(), err)
	}

	for _, roster := range []string{"crew.csv", "moved.csv"} {
		out, code := unattended("check", roster)
		if code != outcome.ExitDone || !strings.Contains(out, "as you confirmed on 20") || !strings.Contains(out, "; muster map "+roster+" --forget undoes that") || !strings.Contains(out, `job_title   "Job Title" (as confirmed)`) {
			t.Errorf("%s: exit code %d\n%s", roster, code, out)
		}
	}
	if shown, code := terminal(t, folder, []string{"check", "crew.csv"}); code != outcome.ExitDone || shown.ever("Which column") {
		t.Errorf("asked again: exit code %d\n%s", code, shown.screen)
	}
	if out, code := unattended("map", "moved.csv", "--forget"); code != outcome.ExitDone || !strings.Contains(out, "was deleted") || strings.Contains(out, "doubt") {
		t.Errorf("forget: exit code %d\n%s", code, out)
	}
	if out, code := unattended("check", "crew.csv"); code != outcome.ExitNotStarted {
		t.Errorf("after: exit code %d\n%s", code, out)
	}
}

// A field takes one column, whatever question it is asked by.
func TestFormRefusesTwoColumns(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRoster(t, folder, "crew.csv", "First,Last,Job,Title / Class", "Ana,Silva,1204,Electrician", "Bo,Li,Laborer,Carpenter")
	shown, code := terminal(t, folder, []string{"map", "crew.csv", "-o", "mapping.yaml"},
		"Enter a number between 1 and 2:", "1\n", // column C
		"Enter a number between 1 and 3:", "1\n", // a job title, too
		"Column C is the job title already", "2\n") // the work classification
	if code != outcome.ExitDone || !strings.Contains(shown.screen, `work_classification_id: column D "Title / Class"`) {
		t.Errorf("exit code %d\n%s", code, shown.screen)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "mapping.yaml")); err != nil || !bytes.Contains(text, []byte("  job_title: {column: Job}\n")) {
		t.Errorf("got %v\n%s", err, text)
	}
}

// TestFormValues holds that Enter leaves a doubtful column out, and that a person can say
// what each value means instead.
func TestFormValues(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRoster(t, folder, "crew.csv", "Name,Type", "Ana Silva,H", "Bo Li,S", "Cy Ray,H")
	shown, code := terminal(t, folder, []string{"map", "crew.csv"}, "none: leave it out", enter)
	if code != outcome.ExitDone || !strings.Contains(shown.screen, `not used: "Type"`) || shown.ever("Does it mean") {
		t.Errorf("exit code %d\n%s", code, shown.screen)
	}
	shown, code = terminal(t, folder, []string{"map", "crew.csv", "--forget", "-o", "mapping.yaml"}, "none: leave it out", "1\n",
		"Question 2 of 3", enter, "Question 3 of 3", "2\n")
	if code != outcome.ExitDone || !strings.Contains(shown.screen, `is_employee: column B "Type"`) {
		t.Errorf("exit code %d\n%s", code, shown.screen)
	}
	if text, err := os.ReadFile(filepath.Join(folder, "mapping.yaml")); err != nil || !bytes.Contains(text, []byte("values: {H: true, S: false}")) {
		t.Errorf("got %v\n%s", err, text)
	}
}

// What a terminal shows of an error is broken at blanks.
func TestErrorsFitTheTerminal(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRoster(t, folder, "crew.csv", "First Name,Last Name", "Ana,Silva")
	shown, code := terminal(t, folder, []string{"import", "crew.csv"})
	want := "muster: not set: --company (or MUSTER_COMPANY), --project (or MUSTER_PROJECT), MUSTER_CLIENT_ID,\r\n" +
		"  MUSTER_CLIENT_SECRET (or --client-secret-file)\r\n" +
		"  try: set them, connect on the page (muster web), or add --simulate to rehearse without Procore\r\n"
	if code != outcome.ExitNotStarted || !strings.HasSuffix(shown.written, want) {
		t.Errorf("exit code %d\n%q", code, shown.written)
	}
}

// plainly fails if anything but words and line ends was written.
func plainly(t *testing.T, shown string) {
	t.Helper()
	text := strings.ReplaceAll(shown, "\r\n", "\n") // the terminal's own
	if i := strings.IndexFunc(text, func(r rune) bool { return r < ' ' && r != '\n' || r == '·' || r == '#' || r >= 0x2500 && r < 0x2600 }); i >= 0 {
		t.Errorf("%q is in:\n%q", text[i], text)
	}
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, " ") || strings.TrimSpace(line) == "" && line != text {
			t.Errorf("the line %q is laid out in:\n%s", line, text)
		}
	}
}

// In plain mode the form asks in lines, by numbers.
func TestPlainForm(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRoster(t, folder, "crew.csv", "Frist Name,Last Name,Title,Job Title", "Ana,Silva,Lead,Laborer", "Bo,,Foreman,Carpenter")
	shown, code := terminal(t, folder, []string{"import", "--simulate", "--plain", "crew.csv"},
		"Enter a number between 1 and 2:", "9\n",
		"Enter a number between 1 and 2:", "1\n",
		"Enter a number between 1 and 3:", "1\n")
	plainly(t, strings.NewReplacer("9\r\n", "", "1\r\n", "\r\n", "\r\n\r\n", "\r\n").Replace(shown.written))
	for _, want := range []string{
		"Question 1 of 2: There is no column with the first name. Which column holds the first name? Press Enter for answer 1.\r\n",
		"2. job title: column D \"Job Title\", such as Laborer, Carpenter\r\n",
		"Created: 1\r\n",
		"Problem in cell B3: the last name is missing. Try: ",
	} {
		if !strings.Contains(shown.written, want) {
			t.Errorf("%q is missing in:\n%q", want, shown.written)
		}
	}
	if code != outcome.ExitRowsLeft {
		t.Errorf("exit code %d\n%s", code, shown.screen)
	}
}

// A person who leaves a question without an answer has confirmed nothing.
func TestPlainFormLeft(t *testing.T) {
	t.Parallel()
	for name, leave := range map[string]struct {
		key  string
		code int
		said string
	}{
		"end of input": {"\x04", outcome.ExitNotStarted, "nothing was sent: the input ended before the answer"},
		"interrupt":    {ctrlC, outcome.ExitInterrupted, "interrupted by Ctrl-C"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			writeRoster(t, folder, "crew.csv", "Frist Name,Last Name", "Ana,Silva")
			shown, code := terminal(t, folder, []string{"import", "--simulate", "--plain", "crew.csv"}, "Enter a number between 1 and 2:", leave.key)
			if code != leave.code || !strings.Contains(shown.screen, "\nmuster: "+leave.said) {
				t.Errorf("exit code %d\n%s", code, shown.screen)
			}
			if left, _ := filepath.Glob(filepath.Join(folder, "*")); len(left) != 1 {
				t.Errorf("left behind: %v", left)
			}
		})
	}
}

// A whole name leaves no half of one to ask for, in plain mode, too.
func TestPlainFormWholeNames(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	writeRoster(t, folder, "crew.csv", "Who,Role", "Ana Silva,Mason", "Bo Li,Painter")
	shown, code := terminal(t, folder, []string{"check", "--plain", "crew.csv"}, `first and last name in one: column A "Who"`, "2\n")
	if strings.Count(shown.screen, "Enter a number") != 1 || code != outcome.ExitDone {
		t.Errorf("exit code %d\n%s", code, shown.screen)
	}
}

// Ctrl-C is answered in whole lines: the first one ends the run in good order, the
// second one at once.
func TestInterruptedTwice(t *testing.T) {
	t.Parallel()
	sent := make(chan struct{}) // something is on its way, and stays there
	send := sync.OnceFunc(func() { close(sent) })
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, OnCreate: func(int, bool) {
		send()
		<-t.Context().Done()
	}})
	cmd := w.command("import", w.crew(20))
	cmd.Env = append(cmd.Env, "TERM=xterm", "NO_COLOR=1")
	shown := converse(t, sent, cmd, 60, "0 of 20", ctrlC, "stops at once.", ctrlC).written
	// The line may be drawn until the signal has arrived, and once more before the end.
	first := regexp.MustCompile(`(\^C(?:\r[^\r\n]*)*)\r {59}\rStopping: what is on its way is finished first\. Once more\r\nstops at once\.\r\n`)
	if !first.MatchString(shown) {
		t.Errorf("the first is answered by %q", shown)
	}
	second := regexp.MustCompile(`\r\nStopped at once\. Run the same command again: it first\r\nsettles the requests that were on the way\.\r\n(\r[^\r\n]*)?$`)
	if !second.MatchString(shown) {
		t.Errorf("the second is answered by %q", shown)
	}
	for frame := range strings.SplitSeq(first.ReplaceAllString(shown, "$1"), "\r") {
		if wide := uniseg.StringWidth(frame); wide > 60 || strings.Contains(frame, "of 20") && !strings.Contains(frame, "^C") && wide > 57 {
			t.Errorf("%d columns: %q", wide, frame)
		}
	}
	if strings.Contains(shown, "\x1b") {
		t.Errorf("it changes the terminal: %q", shown)
	}
	if cmd.ProcessState.ExitCode() != -1 {
		t.Errorf("exit code %d, want an end by the signal", cmd.ProcessState.ExitCode())
	}
}

// Log lines stand above the progress line, and are as readable as without one.
func TestLogAboveTheProgress(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}, Faults: []simulator.Fault{{Kind: simulator.Latency, Delay: 150 * time.Millisecond}}})
	cmd := w.command("import", w.crew(20), "--log-level", "debug", "--workers", "4")
	cmd.Env = append(cmd.Env, "TERM=xterm", "NO_COLOR=1")
	shown := converse(t, nil, cmd, 200).written
	if !strings.Contains(shown, "of 20") {
		t.Fatalf("no progress was drawn:\n%q", shown)
	}
	whole := regexp.MustCompile(`^\d\d:\d\d:\d\d DBG `)
	for line := range strings.SplitSeq(shown, "\r\n") {
		if line = line[strings.LastIndex(line, "\r")+1:]; strings.Contains(line, "from Procore") && !whole.MatchString(line) {
			t.Errorf("%q", line)
		}
	}
}

// On a narrow terminal the rosters of runs are still to be told apart.
func TestRunsOnANarrowTerminal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, simulator.Config{Windows: []simulator.Window{}})
	if code, _, stderr := w.muster("import", w.crew(2), "--quiet"); code != outcome.ExitDone {
		t.Fatalf("exit code %d: %s", code, stderr)
	}
	for columns, want := range map[uint16]string{
		60: "  crew.csv, import: 2 rows: 2 created\r\n",
		80: "  crew.csv\r\n  import: 2 rows: 2 created\r\n",
	} {
		shown := converse(t, nil, w.command("runs"), columns).written
		if !strings.HasSuffix(shown, want) {
			t.Errorf("%d columns:\n%s", columns, shown)
		}
		for line := range strings.SplitSeq(shown, "\r\n") {
			if len(line) > int(columns) {
				t.Errorf("%d columns: %q", columns, line)
			}
		}
	}
}
