package mapping

import (
	"fmt"
	"slices"
	"strings"
)

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

// sameCells reports whether two columns of a field have the same cells in every row of the
// sample, and not only empty cells. In whole names the order of the words does not count:
// "Ann Lee" is "Lee, Ann".
func (d *detector) sameCells(f Field, a, b int) bool {
	fold := Fold
	if f == fullName {
		fold = func(name string) string {
			return strings.Join(slices.Sorted(strings.FieldsSeq(Fold(strings.ReplaceAll(name, ",", " ")))), " ")
		}
	}
	something := false
	for _, row := range d.sample {
		x := fold(cellAt(row, a))
		if x != fold(cellAt(row, b)) {
			return false
		}
		something = something || x != ""
	}
	return something
}
