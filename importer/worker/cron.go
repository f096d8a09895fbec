package worker

import (
	"errors"
	"fmt"
	"strings"
	"time"
	_ "time/tzdata" // a container or Windows may have no time zones

	"github.com/robfig/cron/v3"
)

// Schedule says when a job runs: the five fields of cron in a time zone.
type Schedule struct {
	text string
	spec *cron.SpecSchedule // of a clock without changes
	zone *time.Location
}

// everyHour is the bit of a cron field that is a star.
const everyHour = 1 << 63

// longestChange bounds how far a zone's clocks are put forward or back.
const longestChange = 25 * time.Hour

// ParseSchedule reads a schedule such as "15 2 * * *", with or without a time zone
// such as "CRON_TZ=Europe/Berlin" in front. The error says what is wrong.
func ParseSchedule(text string) (Schedule, error) {
	s := Schedule{text: strings.Join(strings.Fields(text), " "), zone: time.Local}
	fields := s.text
	if strings.HasPrefix(fields, "CRON_TZ=") || strings.HasPrefix(fields, "TZ=") {
		zone, rest, _ := strings.Cut(fields, " ")
		_, zone, _ = strings.Cut(zone, "=")
		var err error
		if s.zone, err = time.LoadLocation(zone); err != nil || zone == "" {
			return s, fmt.Errorf("%q is no time zone", zone)
		}
		fields = rest
	}
	parsed, err := cron.ParseStandard(fields)
	if err != nil {
		return s, err
	}
	spec, ok := parsed.(*cron.SpecSchedule)
	if !ok {
		return s, errors.New("an interval has no fixed times")
	}
	spec.Location = time.UTC
	if s.spec = spec; spec.Next(time.Now()).IsZero() {
		return s, errors.New("that date never comes")
	}
	return s, nil
}

// String returns the schedule as a config file has it.
func (s Schedule) String() string { return s.text }

// IsZero reports whether s is no schedule.
func (s Schedule) IsZero() bool { return s.spec == nil }

// Next returns the first time after t at which the job runs. When clocks are put
// forward, a time that is left out becomes the moment of the change. When clocks are
// put back, a time that comes twice counts once, except in a job of every hour.
func (s Schedule) Next(t time.Time) time.Time {
	if s.spec.Hour&everyHour != 0 {
		spec := *s.spec
		spec.Location = s.zone
		return spec.Next(t.In(s.zone))
	}
	for wall := onWall(t.In(s.zone)).Add(-longestChange); ; {
		if wall = s.spec.Next(wall); wall.IsZero() {
			return wall
		}
		if at := firstAt(wall, s.zone); at.After(t) {
			return at
		}
	}
}

// onWall returns what a clock on the wall shows at t, as a time without a zone.
func onWall(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// firstAt returns when the clocks of a zone first show wall, or the moment of the
// change that leaves wall out.
func firstAt(wall time.Time, zone *time.Location) time.Time {
	t := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), 0, zone)
	start, end := t.ZoneBounds()
	switch shown := onWall(t); {
	case shown.After(wall):
		return start
	case shown.Before(wall):
		return end
	case start.IsZero():
		return t
	}
	_, before := start.Add(-time.Second).Zone()
	if earlier := wall.Add(-time.Duration(before) * time.Second); earlier.Before(start) {
		return earlier.In(zone)
	}
	return t
}
