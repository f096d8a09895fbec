package report_test

import (
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/net/html"

	"muster/importer/outcome"
	"muster/importer/report"
)

// charted returns the chart's table, a line for each slice: people, throttled, faults, waited.
func charted(root *html.Node) [][]string {
	var list [][]string
	for _, table := range all(root, class("numbers")) {
		for _, tr := range all(table, named("tr"))[1:] {
			var line []string
			for _, td := range all(tr, named("td")) {
				line = append(line, text(td))
			}
			list = append(list, line)
		}
	}
	return list
}

func TestHTMLChart(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		length time.Duration
		people int
		title  string // "" if there is no chart
		slices int
	}{
		{"over at once", 1900 * time.Millisecond, 50, "", 0},
		{"half a minute", 30 * time.Second, 60, "People created every second", 31},
		{"three minutes", 3 * time.Minute, 300, "People created every 2 seconds", 91},
		{"twenty minutes", 20 * time.Minute, 300, "People created every 16 seconds", 76},
		{"an hour", time.Hour, 3600, "People created per minute", 57},
		{"a night", 10 * time.Hour, 5000, "People created per minute", 71},
		{"no person", time.Hour, 0, "", 0},
		{"a month", 30 * 24 * time.Hour, 1000, "People created per minute", 80},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "report.html")
			synctest.Test(t, func(t *testing.T) {
				h, err := report.CreateHTML(path)
				if err != nil {
					t.Fatal(err)
				}
				for i := range test.people {
					time.Sleep(test.length / time.Duration(test.people))
					h.Event(report.EventCreated)
					h.Row("", outcome.Outcome{Row: i + 2, Status: outcome.Created, PersonID: 1})
				}
				if test.people == 0 {
					time.Sleep(test.length)
				}
				if err := h.Commit(report.Summary{Status: report.Finished, Counts: outcome.Counts{Created: test.people}}); err != nil {
					t.Fatal(err)
				}
			})
			root := parse(t, read(t, path))
			title := ""
			for _, n := range all(root, named("figcaption")) {
				title = text(n)
			}
			if title != test.title {
				t.Errorf("the chart is %q, want %q", title, test.title)
			}
			lines := charted(root)
			if len(lines) != test.slices {
				t.Errorf("%d slices, want %d", len(lines), test.slices)
			}
			people := 0
			for _, line := range lines {
				n, err := strconv.Atoi(strings.ReplaceAll(line[0], ",", ""))
				if err != nil {
					t.Fatal(err)
				}
				people += n
			}
			if test.slices > 0 && people != test.people {
				t.Errorf("the chart has %d people, want %d", people, test.people)
			}
		})
	}
}

func TestHTMLChartMarks(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "report.html")
	synctest.Test(t, func(t *testing.T) {
		h, err := report.CreateHTML(path)
		if err != nil {
			t.Fatal(err)
		}
		create := func() {
			h.Event(report.EventCreated)
			h.Row("", outcome.Outcome{Row: 2, Status: outcome.Created, PersonID: 1})
		}
		create()                                     // second 0
		h.Event(report.EventThrottled)               //
		h.Waiting(time.Now().Add(3 * time.Second))   // until 3
		time.Sleep(2 * time.Second)                  //
		h.Waiting(time.Now().Add(1 * time.Second))   // told again, as a ticker does
		time.Sleep(2500 * time.Millisecond)          // 4.5
		create()                                     //
		h.Event(report.EventFault)                   //
		h.Waiting(time.Now().Add(100 * time.Second)) //
		time.Sleep(time.Second)                      // 5.5
		h.Waiting(time.Time{})                       // sooner than expected
		time.Sleep(time.Second)                      // 6.5
		create()
		if err := h.Commit(report.Summary{Status: report.Finished, Counts: outcome.Counts{Created: 3}}); err != nil {
			t.Fatal(err)
		}
	})
	root := parse(t, read(t, path))
	want := [][]string{
		{"1", "1", "0", "1 s"},
		{"0", "0", "0", "1 s"},
		{"0", "0", "0", "1 s"},
		{"0", "0", "0", ""},
		{"1", "0", "1", ""},
		{"0", "0", "0", ""},
		{"1", "0", "0", ""},
	}
	if diff := cmp.Diff(want, charted(root)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := [3]int{len(all(root, class("throttled"))), len(all(root, class("fault"))), len(all(root, class("waiting")))}; got != [3]int{2, 2, 6} {
		t.Errorf("marks %v, each with one in the legend", got)
	}
	if words := "Procore gave no usable answer once. Nothing was sent for 4 s in all"; !strings.Contains(read(t, path), words) {
		t.Errorf("the page doesn't say %q", words)
	}
}
