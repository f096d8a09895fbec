package ledger_test

import (
	"fmt"
	"io"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/pgtest"
)

// as returns the URL for another role, or with another parameter.
func as(t *testing.T, location, role, name, value string) string {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	if role != "" {
		u.User = url.User(role)
	}
	query := u.Query()
	query.Set(name, value)
	u.RawQuery = query.Encode()
	return u.String()
}

func TestInspectServer(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	inspect := func(location string) ledger.Server {
		t.Helper()
		s, err := ledger.InspectServer(t.Context(), location)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	s := inspect(location)
	if s.Version == "" || s.TooOld || s.ReadOnly || s.Pooled || s.HasLedger || s.Schema != "public" || s.Bytes == 0 || len(s.Missing) > 0 {
		t.Errorf("an empty database: %+v", s)
	}
	if s.Replicas != (ledger.Replicas{}) || s.Durability != (ledger.Durability{FullPageWrites: true, SynchronousCommit: "on"}) || s.Skew != 0 {
		t.Errorf("the server of the tests: %+v", s)
	}
	if s := inspect(as(t, location, "", "search_path", "nowhere")); s.Schema != "" {
		t.Errorf("without a schema: %+v", s)
	}
	if s := inspect(as(t, location, "", "default_transaction_read_only", "on")); !s.ReadOnly {
		t.Errorf("read only: %+v", s)
	}

	pgtest.Exec(t, location, "CREATE ROLE clerk LOGIN", "REVOKE CREATE ON SCHEMA public FROM public")
	t.Cleanup(func() { pgtest.Exec(t, location, "DROP OWNED BY clerk", "DROP ROLE clerk") })
	clerk := as(t, location, "clerk", "connect_timeout", "10")
	if diff := cmp.Diff([]string{"CREATE on schema public"}, inspect(clerk).Missing); diff != "" {
		t.Errorf("of a role that may not create tables (-want +got):\n%s", diff)
	}
	closeLedger(t, open(t, location))
	pgtest.Exec(t, location, "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO clerk", "REVOKE INSERT ON muster_people FROM clerk")
	s = inspect(clerk)
	if diff := cmp.Diff([]string{"INSERT on muster_people"}, s.Missing); diff != "" || !s.HasLedger {
		t.Errorf("of a role that may use most tables (-want +got):\n%s", diff)
	}
	pgtest.Exec(t, location, "DO $$ BEGIN EXECUTE format('REVOKE CONNECT ON DATABASE %I FROM public', current_database()); END $$")
	if _, err := ledger.InspectServer(t.Context(), clerk); fault.CodeOf(err) != ledger.CodeRefused {
		t.Errorf("a role that may not connect: %v", err)
	}
	if _, err := ledger.InspectServer(t.Context(), as(t, location, "", "dbname", "nowhere")); fault.CodeOf(err) != ledger.CodeRefused {
		t.Errorf("another database: %v", err)
	}
}

func TestIsFull(t *testing.T) {
	t.Parallel()
	for code, want := range map[string]bool{"53100": true, "57P01": false} {
		if got := ledger.IsFull(fmt.Errorf("write: %w", &pgconn.PgError{Code: code})); got != want {
			t.Errorf("IsFull of %s is %t", code, got)
		}
	}
}

// A server that ends in the middle of an answer can't be reached.
func TestServerEndsDuringAnAnswer(t *testing.T) {
	t.Parallel()
	config, err := ledger.PostgresConfig("postgres://muster@127.0.0.1/db")
	if err != nil {
		t.Fatal(err)
	}
	wantFault(t, ledger.ExplainPostgres(config, "read", fmt.Errorf("receive message: %w", io.ErrUnexpectedEOF)), ledger.CodeUnreachable)
}
