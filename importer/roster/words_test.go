package roster

import (
	"slices"
	"strings"
	"testing"
)

// classifyCells classifies a row of a roster of four columns, with | between the cells.
func classifyCells(cells string) string {
	c := rowClassifier{headers: [][]string{{"Department", "Name", "Hours", "Pay"}}, above: rowsAbove{first: "Electrical"}, heading: func(string) bool { return false }}
	return c.classifyRow(&Row{Number: 2, Cells: strings.Split(cells, "|")})
}

// TestEveryWordCounts puts every word of a section in the place of a percent sign.
func TestEveryWordCounts(t *testing.T) {
	t.Parallel()
	for section, test := range map[string]struct{ row, want string }{
		"total":         {"%: 3", skipTotal},
		"counted":       {"25 %", skipTotal},
		"number of":     {"% workers||25", skipTotal},
		"headcount":     {"%||25", skipTotal},
		"group":         {"% 100 total||40", skipTotal},
		"summary":       {"Electrical %||40", skipTotal},
		"measure":       {"||40 %", skipTotal},
		"made":          {"% by J. Smith", skipExport},
		"made by":       {"Printed % 11/23", skipExport},
		"changed":       {"Last % 11/23/2026", skipExport},
		"report":        {"% date 11/23/2026", skipExport},
		"report detail": {"Report % 11/23/2026", skipExport},
		"remark":        {"%: two have left", skipExport},
		"legend":        {"%", skipNote},
		"confidential":  {"% - internal use", skipExport},
		"page":          {"% 1 / 2", skipExport},
		"end of":        {"** % report", skipExport},
		"document":      {"End of % -", skipExport},
		"sentence":      {"Ann Lee % there", skipNote},
		"section":       {"% A", SkipSection},
		"label":         {"%:|Jim Doe", SkipSection},
		"numbered":      {"% 47", SkipSection},
		"company":       {"Bayline, %", SkipSection},
		"unit":          {"Blue %", SkipSection},
		"staff":         {"Night %", SkipSection},
		"attribute":     {"% staff", SkipSection},
		"status":        {"(%)", SkipSection},
	} {
		for _, word := range wordSections()[section] {
			row := strings.Replace(test.row, "%", word, 1)
			if got := classifyCells(row); got != test.want {
				t.Errorf("[%s]: %q is %q, want %q", section, row, got, test.want)
			}
		}
	}
}

func TestWordSections(t *testing.T) {
	t.Parallel()
	used := []string{"summary", "sentence", "line number", "name", "part of a name", "sample", "left", "amount", "measure"}
	for _, r := range skipRules() {
		for section := range wordSections() {
			if strings.Contains(r.form, "{"+section+"}") {
				used = append(used, section)
			}
		}
	}
	for section, words := range wordSections() {
		if !slices.Contains(used, section) {
			t.Errorf("no rule uses [%s]", section)
		}
		for i, word := range words {
			if word == "" || word != strings.ToLower(strings.TrimSpace(word)) || slices.Contains(words[:i], word) {
				t.Errorf("[%s]: %q is empty, not in small letters or there twice", section, word)
			}
		}
	}
}

// TestEveryRuleIsNeeded holds that every rule is the first that recognizes some row.
func TestEveryRuleIsNeeded(t *testing.T) {
	t.Parallel()
	rows := []string{
		"Total||40", "Total|Employees|Foremen 3", "Total: 3", "Total", "#||40", "7|Total|40", "7||Totals", "||40", "25 records", "Record count: 25", "Headcount||25", "Dept 100 Total||40",
		"Electrical Count||1", "Sum of hours||40", "Legend", "Exported by J. Smith", "Last updated 11/23", "Filtered by crew", "As of 11/23", "Note: two have left", "Page 1", "Nov 27, 2026 9:15", "End of list", "----", "* on leave", "D - day shift",
		"Cy starts on Monday", "Foreman:|Jim Doe", "Foremen:", "Crew A", "Crew Anderson", "Week 47", "Night shift", "Harbor", "Bay, Inc.", "TERMINATED", "7",
	}
	c := rowClassifier{headers: [][]string{{"No.", "Name", "Hours"}}, numbers: []bool{true}, above: rowsAbove{first: "Electrical", people: 1}, heading: func(string) bool { return false }}
	needed := map[string]bool{}
	for _, row := range rows {
		in := Row{Cells: strings.Split(row, "|")}
		if row == "Harbor" {
			in.Kinds = []Kind{Text}
		}
		var l line
		l.read(&in)
		r := c.firstRule(&l)
		needed[r.reason+r.form] = true
	}
	for _, r := range skipRules() {
		if !needed[r.reason+r.form] {
			t.Errorf("no row needs the rule for %q with the form %q", r.reason, r.form)
		}
	}
}
