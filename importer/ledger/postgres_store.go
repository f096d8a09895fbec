package ledger

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// postgresStore is a store in a PostgreSQL database that several hosts share.
//
// One connection has the locks of the runs and does all writing. So a host that
// loses the locks can't write an intent, and sends nothing. The connection is never replaced
// while the ledger is open.
//
// The transactions of all hosts run one after the other, by a lock that the first
// statement of each takes. Later statements see what the earlier transactions
// committed, since the isolation level is READ COMMITTED. A snapshot from before the
// lock would show a key as free that another host has just settled.
//
// Rejected: a lease with a time, which a paused process overruns.
type postgresStore struct {
	postgresReader
	pool       *pgxpool.Pool // for reading
	schema     string
	secret     []byte
	secretFile string       // "": the database has the secret
	madeFile   bool         // this store has made the file, so that no other ledger has its secret
	skew       atomic.Int64 // of the server's clock, in nanoseconds

	fence struct {
		sync.Mutex
		conn *pgx.Conn
		lost error // why the connection has ended; nil while it lasts
	}
}

const (
	// pausedTimeout is how long a transaction may wait for its process.
	pausedTimeout = 20 * time.Second

	// writeTimeout is the longest duration of a transaction, with the wait for other
	// hosts. A transaction that lasts longer is given up.
	writeTimeout = time.Minute

	// readTimeout is the longest duration of a question about a lock.
	readTimeout = 20 * time.Second

	// updateAttempts is how often a transaction is tried that the server rolled back for
	// the sake of another.
	updateAttempts = 5
)

// openPostgres opens the ledger in the database at a URL, and creates the tables if
// there are none.
func openPostgres(ctx context.Context, location string) (*postgresStore, error) {
	config, err := PostgresConfig(location)
	if err != nil {
		return nil, err
	}
	config.MinConns, config.MinIdleConns = 0, 0
	// A plan that the server made for an empty table would go on to read the table whole.
	// The prices of such plans make the server compile them, which takes longer than they do.
	config.ConnConfig.RuntimeParams["enable_seqscan"] = "off"
	config.ConnConfig.RuntimeParams["jit"] = "off"
	s := &postgresStore{}
	s.location = publicURL(config)
	if s.fence.conn, err = pgx.ConnectConfig(ctx, config.ConnConfig); err != nil {
		return nil, explainPostgres(s.location, "open", err)
	}
	if err = s.adopt(ctx); err == nil {
		s.pool, err = pgxpool.NewWithConfig(context.WithoutCancel(ctx), config)
		s.send = func(ctx context.Context, batch *pgx.Batch) error { return s.pool.SendBatch(ctx, batch).Close() }
	}
	if err != nil {
		_ = s.Close() // err says more
		return nil, explainPostgres(s.location, "open", err)
	}
	return s, nil
}

func (s *postgresStore) Location() string { return s.location }

func (s *postgresStore) Secret() []byte { return s.secret }

// Skew returns how far the server's clock is ahead, by the latest transaction. The
// answer's way from the server counts as if this machine's clock were ahead.
func (s *postgresStore) Skew() time.Duration { return time.Duration(s.skew.Load()) }

func (s *postgresStore) setSkew(server time.Time) { s.skew.Store(int64(time.Until(server))) }

// Close ends all connections and so releases the locks.
func (s *postgresStore) Close() error {
	if s.pool != nil {
		s.pool.Close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout) //nolint:forbidigo // the run's context has ended by then
	defer cancel()
	s.fence.Lock()
	defer s.fence.Unlock()
	if s.fence.conn.IsClosed() {
		return nil // the loss was an error already
	}
	return explainPostgres(s.location, "close", s.fence.conn.Close(ctx))
}

// withFence runs do on the connection that has the locks. When the connection has ended,
// every later call fails.
func (s *postgresStore) withFence(ctx context.Context, do func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	s.fence.Lock()
	defer s.fence.Unlock()
	if s.fence.lost != nil {
		return s.fence.lost
	}
	err := do(ctx, s.fence.conn)
	if s.fence.conn.IsClosed() {
		s.fence.lost = lost(s.location, err)
		return s.fence.lost
	}
	return err
}

