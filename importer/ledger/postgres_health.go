package ledger

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Server is the state of the PostgreSQL server of a ledger.
type Server struct {
	Location   string // the URL without a password
	Version    string // such as "15.4"
	TooOld     bool
	ReadOnly   bool // a standby, or a database that refuses changes
	Pooled     bool // a program between muster and the server shares connections
	Durability Durability
	Replicas   Replicas
	Skew       time.Duration // how far the server's clock is ahead of this machine's
	Schema     string        // of the ledger; "" if no schema of the search path exists
	HasLedger  bool          // the schema has a ledger
	Missing    []string      // permissions that the role lacks, such as "CREATE on schema public"
	Bytes      int64         // of the database
}

// Durability says whether a commit outlasts a failure of the server's machine.
type Durability struct {
	Fsync             bool
	FullPageWrites    bool
	SynchronousCommit string // of a new connection
}

// Replicas says which copies of the database other servers keep.
type Replicas struct {
	Connected   int
	Synchronous string // the setting synchronous_standby_names: the servers that a commit waits for
}

// serverQuery reads what a server shows to every role.
const serverQuery = `SELECT current_setting('server_version'), current_setting('server_version_num')::int,
	pg_is_in_recovery() OR current_setting('transaction_read_only')::bool, pg_backend_pid(),
	current_setting('fsync')::bool, current_setting('full_page_writes')::bool, current_setting('synchronous_commit'),
	(SELECT count(*) FROM pg_stat_replication), current_setting('synchronous_standby_names'),
	coalesce(current_schema(), ''), EXISTS (SELECT FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'muster_ledger'),
	pg_database_size(current_database())`

// missingQuery lists the permissions that the role lacks: on the schema, and on the tables of
// muster and River in the schema.
const missingQuery = `
	SELECT permission || ' on schema ' || n.nspname FROM pg_namespace n, unnest(ARRAY['USAGE', 'CREATE']) permission
	WHERE n.nspname = current_schema() AND NOT has_schema_privilege(n.oid, permission)
		AND (permission = 'USAGE' OR NOT EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = n.oid AND c.relname = 'muster_ledger'))
	UNION ALL
	SELECT permissions || ' on ' || string_agg(relname, ', ' ORDER BY relname) FROM (
		SELECT string_agg(permission, ', ' ORDER BY permission) AS permissions, c.relname FROM pg_class c
			JOIN pg_namespace n ON n.oid = c.relnamespace, unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE']) permission
		WHERE n.nspname = current_schema() AND c.relkind = 'r' AND c.relname ~ '^(muster|river)_' AND NOT has_table_privilege(c.oid, permission)
		GROUP BY c.relname) AS tables
	GROUP BY permissions`

// InspectServer returns the state of the server at a URL, and changes nothing. The error says
// why the server can't be asked.
func InspectServer(ctx context.Context, url string) (s Server, err error) {
	config, err := PostgresConfig(url)
	if err != nil {
		return s, err
	}
	s.Location = publicURL(config)
	conn, err := pgx.ConnectConfig(ctx, config.ConnConfig)
	if err == nil {
		err = errors.Join(s.inspect(ctx, conn), conn.Close(ctx))
	}
	return s, explainPostgres(s.Location, "inspect", err)
}

func (s *Server) inspect(ctx context.Context, conn *pgx.Conn) error {
	var number int
	var backend uint32
	d, r := &s.Durability, &s.Replicas
	err := conn.QueryRow(ctx, serverQuery).Scan(&s.Version, &number, &s.ReadOnly, &backend, &d.Fsync, &d.FullPageWrites,
		&d.SynchronousCommit, &r.Connected, &r.Synchronous, &s.Schema, &s.HasLedger, &s.Bytes)
	if err != nil {
		return err
	}
	s.Version, _, _ = strings.Cut(s.Version, " ") // 15.4 (Debian 15.4-1)
	s.TooOld, s.Pooled = number < oldestPostgres, backend != conn.PgConn().PID()
	if s.Skew, err = skew(ctx, conn); err != nil {
		return err
	}
	rows, err := conn.Query(ctx, missingQuery)
	if err == nil {
		s.Missing, err = pgx.CollectRows(rows, pgx.RowTo[string])
	}
	return err
}

// skew measures how far the server's clock is ahead. A difference that the way of the
// answer may explain is none.
func skew(ctx context.Context, conn *pgx.Conn) (time.Duration, error) {
	var there time.Time
	before := time.Now()
	if err := conn.QueryRow(ctx, "SELECT clock_timestamp()").Scan(&there); err != nil {
		return 0, err
	}
	way := time.Since(before) / 2
	ahead := there.Sub(before.Add(way))
	if ahead.Abs() <= way {
		return 0, nil
	}
	return ahead.Round(time.Millisecond), nil
}
