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
		{"removed", removalFacts{answer: answerRemoved}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"removed after a lost answer", removalFacts{answer: answerRemoved, lost: true}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"skipped, not listed yet", removalFacts{answer: answerSkipped}, removalDecision{ledger.Intended, UndoPending, CodeUndoSkipped}},
		{"answer lost, not listed yet", removalFacts{lost: true}, removalDecision{ledger.Intended, UndoPending, codeAnswerLost}},
		{"skipped after a lost answer", removalFacts{answer: answerSkipped, lost: true}, removalDecision{ledger.Intended, UndoPending, codeAnswerLost}},
		{"refused", removalFacts{refused: refusal}, removalDecision{ledger.Created, UndoFailed, "refused"}},
		{"not sent", removalFacts{}, removalDecision{ledger.Created, UndoPending, "not_sent"}},
		{"lost, and gone from the listing", removalFacts{lost: true, after: missing, before: true}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"skipped after a lost answer, and gone", removalFacts{lost: true, answer: answerSkipped, after: missing}, removalDecision{ledger.Removed, UndoRemoved, ""}},
		{"skipped, and gone: another user was faster", removalFacts{answer: answerSkipped, after: missing}, removalDecision{ledger.Removed, UndoKept, CodeUndoGone}},
		{"lost, and never listed: the listing may lag", removalFacts{lost: true, after: missing}, removalDecision{ledger.Intended, UndoFailed, codeAnswerLost}},
		{"skipped, and still listed", removalFacts{answer: answerSkipped, before: true, after: listed}, removalDecision{ledger.Created, UndoKept, CodeUndoSkipped}},
		{"lost, and still listed", removalFacts{lost: true, before: true, after: listed}, removalDecision{ledger.Created, UndoFailed, codeKeptFailing}},
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
	for bits := range 8 * 9 {
		bit := func(n int) bool { return bits/9>>n&1 == 1 }
		f := removalFacts{edited: bit(0), lost: bit(1), before: bit(2), answer: removalAnswer(bits % 3), after: presence(bits / 3 % 3)}
		d := reconcileRemoval(f)
		gone := f.after == missing && (f.answer == answerSkipped || f.lost && f.before)
		if d.state == ledger.Removed && f.answer != answerRemoved && !gone {
			t.Errorf("%+v is removed without evidence", f)
		}
		if f.lost && !f.edited && f.answer != answerRemoved && f.after == notLooked && d.state != ledger.Intended {
			t.Errorf("%+v is settled before the people are listed: %+v", f, d)
		}
	}
}
