package importer

import (
	"testing"

	"muster/importer/ledger"
	"muster/importer/procore"
)

func TestReconcileRemoval(t *testing.T) {
	refusal := &procore.Error{Code: "refused"}
	for _, c := range []struct {
		name  string
		facts removalFacts
		want  removalDecision
	}{
		{"edited since", removalFacts{edited: true}, removalDecision{ledger.Created, UndoKept, CodeUndoEdited}},
		{"removed", removalFacts{removed: true}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"removed after a lost answer", removalFacts{removed: true, lost: true}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"skipped, not listed yet", removalFacts{skipped: true}, removalDecision{ledger.Intended, UndoPending, CodeUndoSkipped}},
		{"answer lost, not listed yet", removalFacts{lost: true}, removalDecision{ledger.Intended, UndoPending, codeAnswerLost}},
		{"skipped after a lost answer", removalFacts{skipped: true, lost: true}, removalDecision{ledger.Intended, UndoPending, codeAnswerLost}},
		{"refused", removalFacts{refused: refusal}, removalDecision{ledger.Created, UndoFailed, "refused"}},
		{"not sent", removalFacts{}, removalDecision{ledger.Created, UndoPending, "not_sent"}},
		{"lost, and gone from the listing", removalFacts{lost: true, checked: true, before: true}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"skipped after a lost answer, and gone", removalFacts{lost: true, skipped: true, checked: true}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"skipped, and gone: another user was faster", removalFacts{skipped: true, checked: true}, removalDecision{ledger.Removed, UndoKept, CodeUndoGone}},
		{"lost, and never listed: the listing may lag", removalFacts{lost: true, checked: true}, removalDecision{ledger.Intended, UndoFailed, codeAnswerLost}},
		{"skipped, and still listed", removalFacts{skipped: true, checked: true, before: true, listed: true}, removalDecision{ledger.Created, UndoKept, CodeUndoSkipped}},
		{"lost, and still listed", removalFacts{lost: true, checked: true, before: true, listed: true}, removalDecision{ledger.Created, UndoFailed, codeKeptFailing}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := reconcileRemoval(c.facts); got != c.want {
				t.Errorf("got %+v, want %+v", got, c.want)
			}
			if d := reconcileRemoval(c.facts); (d.message(c.facts) == "") != (d.status == UndoPending || d.code == "") {
				t.Errorf("message %q", d.message(c.facts))
			}
		})
	}
}

// In every combination of facts, a person counts as removed only with evidence,
// and a removal whose answer was lost stays open until the people are listed.
func TestReconcileRemovalRules(t *testing.T) {
	for bits := range 1 << 7 {
		bit := func(n int) bool { return bits>>n&1 == 1 }
		f := removalFacts{edited: bit(0), removed: bit(1), skipped: bit(2), lost: bit(3), checked: bit(4), before: bit(5), listed: bit(6)}
		d := reconcileRemoval(f)
		gone := f.checked && !f.listed && (f.skipped || f.lost && f.before)
		if d.state == ledger.Removed && !f.removed && !gone {
			t.Errorf("%+v is removed without evidence", f)
		}
		if f.lost && !f.edited && !f.removed && !f.checked && d.state != ledger.Intended {
			t.Errorf("%+v is settled before the people are listed: %+v", f, d)
		}
	}
}
