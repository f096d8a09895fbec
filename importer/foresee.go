package importer

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"time"

	"muster/importer/ledger"
	"muster/importer/outcome"
)

// Foreseen is what a run would do.
type Foreseen struct {
	Counts  outcome.Counts // pending: the rows that would be sent
	Updates int            // people who would be given the row's job title
	Doubts  int            // rows that would be settled first: a request's answer was lost
	Stop    *StopError     // why the run would stop before its last row; nil if nothing is known to stop it

	people    int // in the project
	listed    digest
	rows      hash.Hash // of the roster
	decisions hash.Hash // of what is to be done for each row
	buffer    []byte
}

// Foresee finds out what Run would do with every row of the plan, by the
// project's people, which it lists unless the plan has them, and by the ledger, to
// which it writes nothing. The rows go the same way as in Run, up to where that would send.
// Without an API nobody is listed and without a ledger nothing is known of earlier
// runs: then every row that is valid would be sent.
//
// It calls each with every row in the roster's order; the status of a row that
// would be sent is "". The people stay in the plan, so that a Run after it goes
// by the same list. The error is a *StopError if the people can't be listed.
func (j *Job) Foresee(ctx context.Context, plan *Plan, each func(cells []string, o outcome.Outcome) error) (*Foreseen, error) {
	if j.API != nil && plan.Create > 0 && plan.people == nil {
		listed, err := j.listPeople(ctx, plan)
		if err != nil {
			return nil, connectStop(ctx, err)
		}
		plan.people = listed
	}
	r := &run{
		Job: j, plan: plan, record: &ledger.Run{ID: "foreseen"}, people: plan.people, columns: j.columns(),
		started: time.Now(), places: make(chan struct{}, window), foreseen: map[ledger.Key]int64{},
	}
	f := &Foreseen{rows: sha256.New(), decisions: sha256.New()}
	if plan.people != nil {
		f.people, f.listed = len(plan.people.known), plan.people.digest
	}
	var failed error
	err := r.read(ctx, ctx, func(it *item) {
		<-r.places
		f.add(it)
		if failed == nil && each != nil {
			failed = each(it.cells, it.outcome)
		}
	})
	if err != nil {
		return nil, err
	}
	if j.MaxErrors.exceeded(f.Counts.Invalid, plan.Rows) {
		f.Stop = j.MaxErrors.stop(f.Counts.Invalid)
	}
	return f, failed
}

// Join adds what was foreseen of another project's rows of the same roster.
func (f *Foreseen) Join(other *Foreseen) {
	f.Counts = f.Counts.Plus(other.Counts)
	f.Updates += other.Updates
	f.Doubts += other.Doubts
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

func (f *Foreseen) add(it *item) {
	status := it.status()
	if status == "" {
		status = outcome.Pending
	}
	f.Counts.Add(status, 1)
	if it.update {
		f.Updates++
	}
	if it.doubt {
		f.Doubts++
	}
	f.buffer = appendNumbers(f.buffer[:0], int64(it.row), int64(len(it.cells)))
	f.buffer = appendTexts(f.buffer, it.cells...)
	f.rows.Write(f.buffer)

	f.buffer = appendNumbers(f.buffer[:0], int64(it.row), it.outcome.PersonID)
	f.buffer = appendTexts(f.buffer, string(status))
	if it.send || it.update {
		f.buffer = append(f.buffer, 1)
		d, employee := draft(&it.person), int64(-1)
		if d.IsEmployee != nil {
			employee = 0
			if *d.IsEmployee {
				employee = 1
			}
		}
		f.buffer = appendNumbers(f.buffer, int64(it.namesake), it.readmit, employee, d.WorkClassificationID)
		f.buffer = appendTexts(f.buffer, d.FirstName, d.LastName, d.JobTitle, d.EmployeeID, d.OriginID)
	} else {
		f.buffer = append(f.buffer, 0)
	}
	f.decisions.Write(f.buffer)
}

// appendNumbers and appendTexts append such that no two lists look the same.
func appendNumbers(dst []byte, numbers ...int64) []byte {
	for _, n := range numbers {
		dst = binary.LittleEndian.AppendUint64(dst, uint64(n))
	}
	return dst
}

func appendTexts(dst []byte, texts ...string) []byte {
	for _, text := range texts {
		dst = append(binary.AppendUvarint(dst, uint64(len(text))), text...)
	}
	return dst
}

// foreseeDoubt says what becomes of a row in doubt if its lost request has
// created nobody, as it looks now. Whoever is found later will be taken instead.
func (r *run) foreseeDoubt(it *item, found match, ids []int64) {
	it.doubt = true
	if it.send = !r.someoneElse(it, found, ids); it.send {
		it.outcome.Problems = append(it.outcome.Problems, outcome.Problem{
			Code:    codeAnswerLost,
			Message: fmt.Sprintf("sent in run %s, and what became of it is not known yet: an import finds that out first", it.intent.Run),
		})
	}
}

// digest tells sets of records apart, in whatever order they come.
type digest [sha256.Size]byte

func (d *digest) add(id int64, texts ...string) {
	for i, b := range sha256.Sum256(appendTexts(appendNumbers(nil, id), texts...)) {
		d[i] ^= b
	}
}
