package ledger

import (
	"errors"
	"testing"
	"time"
)

// A batch decides by what the store has read, without any store.
func TestDecide(t *testing.T) {
	t.Parallel()
	key, now := Key{1}, time.UnixMilli(1_000)
	open := intentRecord{id: 7, recordKeys: recordKeys{key: key}, attempt: 2, generation: 3, run: 1}
	for _, c := range []struct {
		name   string
		open   bool
		person State
		kind   changeKind
		result Result
		refuse error
		want   personRecord // after a result that settles the intent
	}{
		{name: "new key", kind: intendCreation},
		{name: "refused key", person: Refused, kind: intendCreation},
		{name: "removed key", person: Removed, kind: intendCreation},
		{name: "open key", open: true, kind: intendCreation, refuse: ErrUnsettled},
		{name: "created key", person: Created, kind: intendCreation, refuse: ErrAlreadyCreated},
		{name: "removal of a created person", person: Created, kind: intendRemoval},
		{name: "removal of a removed person", person: Removed, kind: intendRemoval, refuse: errNotCreated},
		{name: "result without an intent", kind: recordCreation, result: Result{State: Refused}, refuse: ErrSettled},
		{
			name: "created", open: true, kind: recordCreation, result: Result{State: Created, PersonID: 41},
			want: personRecord{recordKeys: recordKeys{key: key}, state: Created, id: 41, attempts: 2, generation: 3, created: now, createdBy: 1},
		},
		{
			name: "refused", open: true, kind: recordCreation, result: Result{State: Refused},
			want: personRecord{recordKeys: recordKeys{key: key}, state: Refused, attempts: 2, generation: 3},
		},
		{
			name: "refused for good", open: true, kind: recordCreation, result: Result{State: Refused, RenewToken: true},
			want: personRecord{recordKeys: recordKeys{key: key}, state: Refused, attempts: 2, generation: 4},
		},
		{name: "unresolved", open: true, kind: recordCreation, result: Result{State: Intended, RenewToken: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			b := &batch{open: map[Key]*intentRecord{}, people: map[Key]personRecord{}, owners: map[int64][]ownerRecord{}}
			if c.open {
				i := open
				b.open[key] = &i
			}
			if c.person != Absent {
				b.people[key] = personRecord{recordKeys: recordKeys{key: key}, state: c.person, id: 40, attempts: 1}
			}
			change := &change{kind: c.kind, personID: 40, intent: &intentRecord{recordKeys: recordKeys{key: key}, result: c.result}}
			if c.open {
				change.intent.id = open.id
			}
			if err := b.decide(change, now); !errors.Is(err, c.refuse) {
				t.Fatalf("got %v, want %v", err, c.refuse)
			}
			if c.want.state != Absent && b.people[key] != c.want {
				t.Errorf("got %+v, want %+v", b.people[key], c.want)
			}
		})
	}
}
