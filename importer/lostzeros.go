package importer

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"muster/importer/ledger"
	"muster/importer/outcome"
	"muster/importer/results"
	"muster/importer/roster"
	"muster/mapping"
)

// lostZeros is what is known of leading zeros that a spreadsheet program may have
// removed from the IDs of a results file. A row of the file that would be sent with
// such an ID gets the ID of the roster, or is invalid.
//
// A short ID alone proves nothing. Evidence is a person ID that was rounded, or an
// ID of any other row that has its zeros in the roster or in Procore.
type lostZeros struct {
	evidence bool
	widths   [2]int            // the digits of the longest ID with leading zeros, by field
	suspects map[int][2]string // rows to be sent with a number without leading zeros, and the roster's IDs
	bare     rowSet            // rows with a person and a number without leading zeros
	kept     int               // rows of bare
}

// zeroFields lists the fields that may lose leading zeros.
func zeroFields() [2]mapping.Field { return [2]mapping.Field{mapping.EmployeeID, mapping.OriginID} }

// zeroIDs returns the IDs of a person in the order of zeroFields.
func zeroIDs(p *mapping.Person) [2]*string { return [2]*string{&p.EmployeeID, &p.OriginID} }

// isNumber reports whether an ID has digits only.
func isNumber(id string) bool { return id != "" && strings.Trim(id, "0123456789") == "" }

func isPadded(id string) bool { return isNumber(id) && id[0] == '0' }

func isBare(id string) bool { return isNumber(id) && id[0] != '0' }

// findLostZeros looks for IDs of a results file that may have lost leading zeros.
func (p *part) findLostZeros(ctx context.Context) error {
	z := &lostZeros{suspects: map[int][2]string{}}
	p.zeros = z
	var person mapping.Person
	err := p.source.rows(func(row *sourceRow) error {
		_ = p.mapper.Map(row.cells, row.kinds, &person) // an invalid row shows its IDs, too
		z.add(row, &person)
		return nil
	})
	if err != nil || len(z.suspects) == 0 || p.Ledger == nil {
		return err
	}
	return p.compareWithRoster(ctx)
}

// add takes a row of the results file.
func (z *lostZeros) add(row *sourceRow, person *mapping.Person) {
	kept := row.kept()
	if kept && row.rare.kept.Has(results.CodePersonUnclear) {
		z.evidence = true
	}
	for i, id := range zeroIDs(person) {
		switch {
		case isPadded(*id):
			z.widths[i] = max(z.widths[i], len(*id))
		case !isBare(*id):
		case kept && row.rare.kept.Status.HasPerson():
			if z.bare.add(row.number) {
				z.kept++
			}
		case row.rare == nil:
			z.suspects[row.number] = [2]string{}
		}
	}
}

// compareWithRoster compares the IDs with the roster that the results are of, if the
// ledger knows the file and the headings are still the same.
func (p *part) compareWithRoster(ctx context.Context) error {
	path, err := p.importedRoster(ctx)
	if err != nil || path == "" {
		return err
	}
	var o roster.Options
	if strings.EqualFold(filepath.Ext(path), filepath.Ext(p.roster.Path)) {
		o.Sheet = p.roster.Sheet
	}
	original, err := open(ctx, path, OpenOptions{Options: o})
	if err != nil {
		return nil // moved, or replaced by another file since
	}
	defer func() { _ = original.Close() }() // only read
	if original.Retry || !slices.Equal(original.Header, p.roster.Header) {
		return nil
	}
	var person mapping.Person
	_ = original.source.rows(func(row *sourceRow) error { // of a damaged file, what was read is true
		if row.rare == nil {
			_ = p.mapper.Map(row.cells, row.kinds, &person) // an invalid row shows its IDs, too
			p.zeros.compare(row.number, &person)
		}
		return nil
	})
	return nil
}

// importedRoster returns the path of the roster that the results file is of, or "".
// Results that were saved in another format have the name of the earlier file.
func (p *part) importedRoster(ctx context.Context) (string, error) {
	stem := func(path string) string { return strings.TrimSuffix(path, filepath.Ext(path)) }
	path, err := filepath.Abs(p.roster.Path)
	if err != nil {
		return "", err
	}
	runs, err := p.Ledger.Runs(ctx, 0)
	if err != nil {
		return "", fmt.Errorf("look up the roster of the results file: %w", err)
	}
	for _, run := range runs { // the newest first
		if stem(run.Results) != stem(path) || stem(run.Roster) == stem(path) || run.Command == UndoCommand {
			continue
		}
		if path = run.Roster; run.Command != "retry" {
			return path, nil
		}
	}
	return "", nil
}

// compare takes a row of the roster.
func (z *lostZeros) compare(row int, person *mapping.Person) {
	ids := zeroIDs(person)
	if _, suspect := z.suspects[row]; suspect {
		z.suspects[row] = [2]string{strings.Clone(*ids[0]), strings.Clone(*ids[1])}
	}
	for i, id := range ids {
		if isPadded(*id) {
			z.widths[i] = max(z.widths[i], len(*id))
			z.evidence = z.evidence || z.bare.has(row)
		}
	}
}

