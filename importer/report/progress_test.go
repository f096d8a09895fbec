package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"github.com/rs/zerolog"

	"muster/importer/outcome"
	"muster/importer/report"
)

// screen is a terminal of one line that records what is written.
type screen struct {
	sync.Mutex
	frames []string
}

func (s *screen) Write(b []byte) (int, error) {
	s.Lock()
	defer s.Unlock()
	s.frames = append(s.frames, string(b))
	return len(b), nil
}

func (s *screen) taken() []string {
	s.Lock()
	defer s.Unlock()
	frames := s.frames
	s.frames = nil
	return frames
}

func TestLine(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 3, 4, 13, 50, 0, 0, time.UTC)
	running := report.Snapshot{
		Counts: outcome.Counts{Created: 1200, Invalid: 3, Failed: 1}, Total: 5000, Now: now,
		Rate: 2.5, Left: 25*time.Minute + 20*time.Second,
	}
	waiting := running
	waiting.Until, waiting.Why = now.Add(30*time.Minute), "for the hourly quota"
	tomorrow := waiting
	tomorrow.Until = now.Add(20 * time.Hour)
	soon := waiting
	soon.Until = now.Add(7 * time.Second)
	tests := []struct {
		name  string
		give  report.Snapshot
		width int
		want  string
	}{
		{"200 columns", running, 200, "[#######.......................]  1,204 of 5,000  24%  2.5 rows/s  about 25 min left  4 to look at"},
		{"80 columns", running, 80, "[##..........]  1,204 of 5,000  24%  2.5 rows/s  about 25 min left  4 to look at"},
		{"60 columns", running, 60, "1,204 of 5,000  24%  about 25 min left  4 to look at"},
		{"40 columns", running, 40, "1,204 of 5,000  about 25 min left"},
		{"10 columns", running, 10, "1,204 o..."},
		{"1 column", running, 1, "."},
		{"waiting", waiting, 120, "[#####...................]  1,204 of 5,000  24%  about 25 min left  4 to look at  waits for the hourly quota until 14:20"},
		{"waiting, 100 columns", waiting, 101, "[##........]  1,204 of 5,000  about 25 min left  4 to look at  waits for the hourly quota until 14:20"},
		{"waiting, 60 columns", waiting, 60, "1,204 of 5,000  waits for the hourly quota until 14:20"},
		{"waiting for another day", tomorrow, 60, "1,204 of 5,000  waits for the hourly quota until Thu 09:50"},
		{"waiting for a moment", soon, 60, "1,204 of 5,000  waits for the hourly quota until 13:50:07"},
		{"unknown total", report.Snapshot{Counts: outcome.Counts{Skipped: 1}, Now: now, Rate: 125000}, 80, "1 row  125,000 rows/s"},
		{"slow", report.Snapshot{Total: 10, Now: now, Rate: 0.05}, 30, "0 of 10  0%  3.0 rows/min"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(test.want, test.give.Line(test.width)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
	for width := range 250 {
		for _, s := range []report.Snapshot{running, waiting, {Total: 1, Now: now}} {
			if line := s.Line(width); uniseg.StringWidth(line) > width {
				t.Errorf("%d columns: %q", width, line)
			}
		}
	}
}

func TestTerminal(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := report.NewProgress(&s, report.ModeTTY, 100, zerolog.Nop())
		for range 50 {
			p.Row(outcome.Created)
		}
		time.Sleep(time.Second + time.Millisecond)
		frames := s.taken()
		if len(frames) == 0 || len(frames) > 10 {
			t.Errorf("%d frames in a second", len(frames))
		}
		for _, frame := range frames {
			if !strings.HasPrefix(frame, "\r") || strings.Contains(frame, "\n") || uniseg.StringWidth(frame[1:]) > 79 {
				t.Errorf("frame %q", frame)
			}
		}
		if last := frames[len(frames)-1]; !strings.Contains(last, "50 of 100  50%") {
			t.Errorf("the last frame is %q", last)
		}

		fmt.Fprintln(p, "a log line")
		logged := s.taken()
		if want := "\ra log line\n"; len(logged) != 1 || strings.ReplaceAll(logged[0], " ", "") != strings.ReplaceAll("\r"+want, " ", "") {
			t.Errorf("a log line came as %q", logged)
		}

		p.Waiting(time.Now().Add(time.Hour), "for the hourly quota\x1b[2J")
		time.Sleep(200 * time.Millisecond)
		if got := strings.Join(s.taken(), ""); !strings.Contains(got, "waits for the hourly quota\uFFFD[2J until") {
			t.Errorf("waiting shows %q", got)
		}
		time.Sleep(2 * time.Hour)
		if frames := s.taken(); strings.Contains(frames[len(frames)-1], "waits") {
			t.Errorf("the wait is over, and the line is %q", frames[len(frames)-1])
		}
		p.Estimate(func(rows int) (time.Duration, bool) { return time.Duration(rows) * time.Minute, true })
		time.Sleep(200 * time.Millisecond)
		if got := strings.Join(s.taken(), ""); !strings.Contains(got, "about 50 min left") {
			t.Errorf("the estimate shows as %q", got)
		}

		p.Close()
		p.Close()
		if frames := s.taken(); len(frames) != 1 || strings.Trim(frames[0], " \r") != "" || !strings.HasSuffix(frames[0], "\r") {
			t.Errorf("closing wrote %q, want a blank line", frames)
		}
		p.Row(outcome.Created)
		time.Sleep(time.Minute)
		if frames := s.taken(); frames != nil {
			t.Errorf("after Close: %q", frames)
		}
	})
}

