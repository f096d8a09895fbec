package ratelimit

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"muster/importer/pgtest"
)

// host returns the Pace of a host that shares the quota of a credential in the database at url.
func host(t *testing.T, url, credential string) *Pace {
	t.Helper()
	p := New(Options{Database: openDatabase(t, url, credential)})
	t.Cleanup(p.Close)
	return p
}

func TestHostsShareThroughADatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	one, two, other := host(t, url, "a"), host(t, url, "a"), host(t, url, "b")
	report := func(limit, remaining int) Report {
		return Report{Limit: limit, Remaining: remaining, Date: time.Now(), Reset: time.Now().Add(10 * time.Second)}
	}
	for i := range 3 {
		slot, err := one.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slot.Release(report(3, 2-i))
	}
	one.Close() // an answer that was released just before is recorded
	for pace, want := range map[*Pace]bool{two: false, other: true} {
		ctx, stop := context.WithTimeout(t.Context(), 500*time.Millisecond)
		slot, err := pace.Take(ctx)
		stop()
		if (err == nil) != want {
			t.Errorf("a place was given: %v, want %v", err == nil, want)
		}
		slot.Release(Report{})
	}
	if _, err := one.Take(t.Context()); err == nil {
		t.Error("a closed pace gave a place")
	}
}

// Without a limit the hosts go their ways, and no request of a host stays open for the next one.
func TestWithoutALimitNothingStaysOpen(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	for n := range 3 {
		p := host(t, url, "a")
		for range 5 {
			ctx, stop := context.WithTimeout(t.Context(), time.Second)
			slot, err := p.Take(ctx)
			stop()
			if err != nil {
				t.Fatalf("host %d: %v", n, err)
			}
			slot.Release(Report{Date: time.Now()})
		}
		p.Close()
	}
}

// A host that waits and a host that takes the next place both learn that the database is gone.
func TestLostDatabaseEndsTheSending(t *testing.T) {
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	t.Parallel()
	url := pgtest.URL(t)
	pace := host(t, url, "a")
	slot, err := pace.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slot.Release(Report{Limit: 1, Date: time.Now(), Reset: time.Now().Add(10 * time.Second)})
	var waiters sync.WaitGroup
	for range 3 {
		waiters.Go(func() {
			var lost *LostError
			if _, err := pace.Take(t.Context()); !errors.As(err, &lost) {
				t.Errorf("a waiter got %v", err)
			}
		})
	}
	time.Sleep(300 * time.Millisecond)
	pgtest.Terminate(t, url)
	waiters.Wait()
	var lost *LostError
	if _, err := pace.Take(t.Context()); !errors.As(err, &lost) {
		t.Errorf("the next caller got %v", err)
	}
	pace.Pause(time.Second)
}

// A process that is paused while it holds the lock delays the others for seconds, and sends nothing itself.
func TestPausedHolderLosesTheLock(t *testing.T) {
	if os.Getenv("MUSTER_TEST_LONG") == "" {
		t.Skip("long: set MUSTER_TEST_LONG=1")
	}
	t.Parallel()
	url := pgtest.URL(t)
	paused := openDatabase(t, url, "a")
	if _, _, err := paused.begin(); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	slot, err := host(t, url, "a").Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slot.Release(Report{})
	if took := time.Since(begin); took > 2*pausedTimeout {
		t.Errorf("the lock was held for %v", took)
	}
	if err := paused.commit([]record{{Kind: recordSent}}, time.Hour); err == nil {
		t.Error("the paused process recorded a request without the lock")
	}
}

// The clock of a host does not count: the database's does, five minutes off here.
func TestClocksOfHostsDoNotCount(t *testing.T) {
	t.Parallel()
	url := pgtest.URL(t)
	pgtest.Exec(t, url, "CREATE SCHEMA off", `CREATE FUNCTION off.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
		AS 'SELECT pg_catalog.clock_timestamp() - interval ''5 minutes'''`)
	url += "&search_path=off,pg_catalog"
	one := host(t, url, "a")
	slot, err := one.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	slot.Release(Report{Limit: 1, Date: time.Now(), Reset: time.Now().Add(10 * time.Second)})
	one.Close()
	ctx, stop := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer stop()
	if _, err = host(t, url, "a").Take(ctx); err == nil {
		t.Error("the next host took the request of just now for one of five minutes ago")
	}
}

// A database may set a time-out for idle connections that is shorter than the wait for a quota.
func TestIdleSessionStays(t *testing.T) {
	t.Parallel()
	pace := host(t, pgtest.URL(t)+"&idle_session_timeout=200", "a")
	for range 2 {
		slot, err := pace.Take(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		slot.Release(Report{Limit: 1, Date: time.Now(), Reset: time.Now().Add(time.Second)})
		time.Sleep(500 * time.Millisecond)
	}
}
