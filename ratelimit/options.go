package ratelimit

import "time"

// Options are the user's decisions about the pace. The zero value uses the quota to the full.
type Options struct {
	Rate    float64 // requests per second at most; 0 = no cap
	Reserve float64 // the share of every window that is left to other users of the quota, 0 to 1

	// Shared is a file through which the processes that name it use one quota together, and
	// through which the next process learns what the last one sent. Empty: none. The file holds
	// times and numbers, and is not removed.
	Shared string
	// Database shares the quota with processes on other hosts, too, in place of Shared. It serves one
	// Pace. If the database is lost, Take returns a *LostError from then on.
	Database *Database
	// Timeout is how long a request may take. A request of a dead process counts as answered
	// after that. 0: 60 s.
	Timeout time.Duration
	// Unshared is called once if Shared cannot be used; the pace is then this process's alone.
	// It must not call the Pace. It may be nil.
	Unshared func(error)
}

// Reason says what the next request waits for.
type Reason string

// What a request can wait for.
const (
	None      Reason = ""          // nothing, or an answer that is on its way
	Spike     Reason = "spike"     // a place in the 10-second window
	Hourly    Reason = "hourly"    // a place in the 60-minute window
	Paused    Reason = "paused"    // the end of a Pause
	Capped    Reason = "capped"    // Options.Rate
	Abandoned Reason = "abandoned" // places of a process that most likely died before its requests were answered
)
