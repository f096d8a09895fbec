// Package importer runs the import of a roster: it decides what is sent,
// retried, skipped and settled, and when the run stops.
//
// A run is two passes over the roster. [Job.Check] finds every problem of
// every row and the rows that repeat an earlier one; only then does [Job.Run]
// read the roster again and send. Reading twice costs a few microseconds a row and
// keeps memory flat: between the passes nothing is held but the index of keys.
//
//	read ──▶ workers ──▶ record
//	  └── rows that need no request ──┘
//
// One goroutine reads, some create people, one records, in the roster's
// order. Two contexts hold them: the caller's ends the intake (reading,
// waiting for quota and for another try); what was sent by then is still
// answered and recorded.
//
// The project's people are listed once before the first row is sent; a row that
// is among them already is existing. A request for a person is never repeated
// by anything below this package, and here only when the person is known not
// to exist. A request whose answer was lost is settled by listing the people again:
// see settler.
package importer

import (
	"time"

	"github.com/rs/zerolog"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
	"muster/importer/results"
	"muster/mapping"
	"muster/ratelimit"
)

// DefaultWorkers bounds how many requests are under way. As many are as the
// pace gives slots for: the allowed rate times the latency. At 25 in 10 seconds
// that is 25 at most, however slow the answers are; the rest is for accounts
// that are allowed more.
const DefaultWorkers = 64

// Job is one roster to be imported into one project.
type Job struct {
	Source  Source
	Mapper  *mapping.Mapper
	API     *procore.Client
	Pace    *ratelimit.Pace
	Ledger  *ledger.Ledger
	Scope   ledger.Scope
	Results *results.Writer

	// For the ledger's list of runs.
	Command     string // "import" or "retry"
	Roster      string // its path
	ResultsPath string

	Workers        int  // requests under way at a time, at most; 0 means DefaultWorkers
	Update         bool // give people who are there already the roster's job title
	AllowNamesakes bool // two rows of one name without IDs are two people
	// RecreateRemoved gives the project again whom an earlier run created and
	// who has been taken off it since. Whoever has an origin ID is put back; the
	// others are created anew.
	RecreateRemoved bool
	SettleAfter     time.Duration // how long a request may be under way after its answer was lost; 0 means 60 s
	MaxErrors       MaxErrors     // when to give up

	Log zerolog.Logger

	// OnRow is called for every row in the roster's order, once its outcome is
	// durable. The cells are the row's until it returns. It may be nil.
	OnRow func(cells []string, o outcome.Outcome)
	// OnDone is called as soon as a row's outcome is durable, before the rows
	// above it need be: by several goroutines at a time. Sent says whether the
	// row took a request. It may be nil.
	OnDone func(status outcome.Status, sent bool)
	// OnTrouble is called when Procore put a request off, or its answer was
	// lost: by several goroutines at a time. It may be nil.
	OnTrouble func(Trouble)
	// OnDoubt is called when another number of rows is in doubt than before, or
	// when they are to be looked for at another time: by one goroutine. It may be nil.
	OnDoubt func(rows int, until time.Time)
}

// Trouble is what keeps a run from going on at once.
type Trouble uint8

// The troubles.
const (
	Throttled  Trouble = iota // Procore put a request off
	AnswerLost                // nobody knows yet what became of a request
)

// Summary is what a run came to.
type Summary struct {
	Run       string // its ID in the ledger
	Counts    outcome.Counts
	Updated   int // people who were there already and were given the roster's job title
	Retries   int // requests for a person beyond each row's first
	Throttled int // requests for a person that Procore put off
	Elapsed   time.Duration
	Stopped   *StopError // nil when every row was attempted
}
