package doctor

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/dustin/go-humanize"

	"muster/importer/ledger"
	"muster/importer/text"
)

// toleratedSkew is how far the clocks of the database and this machine may differ before
// the doctor mentions it.
const toleratedSkew = 5 * time.Second

// checkDatabase checks the server of a ledger at a URL, and reports whether the database
// has a ledger that can be read.
func (x *Examination) checkDatabase(ctx context.Context, url string) bool {
	started := time.Now()
	server, err := ledger.InspectServer(ctx, url)
	if err != nil {
		f := newLedgerTrouble(err)
		f.Check = "database"
		x.Found(f)
		x.Skip("ledger", "the database can't be used")
		return false
	}
	took := time.Since(started).Round(time.Millisecond)
	x.Found(newServerFinding(server, took))
	if server.TooOld || server.ReadOnly || server.Pooled {
		x.Skip("ledger", "the database can't be used")
		return false
	}
	x.Found(newDurabilityFinding(server.Durability))
	x.Found(newReplicasFinding(server.Replicas))
	x.Found(newSkewFinding(server.Skew))
	permissions := newPermissionsFinding(server)
	x.Found(permissions)
	switch {
	case permissions.State != Fine:
		x.Skip("ledger", "the permissions come first")
	case !server.HasLedger:
		x.Found(Finding{Check: "ledger", State: Fine, Text: "none yet; the first import creates its tables in schema " + server.Schema})
	default:
		return true
	}
	return false
}

func newServerFinding(s ledger.Server, took time.Duration) Finding {
	f := Finding{
		Check: "database", State: Broken,
		Facts: Facts{"version": s.Version, "bytes": s.Bytes, "read_only": s.ReadOnly, "pooled": s.Pooled, "ms": took.Milliseconds()},
	}
	switch {
	case s.TooOld:
		f.Text, f.Fix = fmt.Sprintf("PostgreSQL %s at %s is too old", s.Version, s.Location), "use PostgreSQL 14 or later"
	case s.ReadOnly:
		f.Text = s.Location + " can only be read: it is a standby, or read-only"
		f.Fix = "name the primary server in --ledger; several hosts with target_session_attrs=read-write find it"
	case s.Pooled:
		f.Text = "a connection pooler such as PgBouncer is in front of " + s.Location + ", and would lose the locks of runs"
		f.Fix = "name the host and port of the PostgreSQL server itself in --ledger"
	default:
		f.State = Fine
		f.Text = fmt.Sprintf("PostgreSQL %s answers at %s without a pooler, in %s; the database has %s", s.Version, s.Location, took, humanize.IBytes(uint64(s.Bytes)))
	}
	return f
}

func newDurabilityFinding(d ledger.Durability) Finding {
	f := Finding{
		Check: "durability", State: Fine, Text: "a commit waits for the server's disk",
		Facts: Facts{"fsync": d.Fsync, "full_page_writes": d.FullPageWrites, "synchronous_commit": d.SynchronousCommit},
	}
	var off []string
	if !d.Fsync {
		off = append(off, "fsync")
	}
	if !d.FullPageWrites {
		off = append(off, "full_page_writes")
	}
	if len(off) > 0 {
		f.State = Doubted
		f.Text = strings.Join(off, " and ") + text.Choose(len(off), " is", " are") + " off: after a power failure the ledger may be damaged or lack requests that were sent"
		f.Fix = "set " + strings.Join(off, " and ") + " to on in postgresql.conf, and reload the server"
	} else if d.SynchronousCommit != "on" {
		f.Text += fmt.Sprintf(": muster sets synchronous_commit for itself (the database has %s)", d.SynchronousCommit)
	}
	return f
}

func newReplicasFinding(r ledger.Replicas) Finding {
	f := Finding{Check: "standbys", State: Fine, Facts: Facts{"connected": r.Connected, "synchronous": r.Synchronous != ""}}
	connected := text.Plural(r.Connected, "standby is", "standbys are") + " connected"
	switch {
	case r.Connected == 0 && r.Synchronous == "":
		f.Text = "no standby is connected"
	case r.Connected == 0:
		f.State = Broken
		f.Text = "no standby is connected, but synchronous_standby_names is set: every commit waits for one"
		f.Fix = "start the standby, or clear synchronous_standby_names"
	case r.Synchronous == "":
		f.State = Doubted
		f.Text = connected + ", and commits do not wait: a standby that takes over may lack the last requests"
		f.Fix = "set synchronous_standby_names, or after a failover wait --settle-after before the next run (muster help hosts)"
	default:
		f.Text = connected + "; commits wait as synchronous_standby_names says"
	}
	return f
}

func newSkewFinding(skew time.Duration) Finding {
	f := Finding{Check: "database clock", State: Fine, Text: "agrees with this machine's", Facts: Facts{"skew_ms": skew.Milliseconds()}}
	if skew.Abs() > toleratedSkew {
		direction := "ahead of"
		if skew < 0 {
			direction = "behind"
		}
		f.State = Doubted
		f.Text = fmt.Sprintf("%s %s this machine's; requests carry the database's time, so no person is created twice", skew.Abs().Round(time.Second), direction)
		f.Fix = "set both clocks by a time server"
	}
	return f
}

func newPermissionsFinding(s ledger.Server) Finding {
	f := Finding{Check: "permissions", State: Fine, Text: "the role can use schema " + s.Schema, Facts: Facts{"missing": len(s.Missing)}}
	switch {
	case s.Schema == "":
		f.State, f.Text = Broken, "no schema of the search path exists"
		f.Fix = "CREATE SCHEMA muster AUTHORIZATION muster, and add search_path=muster to the URL of --ledger"
	case len(s.Missing) > 0:
		f.State, f.Text = Broken, "the role lacks "+strings.Join(s.Missing, "; ")
		f.Fix = "connect as the owner of the schema, or have the administrator grant this"
	}
	return f
}
