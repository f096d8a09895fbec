package results

import "fmt"

// lossy counts cells that a format can't hold as they are.
type lossy struct {
	count int
	first string
}

func (l *lossy) add(cell string) {
	if l.count++; l.count == 1 {
		l.first = cell
	}
}

// sentence says which, if there are any. The format's verbs are how many cells,
// with the verb one or more, and the first one's name.
func (l *lossy) sentence(format, one, more string) []string {
	switch l.count {
	case 0:
		return nil
	case 1:
		return []string{fmt.Sprintf(format, "1 cell "+one, l.first)}
	}
	return []string{fmt.Sprintf(format, fmt.Sprintf("%d cells %s", l.count, more), l.first)}
}

// unholdable is what sentence says of characters.
func unholdable(format string) (text, one, more string) {
	return "%s control characters that " + format + " can't hold (the first is %s): shown as \uFFFD in the results file", "has", "have"
}