// Update runs do in a transaction, after the transactions of all other hosts. A transaction that
// the server rolled back for the sake of another runs again.
func (s *postgresStore) Update(ctx context.Context, do func(transaction) error) error {
	err := s.withFence(ctx, func(ctx context.Context, conn *pgx.Conn) (err error) {
		for range updateAttempts {
			if err = s.attempt(ctx, conn, do); !rolledBack(err) {
				break
			}
		}
		return err
	})
	return explainPostgres(s.location, "write", err)
}

func (s *postgresStore) attempt(ctx context.Context, conn *pgx.Conn, do func(transaction) error) error {
	tx := s.begin(conn)
	err := do(tx)
	if err == nil {
		err = tx.commit(ctx)
	}
	if err != nil && !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		if _, e := conn.Exec(ctx, "ROLLBACK"); e != nil {
			_ = conn.Close(ctx) // a connection in an unknown state must not write
		}
	}
	return err
}

// rolledBack reports whether the server chose a transaction as the victim of a
// conflict.
func rolledBack(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && (server.Code == "40001" || server.Code == "40P01")
}

// lockNumber returns the number of an advisory lock, which no other ledger of the
// database uses.
func (s *postgresStore) lockNumber(purpose string) int64 {
	sum := sha256.Sum256(fmt.Appendf(nil, "muster %q %s", s.schema, purpose))
	return int64(binary.BigEndian.Uint64(sum[:8]))
}

func (s *postgresStore) scopeLock(scope Scope) int64 {
	return s.lockNumber(fmt.Sprintf("run %q %d %d", scope.API, scope.Company, scope.Project))
}

// Lock takes an advisory lock, which the server releases when the connection ends.
func (s *postgresStore) Lock(ctx context.Context, scope Scope) (release func() error, err error) {
	number := s.scopeLock(scope)
	err = s.withFence(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		var locked bool
		if err := conn.QueryRow(ctx, "SELECT pg_try_advisory_lock($1)", number).Scan(&locked); err != nil {
			return err
		}
		if !locked {
			return ErrLocked
		}
		return nil
	})
	switch {
	case errors.Is(err, ErrLocked):
		return nil, ErrLocked
	case err != nil:
		return nil, explainPostgres(s.location, "lock", err)
	}
	return func() error { return s.unlock(context.WithoutCancel(ctx), number) }, nil
}

func (s *postgresStore) unlock(ctx context.Context, number int64) error {
	err := s.withFence(ctx, func(ctx context.Context, conn *pgx.Conn) error {
		_, err := conn.Exec(ctx, "SELECT pg_advisory_unlock($1)", number)
		return err
	})
	s.fence.Lock()
	defer s.fence.Unlock()
	if s.fence.conn.IsClosed() {
		return nil // the lock has ended with the connection
	}
	return explainPostgres(s.location, "unlock", err)
}

// Locked reports whether any connection has the scope locked. A server that can't be
// asked counts as a lock.
func (s *postgresStore) Locked(scope Scope) bool {
	ctx, cancel := context.WithTimeout(context.Background(), readTimeout) //nolint:forbidigo // the run's context has ended by then
	defer cancel()
	number := uint64(s.scopeLock(scope))
	locked := true
	err := s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objsubid = 1 AND granted
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND classid = $1 AND objid = $2)`,
		uint32(number>>32), uint32(number)).Scan(&locked)
	return err != nil || locked
}

// Check reads every table. Damage is an error of the server.
func (s *postgresStore) Check(ctx context.Context) (bytes int64, people int, err error) {
	err = s.pool.QueryRow(ctx, `SELECT (SELECT count(*) FROM muster_people), (SELECT count(*) FROM muster_attempts) * 0 +
		(SELECT coalesce(sum(pg_total_relation_size(oid)), 0)::bigint FROM pg_class
			WHERE relnamespace = $1::regnamespace AND relkind = 'r' AND relname LIKE 'muster\_%')`, pgx.Identifier{s.schema}.Sanitize()).Scan(&people, &bytes)
	return bytes, people, explainPostgres(s.location, "read", err)
}
