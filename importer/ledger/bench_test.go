package ledger_test

import (
	"context"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/pgtest"
)

// onStores runs a benchmark on each kind of store.
func onStores(b *testing.B, bench func(*testing.B, newLocation)) {
	b.Run("SQLite", func(b *testing.B) { bench(b, newFile) })
	b.Run("PostgreSQL", func(b *testing.B) {
		server := pgtest.Start(b) // which waits for the disk, as an SQLite file does
		bench(b, server.URL)
	})
}

// BenchmarkTransitions measures durable transitions, an Intend or a Record
// each, by 64 goroutines at once.
func BenchmarkTransitions(b *testing.B) { onStores(b, benchTransitions) }

func benchTransitions(b *testing.B, location newLocation) {
	l := open(b, location(b))
	run := begin(b, l)
	ctx := b.Context()
	var rows atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	var workers sync.WaitGroup
	for range 64 {
		workers.Go(func() {
			for {
				n := rows.Add(1)
				if n > int64(b.N) {
					return
				}
				i, err := l.Intend(ctx, run, ledger.Request{Key: l.Key("origin", strconv.FormatInt(n, 10)), Row: int(n)})
				if err != nil {
					b.Error(err)
					return
				}
				if err := l.Record(ctx, i, ledger.Result{State: ledger.Created, PersonID: n, Status: outcome.Created, HTTPStatus: 201, RequestID: "3f2a4c1e-9d0b-4a53-8a7e-1c2d3e4f5a6b"}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
	b.ReportMetric(2*float64(b.N)/b.Elapsed().Seconds(), "transitions/s")
}

// BenchmarkLone measures one transition when nothing else is written.
func BenchmarkLone(b *testing.B) { onStores(b, benchLone) }

func benchLone(b *testing.B, location newLocation) {
	l := open(b, location(b))
	run := begin(b, l)
	n := 0
	for b.Loop() {
		n++
		if _, err := l.Intend(b.Context(), run, ledger.Request{Key: l.Key("origin", strconv.Itoa(n)), Row: n}); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLookup measures reading, 1,024 keys a call, in a ledger of a million.
func BenchmarkLookup(b *testing.B) { onStores(b, benchLookup) }

func benchLookup(b *testing.B, location newLocation) {
	const people, size = 1_000_000, 1024
	l := open(b, location(b))
	fill(b, l, people)
	keys := make([]ledger.Key, size)
	next := 0
	b.ReportAllocs()
	b.ResetTimer()
	for b.Loop() {
		b.StopTimer()
		for n := range keys {
			keys[n] = l.Key("origin", strconv.Itoa(next*7919%people))
			next++
		}
		b.StartTimer()
		if entries := lookup(b, l, keys...); entries[0].State != ledger.Created {
			b.Fatal("a key is missing")
		}
	}
	b.ReportMetric(float64(size)*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
}

// BenchmarkLookupEmpty measures lookups in a ledger without people.
func BenchmarkLookupEmpty(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	keys := make([]ledger.Key, 1024)
	for b.Loop() {
		lookup(b, l, keys...)
	}
}

func BenchmarkKey(b *testing.B) {
	l := open(b, filepath.Join(b.TempDir(), "ledger.db"))
	b.ReportAllocs()
	for b.Loop() {
		_ = l.Key("api.procore.com", "project", "4711", "employee", "00123", "lefevre")
	}
}

// fill creates people 0 to n-1 by way of many goroutines.
func fill(b *testing.B, l *ledger.Ledger, n int) {
	b.Helper()
	run := begin(b, l)
	var rows atomic.Int64
	var workers sync.WaitGroup
	for range 512 {
		workers.Go(func() {
			for {
				row := int(rows.Add(1)) - 1
				if row >= n {
					return
				}
				i, err := l.Intend(context.Background(), run, ledger.Request{Key: l.Key("origin", strconv.Itoa(row)), Row: row})
				if err == nil {
					err = l.Record(context.Background(), i, ledger.Result{State: ledger.Created, PersonID: int64(row) + 1})
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	workers.Wait()
}
