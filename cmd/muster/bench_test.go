package main

import (
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"muster/importer/procore/simulator"
)

// BenchmarkStart measures from the start of the process to its first request,
// and to the first person that it sends, with a ledger that has yet to be made.
func BenchmarkStart(b *testing.B) {
	var first, created atomic.Int64 // when, in nanoseconds since 1970
	server := simulator.New(simulator.Config{Windows: []simulator.Window{}, OnRequest: func(r *http.Request) {
		now := time.Now().UnixNano()
		first.CompareAndSwap(0, now)
		if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/people") {
			created.CompareAndSwap(0, now)
		}
	}})
	listener, err := new(net.ListenConfig).Listen(b.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	serving := &http.Server{Handler: server, ReadHeaderTimeout: time.Minute}
	go func() { _ = serving.Serve(listener) }()
	b.Cleanup(func() {
		server.Close()
		_ = serving.Close()
	})
	self, err := os.Executable()
	if err != nil {
		b.Fatal(err)
	}
	folder := b.TempDir()
	roster := filepath.Join(folder, "crew.csv")
	if err := os.WriteFile(roster, []byte("First Name,Last Name,Employee ID\nAnn,Lee,00017\n"), 0o600); err != nil {
		b.Fatal(err)
	}
	var toFirst, toCreate time.Duration
	n := 0
	for b.Loop() {
		n++
		cmd := exec.CommandContext(b.Context(), self, "import", roster, "--quiet",
			"--ledger", filepath.Join(folder, strconv.Itoa(n), "ledger.db"), "--project", "100")
		cmd.Env = append(os.Environ(), childVariable+"=1", "MUSTER_COMPANY=1", "MUSTER_CLIENT_ID=id", "MUSTER_CLIENT_SECRET=secret",
			"MUSTER_API_URL=http://"+listener.Addr().String(), "MUSTER_LOGIN_URL=http://"+listener.Addr().String())
		for _, p := range server.People() { // of the run before
			server.Remove(p.ID)
		}
		first.Store(0)
		created.Store(0)
		began := time.Now().UnixNano()
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		toFirst += time.Duration(first.Load() - began)
		toCreate += time.Duration(created.Load() - began)
	}
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(toFirst.Seconds()*1000/float64(n), "ms-to-first-request")
	b.ReportMetric(toCreate.Seconds()*1000/float64(n), "ms-to-first-create")
}
