package mapping

import (
	"fmt"
	"strings"
)

// orderVotes counts what the rows of the sample say about the order of names.
type orderVotes struct {
	firstLast, lastFirst int
	certain              int // rows of a known last name and a known first name, in this order
	capitals             int // names in capitals that say nothing
	rows                 int // all rows with two halves
	commas               int // names with a comma
	examples             []string
}

// add counts a row. The example is a name of the row.
func (v *orderVotes) add(order nameOrder, inCapitals bool, example string) {
	v.rows++
	switch {
	case order == orderFirstLast:
		v.firstLast++
		return
	case order == orderLastFirst:
		v.lastFirst++
	case inCapitals:
		v.capitals++
	default:
		return
	}
	if len(v.examples) < 3 {
		v.examples = append(v.examples, quote(example))
	}
}

// doubtful returns how many rows are in doubt.
func (v *orderVotes) doubtful() int { return v.lastFirst + v.capitals }

// isInDoubt reports whether most rows are in doubt, and the other rows don't settle the
// order.
func (v *orderVotes) isInDoubt() bool {
	settled := v.commas > v.rows || v.firstLast > 0 && v.firstLast >= 4*v.lastFirst && 4*v.firstLast >= v.capitals
	return v.doubtful() > 1 && 2*v.doubtful() > v.rows && !settled
}

// isSwapped reports whether a good part of the rows have the last name in the column of
// the first name, and hardly any row has not.
func (v *orderVotes) isSwapped() bool {
	return v.lastFirst+v.certain > 2 && v.lastFirst >= 4*v.firstLast && 4*v.lastFirst >= v.rows
}

// askNameOrder asks about the order of the names in a column, and about a first and a
// last name that are under each other's heading.
func (d *detector) askNameOrder() {
	first, last, whole := d.claims[FirstName], d.claims[LastName], d.claims[fullName]
	switch {
	case len(whole) == 1 && (whole[0].order == autoOrder || whole[0].order == twoSurnames):
		if votes := whole[0].orderVotes(); votes.isInDoubt() {
			d.askOrder(whole[0], votes)
		}
	case len(first) == 1 && len(last) == 1:
		if votes := d.orderVotes(first[0].column, last[0].column); votes.isSwapped() {
			d.askSwapped(first[0], last[0], votes)
		}
	}
}

// orderVotes counts what the names of a column without a comma say about their order.
// Capitals that differ from word to word say it beyond doubt, and are left out.
func (c *column) orderVotes() orderVotes {
	var votes orderVotes
	for _, cell := range c.cells {
		words, _ := dropTitles(strings.Fields(cell), 2)
		switch {
		case strings.Contains(cell, ","):
			votes.commas++
			continue
		case len(words) < 2, leadingCapitals(words) > 0:
			continue
		}
		front, behind := words[0], words[len(words)-1]
		order := nameOrderOf(front, behind)
		switch {
		case trailingCapitals(words) > 0:
			order = orderFirstLast
		case kindOfName(front) == eitherName && kindOfName(behind) == unknownName: // KIM MINJUN
			order = orderUnknown
		}
		votes.add(order, len(front) > 2 && isCapitals(front) && isCapitals(words[1]), cell)
	}
	return votes
}

// oftenLastFirst reports whether many cells of a column have the last name in front, by
// a comma or by known names. Cells that do not say may have so too.
func (c *column) oftenLastFirst() bool {
	const few = 3
	votes := c.orderVotes()
	return 2*votes.commas >= max(1, len(c.cells)) || votes.lastFirst >= max(few, votes.firstLast)
}

// orderVotes counts what two columns of half names say about their order.
func (d *detector) orderVotes(first, last *column) orderVotes {
	var votes orderVotes
	for _, row := range d.sample {
		front, behind := strings.Fields(cellAt(row, first.index)), strings.Fields(cellAt(row, last.index))
		if len(front) > 0 && len(behind) > 0 {
			if isSwapped(front[0], behind[0]) {
				votes.certain++
			}
			votes.add(nameOrderOf(front[0], behind[0]), false, strings.Join(front, " ")+" | "+strings.Join(behind, " "))
		}
	}
	return votes
}

// askOrder asks which half of the names in a column is in front.
func (d *detector) askOrder(whole claim, votes orderVotes) {
	q := Question{
		Problem: Problem{
			Code: "name_order_unclear", Field: LastName, Column: whole.index,
			Message: fmt.Sprintf("%s holds names in an order that is in doubt, in %d of %d rows that were looked at: %s",
				place(d.header, whole.index), votes.doubtful(), votes.rows, list(votes.examples, "and")),
		},
		Required: true, replaces: []Field{fullName},
	}
	example := strings.Trim(votes.examples[0], `"`)
	for _, o := range []order{lastFirst, firstLast} {
		one := whole
		one.order = o
		first, last, _ := splitName(example, o)
		q.Answers = append(q.Answers, Answer{
			Field: LastName, Column: -1, Text: fmt.Sprintf("%s: first name %s, last name %s", o, quote(first), quote(last)),
			set: func(claims map[Field][]claim) { claims[fullName] = []claim{one} },
		})
		q.lines = append(q.lines, d.entry(fullName, one))
	}
	if votes.lastFirst == 0 {
		q.Guess = 1
	}
	q.Hint = "say in a mapping file which name is in front: " + list(q.lines, "or")
	d.problems = append(d.problems, q.Problem)
	d.questions = append(d.questions, q)
}

// askSwapped asks whether a first and a last name are under each other's heading.
func (d *detector) askSwapped(first, last claim, votes orderVotes) {
	swapped := []string{d.entry(FirstName, last), d.entry(LastName, first)}
	q := Question{
		Problem: Problem{
			Code: "names_swapped", Field: LastName, Column: first.index,
			Message: fmt.Sprintf("%s seems to hold last names and %s first names, in %d of %d rows that were looked at: %s",
				place(d.header, first.index), place(d.header, last.index), votes.lastFirst, votes.rows, list(votes.examples, "and")),
			Hint: fmt.Sprintf("if so, write in a mapping file %s and %s; if not, %s and %s",
				swapped[0], swapped[1], d.entry(FirstName, first), d.entry(LastName, last)),
		},
		Required: true, replaces: []Field{FirstName, LastName},
	}
	for _, halves := range [][2]claim{{last, first}, {first, last}} {
		q.Answers = append(q.Answers, Answer{
			Field: LastName, Column: -1,
			Text: fmt.Sprintf("first name: column %s, last name: column %s", ColumnName(halves[0].index), ColumnName(halves[1].index)),
			set: func(claims map[Field][]claim) {
				claims[FirstName], claims[LastName] = []claim{halves[0]}, []claim{halves[1]}
			},
		})
		q.lines = append(q.lines, d.entry(FirstName, halves[0]), d.entry(LastName, halves[1]))
	}
	d.problems = append(d.problems, q.Problem)
	d.questions = append(d.questions, q)
}
