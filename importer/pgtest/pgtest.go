// Package pgtest gives tests PostgreSQL databases in a private cluster.
//
// The first call of [URL] in a process starts a cluster that all tests of the
// process share, in a temporary folder and on a Unix socket. A watchdog process ends
// the cluster and deletes the folder when the test process has ended, however it
// ended. Without PostgreSQL a test is skipped, or fails if MUSTER_TEST_TOOLS is
// "required". MUSTER_TEST_POSTGRES names a running server for [URL] instead.
package pgtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// patience is the longest wait for a server on a busy machine.
const patience = time.Minute

// Cluster is a PostgreSQL server of the test process.
type Cluster struct {
	folder string // of the data, the log and the socket
	bin    string // the folder of PostgreSQL's programs
	fsync  string
	admin  string // a URL of the superuser
}

// databases counts the databases of this process, for their names.
var databases atomic.Int64

// shared starts the cluster that the tests of this process share.
var shared = sync.OnceValues(func() (*Cluster, error) {
	if running := os.Getenv("MUSTER_TEST_POSTGRES"); running != "" {
		return &Cluster{admin: running}, nil
	}
	return newCluster("off")
})

// URL returns the URL of a new empty database in the shared cluster. The
// database is dropped, and its connections end, when the test ends.
func URL(tb testing.TB) string {
	tb.Helper()
	return usable(tb, shared).URL(tb)
}

// Start starts a cluster for one test that stops the server. The data survives
// [Cluster.Stop], since the cluster waits for the disk.
func Start(tb testing.TB) *Cluster {
	tb.Helper()
	c := usable(tb, func() (*Cluster, error) { return newCluster("on") })
	tb.Cleanup(func() { _ = c.stop() }) // the test may have stopped the server
	return c
}

// errNotInstalled says that there are no programs of PostgreSQL.
var errNotInstalled = errors.New("PostgreSQL is not installed")

// usable returns a started cluster, or ends the test.
func usable(tb testing.TB, start func() (*Cluster, error)) *Cluster {
	tb.Helper()
	c, err := start()
	switch {
	case errors.Is(err, errNotInstalled) && os.Getenv("MUSTER_TEST_TOOLS") != "required":
		tb.Skip(err)
	case err != nil:
		tb.Fatal(err)
	}
	return c
}

// newCluster creates and starts a cluster.
func newCluster(fsync string) (*Cluster, error) {
	c := &Cluster{bin: programs(), fsync: fsync}
	if c.bin == "" {
		return nil, errNotInstalled
	}
	var err error
	if c.folder, err = os.MkdirTemp("", "pg"); err != nil {
		return nil, err
	}
	if err := c.watch(); err != nil {
		return nil, err
	}
	if err := giveToServer(c.folder); err != nil {
		return nil, err
	}
	c.admin = "postgres://postgres@/postgres?host=" + url.QueryEscape(c.folder)
	err = c.run("initdb", "--pgdata", c.data(), "--username=postgres", "--auth=trust", "--no-sync",
		"--encoding=UTF8", "--no-locale", "--no-instructions")
	if err == nil {
		// The role "locked" needs a password, for tests of passwords.
		err = os.WriteFile(filepath.Join(c.data(), "pg_hba.conf"), []byte("local all locked scram-sha-256\nlocal all all trust\n"), 0o600)
	}
	if err == nil {
		err = c.start()
	}
	return c, err
}

// programs returns the folder of initdb and pg_ctl, or "".
func programs() string {
	if path, err := exec.LookPath("initdb"); err == nil {
		if real, err := filepath.EvalSymlinks(path); err == nil {
			return filepath.Dir(real)
		}
	}
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb") // the pattern is right
	if len(found) == 0 {
		return ""
	}
	return filepath.Dir(slices.MaxFunc(found, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b) // 9 is older than 10
		}
		return strings.Compare(a, b)
	}))
}

func (c *Cluster) data() string { return filepath.Join(c.folder, "data") }

