package mapping

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// classes finds a project's work classifications. It is read-only once made.
type classes struct {
	all           []Classification
	names         map[string][]int // folded name: indices into all
	abbreviations map[string][]int
	ids           map[int64]int
	some          string // the names, or the first of them
}

// The limits of the list of classifications in a hint.
const (
	someNames   = 15
	longestName = 60 // bytes
)

// newClasses returns nil for nil: not known.
func newClasses(all []Classification) *classes {
	if all == nil {
		return nil
	}
	c := &classes{all: slices.Clone(all), names: make(map[string][]int), abbreviations: make(map[string][]int), ids: make(map[int64]int)}
	var names []string
	for i, one := range c.all {
		c.ids[one.ID] = i
		if key := Fold(one.Name); key != "" {
			c.names[key] = append(c.names[key], i)
		}
		if key := Fold(one.Abbreviation); key != "" {
			c.abbreviations[key] = append(c.abbreviations[key], i)
		}
		if len(names) < someNames && len(one.Name) < longestName {
			names = append(names, one.Name)
		}
	}
	c.some = strings.Join(names, ", ")
	if more := len(c.all) - len(names); more > 0 {
		c.some += fmt.Sprintf(" and %d more", more)
	}
	return c
}

// find returns the classifications that a text names: by name, else by
// abbreviation, else by ID.
func (c *classes) find(text string) []int {
	key := Fold(text)
	if found := c.names[key]; found != nil {
		return found
	}
	if found := c.abbreviations[key]; found != nil {
		return found
	}
	if id, ok := wholeNumber(text); ok {
		if i, known := c.ids[id]; known {
			return []int{i}
		}
	}
	return nil
}

// unknown returns the problem of a text that names no classification, with the
// nearest classifications.
func (c *classes) unknown(text string, column int) *Problem {
	p := &Problem{
		Code: "classification_unknown", Field: WorkClassification, Column: column,
		Message: fmt.Sprintf("the project has no work classification %s", quote(text)),
		Hint:    "type one of the project's work classifications (" + c.some + "), or add it in Procore",
	}
	if len(c.all) == 0 {
		p.Hint = "the project has no work classifications at all: add them in Procore, or leave the cell empty"
		return p
	}
	type candidate struct {
		name  string
		alike float64
	}
	var candidates []candidate
	key := Fold(text)
	for _, one := range c.all {
		if alike := max(similarity(key, Fold(one.Name)), similarity(key, Fold(one.Abbreviation))); alike >= nearEnough {
			candidates = append(candidates, candidate{one.Name, alike})
		}
	}
	slices.SortStableFunc(candidates, func(a, b candidate) int { return cmp.Compare(b.alike, a.alike) })
	if len(candidates) > 0 {
		var names []string
		for _, one := range candidates[:min(3, len(candidates))] {
			names = append(names, quote(one.name))
		}
		p.Hint = "did you mean " + list(names, "or") + "?"
	}
	return p
}

// ambiguous returns the problem of a text that names several classifications.
func (c *classes) ambiguous(text string, column int, found []int) *Problem {
	var names []string
	for _, i := range found[:min(4, len(found))] {
		names = append(names, fmt.Sprintf("%s (ID %d)", quote(c.all[i].Name), c.all[i].ID))
	}
	return &Problem{
		Code: "classification_ambiguous", Field: WorkClassification, Column: column,
		Message: fmt.Sprintf("%s names %d work classifications of the project: %s", quote(text), len(found), list(names, "and")),
		Hint:    "type the full name of the one that is meant, or its ID",
	}
}

// wholeNumber reads an ID: digits only, more than 0.
func wholeNumber(text string) (int64, bool) {
	id, err := strconv.ParseUint(text, 10, 63)
	return int64(id), err == nil && id > 0
}
