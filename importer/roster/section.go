package roster

import (
	"slices"
	"strings"
)

// titled tells the title of a section that no person can be called: "NIGHT
// SHIFT", "Iron Workers", "Bayline Mechanical, Inc." and "Week 47". Of the words
// that are surnames too it takes those behind a word that is no first name:
// "Office Staff" is a section, and "Ann Staff" may be a person.
func titled(cell string) bool {
	words := strings.FieldsFunc(strings.ToLower(cell), func(r rune) bool { return strings.ContainsRune(" ,;-–—/()", r) })
	if len(words) < 2 {
		return false
	}
	if numberedWord(words[0]) && strings.ContainsAny(words[1], "0123456789") {
		return true
	}
	first, last := words[0], strings.TrimRight(words[len(words)-1], ".:")
	switch last {
	case "inc", "llc", "l.l.c", "llp", "ltd", "corp", "corporation", "incorporated", "gmbh":
		return true
	case "cv", "c.v":
		return slices.Contains(words, "de")
	case "shift", "dept", "department", "division", "team", "workers", "ironworkers", "subcontractors", "employees":
		return true
	case "crew", "crews", "staff", "gang", "group", "squad", "personnel":
		return attribute(first)
	}
	return false
}

// statusTitle tells "TERMINATED", "Former Employees:" and "General Contractor", which
// head the people of whom that is true.
func statusTitle(cell string) bool {
	if len(cell) > 40 {
		return false
	}
	switch strings.ToLower(strings.Join(strings.Fields(strings.Trim(cell, " *:-–—=.()[]")), " ")) {
	case "terminated", "terminations", "terminated employees", "inactive", "inactive employees", "inactives", "laid off", "laid-off", "layoffs", "resigned", "retired",
		"former", "former employees", "former workers", "ex-employees", "no longer with company", "no longer with the company", "no longer with us",
		"no longer employed", "no longer here", "not active", "separated", "separations", "departed", "quit", "off site", "demobilized", "demobbed",
		"active", "active employees", "actives", "current employees", "on leave", "leave of absence", "new hires", "on site",
		"general contractor", "prime contractor", "subcontractors", "consultants", "design team",
		"activos", "inactivos", "bajas", "altas", "dados de baja", "empleados inactivos", "empleados activos", "actifs", "inactifs", "sortis", "anciens salariés",
		"aktiv", "inaktiv", "aktive", "inaktive", "ausgeschieden", "ausgeschiedene", "ausgeschiedene mitarbeiter", "ehemalige", "ehemalige mitarbeiter",
		"ativos", "inativos", "desligados", "demitidos":
		return true
	}
	return false
}

// numberedWord reports a word that has its number behind it: Week 47, Level 3.
func numberedWord(word string) bool {
	switch word {
	case "week", "wk", "semana", "semaine", "woche", "kw", "level", "floor", "building", "bldg", "phase", "tower", "planta", "piso", "nivel", "etage", "étage":
		return true
	}
	return false
}

// attribute reports a word that says which crew or staff it is, and that is
// nobody's first name.
func attribute(word string) bool {
	switch word {
	case "night", "day", "swing", "weekend", "morning", "evening", "first", "second", "third", "1st", "2nd", "3rd", "am", "pm",
		"office", "field", "shop", "yard", "site", "admin", "administrative", "management", "safety", "survey", "support", "temp", "temporary",
		"concrete", "electrical", "mechanical", "plumbing", "hvac", "drywall", "framing", "roofing", "painting", "masonry", "carpentry", "steel",
		"iron", "rebar", "welding", "pipe", "piping", "demolition", "demo", "excavation", "grading", "paving", "foundation", "formwork", "finish",
		"finishing", "scaffold", "insulation", "glazing", "flooring", "tile", "utility", "labor", "cleanup", "crane", "rigging", "tower", "paint":
		return true
	}
	return false
}