// watch starts a process that waits for the end of the test process, ends the server
// and deletes the folder. The pipe that the watchdog reads closes with the test process.
func (c *Cluster) watch() error {
	const script = `cat
pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
if test -n "$pid"; then
  kill -QUIT "$pid"
  while kill -0 "$pid" 2>/dev/null; do sleep 0.05; done
fi
rm -rf "$1"`
	read, write, err := os.Pipe()
	if err != nil {
		return err
	}
	watchdog := exec.Command("sh", "-c", script, "sh", c.folder)
	watchdog.Stdin = read
	detach(watchdog)
	if err := watchdog.Start(); err != nil {
		return err
	}
	watched = append(watched, write)
	return read.Close()
}

// watched keeps the pipes of the watchdogs open until the process ends.
var watched []*os.File

// run carries out a program of PostgreSQL as the server's user.
func (c *Cluster) run(program string, args ...string) error {
	log, err := os.Create(filepath.Join(c.folder, program+".out"))
	if err != nil {
		return err
	}
	defer func() { _ = log.Close() }() // only read when the program failed
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	command := exec.CommandContext(ctx, filepath.Join(c.bin, program), args...)
	command.Dir, command.Stdout, command.Stderr = c.folder, log, log // a file: the server keeps it open
	asServer(command)
	if err := command.Run(); err != nil {
		said, _ := os.ReadFile(log.Name())
		server, _ := os.ReadFile(filepath.Join(c.folder, "server.log"))
		return fmt.Errorf("%s: %w\n%s\n%s", program, err, bytes.TrimSpace(said), bytes.TrimSpace(server))
	}
	return nil
}

func (c *Cluster) start() error {
	options := fmt.Sprintf("-k '%s' -c listen_addresses= -c max_connections=200 -c shared_buffers=32MB -c fsync=%s", c.folder, c.fsync)
	return c.run("pg_ctl", "start", "--wait", "--pgdata", c.data(), "--log", filepath.Join(c.folder, "server.log"), "--options", options)
}

func (c *Cluster) stop() error {
	return c.run("pg_ctl", "stop", "--wait", "--mode=immediate", "--pgdata", c.data())
}

// Stop ends the server at once, without a checkpoint: as a crash does.
func (c *Cluster) Stop(tb testing.TB) {
	tb.Helper()
	if err := c.stop(); err != nil {
		tb.Fatal(err)
	}
}

// Start starts the server again.
func (c *Cluster) Start(tb testing.TB) {
	tb.Helper()
	if err := c.start(); err != nil {
		tb.Fatal(err)
	}
}

// URL returns the URL of a new empty database in the cluster.
func (c *Cluster) URL(tb testing.TB) string {
	tb.Helper()
	name := fmt.Sprintf("test_%d_%d", os.Getpid(), databases.Add(1))
	Exec(tb, c.admin, "CREATE DATABASE "+name)
	tb.Cleanup(func() {
		// The server may be stopped, which ends in an error here; its folder is deleted anyway.
		_ = execute(c.admin, "DROP DATABASE "+name+" WITH (FORCE)")
	})
	location, err := url.Parse(c.admin)
	if err != nil {
		tb.Fatal(err)
	}
	location.Path = "/" + name
	return location.String()
}

// Terminate ends all connections of the database at a URL, as an administrator does.
func Terminate(tb testing.TB, location string) {
	tb.Helper()
	Exec(tb, location, "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
}

// Exec carries out statements in the database at a URL.
func Exec(tb testing.TB, location string, statements ...string) {
	tb.Helper()
	if err := execute(location, statements...); err != nil {
		tb.Fatal(err)
	}
}

func execute(location string, statements ...string) (err error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	conn, err := pgx.Connect(ctx, location)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, conn.Close(ctx)) }()
	for _, text := range statements {
		if _, err := conn.Exec(ctx, text); err != nil {
			return fmt.Errorf("%s: %w", text, err)
		}
	}
	return nil
}
