package ledger_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgproto3"

	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/pgtest"
)

// A host whose connection has ended writes nothing any more, and another host takes the
// lock at once.
func TestPostgresFence(t *testing.T) {
	t.Parallel()
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	cluster := pgtest.Start(t)
	for name, cut := range map[string]func(*testing.T, string){
		"terminated": func(t *testing.T, location string) { pgtest.Terminate(t, location) },
		"restarted": func(t *testing.T, _ string) {
			cluster.Stop(t)
			cluster.Start(t)
		},
	} {
		t.Run(name, func(t *testing.T) { // in turns: both use the cluster
			location := cluster.URL(t)
			l := open(t, location)
			run := begin(t, l)
			intend(t, l, run, l.Key("before"), 1)
			cut(t, location)

			other := open(t, location)
			release, err := other.Lock(t.Context(), run.Scope)
			if err != nil {
				t.Fatalf("the lock did not end with the connection: %v", err)
			}
			for row := range 3 {
				_, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("after", fmt.Sprint(row)), Row: row})
				wantFault(t, err, ledger.CodeLost)
			}
			if _, err := l.Lock(t.Context(), ledger.Scope{API: "other"}); fault.CodeOf(err) != ledger.CodeLost {
				t.Errorf("a lost connection locks: %v", err)
			}
			open, err := other.OpenIntents(t.Context(), run.Scope)
			if err != nil || len(open) != 1 || open[0].Row != 1 {
				t.Errorf("open intents %v, %v", open, err)
			}
			if err := release(); err != nil {
				t.Error(err)
			}
			if err := l.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Three hosts with the same origin IDs in three projects send each once, also where the
// database's default would show old snapshots.
func TestPostgresOneOfManyHosts(t *testing.T) {
	t.Parallel()
	const hosts, workers = 3, 32
	people := 300
	if os.Getenv("MUSTER_TEST_LONG") != "" {
		people = 3000
	}
	for _, isolation := range []string{"read committed", "serializable"} {
		t.Run(isolation, func(t *testing.T) {
			t.Parallel()
			location := pgtest.URL(t)
			pgtest.Exec(t, location, "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''"+isolation+"''', current_database()); END $$")
			sent := make([]atomic.Int64, people)
			var work sync.WaitGroup
			for host := range hosts {
				l := open(t, location)
				run := beginScope(t, l, ledger.Scope{API: "api", Company: 1, Project: int64(host) + 1})
				var next atomic.Int64
				for range workers {
					work.Go(func() {
						for {
							n := int(next.Add(1)) - 1
							if n >= people {
								return
							}
							i, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key("origin", fmt.Sprint(n)), Row: n + 1})
							if errors.Is(err, ledger.ErrAlreadyCreated) || errors.Is(err, ledger.ErrUnsettled) {
								continue
							}
							if err != nil {
								t.Error(err)
								return
							}
							sent[n].Add(1)
							if err := l.Record(t.Context(), i, ledger.Result{State: ledger.Created, PersonID: int64(n) + 1, Status: outcome.Created}); err != nil {
								t.Error(err)
								return
							}
						}
					})
				}
			}
			work.Wait()
			for n := range sent {
				if times := sent[n].Load(); times != 1 {
					t.Errorf("person %d was sent %d times", n, times)
				}
			}
		})
	}
}

// A URL, server or database that can't be used is refused with one sentence and its code.
func TestPostgresRefused(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	closeLedger(t, open(t, location))
	pgtest.Exec(t, location, "CREATE SCHEMA newer", "CREATE SCHEMA half", "CREATE SCHEMA fake",
		"CREATE FUNCTION fake.current_setting(text) RETURNS text LANGUAGE sql AS $$ SELECT CASE $1 WHEN 'server_version_num' THEN '130011' ELSE pg_catalog.current_setting($1) END $$")
	for _, schema := range []string{"newer", "half"} {
		closeLedger(t, open(t, with(t, location, "search_path", schema)))
	}
	pgtest.Exec(t, location, "UPDATE newer.muster_ledger SET format = 99", "DROP TABLE half.muster_people")
	elsewhere := func(change func(*url.URL)) string {
		u, err := url.Parse(location)
		if err != nil {
			t.Fatal(err)
		}
		change(u)
		return u.String()
	}
	for _, test := range []struct{ name, location, code string }{
		{"another scheme", "mysql://host/db", "usage"},
		{"a password", "postgres://user:sesame@host/db", "usage"},
		{"a password among the settings", "postgres://user@host/db?password=sesame", "usage"},
		{"nonsense", "postgres://user@host/db?sslmode=sesame", "usage"},
		{"no such port", "postgres://user@host:99999/db", "usage"},
		{"no such service", "postgres:///?service=nothing", "usage"},
		{"no such setting", with(t, location, "no_such_setting", "1"), ledger.CodeRefused},
		{"no server", "postgres://user@127.0.0.1:1/db?sslmode=disable", ledger.CodeUnreachable},
		{"no database", elsewhere(func(u *url.URL) { u.Path = "/nothing" }), ledger.CodeRefused},
		{"no user", elsewhere(func(u *url.URL) { u.User = url.User("nobody") }), ledger.CodeRefused},
		{"no schema", with(t, location, "search_path", "nothing"), ledger.CodeRefused},
		{"a newer format", with(t, location, "search_path", "newer"), ledger.CodeNewer},
		{"a table is gone", with(t, location, "search_path", "half"), ledger.CodeDamaged},
		{"only to be read", with(t, location, "default_transaction_read_only", "on"), ledger.CodeUnsuitable},
		{"an old server", with(t, location, "search_path", "fake,pg_catalog"), ledger.CodeUnsuitable},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			l, err := ledger.Open(t.Context(), test.location)
			if err == nil {
				closeLedger(t, l)
			}
			if code := fault.CodeOf(err); code != test.code {
				t.Fatalf("code %q, not %q: %v", code, test.code, err)
			}
			if text := err.Error(); strings.Contains(text, "sesame") || strings.Contains(text, "\n") {
				t.Errorf("the error shows a password, or is more than a sentence: %s", text)
			}
		})
	}
}

