package ledger_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"muster/importer/ledger"
)

// A test that needs another process runs this binary again; these name the
// part it plays and the ledger it plays it on.
const (
	childEnv = "MUSTER_LEDGER_TEST_CHILD"
	pathEnv  = "MUSTER_LEDGER_TEST_PATH"
)

func TestMain(m *testing.M) {
	part, ok := os.LookupEnv(childEnv)
	if !ok {
		// Most of these tests wait for a disk or a server.
		err := flag.Set("test.parallel", strconv.Itoa(3*runtime.GOMAXPROCS(0)))
		if err == nil && os.Getenv("MUSTER_TEST_LONG") == "" {
			err = flag.Set("rapid.checks", "25") // of 100
		}
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		goleak.VerifyTestMain(m)
		return
	}
	play, ok := parts()[part]
	if !ok {
		fmt.Println("unknown part", part)
		os.Exit(2)
	}
	l, err := ledger.Open(context.Background(), os.Getenv(pathEnv))
	if err == nil {
		err = play(l)
	}
	if err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
	if err := l.Close(); err != nil {
		fmt.Println("error", err)
		os.Exit(1)
	}
}

// child is another process on a ledger.
type child struct {
	*exec.Cmd
	lines *bufio.Scanner
}

// start starts a child, which is killed when the test ends at the latest.
func start(t *testing.T, part, path string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), exe)
	c.Env = append(os.Environ(), childEnv+"="+part, pathEnv+"="+path)
	c.Stderr = os.Stderr
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	return &child{Cmd: c, lines: bufio.NewScanner(out)}
}

// read returns the next line of the child's.
func (c *child) read(t *testing.T) string {
	t.Helper()
	if !c.lines.Scan() {
		t.Fatalf("the child has ended: %v", c.lines.Err())
	}
	line := c.lines.Text()
	if strings.HasPrefix(line, "error") {
		t.Fatalf("the child says: %s", line)
	}
	return line
}

// kill kills the child the hard way and returns what else it had said.
func (c *child) kill(t *testing.T) (rest []string) {
	t.Helper()
	if err := c.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	for c.lines.Scan() {
		rest = append(rest, c.lines.Text())
	}
	_ = c.Wait() // it was killed
	return rest
}
