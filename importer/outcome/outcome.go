// Package outcome says what became of a row of the roster.
package outcome

import "fmt"

// Status is what became of a row. Every row of a run ends in exactly one.
type Status string

// The seven statuses, as they stand in results files and in the ledger.
const (
	Created  Status = "created"  // this run created the person
	Existing Status = "existing" // the person was there already
	Skipped  Status = "skipped"  // the mapping's filter leaves this row out
	Invalid  Status = "invalid"  // the row fails validation; nothing was sent
	Failed   Status = "failed"   // Procore refused it, or kept failing and the person is known not to exist
	Unknown  Status = "unknown"  // it was sent, and what came of it is not settled
	Pending  Status = "pending"  // not attempted: the run stopped before it
)

// Statuses returns all seven in the order in which summaries list them.
func Statuses() []Status {
	return []Status{Created, Existing, Skipped, Invalid, Failed, Unknown, Pending}
}

// Parse returns the status that text names, as a results file holds it.
func Parse(text string) (Status, error) {
	for _, s := range Statuses() {
		if string(s) == text {
			return s, nil
		}
	}
	return "", fmt.Errorf("unknown status %q", text)
}

// HasPerson reports whether a row of this status is paired with a person.
func (s Status) HasPerson() bool {
	return s == Created || s == Existing
}

// Retryable reports whether retry takes up a row of this status.
func (s Status) Retryable() bool {
	switch s {
	case Invalid, Failed, Unknown, Pending:
		return true
	case Created, Existing, Skipped:
		return false
	}
	return false
}

// Problem is what is wrong with a cell or with a whole row.
type Problem struct {
	Code    string // for programs, such as "name_missing"
	Field   string // the person's field, or "" where the row as a whole is meant
	Cell    string // where, such as "C17" or "Crew List!C17"; "" where no cell is meant
	Message string // for people: what is wrong
	Hint    string // for people: what to do
	Line    string // of a mapping file, to be copied as it is: Hint ends with it; "" in most
}

// Outcome pairs a row with its person or with its problems.
type Outcome struct {
	Row      int // as a spreadsheet numbers it
	Status   Status
	PersonID int64     // 0 unless Status.HasPerson
	Problems []Problem // why the row has no person; also remarks on one that has
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

// count returns where the rows of a status are counted, nil for none of the seven.
func (c *Counts) count(s Status) *int {
	switch s {
	case Created:
		return &c.Created
	case Existing:
		return &c.Existing
	case Skipped:
		return &c.Skipped
	case Invalid:
		return &c.Invalid
	case Failed:
		return &c.Failed
	case Unknown:
		return &c.Unknown
	case Pending:
		return &c.Pending
	}
	return nil
}

// Plus returns the counts of both together.
func (c Counts) Plus(other Counts) Counts {
	for _, s := range Statuses() {
		c.Add(s, other.Of(s))
	}
	return c
}

// Rows returns the sum of all seven.
func (c Counts) Rows() int {
	return c.Created + c.Existing + c.Skipped + c.Invalid + c.Failed + c.Unknown + c.Pending
}

// Exit returns the exit code that the rows alone ask for: 3 if some are
// pending, 1 if some need a person, 0 if every row is created, existing or
// skipped.
func (c Counts) Exit() int {
	switch {
	case c.Pending > 0:
		return 3
	case c.Invalid+c.Failed+c.Unknown > 0:
		return 1
	}
	return 0
}
