package ledger

import (
	"context"
	"errors"
	"time"

	"muster/importer/fault"
)

// store keeps the records of a ledger durably. A store decides nothing: every
// rule about keys, states and tokens is in this package's other files.
// Errors that the user can fix are *fault.Error values.
type store interface {
	reader

	// Location names the store in messages.
	Location() string

	// Secret returns the secret that keys and tokens are derived from.
	Secret() []byte

	// Skew returns how far the store's clock is ahead of this machine's. The answer is
	// rather too small than too large.
	Skew() time.Duration

	// Update runs do in a transaction, which is durable when Update returns
	// nil and never happened otherwise. The transactions of all processes that
	// share the store run one after the other: a store whose database does not
	// see to that takes a lock in the transaction's first statement.
	Update(ctx context.Context, do func(transaction) error) error

	// Attempts returns the attempts of a run with an ID above after, in the
	// order of their IDs: at most limit of them, open intents included.
	Attempts(ctx context.Context, runID string, after int64, limit int) ([]intentRecord, error)

	// LastCreated returns when the latest person with this name key or this ID key
	// was created by another run than the one given, or the zero time. Removed people
	// and zero keys do not count.
	LastCreated(ctx context.Context, nameKey, idKey Key, otherThan int64) (time.Time, error)

	// Lock locks the scope for this process until release is called or the
	// process ends. The error wraps ErrLocked if another process has the lock.
	Lock(ctx context.Context, s Scope) (release func() error, err error)

	// Locked reports whether any process has the scope locked.
	Locked(s Scope) bool

	// Snapshot lets do read everything, while no process writes into the store.
	Snapshot(ctx context.Context, do func(snapshot) error) error

	// Fill replaces the secret and the lines of an empty store in a transaction. Any
	// entry, and any other process that has the store open, is an error.
	Fill(ctx context.Context, secret []byte, from snapshot) error

	// NotFilled removes what opening an empty store made outside the store, after a copy
	// has failed.
	NotFilled(ctx context.Context) error

	// Check reads everything and returns the size and the number of people.
	Check(ctx context.Context) (bytes int64, people int, err error)

	Close() error
}

// reader reads committed records, and inside a transaction the uncommitted too.
type reader interface {
	// Known returns the open intents of the keys and what People returns, in any order.
	// The intents are read first: a key that is settled meanwhile is then seen among the
	// people. The other way round the key would be seen nowhere.
	Known(ctx context.Context, keys []Key) ([]intentRecord, []personRecord, error)

	// OpenIntents returns all open intents of a scope, or of all scopes if
	// scope is nil, in the order of their IDs.
	OpenIntents(ctx context.Context, scope *Scope) ([]intentRecord, error)

	// People returns what is known for good of the keys, in any order.
	People(ctx context.Context, keys []Key) ([]personRecord, error)

	// Named returns what is known for good of people with these name keys, in any order.
	Named(ctx context.Context, names []Key) ([]personRecord, error)

	// Owners returns the keys that have people with these IDs, in any order.
	Owners(ctx context.Context, people []int64) ([]ownerRecord, error)

	// Runs returns the latest runs, the newest first: all if limit is 0.
	Runs(ctx context.Context, limit int) ([]Run, error)
}

// transaction changes records. Any error ends the transaction.
type transaction interface {
	reader

	// Now returns the time of the store's clock, in UTC and to the millisecond.
	Now(ctx context.Context) (time.Time, error)

	// AddIntents stores new intents and sets their IDs. IDs grow and are never
	// given twice. A key with an open intent is an error.
	AddIntents(ctx context.Context, intents []*intentRecord) error

	// SaveIntents stores the result and the end of intents that stay open.
	SaveIntents(ctx context.Context, intents []*intentRecord) error

	// Settle moves intents to the attempts, and stores the people of the same keys,
	// in the same order.
	Settle(ctx context.Context, intents []*intentRecord, people []personRecord) error

	// AddRun stores a new run and sets its number, which is never given twice.
	AddRun(ctx context.Context, run *Run) error

	// SaveRun stores everything about a run that may change: paths, end, status
	// and counts.
	SaveRun(ctx context.Context, run *Run) error

	// DeleteRun deletes a run and its attempts, and returns how many.
	DeleteRun(ctx context.Context, number int64) (attempts int, err error)
}

// recordKeys are the keys of a record. The keys of the name and of the ID are zero if
// none was given.
type recordKeys struct{ key, nameKey, idKey Key }

// intentRecord is an attempt at a key, open or settled.
type intentRecord struct {
	id int64
	recordKeys
	run        int64
	runID      string
	scope      Scope // of the run
	row        int
	attempt    int
	generation int64     // of the token
	sent       time.Time // when the intent was made
	ended      time.Time // when result was recorded; zero if no result was
	result     Result
}

// ownerRecord says that a key has a person. The scope has only the project if the run
// that created the person was pruned.
type ownerRecord struct {
	key    Key
	person int64
	scope  Scope
}

// personRecord is what is known for good of a key.
type personRecord struct {
	recordKeys
	state      State
	id         int64 // of the person who was created; kept after a removal
	project    int64 // of the run that settled the key last
	attempts   int
	generation int64 // of the next intent's token

	created   time.Time // zero if no request for the key created a person
	createdBy int64     // the number of the run that created the person
}

// openStore opens the store at a location: the URL of a PostgreSQL database, or the
// path of an SQLite file.
func openStore(ctx context.Context, location, secretFile string) (store, error) {
	switch {
	case IsURL(location):
		s, err := openPostgres(ctx, location)
		if err != nil {
			return nil, err
		}
		if err := s.findSecret(ctx, secretFile); err != nil {
			return nil, errors.Join(err, s.Close())
		}
		return s, nil
	case secretFile != "":
		return nil, fault.Usage("leave --ledger-secret-file out: only a database is shared with people who should not have the secret",
			"the ledger is a file, which has its secret inside")
	}
	return openSQLite(ctx, location)
}

// Errors that refuse a change. The ledger stays usable.
var (
	ErrAlreadyCreated = errors.New("the ledger has this person as created")
	ErrUnsettled      = errors.New("an earlier request for this person has not been settled")
	ErrSettled        = errors.New("another outcome of this request is recorded already")
	ErrPersonTaken    = errors.New("the ledger has this person as created for another row")
	ErrNotBegun       = errors.New("the run has not begun, or is over")
	ErrClosed         = errors.New("the ledger is closed")
	ErrLocked         = errors.New("another run of this project is going on")

	errNotCreated = errors.New("the ledger does not have this person as created")
)
