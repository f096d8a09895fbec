package main

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
	"time"

	"muster/importer/ledger"
	"muster/importer/pgtest"
	"muster/importer/procore/simulator"
)

// The doctor looks at the database of a ledger, and says what to do about a problem.
func TestDoctorOfADatabase(t *testing.T) {
	t.Parallel()
	database := pgtest.URL(t)
	w := newWorld(t, simulator.Config{})
	w.crew(2)
	with := func(name, value string) string {
		u, err := url.Parse(database)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		query.Set(name, value)
		u.RawQuery = query.Encode()
		return u.String()
	}
	look := func(code int, location string, want map[string]state) {
		t.Helper()
		stdout := w.expect(code, "doctor", "--json", "--ledger", location)
		var d diagnosis
		if err := json.Unmarshal([]byte(stdout), &d); err != nil {
			t.Fatal(err)
		}
		got := map[string]finding{}
		for _, f := range d.Checks {
			got[f.Check] = f
		}
		for check, state := range want {
			f := got[check]
			if f.State != state || (f.Fix == "") != (state == fine || state == skipped) {
				t.Errorf("%s: %s is %q, want %q: %+v", location, check, f.State, state, f)
			}
		}
	}
	look(0, database, map[string]state{
		"database": fine, "durability": doubted, "standbys": fine, "database clock": fine, "permissions": fine, "ledger": fine,
	})
	if code, _, stderr := w.in("ledger", "check", "--ledger", database); code != 0 { // which creates the tables
		t.Fatal(stderr)
	}
	look(0, database, map[string]state{"ledger": fine, "lock": fine, "in doubt": fine})
	look(3, with("search_path", "nowhere"), map[string]state{"permissions": broken, "ledger": skipped})
	look(3, with("default_transaction_read_only", "on"), map[string]state{"database": broken, "ledger": skipped})
	look(3, with("host", "/nowhere"), map[string]state{"database": broken, "ledger": skipped, "disk": fine})
	look(3, "mysql://muster@db.example.com/muster", map[string]state{"database": broken, "ledger": skipped})
}

// The findings about a server follow from what the server says.
func TestDatabaseFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		f    finding
		want state
		fix  string
	}{
		{"old server", newServerFinding(ledger.Server{Version: "13.2", TooOld: true}, 0), broken, "PostgreSQL 14"},
		{"standby", newServerFinding(ledger.Server{ReadOnly: true}, 0), broken, "primary"},
		{"pooler", newServerFinding(ledger.Server{Pooled: true}, 0), broken, "server itself"},
		{"no fsync", newDurabilityFinding(ledger.Durability{FullPageWrites: true}), doubted, "set fsync to on"},
		{"neither", newDurabilityFinding(ledger.Durability{}), doubted, "set fsync and full_page_writes to on"},
		{"lazy default", newDurabilityFinding(ledger.Durability{Fsync: true, FullPageWrites: true, SynchronousCommit: "off"}), fine, ""},
		{"no standby", newReplicasFinding(ledger.Replicas{}), fine, ""},
		{"asynchronous standby", newReplicasFinding(ledger.Replicas{Connected: 1}), doubted, "synchronous_standby_names"},
		{"synchronous standby", newReplicasFinding(ledger.Replicas{Connected: 2, Synchronous: "ANY 1 (*)"}), fine, ""},
		{"standby is gone", newReplicasFinding(ledger.Replicas{Synchronous: "ANY 1 (*)"}), broken, "start the standby"},
		{"ahead", newSkewFinding(5 * time.Minute), doubted, "time server"},
		{"behind", newSkewFinding(-5 * time.Minute), doubted, "time server"},
		{"nearly agrees", newSkewFinding(-time.Second), fine, ""},
		{"no schema", newPermissionsFinding(ledger.Server{}), broken, "CREATE SCHEMA"},
		{"no permission", newPermissionsFinding(ledger.Server{Schema: "public", Missing: []string{"CREATE on schema public"}}), broken, "grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.f.State != c.want || !strings.Contains(c.f.Fix, c.fix) || (c.fix == "") != (c.f.Fix == "") || c.f.Text == "" {
				t.Errorf("got %+v", c.f)
			}
		})
	}
}
