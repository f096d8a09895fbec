package main

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"muster/importer"
)

// idFlag is an ID of Procore: digits, without regard to leading zeros.
type idFlag int64

func (i *idFlag) Type() string { return "ID" }

func (i *idFlag) String() string {
	if *i == 0 {
		return ""
	}
	return strconv.FormatInt(int64(*i), 10)
}

func (i *idFlag) Set(text string) error {
	n, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || n < 1 {
		return fmt.Errorf("%q is no ID: write the number in the project's address in the browser", text)
	}
	*i = idFlag(n)
	return nil
}

// rateFlag is a pace in requests a second, said as 2/s, 30/m or 600/h.
type rateFlag struct {
	text      string
	perSecond float64
}

func (r *rateFlag) String() string { return r.text }
func (r *rateFlag) Type() string   { return "pace" }

func (r *rateFlag) Set(text string) error {
	number, unit, _ := strings.Cut(strings.TrimSpace(text), "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !(n > 0) || n > 1e6 {
		return fmt.Errorf("%q is no pace: write 2/s, 30/m or 600/h", text)
	}
	switch strings.TrimSpace(unit) {
	case "", "s", "sec", "second":
	case "m", "min", "minute":
		n /= 60
	case "h", "hour":
		n /= 3600
	default:
		return fmt.Errorf("%q is no pace: write 2/s, 30/m or 600/h", text)
	}
	r.text, r.perSecond = text, n
	return nil
}

// shareFlag is a share of the quota, said as 20%.
type shareFlag struct {
	text  string
	share float64
}

func (s *shareFlag) String() string { return s.text }
func (s *shareFlag) Type() string   { return "share" }

func (s *shareFlag) Set(text string) error {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(n >= 0) || n > 90 {
		return fmt.Errorf("%q is no share between 0%% and 90%%", text)
	}
	s.text, s.share = text, n/100
	return nil
}

type maxErrorsFlag struct {
	text  string
	limit importer.MaxErrors
}

func (m *maxErrorsFlag) String() string { return m.text }
func (m *maxErrorsFlag) Type() string   { return "errors" }

func (m *maxErrorsFlag) Set(text string) error {
	limit, err := importer.ParseMaxErrors(text)
	if err != nil {
		return err
	}
	m.text, m.limit = text, limit
	return nil
}

// ageFlag is a time that has gone by, said as 400d or 36h.
type ageFlag struct {
	text string
	age  time.Duration
}

func (f *ageFlag) String() string { return f.text }
func (f *ageFlag) Type() string   { return "age" }

func (f *ageFlag) Set(text string) error {
	unit, number := time.Hour, strings.TrimSpace(text)
	if days, ok := strings.CutSuffix(number, "d"); ok {
		unit, number = 24*time.Hour, days
	} else if hours, ok := strings.CutSuffix(number, "h"); ok {
		number = hours
	} else {
		number = ""
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 {
		return fmt.Errorf("%q is no age: write 400d or 36h", text)
	}
	f.text, f.age = text, time.Duration(n)*unit
	return nil
}
