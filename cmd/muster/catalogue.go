package main

import (
	_ "embed"
	"maps"
	"slices"
	"sync"

	"github.com/goccy/go-yaml"
)

//go:embed codes.yaml
var codesFile []byte

// codeGroup is the codes about a subject.
type codeGroup struct {
	Group string
	Codes map[string]explanation
}

// explanation is the meaning of a code with the advice to a user.
type explanation struct{ Meaning, Fix string }

// sorted returns the codes of the group in alphabetical order.
func (g codeGroup) sorted() []string { return slices.Sorted(maps.Keys(g.Codes)) }

// loadCodes reads codes.yaml.
func loadCodes() (groups []codeGroup, err error) {
	err = yaml.UnmarshalWithOptions(codesFile, &groups, yaml.Strict())
	return groups, err
}

// codeGroups returns all codes of the program by group.
var codeGroups = sync.OnceValue(func() []codeGroup {
	groups, _ := loadCodes() // the test of codes.yaml reads the same file
	return groups
})

// explanationOf returns the explanation and the group of a code.
func explanationOf(code string) (e explanation, group string, ok bool) {
	for _, g := range codeGroups() {
		if e, ok := g.Codes[code]; ok {
			return e, g.Group, true
		}
	}
	return explanation{}, "", false
}

// allCodes returns the codes of all groups.
func allCodes() []string {
	var codes []string
	for _, g := range codeGroups() {
		codes = append(codes, g.sorted()...)
	}
	return codes
}
