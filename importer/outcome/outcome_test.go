package outcome_test

import (
	"testing"

	"muster/importer/outcome"
)

func TestEveryStatusIsCountedOnce(t *testing.T) {
	t.Parallel()
	var c outcome.Counts
	for i, s := range outcome.Statuses() {
		for range i + 1 {
			c.Add(s, 1)
		}
	}
	for i, s := range outcome.Statuses() {
		if got, want := c.Of(s), i+1; got != want {
			t.Errorf("%s: counted %d times, want %d", s, got, want)
		}
	}
	if got, want := c.Rows(), 1+2+3+4+5+6+7; got != want {
		t.Errorf("rows %d, want %d", got, want)
	}
	both := c.Plus(c)
	for i, s := range outcome.Statuses() {
		if got, want := both.Of(s), 2*(i+1); got != want {
			t.Errorf("%s: together %d, want %d", s, got, want)
		}
	}
}

func TestExitCode(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		rows []outcome.Status
		want int
	}{
		{"no rows", nil, 0},
		{"nothing left to do", []outcome.Status{outcome.Created, outcome.Existing, outcome.Skipped}, 0},
		{"an invalid row", []outcome.Status{outcome.Created, outcome.Invalid}, 1},
		{"a refused row", []outcome.Status{outcome.Failed}, 1},
		{"a row in doubt", []outcome.Status{outcome.Unknown}, 1},
		{"stopped early", []outcome.Status{outcome.Invalid, outcome.Pending}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var c outcome.Counts
			for _, s := range test.rows {
				c.Add(s, 1)
			}
			if got := c.Exit(); got != test.want {
				t.Errorf("exit %d, want %d", got, test.want)
			}
		})
	}
}

func TestParse(t *testing.T) {
	t.Parallel()
	for _, want := range outcome.Statuses() {
		if got, err := outcome.Parse(string(want)); err != nil || got != want {
			t.Errorf("Parse(%q) = %q, %v", want, got, err)
		}
	}
	if got, err := outcome.Parse("done"); err == nil {
		t.Errorf("Parse accepted %q", got)
	}
}

func TestRetryTakesUpRowsWithoutAPerson(t *testing.T) {
	t.Parallel()
	for _, s := range outcome.Statuses() {
		if s.HasPerson() && s.Retryable() {
			t.Errorf("%s has a person and would be sent again", s)
		}
	}
	if outcome.Skipped.Retryable() {
		t.Error("a skipped row is retryable")
	}
	if !outcome.Unknown.Retryable() {
		t.Error("an unknown row would be forgotten")
	}
}
