package roster

import (
	"slices"
	"strings"
	"unicode"
)

// Why a row is not a person's.
const (
	noteHidden   = "a hidden row"
	noteSection  = "a section heading, not a person"
	noteTotal    = "a total, not a person"
	noteFooter   = "a line of the export itself, not a person"
	noteHeadings = "the headings again, not a person"
)

// notes tells rows that are not a person's. It would rather leave one in, which
// validation then finds, than take a person out: a row is noted only for what no
// row of a person can say.
type notes struct {
	headers [][]string // the cells of the header row, and of one above that it is read with
	below   int        // the header row's number
	heading func(string) bool
	numbers []bool // columns of a workbook that hold numbers; nil for CSV
}

// of returns why a row is not a person's, or "".
func (n *notes) of(row *Row) string {
	if n.headings(row) {
		return noteHeadings
	}
	first, filled := -1, 0
	for i, c := range row.Cells {
		if blank(c) {
			continue
		}
		if first < 0 {
			first = i
		}
		if filled++; filled > 3 {
			break
		}
	}
	if filled == 0 {
		return ""
	}
	cell := strings.TrimSpace(row.Cells[first])
	if filled > 3 && strings.IndexByte("tsg", cell[0]|0x20) < 0 { // nearly every row
		return ""
	}
	word, rest := cutWord(cell)
	narrow := len(n.headers[0]) < 3
	if totalWord(word, rest) && n.numeric(row, first+1) && (!narrow || filled > 1 || totals(rest)) {
		return noteTotal
	}
	if filled > 3 {
		return ""
	}
	if footer(word, rest) {
		return noteFooter
	}
	if filled > 1 {
		return ""
	}
	switch {
	case counts(cell):
		return noteTotal
	case ruled(cell), pages(word, rest), ends(cell):
		return noteFooter
	case strings.HasSuffix(cell, ":"), sectionWord(word) && (lettered(rest) || rest != "" && !narrow):
		return noteSection
	case narrow:
		return ""
	case first < len(n.numbers) && n.numbers[first] && row.Kinds != nil && row.Kinds[first] == Text && wordy(cell):
		return noteSection
	}
	return ""
}

// headings reports a row of headings: the header's own again, as at the top of
// every printed page, or those of a second language right below it.
func (n *notes) headings(row *Row) bool {
	for _, header := range n.headers {
		if sameCells(row.Cells, header) {
			return true
		}
	}
	if n.heading == nil || row.Number != n.below+1 {
		return false
	}
	filled := 0
	for i, c := range row.Cells {
		if blank(c) {
			continue
		}
		if (row.Kinds != nil && row.Kinds[i] != Text) || !n.heading(oneLine(c)) {
			return false
		}
		filled++
	}
	return filled > 1
}

func sameCells(cells, header []string) bool {
	if len(cells) < len(header) {
		return false
	}
	for i, c := range cells {
		switch {
		case i < len(header) && c != header[i]:
			return false
		case i >= len(header) && c != "":
			return false
		}
	}
	return true
}

// numeric reports that the cells from a column on hold nothing but numbers.
func (n *notes) numeric(row *Row, from int) bool {
	for i := from; i < len(row.Cells); i++ {
		if c := row.Cells[i]; !blank(c) && (row.Kinds == nil || row.Kinds[i] == Text) && wordy(c) {
			return false
		}
	}
	return true
}

// cutWord returns the first word of a cell in lower case, and what follows it.
func cutWord(cell string) (word, rest string) {
	end := strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	if end < 0 {
		return strings.ToLower(cell), ""
	}
	return strings.ToLower(cell[:end]), cell[end:]
}

// totals reports that what follows a word for a total is one: a number or a
// colon. "Total, Ann" is a person.
func totals(rest string) bool {
	return strings.ContainsAny(rest, ":0123456789=")
}

// counts tells "25 employees", "(25 rows)" and "Records: 25".
func counts(cell string) bool {
	cell = strings.ToLower(strings.Trim(cell, " ()[].*-"))
	what := strings.Trim(strings.TrimLeft(cell, "0123456789.,"), " ")
	if what != cell && countedWord(what) {
		return true
	}
	word, number, found := strings.Cut(cell, ":")
	if number = strings.TrimSpace(number); !found || number == "" || strings.Trim(number, "0123456789.,") != "" {
		return false
	}
	for part := range strings.FieldsSeq(word) {
		if countedWord(part) || totalWord(part, "") {
			return true
		}
	}
	return false
}

// lettered reports that what follows a word for a crew is its letter or number,
// as in "Crew A — Finish". "Crew Anderson" is a person.
func lettered(rest string) bool {
	rest = strings.TrimLeft(rest, " #:.-")
	name, _, _ := strings.Cut(rest, " ")
	return len(name) == 1 || (name != "" && strings.Trim(name, "0123456789") == "")
}

