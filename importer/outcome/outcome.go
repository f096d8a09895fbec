// Package outcome says what became of a row of the roster.
package outcome

import (
	"fmt"
	"iter"
	"slices"
	"strings"
)

// Status is what became of a row. Every row of a run ends in exactly one.
type Status string

// The seven statuses, spelled as in results files and in the ledger.
const (
	Created  Status = "created"  // this run created the person, or put the person on the project
	Existing Status = "existing" // the person was there already
	Skipped  Status = "skipped"  // not a person, or filtered out
	Invalid  Status = "invalid"  // the row fails validation; nothing was sent
	Failed   Status = "failed"   // Procore refused the row, and nothing was created or changed
	Unknown  Status = "unknown"  // the row was sent, and whether the person exists is not known
	Pending  Status = "pending"  // not attempted: the run stopped first
)

// Statuses returns the seven statuses in the order of every summary.
func Statuses() []Status {
	return []Status{Created, Existing, Skipped, Invalid, Failed, Unknown, Pending}
}

// Parse returns the status that text spells.
func Parse(text string) (Status, error) {
	if s := Status(text); slices.Contains(Statuses(), s) {
		return s, nil
	}
	return "", fmt.Errorf("unknown status %q", text)
}

// HasPerson reports whether a row of status s has a person in Procore.
func (s Status) HasPerson() bool {
	return s == Created || s == Existing
}

// Retryable reports whether the retry command works on a row of status s.
func (s Status) Retryable() bool { return s.NeedsLook() || s == Pending }

// NeedsLook reports whether a person must look at a row of status s.
func (s Status) NeedsLook() bool { return s == Invalid || s == Failed || s == Unknown }

// Problem is what is wrong with a cell or with a whole row.
type Problem struct {
	Code    string // for programs, such as "name_missing"
	Field   string // the person's field, or "" where the row as a whole is meant
	Cell    string // where, such as "C17" or "Crew List!C17"; "" where no cell is meant
	Message string // for people: what is wrong
	Hint    string // for people: what to do
	Line    string // of a mapping file, for copying: Hint ends with this line; "" in most
}

// Outcome is the result of a row: a status with a person or with problems.
type Outcome struct {
	Row      int // as a spreadsheet numbers it
	Status   Status
	PersonID int64     // 0 unless Status.HasPerson
	Problems []Problem // why the row has no person; notes if the row has a person
}

// Has reports whether one of the problems has the code. A problem that was read from a
// results file has the codes of all problems that were written.
func (o *Outcome) Has(code string) bool {
	return slices.ContainsFunc(o.Problems, func(p Problem) bool { return slices.Contains(strings.Split(p.Code, "; "), code) })
}

// Counts holds how many rows ended in each status.
type Counts struct {
	Created  int `json:"created"`
	Existing int `json:"existing"`
	Skipped  int `json:"skipped"`
	Invalid  int `json:"invalid"`
	Failed   int `json:"failed"`
	Unknown  int `json:"unknown"`
	Pending  int `json:"pending"`
}

// Add counts n more rows of status s.
func (c *Counts) Add(s Status, n int) {
	if count := c.count(s); count != nil {
		*count += n
	}
}

// Of returns how many rows have status s.
func (c Counts) Of(s Status) int {
	if count := c.count(s); count != nil {
		return *count
	}
	return 0
}

// count returns the counter for status s, or nil for an unknown status.
func (c *Counts) count(s Status) *int {
	at := slices.Index(Statuses(), s)
	if at < 0 {
		return nil
	}
	return []*int{&c.Created, &c.Existing, &c.Skipped, &c.Invalid, &c.Failed, &c.Unknown, &c.Pending}[at]
}

// Plus returns the sum of c and other, status by status.
func (c Counts) Plus(other Counts) Counts {
	for _, s := range Statuses() {
		c.Add(s, other.Of(s))
	}
	return c
}

// Each yields the statuses that rows have, with the number of rows, in the order of every
// summary.
func (c Counts) Each() iter.Seq2[Status, int] {
	return func(yield func(Status, int) bool) {
		for _, s := range Statuses() {
			if n := c.Of(s); n > 0 && !yield(s, n) {
				return
			}
		}
	}
}

// NeedLook returns how many rows a person must look at.
func (c Counts) NeedLook() int { return c.Invalid + c.Failed + c.Unknown }

// Rows returns the sum of the seven counts.
func (c Counts) Rows() int {
	return c.Created + c.Existing + c.Skipped + c.Invalid + c.Failed + c.Unknown + c.Pending
}

// Exit returns the exit code for these counts.
func (c Counts) Exit() int {
	switch {
	case c.Pending > 0:
		return ExitStopped
	case c.NeedLook() > 0:
		return ExitRowsLeft
	}
	return ExitDone
}
