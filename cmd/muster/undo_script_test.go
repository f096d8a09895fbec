package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/importer/procore/simulator"
)

// project is where the simulated Procore has people unless they leave.
const project = 100

func membersCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 1 || len(args) > 2 {
		ts.Fatalf("usage: members N [PROJECT]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	of := int64(project)
	if len(args) == 2 {
		of, err = strconv.ParseInt(args[1], 10, 64)
		ts.Check(err)
	}
	server := serverOf(ts)
	for deadline := time.Now().Add(time.Minute); members(server, of) != want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("%d people on the project", members(server, of))
		}
	}
}

func members(server *simulator.Server, project int64) (n int) {
	for _, p := range server.People() {
		if slices.Contains(p.Projects, project) {
			n++
		}
	}
	return n
}

func captureCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: capture NAME REGEXP")
	}
	re, err := regexp.Compile(args[1])
	ts.Check(err)
	found := re.FindStringSubmatch(ts.ReadFile("stdout"))
	if len(found) != 2 {
		ts.Fatalf("%s is not found, or has no group", re)
	}
	ts.Setenv(args[0], found[1])
}

func editCommand(ts *testscript.TestScript, neg bool, args []string) {
	change(ts, args, func(p *simulator.Person) { p.Updated = p.Created.Add(time.Hour) })
}

func leaveCommand(ts *testscript.TestScript, neg bool, args []string) {
	change(ts, args, func(p *simulator.Person) { p.Projects = []int64{} })
}

// deactivateCommand makes a person inactive in the company.
func deactivateCommand(ts *testscript.TestScript, neg bool, args []string) {
	change(ts, args, func(p *simulator.Person) { p.Inactive = true })
}

// change puts a changed person in the place of one of that name.
func change(ts *testscript.TestScript, args []string, how func(*simulator.Person)) {
	server := serverOf(ts)
	people := server.People()
	i := slices.IndexFunc(people, func(p simulator.Person) bool { return len(args) == 1 && p.FirstName+" "+p.LastName == args[0] })
	if i < 0 {
		ts.Fatalf("there is nobody of the name %q", args)
	}
	p := people[i]
	how(&p)
	server.Remove(p.ID)
	if id := server.Add(p); id != p.ID {
		ts.Fatalf("person %d became %d", p.ID, id)
	}
}

func faultsCommand(ts *testscript.TestScript, neg bool, args []string) {
	var faults []simulator.Fault
	for _, text := range args {
		f, err := simulator.ParseFault(text)
		ts.Check(err)
		faults = append(faults, f)
	}
	server := serverOf(ts)
	server.SetFaults(faults...)
	ts.Value(serverKey{}).(*served).requests = server.Requests().Total
}

func requestedCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: requested N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	s := ts.Value(serverKey{}).(*served)
	for deadline := time.Now().Add(time.Minute); s.Requests().Total < s.requests+want; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			ts.Fatalf("only %d requests have arrived", s.Requests().Total-s.requests)
		}
	}
}

func denyCommand(ts *testscript.TestScript, neg bool, args []string) {
	var denied []simulator.Denial
	for _, text := range args {
		denied = append(denied, simulator.Denial(text))
	}
	serverOf(ts).SetDenied(denied...)
}

func inactiveCommand(ts *testscript.TestScript, neg bool, args []string) {
	n := 0
	for _, p := range serverOf(ts).People() {
		if p.Inactive {
			n++
		}
	}
	if len(args) != 1 || strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d people are inactive", n)
	}
}

func ageCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: age DAYS")
	}
	days, err := strconv.Atoi(args[0])
	ts.Check(err)
	db, err := sql.Open("sqlite", filepath.Join(ts.Getenv("XDG_STATE_HOME"), "muster", "ledger.db"))
	ts.Check(err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), "UPDATE runs SET started = started - ?", int64(days)*24*3600*1000)
	ts.Check(err)
}