// compareWithProcore looks for IDs in the results file that have leading zeros in
// Procore, and reports whether the rows have to be checked again.
func (p *part) compareWithProcore(now *people) (bool, error) {
	z := p.zeros
	if z == nil || len(z.suspects) == 0 || z.kept == 0 || z.evidence && z.widths != [2]int{} {
		return false, nil
	}
	before := *z
	var person mapping.Person
	err := p.source.rows(func(row *sourceRow) error {
		if !row.kept() || len(p.mapper.Map(row.cells, row.kinds, &person)) > 0 {
			return nil
		}
		known := now.person(row.rare.kept.PersonID)
		if match := now.find(&person, false); known == nil && len(match.ids) == 1 { // the person ID is damaged, too
			known = now.person(match.ids[0])
		}
		if known == nil {
			return nil
		}
		for i, id := range zeroIDs(&person) {
			if width := now.paddedWidth([2]uint64{known.employee, known.origin}[i], *id); isBare(*id) && width > 0 {
				z.evidence, z.widths[i] = true, max(z.widths[i], width)
			}
		}
		return nil
	})
	return z.evidence && (!before.evidence || z.widths != before.widths), err
}

// paddedWidth returns the digits of an ID in Procore that is the given ID with
// leading zeros, or 0 if there is no such ID.
func (x *people) paddedWidth(hash uint64, id string) int {
	if hash == 0 || x.hashID(id) == hash || unlike(hash, x.hashID(id)) {
		return 0
	}
	const most = 20
	for padded := "0" + id; len(padded) <= most; padded = "0" + padded {
		if x.hashID(padded) == hash {
			return len(padded)
		}
	}
	return 0
}

// check puts the zeros that the roster has back into the IDs of a row, with notes. If
// zeros may be lost and the roster does not tell, check returns problems.
func (z *lostZeros) check(row *sourceRow, person *mapping.Person) (problems, notes []outcome.Problem) {
	originals, suspect := z.suspects[row.number]
	if !suspect {
		return nil, nil
	}
	for i, id := range zeroIDs(person) {
		field, original := string(zeroFields()[i]), originals[i]
		switch {
		case !isBare(*id), *id == original:
		case isPadded(original) && foldID(original) == foldID(*id):
			notes = append(notes, outcome.Problem{
				Code: codeIDRestored, Field: field, Message: fmt.Sprintf("the ID %q has lost its zeros; the ID in the roster was used: %q", *id, original),
				Hint: "spreadsheets remove leading zeros; if the ID without zeros is right, correct the ID in the roster, and in Procore",
			})
			*id = original
		case len(*id) < z.widths[i] && (z.evidence || row.earlier == codeIDDamaged):
			likely := strings.Repeat("0", z.widths[i]-len(*id)) + *id
			problems = append(problems, outcome.Problem{
				Code: codeIDDamaged, Field: field, Message: fmt.Sprintf("the ID %q may have lost leading zeros, which other IDs in this file have", *id),
				Hint: fmt.Sprintf("the ID is probably %s: format the column as text, and type the ID with its zeros; if %s is right, import a roster with this person", likely, *id),
			})
		}
	}
	return problems, notes
}

// The codes of IDs without leading zeros in a results file.
const (
	codeIDDamaged  = "id_damaged"
	codeIDRestored = "id_restored"
)

// rounded reports whether a number may have been rounded to the 15 digits that
// spreadsheet programs keep.
func rounded(n int64) bool {
	const digits16 = 1_000_000_000_000_000
	return n >= digits16 && n == roundTo15(n)
}

// roundTo15 returns a number with zeros from the 16th digit on.
func roundTo15(n int64) int64 {
	const digits16 = 1_000_000_000_000_000
	unit := int64(1)
	for n/unit >= digits16 {
		unit *= 10
	}
	return (n + unit/2) / unit * unit
}

// checkLostZeros puts lost zeros back into the IDs of a row, or makes the row invalid.
func (a *validator) checkLostZeros(one *checked) {
	if a.zeros == nil {
		return
	}
	problems, notes := a.zeros.check(one.sourceRow, &one.person)
	one.outcome.Problems = notes
	if len(problems) > 0 {
		one.set(outcome.Invalid, problems...)
		one.claims = false
	}
	for i := range one.outcome.Problems {
		one.outcome.Problems[i] = a.at(one.line, one.outcome.Problems[i])
	}
}

// ledgerRounded reports whether the ledger has a person of a row with digits that the
// results file has lost.
func ledgerRounded(e ledger.Entry, said int64) bool {
	return e.State == ledger.Created && e.PersonID != said && rounded(said) && roundTo15(e.PersonID) == said
}