// The lock outlasts the time-outs that a database may set for idle connections and slow statements.
func TestPostgresTimeouts(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	location := database
	for _, setting := range []string{"idle_session_timeout", "lock_timeout", "statement_timeout"} {
		location = with(t, location, setting, "200")
	}
	l := open(t, location)
	defer closeLedger(t, l)
	run := begin(t, l)
	var other sync.WaitGroup
	other.Go(func() {
		pgtest.Exec(t, database, "BEGIN", "LOCK TABLE muster_intents IN ACCESS EXCLUSIVE MODE", "SELECT pg_sleep(0.6)", "COMMIT")
	})
	time.Sleep(300 * time.Millisecond)
	intend(t, l, run, l.Key("late"), 1)
	other.Wait()
	time.Sleep(400 * time.Millisecond)
	intend(t, l, run, l.Key("later"), 2)
}

// A server without TLS is told from a server that does not run.
func TestPostgresWithoutTLS(t *testing.T) {
	t.Parallel()
	front, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var served sync.WaitGroup
	served.Go(func() {
		for {
			client, err := front.Accept()
			if err != nil {
				return
			}
			_, _ = io.ReadFull(client, make([]byte, 8)) // asks for TLS
			_, _ = client.Write([]byte("N"))
			_ = client.Close()
		}
	})
	_, err = ledger.Open(t.Context(), fmt.Sprintf("postgres://postgres@%s/db?sslmode=require", front.Addr()))
	wantFault(t, err, ledger.CodeUnreachable)
	var f *fault.Error
	if !errors.As(err, &f) || !strings.Contains(f.Fix, "sslmode") {
		t.Errorf("the fix for %v does not name sslmode", err)
	}
	_ = front.Close() // ends the loop above
	served.Wait()
}

// A password comes from the environment, and appears nowhere.
func TestPostgresPassword(t *testing.T) {
	location := pgtest.URL(t)
	pgtest.Exec(t, location, "DROP ROLE IF EXISTS locked", "CREATE ROLE locked LOGIN PASSWORD 'open sesame'", "CREATE SCHEMA locked AUTHORIZATION locked")
	t.Cleanup(func() { pgtest.Exec(t, location, "DROP SCHEMA locked CASCADE", "DROP ROLE locked") })
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	u.User = url.User("locked")
	for password, code := range map[string]string{"": ledger.CodeRefused, "open parsley": ledger.CodeRefused, "open sesame": ""} {
		t.Setenv("PGPASSWORD", password)
		l, err := ledger.Open(t.Context(), u.String())
		if fault.CodeOf(err) != code || err != nil && password != "" && strings.Contains(err.Error(), password) {
			t.Errorf("password %q: %v", password, err)
		}
		if err == nil {
			if shown := l.Location(); strings.Contains(shown, "sesame") || !strings.Contains(shown, "locked@") {
				t.Errorf("the location reads %s", shown)
			}
			closeLedger(t, l)
		}
	}
}

