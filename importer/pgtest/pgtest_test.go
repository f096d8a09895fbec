package pgtest_test

import (
	"testing"

	"muster/importer/pgtest"
)

func TestURL(t *testing.T) {
	t.Parallel()
	one, other := pgtest.URL(t), pgtest.URL(t)
	pgtest.Exec(t, one, "CREATE TABLE numbers (n int)")
	pgtest.Exec(t, other, "CREATE TABLE numbers (n int)") // the databases are two
	pgtest.Terminate(t, one)
}

func TestCluster(t *testing.T) {
	t.Parallel()
	cluster := pgtest.Start(t)
	location := cluster.URL(t)
	pgtest.Exec(t, location, "CREATE TABLE numbers (n int)")
	cluster.Stop(t)
	cluster.Start(t)
	pgtest.Exec(t, location, "INSERT INTO numbers VALUES (1)")
}
