package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"muster/importer/text"
)

// parseID parses an ID of Procore: digits, without regard to leading zeros.
func parseID(input string) (int64, error) {
	n, err := strconv.ParseInt(strings.TrimSpace(input), 10, 64)
	if err != nil || n < 1 {
		return 0, fmt.Errorf("%q is no ID: write the number in the project's address in the browser", input)
	}
	return n, nil
}

// projectFlag is the value of a flag that takes a project's ID or name.
type projectFlag struct{ *settings }

// Type returns the kind of value.
func (projectFlag) Type() string { return "project" }

// String returns the ID or the name.
func (f projectFlag) String() string {
	switch {
	case f.settings == nil: // of pflag's own zero value
		return ""
	case f.project != 0:
		return strconv.FormatInt(f.project, 10)
	}
	return f.projectName
}

// Set takes an ID or a name.
func (f projectFlag) Set(input string) error {
	id, err := parseID(input)
	if err == nil {
		f.project, f.projectName = id, ""
		return nil
	}
	name := strings.TrimSpace(input)
	if name == "" || strings.Trim(name, "0123456789+-. ") == "" {
		return err
	}
	f.project, f.projectName = 0, name
	return nil
}

// choice is the value of a flag with a fixed list of words.
type choice struct {
	value *string
	words []string
}

// Type returns the kind of value.
func (c choice) Type() string { return "string" }

// String returns the chosen word.
func (c choice) String() string { return *c.value }

// Set takes a word of the list.
func (c choice) Set(word string) error {
	if !slices.Contains(c.words, word) {
		return fmt.Errorf("choose %s", text.List(c.words, "or"))
	}
	*c.value = word
	return nil
}

// parsed is the value of a flag that a function parses. The input is kept for commands to
// copy.
type parsed[T any] struct {
	value *T
	kind  string
	parse func(string) (T, error)
	input string
}

func newParsed[T any](value *T, kind string, parse func(string) (T, error)) *parsed[T] {
	return &parsed[T]{value: value, kind: kind, parse: parse}
}

// Type returns the kind of value.
func (p *parsed[T]) Type() string { return p.kind }

// String returns the input.
func (p *parsed[T]) String() string { return p.input }

// Set parses the input.
func (p *parsed[T]) Set(input string) (err error) {
	p.input = input
	*p.value, err = p.parse(input)
	return err
}

// parseRate parses a pace such as 2/s, 30/m or 600/h and returns requests a second.
func parseRate(input string) (float64, error) {
	number, unit, _ := strings.Cut(strings.TrimSpace(input), "/")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	seconds := map[string]float64{"": 1, "s": 1, "sec": 1, "second": 1, "m": 60, "min": 60, "minute": 60, "h": 3600, "hour": 3600}[strings.TrimSpace(unit)]
	if err != nil || !(n > 0) || n > 1e6 || seconds == 0 {
		return 0, fmt.Errorf("%q is no pace: write 2/s, 30/m or 600/h", input)
	}
	return n / seconds, nil
}

// parseShare parses a share of the quota such as 20%.
func parseShare(input string) (float64, error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(input), "%")
	n, err := strconv.ParseFloat(strings.TrimSpace(number), 64)
	if err != nil || !percent || !(n >= 0) || n > 90 {
		return 0, fmt.Errorf("%q is no share between 0%% and 90%%", input)
	}
	return n / 100, nil
}

// parseAge parses an age such as 400d or 36h.
func parseAge(input string) (time.Duration, error) {
	input = strings.TrimSpace(input)
	unit, number := time.Hour, strings.TrimSuffix(input, "h")
	if days, ok := strings.CutSuffix(input, "d"); ok {
		unit, number = 24*time.Hour, days
	}
	n, err := strconv.ParseUint(number, 10, 16)
	if err != nil || n == 0 || number == input {
		return 0, fmt.Errorf("%q is no age: write 400d or 36h", input)
	}
	return time.Duration(n) * unit, nil
}