// A user without rights is refused.
func TestPostgresRights(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	role := strings.TrimPrefix(mustParse(t, location).Path, "/") + "_guest"
	pgtest.Exec(t, location, "REVOKE CREATE ON SCHEMA public FROM public", "CREATE ROLE "+role+" LOGIN")
	t.Cleanup(func() { pgtest.Exec(t, location, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	guest := mustParse(t, location)
	guest.User = url.User(role)
	_, err := ledger.Open(t.Context(), guest.String())
	wantFault(t, err, ledger.CodeUnwritable)
	closeLedger(t, open(t, location))
	_, err = ledger.Open(t.Context(), guest.String()) // the tables are another user's
	wantFault(t, err, ledger.CodeUnwritable)
}

// Times of people are by this machine's clock, however far off the server's is.
func TestPostgresClock(t *testing.T) {
	t.Parallel()
	for _, off := range []time.Duration{-5 * time.Minute, 5 * time.Minute} {
		t.Run(off.String(), func(t *testing.T) {
			t.Parallel()
			location := pgtest.URL(t)
			pgtest.Exec(t, location, fmt.Sprintf(`CREATE FUNCTION clock_timestamp() RETURNS timestamptz LANGUAGE sql AS
				$$ SELECT pg_catalog.clock_timestamp() + interval '%d seconds' $$`, int(off.Seconds())))
			l := open(t, with(t, location, "search_path", "public,pg_catalog"))
			run := begin(t, l)
			key := l.Key("origin", "1")
			before := time.Now().Add(-time.Second)
			i := intend(t, l, run, key, 1)
			record(t, l, i, created(1))
			if at := lookup(t, l, key)[0].Settled; at.Before(before) || time.Since(at) < -time.Second {
				t.Errorf("settled at %s by this machine's clock", at)
			}
			if server := time.Since(i.Sent) + off; server.Abs() > time.Minute {
				t.Errorf("the intent is not dated by the server's clock: %s", i.Sent)
			}
		})
	}
}

// A pooler in front of the server is refused: it gives another connection to each
// transaction.
func TestPostgresPooler(t *testing.T) {
	t.Parallel()
	location := mustParse(t, pgtest.URL(t))
	query := location.Query()
	socket := query.Get("host") + "/.s.PGSQL.5432"
	if query.Get("host") == "" {
		t.Skip("the server has no socket")
	}
	for name, relay := range map[string]func(client, server net.Conn){
		"that invents process numbers": relayOtherProcess,
		"that refuses parameters":      refuseParameters,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			front, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			var served sync.WaitGroup
			served.Go(func() {
				for {
					client, err := front.Accept()
					if err != nil {
						return
					}
					server, err := net.Dial("unix", socket)
					if err != nil {
						t.Error(err)
						return
					}
					relay(client, server)
					_, _ = client.Close(), server.Close()
				}
			})
			_, err = ledger.Open(t.Context(), fmt.Sprintf("postgres://postgres@%s%s?sslmode=disable", front.Addr(), location.Path))
			wantFault(t, err, ledger.CodeUnsuitable)
			_ = front.Close() // ends the loop above
			served.Wait()
		})
	}
}

// relayOtherProcess passes everything on, with another process number of the server's.
func relayOtherProcess(client, server net.Conn) {
	var up sync.WaitGroup
	up.Go(func() {
		_, _ = io.Copy(server, client) // ends with the client
		_ = server.Close()
	})
	defer up.Wait()
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return
		}
		if head[0] == 'K' {
			body[3]++
		}
		if _, err := client.Write(append(bytes.Clone(head), body...)); err != nil {
			return
		}
	}
}

// refuseParameters answers as PgBouncer does to a start-up parameter.
func refuseParameters(client, _ net.Conn) {
	backend := pgproto3.NewBackend(client, client)
	if _, err := backend.ReceiveStartupMessage(); err != nil {
		return
	}
	backend.Send(&pgproto3.ErrorResponse{Severity: "FATAL", Code: "08P01", Message: "unsupported startup parameter: tcp_keepalives_idle"})
	_ = backend.Flush() // the client sees what is missing
}

func wantFault(t *testing.T, err error, code string) {
	t.Helper()
	if got := fault.CodeOf(err); got != code {
		t.Errorf("code %q, not %q: %v", got, code, err)
	}
}

func mustParse(t *testing.T, location string) *url.URL {
	t.Helper()
	u, err := url.Parse(location)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// with returns a URL with one more setting.
func with(t *testing.T, location, setting, value string) string {
	t.Helper()
	u := mustParse(t, location)
	query := u.Query()
	query.Set(setting, value)
	u.RawQuery = query.Encode()
	return u.String()
}

// A message names all hosts of a URL, since any of them may be at fault.
func TestPostgresSeveralHosts(t *testing.T) {
	t.Parallel()
	for location, shown := range map[string]string{
		"postgres://muster@127.0.0.1:1,127.0.0.1:2/db":                    "postgres://muster@127.0.0.1:1,127.0.0.1:2/db",
		"postgres://muster@127.0.0.1:1,[::1]:2/db?sslmode=disable":        "postgres://muster@127.0.0.1:1,[::1]:2/db",
		"postgres://muster@127.0.0.1:1/db?sslmode=prefer&search_path=one": "postgres://muster@127.0.0.1:1/db?search_path=one",
		"postgres://muster@/db?host=/none/a,/none/b":                      "postgres://muster@/db?host=%2Fnone%2Fa%2C%2Fnone%2Fb",
	} {
		_, err := ledger.Open(t.Context(), location)
		wantFault(t, err, ledger.CodeUnreachable)
		if !strings.Contains(fmt.Sprint(err), shown+":") {
			t.Errorf("the message does not name %s: %v", shown, err)
		}
	}
}