// footer tells "Exported by J. Smith on 11/23/2026", "Printed: 11/23/2026",
// "Report date 11/23/2026", "Note: …" and "© 2026": a word for making the file
// or for signing it, and behind it what only such a line has.
func footer(word, rest string) bool {
	second, after := cutWord(strings.TrimLeft(rest, " "))
	colon := strings.HasPrefix(strings.TrimSpace(rest), ":")
	switch word {
	case "exported", "generated", "printed", "created", "produced", "downloaded", "prepared", "compiled", "updated", "extracted",
		"approved", "reviewed", "certified", "submitted", "signed", "verified", "exportado", "generado", "impreso", "creado", "descargado",
		"exporté", "généré", "imprimé", "créé", "exportiert", "erstellt", "gedruckt", "gerado", "impresso", "criado":
		switch second {
		case "by", "on", "at", "from", "with", "using", "for", "date", "time",
			"por", "el", "le", "par", "de", "von", "am", "mit", "em", "con":
			return true
		}
		return colon
	case "last":
		return (second == "updated" || second == "modified" || second == "refreshed" || second == "changed") && strings.ContainsAny(after, ":0123456789")
	case "report", "run", "print", "export", "as":
		switch second {
		case "date", "time", "on", "generated", "created", "id", "name", "of":
			return strings.ContainsAny(after, ":0123456789")
		}
		return colon
	case "note", "notes", "remark", "remarks", "legend", "source", "filter", "filters", "filtered", "signature", "disclaimer",
		"nota", "notas", "hinweis", "remarque", "observaciones", "firma", "unterschrift", "quelle", "copyright":
		return colon || (word == "filtered" && second == "by") || (word == "copyright" && strings.ContainsAny(rest, "©0123456789"))
	case "confidential", "confidencial", "confidentiel", "vertraulich":
		return colon || strings.HasPrefix(strings.TrimSpace(rest), "-") || strings.HasPrefix(strings.TrimSpace(rest), "–") || strings.HasPrefix(strings.TrimSpace(rest), "—")
	case "":
		return strings.HasPrefix(rest, "©") || strings.HasPrefix(strings.ToLower(rest), "(c) 2")
	}
	return false
}

// pages tells "Page 1 of 2".
func pages(word, rest string) bool {
	switch word {
	case "page", "pg", "seite", "página", "pagina", "pág", "sheet", "blatt", "hoja", "feuille", "folha":
		rest = strings.TrimLeft(rest, " .:#")
		return rest != "" && rest[0] >= '0' && rest[0] <= '9'
	}
	return false
}

// ends tells "*** end of report ***".
func ends(cell string) bool {
	cell = strings.ToLower(strings.TrimFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) }))
	for _, start := range []string{"end of ", "ende der ", "ende des ", "fin de ", "fin del ", "fin du ", "fim da ", "fim do "} {
		rest, found := strings.CutPrefix(cell, start)
		if !found {
			continue
		}
		last := rest[strings.LastIndexByte(rest, ' ')+1:]
		return slices.Contains([]string{
			"report", "file", "list", "listing", "document", "data", "roster", "export", "sheet", "page",
			"liste", "datei", "berichts", "informe", "lista", "listado", "archivo", "reporte", "rapport", "fichier", "relatório", "arquivo", "ficheiro",
		}, last)
	}
	return false
}

// ruled tells a cell that is drawn rather than written: a line, or words between
// two of them.
func ruled(cell string) bool {
	const lines = "*-=#~_<>–—"
	if !strings.ContainsFunc(cell, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return len([]rune(cell)) > 2
	}
	start := len(cell) - len(strings.TrimLeft(cell, lines))
	end := len(cell) - len(strings.TrimRight(cell, lines))
	return start > 1 && end > 1
}

func totalWord(word, rest string) bool {
	switch word {
	case "grand":
		next, _ := cutWord(strings.TrimLeft(rest, " "))
		return next == "total" || next == "totals"
	case "total", "totals", "subtotal", "sub-total", "subtotals", "totale", "totaal", "gesamt", "summe", "gesamtsumme", "sous-total":
		return true
	}
	return false
}

func countedWord(word string) bool {
	switch word {
	case "record", "records", "row", "rows", "employee", "employees", "worker", "workers", "people", "persons", "entries", "items", "count", "headcount",
		"results", "lines", "members", "registros", "filas", "empleados", "trabajadores", "personas", "salariés", "employés", "lignes", "personnes",
		"zeilen", "datensätze", "mitarbeiter", "personen", "funcionários", "linhas", "pessoas":
		return true
	}
	return false
}

func sectionWord(word string) bool {
	switch word {
	case "crew", "team", "shift", "gang", "squad", "section", "department", "dept", "division", "area", "zone", "group", "subcontractor",
		"cuadrilla", "equipo", "turno", "grupo", "équipe", "equipe", "groupe", "kolonne", "schicht", "gruppe", "abteilung", "turma":
		return true
	}
	return false
}