// The line mentions unsettled rows when no other rows are left.
func TestUnsettled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := report.NewProgress(&s, report.ModeTTY, 3, zerolog.Nop())
		defer p.Close()
		last := func() string {
			time.Sleep(200 * time.Millisecond)
			frames := s.taken()
			return frames[len(frames)-1]
		}
		p.Estimate(func(int) (time.Duration, bool) { return 0, true })
		p.Unsettled(2, time.Now().Add(time.Minute))
		if got := last(); strings.Contains(got, "waits") || !strings.Contains(got, "about 1 min left") {
			t.Errorf("while a row is sent: %q", got)
		}
		p.Row(outcome.Created)
		if got := last(); !strings.Contains(got, "waits for a list that settles 2 rows until 00:01:00") {
			t.Errorf("while nothing is sent: %q", got)
		}
		p.Unsettled(0, time.Time{})
		if got := last(); strings.Contains(got, "waits") {
			t.Errorf("when all is known: %q", got)
		}
	})
}

// The log mentions unsettled rows also if no row was expected to be sent.
func TestUnsettledAlone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := report.NewProgress(io.Discard, report.ModeLog, 0, zerolog.New(&log))
		p.Unsettled(2, time.Now().Add(time.Minute))
		time.Sleep(15 * time.Second)
		p.Close()
		if got := log.String(); !strings.Contains(got, `"waits":"for a list`) {
			t.Errorf("the log has %s", got)
		}
	})
}

// A line that doesn't change is not drawn again.
func TestLineIsDrawnOnlyIfChanged(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := report.NewProgress(&s, report.ModeTTY, 3, zerolog.Nop())
		defer p.Close()
		time.Sleep(time.Minute)
		if frames := s.taken(); len(frames) != 1 {
			t.Errorf("%d frames of a run that stands still: %q", len(frames), frames)
		}
	})
}

func TestLogOmitsShortTimeLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		p := report.NewProgress(io.Discard, report.ModeLog, 100, zerolog.New(&log))
		p.Estimate(func(int) (time.Duration, bool) { return time.Millisecond, true })
		p.Row(outcome.Created)
		time.Sleep(15 * time.Second)
		p.Close()
		if got := log.String(); !strings.Contains(got, `"rows":1,`) || strings.Contains(got, "left_s") {
			t.Errorf("got %q, want no time that is left", got)
		}
	})
}

