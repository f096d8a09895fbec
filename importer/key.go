package importer

import (
	"context"
	"strconv"
	"strings"

	"muster/importer/ledger"
	"muster/mapping"
)

// keyKind is the identifier that makes two rows the same person.
type keyKind rune

const (
	byOriginID   keyKind = 'o' // unique within the company
	byEmployeeID keyKind = 'e' // with the full name, within the project: two subcontractors' badge 100 are two people
	byName       keyKind = 'n' // within the project
)

// byEmployeeAlone begins the key of an employee ID alone, which is no row's key.
const byEmployeeAlone = "i"

func (k keyKind) String() string {
	return map[keyKind]string{byOriginID: "origin ID", byEmployeeID: "employee ID", byName: "name"}[k]
}

// field returns the field that a problem with the key belongs to.
func (k keyKind) field() mapping.Field {
	return map[keyKind]mapping.Field{byOriginID: mapping.OriginID, byEmployeeID: mapping.EmployeeID, byName: mapping.LastName}[k]
}

// keyOf returns the first kind of key that p has.
func keyOf(p *mapping.Person) keyKind {
	switch {
	case p.OriginID != "":
		return byOriginID
	case p.EmployeeID != "":
		return byEmployeeID
	default:
		return byName
	}
}

// foldName folds a name for keys and matching. Besides what Fold does not count, titles
// and spacing do not count, nor where the first name ends: "Dr. Ann" is "Ann", "Mc Donald"
// is "McDonald", and "Mary Ann | Lee" is "Mary | Ann Lee".
func foldName(first, last string) string {
	first, last = foldNames(first, last)
	return strings.ReplaceAll(first+last, " ", "")
}

// foldNames folds a first and a last name, and keeps the spaces between their words.
func foldNames(first, last string) (foldedFirst, foldedLast string) {
	return mapping.Fold(mapping.WithoutTitle(first)), mapping.Fold(last)
}

// foldID folds an ID for keys and matching: spreadsheets and servers lose leading
// zeros and change case, and people leave blanks and hyphens out.
func foldID(id string) string {
	bare := strings.TrimLeft(separators.Replace(strings.ToLower(id)), "0")
	if bare == "" && id != "" {
		return "0"
	}
	return bare
}

// separators are removed from an ID.
var separators = strings.NewReplacer(" ", "", "-", "")

// idKey returns what stands for one of the IDs of a person, whatever the name.
func idKey(kind keyKind, p *mapping.Person) []byte {
	if kind == byOriginID {
		return []byte(string(byOriginID) + "\x00" + foldID(p.OriginID))
	}
	return []byte(byEmployeeAlone + "\x00" + foldID(p.EmployeeID))
}

// personKey returns the key of p. Job title and classification change, so the key does
// not contain them. namesake counts the people of one name, from 1; only a key by name
// contains the number.
func personKey(p *mapping.Person, namesake int) []byte {
	kind := keyOf(p)
	key := string(kind) + "\x00"
	switch kind {
	case byOriginID:
		return idKey(byOriginID, p)
	case byEmployeeID:
		key += foldID(p.EmployeeID) + "\x00" + foldName(p.FirstName, p.LastName)
	case byName:
		key += foldName(p.FirstName, p.LastName)
		if namesake > 1 {
			key += "\x00" + strconv.Itoa(namesake)
		}
	}
	return []byte(key)
}

// reordered returns a person with an employee ID with the first and the last name exchanged.
func reordered(p *mapping.Person) *mapping.Person {
	return &mapping.Person{FirstName: p.LastName, LastName: p.FirstName, EmployeeID: p.EmployeeID}
}

// memberKey returns the key of a membership: the owner of an origin ID on a project.
func memberKey(l *ledger.Ledger, s ledger.Scope, originID string) ledger.Key {
	originID = foldID(originID)
	return l.Key(s.API, strconv.FormatInt(s.Company, 10), strconv.FormatInt(s.Project, 10), "m\x00"+originID)
}

// ledgerKey returns the ledger's key for a row's key. The scope is the company for
// an origin ID, and the project for other keys.
func ledgerKey(l *ledger.Ledger, s ledger.Scope, key []byte) ledger.Key {
	company := strconv.FormatInt(s.Company, 10)
	if keyKind(key[0]) == byOriginID {
		return l.Key(s.API, company, string(key))
	}
	return l.Key(s.API, company, strconv.FormatInt(s.Project, 10), string(key))
}

// ledgerKey returns the ledger's key of a row, or no key without a ledger.
func (r *run) ledgerKey(key []byte) ledger.Key {
	if r.Ledger == nil {
		return ledger.Key{}
	}
	return ledgerKey(r.Ledger, r.Scope, key)
}

// fullNameKey returns the ledger's key of the task's full name in the project,
// whatever IDs the row has.
func (r *run) fullNameKey(t *task) ledger.Key {
	return r.ledgerKey(nameKey(&t.person, 1))
}

// employeeKey returns the ledger's key of the task's employee ID in the project,
// whatever else the row has; the zero key if the task has none, or shares it.
func (r *run) employeeKey(t *task) ledger.Key {
	if t.person.EmployeeID == "" || t.sharedID {
		return ledger.Key{}
	}
	return r.ledgerKey(idKey(byEmployeeID, &t.person))
}

// lookup returns the ledger's entry of each key. In a dry run, the entries include
// what an import would have recorded by now.
func (r *run) lookup(work context.Context, keys []ledger.Key) ([]ledger.Entry, error) {
	if r.Ledger == nil {
		return make([]ledger.Entry, len(keys)), nil
	}
	entries, err := r.Ledger.Lookup(work, keys)
	if err != nil {
		return nil, err
	}
	for i, key := range keys {
		if id, ok := r.overlay[key]; ok {
			entries[i] = ledger.Entry{State: ledger.Created, PersonID: id}
		}
	}
	return entries, nil
}
