package mapping

import (
	"fmt"
	"slices"
)

// repeated returns the pairs of different columns with the same ambiguous heading,
// and takes the second column of each pair out of the detection. A second column
// with the same cells is dropped.
func (d *detector) repeated() [][2]*column {
	var kept []*column
	var pairs [][2]*column
	seen := make(map[string]*column)
	for _, c := range d.columns {
		first := seen[headingKey(c.heading)]
		switch {
		case !c.meaning.isAmbiguous():
			kept = append(kept, c)
		case first == nil:
			seen[headingKey(c.heading)] = c
			kept = append(kept, c)
		case !d.sameCells(first.index, c.index):
			pairs = append(pairs, [2]*column{first, c})
		}
	}
	d.columns = kept
	return pairs
}

// sameHeading adds the problem of two different columns with the same ambiguous
// heading.
func (d *detector) sameHeading(first, second *column) {
	p := Problem{
		Code: "heading_twice", Column: second.index,
		Message: place(d.header, first.index) + " and " + place(d.header, second.index) + " have the same heading",
		Hint:    fmt.Sprintf("rename one of them in the roster, or say in a mapping file which one counts: column: %s or column: %s", d.reference(first.index), d.reference(second.index)),
	}
	d.problems = append(d.problems, p)
	for f, claims := range d.claims {
		if c := claims[0]; c.index == first.index {
			p.Field = publicField(f)
			other := c
			other.column = second
			d.ask(p, func(_ Field, c claim) bool { return c.index == first.index }, d.answer(f, c), d.answer(f, other))
			return
		}
	}
	d.questions = slices.DeleteFunc(d.questions, func(q Question) bool { return q.Column == first.index })
	var answers []Answer
	for _, f := range rules()[first.meaning].fields {
		for _, c := range []*column{first, second} {
			if !d.taken(f) {
				answers = append(answers, d.answer(f, d.choice(f, c)))
			}
		}
	}
	if len(answers) > 0 {
		p.Field = answers[0].Field
	}
	d.ask(p, nil, answers...)
}

// twice adds the problem of several columns for a field.
func (d *detector) twice(f Field, claims []claim) {
	var places, entries []string
	var answers []Answer
	for _, c := range claims {
		places = append(places, place(d.header, c.index))
		entries = append(entries, d.entry(f, c))
		answers = append(answers, d.answer(f, c))
	}
	p := Problem{
		Code: "heading_twice", Field: publicField(f), Column: claims[1].index,
		Message: fmt.Sprintf("%d columns can be the %s: %s", len(claims), f.word(), list(places, "and")),
		Hint:    "say in a mapping file which one counts: " + list(entries, "or"),
	}
	d.problems = append(d.problems, p)
	d.ask(p, func(g Field, _ claim) bool { return g == f }, answers...)
}

// sameCells reports whether two columns have the same cells in every row of the
// sample, and not only empty cells.
func (d *detector) sameCells(a, b int) bool {
	something := false
	for _, row := range d.sample {
		var x, y string
		if a < len(row) {
			x = Fold(row[a])
		}
		if b < len(row) {
			y = Fold(row[b])
		}
		if x != y {
			return false
		}
		something = something || x != ""
	}
	return something
}
