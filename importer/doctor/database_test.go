package doctor

import (
	"strings"
	"testing"
	"time"

	"muster/importer/ledger"
)

// The findings about a server follow from what the server says.
func TestDatabaseFindings(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name string
		f    Finding
		want State
		fix  string
	}{
		{"old server", newServerFinding(ledger.Server{Version: "13.2", TooOld: true}, 0), Broken, "PostgreSQL 14"},
		{"standby", newServerFinding(ledger.Server{ReadOnly: true}, 0), Broken, "primary"},
		{"pooler", newServerFinding(ledger.Server{Pooled: true}, 0), Broken, "server itself"},
		{"no fsync", newDurabilityFinding(ledger.Durability{FullPageWrites: true}), Doubted, "set fsync to on"},
		{"neither", newDurabilityFinding(ledger.Durability{}), Doubted, "set fsync and full_page_writes to on"},
		{"lazy default", newDurabilityFinding(ledger.Durability{Fsync: true, FullPageWrites: true, SynchronousCommit: "off"}), Fine, ""},
		{"no standby", newReplicasFinding(ledger.Replicas{}), Fine, ""},
		{"asynchronous standby", newReplicasFinding(ledger.Replicas{Connected: 1}), Doubted, "synchronous_standby_names"},
		{"synchronous standby", newReplicasFinding(ledger.Replicas{Connected: 2, Synchronous: "ANY 1 (*)"}), Fine, ""},
		{"standby is gone", newReplicasFinding(ledger.Replicas{Synchronous: "ANY 1 (*)"}), Broken, "start the standby"},
		{"ahead", newSkewFinding(5 * time.Minute), Doubted, "time server"},
		{"behind", newSkewFinding(-5 * time.Minute), Doubted, "time server"},
		{"nearly agrees", newSkewFinding(-time.Second), Fine, ""},
		{"no schema", newPermissionsFinding(ledger.Server{}), Broken, "CREATE SCHEMA"},
		{"no permission", newPermissionsFinding(ledger.Server{Schema: "public", Missing: []string{"CREATE on schema public"}}), Broken, "grant"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if c.f.State != c.want || !strings.Contains(c.f.Fix, c.fix) || (c.fix == "") != (c.f.Fix == "") || c.f.Text == "" {
				t.Errorf("got %+v", c.f)
			}
		})
	}
}
