package ratelimit_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"muster/importer/pgtest"
	"muster/ratelimit"
)

// TestHostsOverADatabase measures hosts with one credential and a database, in real time. The variable
// MUSTER_TEST_HOSTS sets how many hosts there are.
func TestHostsOverADatabase(t *testing.T) {
	t.Parallel()
	hosts, span := 3, 2*time.Second
	if long() {
		span = 110 * time.Second
	}
	if n, err := strconv.Atoi(os.Getenv("MUSTER_TEST_HOSTS")); err == nil {
		hosts = n
	}
	url := pgtest.URL(t)
	config, err := pgx.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	s := setting{windows: []quota{spikeOf(25), hourlyOf(3600)}, telling: share, latency: ms(50, 200)}
	sv := s.server()
	most := best(s.server(), time.Now(), span, nil)
	each := make([]int, hosts)
	ctx, stop := context.WithTimeout(t.Context(), span)
	defer stop()
	begin := transactions(t, config)
	var all sync.WaitGroup
	for h := range hosts {
		database, err := ratelimit.OpenDatabase(t.Context(), config, "credential")
		if err != nil {
			t.Fatal(err)
		}
		pace := ratelimit.New(ratelimit.Options{Database: database})
		t.Cleanup(pace.Close)
		var mu sync.Mutex
		for range 16 {
			all.Go(func() {
				for {
					slot, err := pace.Take(ctx)
					if err != nil {
						return
					}
					up, down := s.latency.draw(rand.New(rand.NewPCG(rand.Uint64(), 1)))
					time.Sleep(up)
					report, ok := sv.handle(time.Now())
					time.Sleep(down)
					slot.Release(report)
					mu.Lock()
					if ok {
						each[h]++
					}
					mu.Unlock()
				}
			})
		}
	}
	all.Wait()
	rate := float64(transactions(t, config)-begin) / span.Seconds() / float64(hosts)
	use := float64(sv.accepted) / float64(most)
	t.Logf("%d hosts, %v: %d of %d, use %.3f, %d × 429, shares %v, %.1f transactions a second for each host", hosts, span, sv.accepted, most, use, sv.refused, each, rate)
	if sv.refused > 0 || long() && use < 0.98 {
		t.Errorf("use %.3f with %d × 429", use, sv.refused)
	}
	if rate > 11 { // ten, and what a connection needs to begin
		t.Errorf("each host made %.1f transactions a second", rate)
	}
	for _, accepted := range each {
		if fair := sv.accepted / hosts; long() && (accepted < fair*8/10 || accepted > fair*12/10) {
			t.Errorf("the hosts sent %v", each)
		}
	}
}

// transactions returns how many transactions the database has seen.
func transactions(t *testing.T, config *pgx.ConnConfig) (n int64) {
	t.Helper()
	conn, err := pgx.ConnectConfig(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	time.Sleep(1100 * time.Millisecond) // connections report what they did once a second
	const count = "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()"
	if err := conn.QueryRow(t.Context(), count).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
