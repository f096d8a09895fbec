package importer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"hash"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/procore"
)

// DryRunResult is what a run would do.
type DryRunResult struct {
	Counts    outcome.Counts // pending: the rows that would be sent
	Updates   int            // people who would get the row's job title
	Unsettled int            // rows that a run would settle first
	Stop      *StopError     // why the run would stop before its last row; nil if no reason is known

	people    int // in the project
	listed    digest
	rows      hash.Hash // of the roster
	decisions hash.Hash // of the decision for each row
	buffer    []byte
}

// dryRun finds out what a run would do with every row of the part. Rows go the same
// way as in a run, up to the senders. Before listFirst, only validation and ledger are
// known.
//
// dryRun calls each with every row in the roster's order; the status of a row that
// would be sent is "".
func (p *part) dryRun(ctx context.Context, each rowFunc) (*DryRunResult, error) {
	plan := p.validation
	r := p.newRun(&ledger.Run{ID: "dry run"})
	r.overlay = map[ledger.Key]int64{}
	f := &DryRunResult{rows: sha256.New(), decisions: sha256.New()}
	if plan.people != nil {
		f.people, f.listed = len(plan.people.known), plan.people.digest
	}
	var failed error
	err := r.read(ctx, ctx, func(t *task) {
		<-r.busy.rows
		f.add(t)
		if failed == nil && each != nil {
			failed = each(p, t.cells, t.outcome)
		}
	})
	if err != nil {
		return nil, err
	}
	if p.MaxErrors.exceeded(f.Counts.Invalid, plan.Rows) {
		f.Stop = p.MaxErrors.stopAfter(f.Counts.Invalid)
	}
	return f, failed
}

// stopped keeps in mind why the project's people can't be listed, and returns any other
// error.
func (p *part) stopped(ctx context.Context, err error) error {
	if ctx.Err() == nil && errors.As(err, &p.stop) {
		return nil
	}
	return err
}

// listFirst lists the project's people, unless there is a listing or no row would be
// sent. The run afterwards uses the listing, too. The error is a *StopError if the people
// can't be listed. named, if not nil, is called with every active person.
func (p *part) listFirst(ctx context.Context, named func(procore.Person)) error {
	if p.validation.Create == 0 || p.validation.people != nil {
		return nil
	}
	listed, err := p.listPeople(ctx, p.validation, named)
	if err != nil {
		return connectStop(ctx, err)
	}
	if err := p.checkAgain(ctx, listed); err != nil {
		return err
	}
	p.validation.people = listed
	return nil
}

// Requests returns how many requests for people a run would make.
func (f *DryRunResult) Requests() int { return f.Counts.Pending + f.Updates }

// join adds the result of another part.
func (f *DryRunResult) join(other *DryRunResult) {
	f.Counts = f.Counts.Plus(other.Counts)
	f.Updates += other.Updates
	f.Unsettled += other.Unsettled
	if f.Stop == nil {
		f.Stop = other.Stop
	}
	f.people += other.people
	for i, b := range other.listed {
		f.listed[i] ^= b
	}
	f.rows.Write(other.rows.Sum(nil))
	f.decisions.Write(other.decisions.Sum(nil))
}

func (f *DryRunResult) add(t *task) {
	status := t.status()
	if status == "" {
		status = outcome.Pending
	}
	f.Counts.Add(status, 1)
	if t.action == updateTitle {
		f.Updates++
	}
	if t.wait != noWait {
		f.Unsettled++
	}
	f.buffer = appendNumbers(f.buffer[:0], int64(t.row), int64(len(t.cells)))
	f.buffer = appendTexts(f.buffer, t.cells...)
	f.rows.Write(f.buffer)

	f.buffer = appendNumbers(f.buffer[:0], int64(t.row), t.outcome.PersonID)
	f.buffer = appendTexts(f.buffer, string(status))
	if t.action != noAction {
		f.buffer = append(f.buffer, 1)
		d, employee := draft(&t.person), int64(-1)
		if d.IsEmployee != nil {
			employee = 0
			if *d.IsEmployee {
				employee = 1
			}
		}
		f.buffer = appendNumbers(f.buffer, int64(t.namesake), t.target, employee, d.WorkClassificationID)
		f.buffer = appendTexts(f.buffer, d.FirstName, d.LastName, d.JobTitle, d.EmployeeID, d.OriginID)
	} else {
		f.buffer = append(f.buffer, 0)
	}
	f.decisions.Write(f.buffer)
}

// appendNumbers appends numbers so that no two lists give the same bytes.
func appendNumbers(dst []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	return dst
}

// appendTexts appends texts so that no two lists give the same bytes.
func appendTexts(dst []byte, texts ...string) []byte {
	for _, text := range texts {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	return dst
}

// digest is the same for the same set of records in any order.
type digest [sha256.Size]byte

func (d *digest) add(id int64, texts ...string) {
	for i, b := range sha256.Sum256(appendTexts(appendNumbers(nil, id), texts...)) {
		d[i] ^= b
	}
}
