// Package doctor finds out what works between this machine, Procore and the ledger.
package doctor

import (
	"context"

	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/ratelimit"
)

// State is the result of a check.
type State string

// The states. A check is skipped if a check that it needs failed.
const (
	Fine    State = "ok"
	Skipped State = "skip"
	Doubted State = "warn"
	Broken  State = "fail"
)

// Finding is the result of a check. Text and Fix are for people and may hold names of
// projects, accounts and files. Facts hold no such name and no words of a server or a
// roster, so that a support bundle may contain them.
type Finding struct {
	Check string `json:"check"`
	State State  `json:"status"`
	Text  string `json:"text,omitempty"`
	Fix   string `json:"fix,omitempty"`
	Facts Facts  `json:"facts,omitempty"`
}

// Facts are figures and codes of a finding, by name.
type Facts map[string]any

// Examination is a run of the checks.
type Examination struct {
	Options    procore.Options // of a client, complete or not
	Complete   bool            // the options make a client
	Scope      ledger.Scope    // zero if no company and project are set
	ShareQuota func(context.Context, *ratelimit.Options) error
	Show       func(Finding) // is called with each finding
	Findings   []Finding
}

// Found adds a finding and shows the finding.
func (x *Examination) Found(f Finding) {
	x.Findings = append(x.Findings, f)
	x.Show(f)
}

// Skip adds a check that was not made.
func (x *Examination) Skip(check, why string) { x.Found(newSkip(check, why)) }

func newSkip(check, why string) Finding {
	return Finding{Check: check, State: Skipped, Text: "not checked: " + why}
}

// Worst returns the worst state of all findings.
func (x *Examination) Worst() State {
	worst := Fine
	for _, f := range x.Findings {
		if f.State == Broken || f.State == Doubted && worst == Fine {
			worst = f.State
		}
	}
	return worst
}
