// Package importer runs the import of a roster: it decides what is sent,
// retried, skipped and settled, and when the run stops.
//
// A run is two passes over the roster. [Job.Validate] finds every problem of
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

	// OnEvent is called with every event of a run, by one goroutine at a time. It
	// may be nil.
	OnEvent func(Event)
}

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
