package main

import (
	"encoding/json"
	"net/url"
	"testing"

	"muster/importer/doctor"
	"muster/importer/pgtest"
	"muster/importer/procore/simulator"
)

// The doctor looks at the database of a ledger, and says what to do about a problem.
func TestDoctorOfADatabase(t *testing.T) {
	t.Parallel()
	long(t)
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
	look := func(code int, location string, want map[string]doctor.State) {
		t.Helper()
		stdout := w.expect(code, "doctor", "--json", "--ledger", location)
		var d diagnosis
		if err := json.Unmarshal([]byte(stdout), &d); err != nil {
			t.Fatal(err)
		}
		got := map[string]doctor.Finding{}
		for _, f := range d.Checks {
			got[f.Check] = f
		}
		for check, state := range want {
			f := got[check]
			if f.State != state || (f.Fix == "") != (state == doctor.Fine || state == doctor.Skipped) {
				t.Errorf("%s: %s is %q, want %q: %+v", location, check, f.State, state, f)
			}
		}
	}
	look(0, database, map[string]doctor.State{
		"database": doctor.Fine, "durability": doctor.Doubted, "standbys": doctor.Fine, "database clock": doctor.Fine, "permissions": doctor.Fine, "ledger": doctor.Fine,
	})
	if code, _, stderr := w.in("ledger", "check", "--ledger", database); code != 0 { // which creates the tables
		t.Fatal(stderr)
	}
	look(0, database, map[string]doctor.State{"ledger": doctor.Fine, "lock": doctor.Fine, "in doubt": doctor.Fine})
	look(3, with("search_path", "nowhere"), map[string]doctor.State{"permissions": doctor.Broken, "ledger": doctor.Skipped})
	look(3, with("default_transaction_read_only", "on"), map[string]doctor.State{"database": doctor.Broken, "ledger": doctor.Skipped})
	look(3, with("host", "/nowhere"), map[string]doctor.State{"database": doctor.Broken, "ledger": doctor.Skipped, "disk": doctor.Fine})
	look(3, "mysql://muster@db.example.com/muster", map[string]doctor.State{"database": doctor.Broken, "ledger": doctor.Skipped})
}
