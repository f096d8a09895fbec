package mapping

import "fmt"

// follow claims a column for the field of an earlier column with the same
// ambiguous heading, so that the user chooses between the two.
func (d *detector) follow(c *column) bool {
	for f, claims := range d.claims {
		for _, one := range claims {
			if one.meaning.isAmbiguous() && headingKey(one.heading) == headingKey(c.heading) {
				one.column = c
				d.claim(f, one)
				return true
			}
		}
	}
	return false
}

// twice adds the question of several columns for a field.
func (d *detector) twice(f Field, claims []claim) {
	var places []string
	var answers []Answer
	for _, c := range claims {
		places = append(places, place(d.header, c.index))
		answers = append(answers, d.answer(f, c))
	}
	q := Question{replaces: []Field{f}, Problem: Problem{
		Code: "heading_twice", Field: publicField(f), Column: claims[1].index,
		Message: fmt.Sprintf("%d columns can be the %s: %s", len(claims), f.Word(), list(places, "and")),
	}}
	d.askOrRefuse(q, "which one counts", answers)
}

// sameCells reports whether two columns have the same cells in every row of the
// sample, and not only empty cells.
func (d *detector) sameCells(a, b int) bool {
	something := false
	for _, row := range d.sample {
		x := Fold(cellAt(row, a))
		if x != Fold(cellAt(row, b)) {
			return false
		}
		something = something || x != ""
	}
	return something
}
