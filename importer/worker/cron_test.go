package worker_test

import (
	"testing"
	"time"

	"muster/importer/worker"
)

func parse(t *testing.T, text string) worker.Schedule {
	t.Helper()
	s, err := worker.ParseSchedule(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestNext lists the runs after a time, also around changes of the clocks.
func TestNext(t *testing.T) {
	t.Parallel()
	const berlin, york, howe, samoa = "CRON_TZ=Europe/Berlin ", "CRON_TZ=America/New_York ", "CRON_TZ=Australia/Lord_Howe ", "CRON_TZ=Pacific/Apia "
	for _, test := range []struct{ name, schedule, after, runs string }{
		{"every night", berlin + "15 2 * * *", "2026-06-01T12:00:00Z", "2026-06-02T00:15:00Z 2026-06-03T00:15:00Z"},
		{"UTC", "TZ=UTC 15 2 * * 1-5", "2026-11-27T02:15:00Z", "2026-11-30T02:15:00Z 2026-12-01T02:15:00Z"},
		{"a time that the change leaves out", berlin + "15 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:15:00Z"},
		{"several times that the change leaves out", berlin + "15,45 2 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:15:00Z"},
		{"left out, and the moment of the change", berlin + "0 2,3 * * *", "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z 2026-03-30T00:00:00Z"},
		{"a time that comes twice", berlin + "15 2 * * *", "2026-10-24T12:00:00Z", "2026-10-25T00:15:00Z 2026-10-26T01:15:00Z"},
		{"between both", berlin + "15 2 * * *", "2026-10-25T00:30:00Z", "2026-10-26T01:15:00Z"},
		{"after the hour that comes twice", berlin + "0 3 * * *", "2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"},
		{"every hour, back", berlin + "0 * * * *", "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z 2026-10-25T01:00:00Z 2026-10-25T02:00:00Z"},
		{"every hour, forward", berlin + "0 * * * *", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z 2026-03-29T02:00:00Z"},
		{"forward in New York", york + "30 2 * * *", "2026-03-07T12:00:00Z", "2026-03-08T07:00:00Z 2026-03-09T06:30:00Z"},
		{"back in New York", york + "30 1 * * *", "2026-10-31T12:00:00Z", "2026-11-01T05:30:00Z 2026-11-02T06:30:00Z"},
		{"half an hour", howe + "15 2 * * *", "2026-10-03T12:00:00Z", "2026-10-03T15:30:00Z 2026-10-04T15:15:00Z"},
		{"a day that is left out", samoa + "0 12 * * *", "2011-12-29T12:00:00Z", "2011-12-29T22:00:00Z 2011-12-30T10:00:00Z 2011-12-30T22:00:00Z"},
		{"a leap day", "TZ=UTC 0 0 29 2 *", "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := parse(t, test.schedule)
			at, err := time.Parse(time.RFC3339, test.after)
			if err != nil {
				t.Fatal(err)
			}
			var got string
			for len(got) < len(test.runs) {
				at = s.Next(at)
				got += " " + at.UTC().Format(time.RFC3339)
				got = trim(got)
			}
			if got != test.runs {
				t.Errorf("%s after %s runs at %s, and not at %s", test.schedule, test.after, got, test.runs)
			}
		})
	}
}

func trim(text string) string {
	if text[0] == ' ' {
		return text[1:]
	}
	return text
}

// TestOnceADay finds one run on every day of two years, after whatever time.
func TestOnceADay(t *testing.T) {
	t.Parallel()
	for _, zone := range []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Sao_Paulo", "Asia/Tehran", "UTC"} {
		for _, at := range []string{"0 0", "15 2", "30 1", "59 23"} {
			s := parse(t, "CRON_TZ="+zone+" "+at+" * * *")
			last := s.Next(time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC))
			for last.Year() < 2019 {
				next := s.Next(last)
				if gap := next.Sub(last); gap < 22*time.Hour || gap > 26*time.Hour {
					t.Errorf("%s: %s follows %s", s, next, last)
				}
				for between := last.Add(7 * time.Minute); between.Before(next); between = between.Add(211 * time.Minute) {
					if other := s.Next(between); !other.Equal(next) {
						t.Fatalf("%s: after %s comes %s, and after %s comes %s", s, last, next, between, other)
					}
				}
				last = next
			}
		}
	}
}

func TestSchedulesRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", "15 2 * *", "15 25 * * *", "x 2 * * *", "0 0 30 2 *", "@every 1h", "@reboot",
		"CRON_TZ=Europe/Bonn 15 2 * * *", "CRON_TZ= 15 2 * * *", "CRON_TZ=UTC", "TZ=", "15 2 * * * *",
	} {
		if s, err := worker.ParseSchedule(text); err == nil {
			t.Errorf("%q was read as %q", text, s)
		}
	}
	if s := parse(t, " CRON_TZ=UTC   @daily "); s.String() != "CRON_TZ=UTC @daily" || s.IsZero() {
		t.Errorf("read as %q", s)
	}
}
