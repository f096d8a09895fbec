package simulator

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseFault reads a fault from a command line: a kind, then options, each after a
// colon or a comma.
//
//	lost-answer:1%                 a random one of a hundred creates
//	500-after:every=7              every seventh create
//	unavailable:nth=3              the third create; nth=3+5+9 for several
//	latency:20ms                   always 20 ms; jitter=10ms adds up to 10 ms
//	late-commit:delay=45s:hang     the connection hangs; created 45 s later
//	request-timeout:created=no     created=yes or created=no instead of a coin
//	bad-gateway:2%:on=calls        on=creates (default), updates, lists, calls, tokens
//
// FaultKinds lists the kinds.
func ParseFault(text string) (Fault, error) {
	parts := strings.FieldsFunc(text, func(r rune) bool { return r == ':' || r == ',' })
	for i := range parts {
		parts[i] = strings.TrimSpace(parts[i])
	}
	if len(parts) == 0 || !slices.Contains(FaultKinds(), FaultKind(parts[0])) {
		return Fault{}, fmt.Errorf("simulated fault %q: there is no such kind; use one of %s", text, kindList())
	}
	f := Fault{Kind: FaultKind(parts[0])}
	for _, option := range parts[1:] {
		if err := f.parseOption(option); err != nil {
			return Fault{}, fmt.Errorf("simulated fault %q, option %q: %w", text, option, err)
		}
	}
	return f, nil
}

// parseOption reads an option into f.
func (f *Fault) parseOption(text string) error {
	name, value, named := strings.Cut(text, "=")
	switch {
	case text == "hang":
		f.Hang = true
		return nil
	case !named && strings.HasSuffix(text, "%"):
		percent, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
		share := percent / 100
		if inside := share > 0 && share <= 1; err != nil || !inside { // NaN is not inside, either
			return errors.New("give a percentage above 0% and up to 100%, such as 1%")
		}
		f.Probability = share
		return nil
	case !named:
		name, value = "delay", text
	}
	var err error
	switch name {
	case "every":
		f.Every, err = parseOrdinal(value)
	case "nth":
		for item := range strings.SplitSeq(value, "+") {
			n, wrong := parseOrdinal(item)
			f.Nth, err = append(f.Nth, n), cmp.Or(err, wrong)
		}
	case "delay":
		f.Delay, err = parseDuration(value)
	case "jitter":
		f.Jitter, err = parseDuration(value)
	case "created":
		f.Created = Created(value)
		if f.Created != CreatedYes && f.Created != CreatedNo {
			err = errors.New("give created=yes or created=no")
		}
	case "on":
		f.Scope = Scope(value)
		if !slices.Contains([]Scope{Creates, Updates, Lists, Calls, Tokens}, f.Scope) {
			err = errors.New("give on=creates, on=updates, on=lists, on=calls or on=tokens")
		}
	default:
		err = errors.New("there is no such option; use a percentage, a duration, every, nth, delay, jitter, created, on or hang")
	}
	return err
}

func parseOrdinal(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, errors.New("give a whole number from 1, such as 3")
	}
	return n, nil
}

func parseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err != nil || d <= 0 {
		return 0, errors.New("give a duration such as 20ms or 5s")
	}
	return d, nil
}

func kindList() string {
	return strings.Join(strings.Fields(strings.Trim(fmt.Sprint(FaultKinds()), "[]")), ", ")
}
