package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"muster/importer/procore/simulator"
)

// TestMain lets scripts run the real program as "muster", and other tests run
// it as a child of this very binary.
func TestMain(m *testing.M) {
	if os.Getenv(childVariable) != "" {
		main()
	}
	if os.Getenv(workerVariable) != "" {
		p := thisProcess()
		p.timing = quickTiming()
		os.Exit(run(context.Background(), os.Args[1:], p))
	}
	// Most of these tests wait for programs that wait for a server.
	if err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0))); err != nil {
		log.Fatal(err)
	}
	testscript.Main(m, map[string]func(){"muster": main})
}

// TestScripts runs the whole program. Besides testscript's own commands there are
//
//	procore [key=value…]    serve a simulated Procore and point muster's
//	                        environment at it: fault=… limit=… denied=… bodies=…
//	people N                N people are in it, none of them twice
//	person NAME FIELD VALUE what it has of a person
//	throttled N             how often it answered 429 for lack of quota
//	revoke                  the account may do nothing any more
//	until N                 wait until N people are in it
//	members N               wait until N people are on the project
//	capture NAME REGEXP     $NAME is what the regular expression's group finds in the last stdout
//	edit NAME               somebody edits them in it, an hour later
//	leave NAME              somebody takes them off the project
//	inactive N              N people are inactive in the company
//	requested N             wait until N more requests have arrived since the last faults
//	deny [DENIAL…]          what the account may not do from now on
//	save-ods BOOK FILE      the first sheet of a workbook, as LibreOffice saves it
//	office FORMAT FILE…     LibreOffice itself opens files, and saves them in the folder saved
//	age DAYS                all runs of the default ledger began so many days earlier
//	faults [FAULT…]         what goes wrong from now on, instead
//	uncomment FILE KEY…     take the # off the first line that sets each key
//	fill FILE CELL=TEXT…    somebody types into the first sheet of a workbook; CELL==NUMBER a number
//	cell FILE CELL TEXT     what a cell of its first sheet shows
//	part FILE PART TEXT     what a part of it holds, somewhere
//	macro FILE              somebody records a macro in it
//	proxied [client|old]    as procore, over https behind a proxy that wants a password;
//	                        ca.pem has signed for it, and client.pem with client-key.pem is
//	                        the certificate that it wants by client; old: TLS 1.1
//	tunnels                 the proxy has made some since last asked, to Procore's names alone
//	damage FILE             a byte in the middle of every page of FILE is another
//	extract NAME FILE REGEXP  as capture does, of a file
//	expand FILE…            put the environment's values into files
//	listen [STATUS]         serve what notices and pings are sent to, as $HOOK and $SMTP; it answers with STATUS
//	heard REGEXP            one of the requests and mails that arrived there matches
//	heard -count=N REGEXP   so many lines of them do
//	exits CODE COMMAND…     run a command that must end with that exit code
//
// The condition [tool:NAME] is whether a program is there; see tool. The condition [long] is
// whether MUSTER_TEST_LONG is set.
func TestScripts(t *testing.T) {
	t.Parallel()
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir)
			env.Setenv("XDG_STATE_HOME", filepath.Join(env.WorkDir, ".state"))
			samples, err := filepath.Abs("../../samples")
			if err != nil {
				return err
			}
			env.Setenv("SAMPLES", samples)
			rosters, err := filepath.Abs("../../importer/roster/testdata")
			if err != nil {
				return err
			}
			env.Setenv("ROSTERS", rosters)
			env.Values[serverKey{}] = &served{}
			env.Values[earKey{}] = new(*ear)
			return nil
		},
		Condition: func(condition string) (bool, error) {
			if condition == "long" {
				return os.Getenv("MUSTER_TEST_LONG") != "", nil
			}
			name, found := strings.CutPrefix(condition, "tool:")
			if !found {
				return false, fmt.Errorf("unknown condition %s", condition)
			}
			return tool(name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"procore":    procoreCommand,
			"people":     peopleCommand,
			"person":     personCommand,
			"throttled":  throttledCommand,
			"revoke":     revokeCommand,
			"until":      untilCommand,
			"members":    membersCommand,
			"capture":    captureCommand,
			"edit":       editCommand,
			"leave":      leaveCommand,
			"deactivate": deactivateCommand,
			"faults":     faultsCommand,
			"inactive":   inactiveCommand,
			"requested":  requestedCommand,
			"deny":       denyCommand,
			"age":        ageCommand,
			"uncomment":  uncommentCommand,
			"extract":    extractCommand,
			"expand":     expandCommand,
			"listen":     listenCommand,
			"heard":      heardCommand,
			"exits":      exitsCommand,
			"fill":       fillCommand,
			"cell":       cellCommand,
			"strike":     strikeCommand,
			"part":       partCommand,
			"macro":      macroCommand,
			"save-ods":   saveODSCommand,
			"office":     officeCommand,
			"proxied":    proxiedCommand,
			"tunnels":    tunnelsCommand,
			"damage":     damageCommand,
		},
	})
}

// long skips a test that takes long, unless MUSTER_TEST_LONG is set.
func long(t *testing.T) {
	t.Helper()
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
}

// python is the system's Python, for which a distribution packages openpyxl.
const python = "/usr/bin/python3"