func TestLog(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var log, w bytes.Buffer
		p := report.NewProgress(&w, report.ModeLog, 100, zerolog.New(&log))
		for range 40 {
			p.Row(outcome.Created)
		}
		p.Row(outcome.Invalid)
		p.Row("no status")
		p.Waiting(time.Now().Add(time.Hour), "for the hourly quota")
		time.Sleep(25 * time.Second)
		p.Close()
		lines := strings.Split(strings.TrimSpace(log.String()), "\n")
		if len(lines) != 2 {
			t.Fatalf("%d lines in 25 s: %q", len(lines), lines)
		}
		var got map[string]any
		if err := json.Unmarshal([]byte(lines[0]), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "until")
		want := map[string]any{
			"level": "info", "rows": 41.0, "of": 100.0, "created": 40.0, "invalid": 1.0, "rows_per_s": 4.1, "left_s": 14.0,
			"waits": "for the hourly quota", "message": "progress",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if w.Len() != 0 {
			t.Errorf("a file got %q", w.String())
		}
	})
}

// ModePlain writes a sentence after a while, with every tenth of the rows, and once
// for a long wait.
func TestModePlain(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := report.NewProgress(&s, report.ModePlain, 100, zerolog.Nop())
		p.Estimate(func(rows int) (time.Duration, bool) { return time.Duration(rows) * time.Second, true })
		time.Sleep(500 * time.Millisecond) // so that no row is done at the moment that is looked at
		rows := func(n int, each time.Duration) {
			for range n {
				time.Sleep(each)
				p.Row(outcome.Created)
			}
		}
		rows(25, time.Second)
		p.Waiting(time.Now().Add(5*time.Second), "for the quota")
		rows(20, time.Second)
		p.Row(outcome.Invalid)
		until := time.Now().Add(30 * time.Minute)
		p.Waiting(until, "for the hourly quota")
		time.Sleep(30*time.Minute + time.Second)
		rows(4, 100*time.Second)
		rows(50, time.Millisecond)
		time.Sleep(time.Hour)
		fmt.Fprintln(p, "a log line")
		p.Close()
		want := []string{
			"9 of 100 rows are done, 9%, about 1 min 30 s left.\n",
			"39 of 100 rows are done, 39%, about 1 min left.\n",
			"46 of 100 rows are done, 46%, about 55 s left, 1 to look at. muster waits for the hourly quota until " + until.Format("15:04") + ".\n",
			"46 of 100 rows are done, 46%, about 55 s left, 1 to look at.\n", // it goes on
			"48 of 100 rows are done, 48%, about 50 s left, 1 to look at.\n",
			"a log line\n",
		}
		got := s.taken()
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// The rate is the rate of the last seconds, without the many existing rows before.
func TestRateOfLastSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s screen
		p := report.NewProgress(&s, report.ModeTTY, 2000, zerolog.Nop())
		defer p.Close()
		for range 1000 {
			p.Row(outcome.Existing)
		}
		for range 60 {
			time.Sleep(time.Second)
			p.Row(outcome.Created)
		}
		time.Sleep(150 * time.Millisecond)
		frames := s.taken()
		last := frames[len(frames)-1]
		if !strings.Contains(last, " 0.9 rows/s ") && !strings.Contains(last, " 1.0 rows/s ") && !strings.Contains(last, " 1.1 rows/s ") {
			t.Errorf("the line is %q, want about 1 row a second", last)
		}
	})
}

func TestProgressConcurrentUse(t *testing.T) {
	t.Parallel()
	var s screen
	p := report.NewProgress(&s, report.ModeTTY, 4000, zerolog.Nop())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 1000 {
				p.Row(outcome.Created)
				p.Waiting(time.Now().Add(time.Second), "x")
			}
			fmt.Fprintln(p, "done")
		})
	}
	group.Wait()
	p.Close()
}

func BenchmarkRow(b *testing.B) {
	p := report.NewProgress(&screen{}, report.ModeTTY, 0, zerolog.Nop())
	defer p.Close()
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			p.Row(outcome.Created)
		}
	})
}
