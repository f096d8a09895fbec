package importer_test

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
	"muster/ratelimit"
)

// bigRoster writes n rows of five columns.
func bigRoster(b *testing.B, n int) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "big.csv")
	f, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := bufio.NewWriter(f)
	titles := []string{"Laborer", "Carpenter", "Electrician", "Ironworker", "Pipefitter"}
	fmt.Fprintln(w, "First Name,Last Name,Job Title,Employee ID,Own Employee")
	for i := range n {
		fmt.Fprintf(w, "Ann%d,Lee%d,%s,%07d,yes\n", i%977, i%4999, titles[i%5], i)
	}
	if err := errors.Join(w.Flush(), f.Close()); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkImport imports into a simulated Procore in the same process, with the
// ledger and the results file on the disk.
func BenchmarkImport(b *testing.B) {
	const rows = 5000
	path := bigRoster(b, rows)
	b.ReportAllocs()
	for b.Loop() {
		server := simulator.New(simulator.Config{Windows: []simulator.Window{}})
		importOnce(b, path, server)
		if got := len(server.People()); got != rows {
			b.Fatalf("%d people", got)
		}
		server.Close()
	}
	b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
}

func importOnce(b *testing.B, path string, server *simulator.Server) {
	b.Helper()
	folder := b.TempDir()
	in, err := roster.Open(path, roster.Options{Heading: mapping.Heading})
	if err != nil {
		b.Fatal(err)
	}
	defer in.Close()
	mapper, err := mapping.Detect(in.Header(), nil, mapping.Options{})
	if err != nil {
		b.Fatal(err)
	}
	book, err := ledger.Open(b.Context(), filepath.Join(folder, "ledger.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer book.Close()
	scope := ledger.Scope{API: "procore.test", Company: 1, Project: 100}
	release, err := book.Lock(scope)
	if err != nil {
		b.Fatal(err)
	}
	defer release()
	pace := ratelimit.New(ratelimit.Options{})
	api, err := procore.New(procore.Options{
		APIURL: "https://procore.test", LoginURL: "https://procore.test", CompanyID: 1, ProjectID: 100,
		ClientID: "id", ClientSecret: "secret", Pace: pace, Transport: server.Transport(),
	})
	if err != nil {
		b.Fatal(err)
	}
	job := &importer.Job{
		Source: importer.FromRoster(in), Mapper: mapper, API: api, Pace: pace, Ledger: book, Scope: scope,
		Command: "import", Roster: path, Workers: 16,
	}
	plan, err := job.Check(b.Context(), nil)
	if err != nil {
		b.Fatal(err)
	}
	if job.Results, err = results.Create(filepath.Join(folder, "results.csv"), in.Header(), results.Options{}); err != nil {
		b.Fatal(err)
	}
	if _, err := job.Run(b.Context(), plan); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkCheck holds the whole check of a roster against a loop that only
// reads it.
func BenchmarkCheck(b *testing.B) {
	const rows = 1_000_000
	path := bigRoster(b, rows)
	b.Run("encoding/csv alone", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			f, err := os.Open(path)
			if err != nil {
				b.Fatal(err)
			}
			r := csv.NewReader(bufio.NewReaderSize(f, 1<<16))
			r.ReuseRecord = true
			for {
				if _, err := r.Read(); err == io.EOF {
					break
				} else if err != nil {
					b.Fatal(err)
				}
			}
			f.Close()
		}
		b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	})
	b.Run("check", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			r, err := roster.Open(path, roster.Options{Heading: mapping.Heading})
			if err != nil {
				b.Fatal(err)
			}
			m, err := mapping.Detect(r.Header(), nil, mapping.Options{})
			if err != nil {
				b.Fatal(err)
			}
			job := &importer.Job{Source: importer.FromRoster(r), Mapper: m}
			if plan, err := job.Check(b.Context(), nil); err != nil || plan.Create != rows {
				b.Fatal(plan, err)
			}
			r.Close()
		}
		b.ReportMetric(float64(b.N)*rows/b.Elapsed().Seconds(), "rows/s")
	})
}
