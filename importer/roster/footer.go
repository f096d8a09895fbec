package roster

import (
	"slices"
	"strings"
	"unicode"
)

// cutWord returns the first word of a cell in lower case, and what follows it.
func cutWord(cell string) (word, rest string) {
	end := strings.IndexFunc(cell, func(r rune) bool { return !unicode.IsLetter(r) && r != '-' })
	if end < 0 {
		return strings.ToLower(cell), ""
	}
	return strings.ToLower(cell[:end]), cell[end:]
}

// subtotal tells "Electrical Total" and "Electrical Count" below rows with
// "Electrical" in the same column, as spreadsheets write their subtotals. Without
// those "Ann Total" may be a person.
func (n *notes) subtotal(cell string, column int) bool {
	if at := strings.LastIndexByte(cell, ' ') + 1; at > 0 && strings.EqualFold(cell[at:], "total") {
		if word, _ := cutWord(cell); groupWord(word) {
			return true // Dept 100 Total, Company Total
		}
	}
	what, found := strings.CutPrefix(cell, string(n.above))
	if !found || column != n.aboveColumn || len(n.above) == 0 {
		return false
	}
	switch strings.ToLower(strings.TrimSpace(what)) {
	case "total", "totals", "subtotal", "count", "average", "ergebnis", "anzahl", "cuenta", "somme", "nombre", "contagem":
		return true
	}
	return false
}

// groupWord reports a word for what people are summed up by, which is nobody's
// first name.
func groupWord(word string) bool {
	switch word {
	case "company", "dept", "department", "division", "report", "page", "employee", "crew", "project", "location", "overall", "weekly", "week", "union", "payroll", "office":
		return true
	}
	return false
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

// countsPeople tells what a total is of, behind the word or in the cell beside it:
// Total Workers, Total | Employees. Nobody is called that.
func countsPeople(rest string, others []string) bool {
	if rest = strings.TrimSpace(rest); rest == "" {
		for _, c := range others {
			if !blank(c) {
				rest = strings.TrimSpace(c)
				break
			}
		}
	}
	word, _ := cutWord(rest)
	return countedWord(word)
}

// headcount tells "Head Count", "Number of employees", "No. of Workers".
func headcount(cell string) bool {
	cell = strings.ToLower(strings.Trim(cell, " :"))
	if cell == "head count" || cell == "headcount" {
		return true
	}
	for _, start := range []string{"number of ", "no. of ", "no of ", "# of ", "count of ", "número de ", "nombre de ", "anzahl der ", "anzahl "} {
		if rest, found := strings.CutPrefix(cell, start); found && countedWord(rest) {
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

// sentence tells text of several words that is no name by one of them, or by its
// length. The words are those that stand in lower case in no name of any of the
// languages; de, la, van and their like do.
func sentence(cell string) bool {
	words := strings.Fields(cell)
	if len(words) < 4 {
		return false
	}
	return len(words) > 15 || len(cell) > 160 || slices.ContainsFunc(words, func(word string) bool {
		switch strings.TrimRight(word, ",;:.") {
		case "is", "are", "was", "were", "the", "this", "that", "these", "those", "please", "not", "for", "with", "from", "must", "only", "has",
			"have", "been", "which", "until", "on", "at", "es", "son", "está", "para", "por", "con", "ist", "sind", "für", "nicht", "nur", "mit",
			"bitte", "est", "sont", "pour", "avec", "sans", "são", "com":
			return true
		}
		return false
	})
}

// goesOn reports that cells are the rest of a sentence that was split at its
// commas: blanks are in front of them.
func goesOn(cells []string) bool {
	for i, c := range cells {
		if blank(c) {
			return blankRow(cells[i:])
		}
		if c[0] != ' ' {
			return false
		}
	}
	return true
}

// footnote tells "* on leave".
func footnote(cell string) bool {
	rest := strings.TrimLeft(cell, "*†‡")
	return len(rest) < len(cell) && strings.HasPrefix(rest, " ")
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

// ruled tells a cell that is drawn rather than written: a line, words between two
// of them, or a line to sign on.
func ruled(cell string) bool {
	if strings.Contains(cell, "____") {
		return true
	}
	const lines = "*-=#~_<>–—"
	if !strings.ContainsFunc(cell, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return len([]rune(cell)) > 2 && strings.IndexByte(cell, 0) < 0
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
		"results", "lines", "members", "hours", "laborers", "labourers", "personnel", "manpower", "horas", "stunden", "heures", "registros", "filas", "empleados", "trabajadores", "personas", "salariés", "employés", "lignes", "personnes",
		"zeilen", "datensätze", "mitarbeiter", "personen", "funcionários", "linhas", "pessoas":
		return true
	}
	return false
}

func labelWord(word string) bool {
	switch word {
	case "foreman", "superintendent", "supervisor", "project", "job", "date", "company", "contractor", "location", "site", "week", "phone", "lead",
		"capataz", "proyecto", "obra", "fecha", "empresa", "vorarbeiter", "polier", "projekt", "baustelle", "datum", "chef", "projet", "chantier",
		"encarregado", "projeto", "data":
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