// tool reports whether a program is there that a test needs. Without it the test is
// to be skipped, unless MUSTER_TEST_TOOLS says that nothing may be.
func tool(name string) (bool, error) {
	_, err := exec.LookPath(name)
	if name == "openpyxl" {
		err = exec.CommandContext(context.Background(), python, "-c", "import openpyxl").Run()
	}
	if err != nil && os.Getenv("MUSTER_TEST_TOOLS") == "required" {
		return false, fmt.Errorf("%s is not installed, and MUSTER_TEST_TOOLS requires it", name)
	}
	return err == nil, nil
}

type serverKey struct{}

type served struct {
	*simulator.Server
	requests int // that had arrived when its faults were last set
	proxy    *tunnelProxy
}

func serverOf(ts *testscript.TestScript) *simulator.Server {
	s := ts.Value(serverKey{}).(*served)
	if s.Server == nil {
		ts.Fatalf("no procore is served in this script")
	}
	return s.Server
}

func procoreCommand(ts *testscript.TestScript, neg bool, args []string) {
	config := simulator.Config{Windows: []simulator.Window{}, Credentials: simulator.Credentials{ClientID: "id", ClientSecret: "secret"}}
	for _, arg := range args {
		key, value, _ := strings.Cut(arg, "=")
		switch key {
		case "fault":
			f, err := simulator.ParseFault(value)
			ts.Check(err)
			config.Faults = append(config.Faults, f)
		case "limit":
			ts.Check(addWindow(&config, value))
		case "project":
			id, err := strconv.ParseInt(value, 10, 64)
			ts.Check(err)
			config.OtherProjects = append(config.OtherProjects, simulator.Project{ID: id, Name: "Project " + value})
		case "skew":
			d, err := time.ParseDuration(value)
			ts.Check(err)
			config.ClockSkew = d
		case "denied":
			config.Denied = append(config.Denied, simulator.Denial(value))
		case "bodies":
			config.Bodies = simulator.BodyShape(value)
		default:
			ts.Fatalf("procore: unknown setting %s", key)
		}
	}
	server := simulator.New(config)
	url, stop := serveHTTP(ts, server)
	ts.Defer(func() {
		server.Close()
		stop()
	})
	ts.Value(serverKey{}).(*served).Server = server
	ts.Setenv("MUSTER_API_URL", url)
	ts.Setenv("MUSTER_LOGIN_URL", url)
	ts.Setenv("MUSTER_COMPANY", "1")
	ts.Setenv("MUSTER_PROJECT", "100")
	ts.Setenv("MUSTER_CLIENT_ID", "id")
	ts.Setenv("MUSTER_CLIENT_SECRET", "secret")
}

func serveHTTP(ts *testscript.TestScript, handler http.Handler) (url string, stop func()) {
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	ts.Check(err)
	server := &http.Server{Handler: handler, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(listener)
	}()
	return "http://" + listener.Addr().String(), func() {
		_ = server.Close()
		<-done
	}
}

func peopleCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: people N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	people := serverOf(ts).People()
	if len(people) != want {
		ts.Fatalf("%d people, want %d", len(people), want)
	}
	seen := map[string]bool{}
	for _, p := range people {
		key := fmt.Sprint(p.FirstName, "|", p.LastName, "|", p.EmployeeID, "|", p.OriginID)
		if seen[key] {
			ts.Fatalf("twice: %s", key)
		}
		seen[key] = true
	}
}

func personCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 3 {
		ts.Fatalf("usage: person NAME FIELD VALUE")
	}
	people := serverOf(ts).People()
	i := slices.IndexFunc(people, func(p simulator.Person) bool { return p.FirstName+" "+p.LastName == args[0] })
	if i < 0 {
		ts.Fatalf("there is no %s", args[0])
	}
	p := people[i]
	got, ok := map[string]string{
		"job_title": p.JobTitle, "employee_id": p.EmployeeID, "origin_id": p.OriginID,
		"is_employee": strconv.FormatBool(p.IsEmployee), "work_classification_id": strconv.FormatInt(p.WorkClassificationID, 10),
	}[args[1]]
	if !ok {
		ts.Fatalf("people have no %s", args[1])
	}
	if (got == args[2]) == neg {
		ts.Fatalf("%s of %s is %q", args[1], args[0], got)
	}
}

func throttledCommand(ts *testscript.TestScript, neg bool, args []string) {
	if got := strconv.Itoa(serverOf(ts).Throttled()); len(args) != 1 || got != args[0] {
		ts.Fatalf("throttled %s times", got)
	}
}

func revokeCommand(ts *testscript.TestScript, neg bool, args []string) {
	serverOf(ts).SetDenied(simulator.DenyCredentials)
	serverOf(ts).RevokeTokens()
}

func untilCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 1 {
		ts.Fatalf("usage: until N")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if !untilPeople(serverOf(ts), want) {
		ts.Fatalf("only %d people after a minute", len(serverOf(ts).People()))
	}
}

func untilPeople(server *simulator.Server, want int) bool {
	for deadline := time.Now().Add(time.Minute); server.Requests().Stored < want; {
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(time.Millisecond)
	}
	return true
}

func uncommentCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: uncomment FILE KEY…")
	}
	text := ts.ReadFile(args[0])
	for _, key := range args[1:] {
		if !strings.Contains(text, "# "+key+": ") {
			ts.Fatalf("no comment sets %s in:\n%s", key, text)
		}
		text = strings.Replace(text, "# "+key+": ", key+": ", 1)
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

func exitsCommand(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND [ARGUMENT…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		got = exit.ExitCode()
	}
	if got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}
