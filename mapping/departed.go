package mapping

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Departed looks for a cell that says that the row's person has left the
// company: a status such as Terminated, or a date that is over, in a column that
// feeds nothing and that the mapping file's where does not look at. It returns
// the cell and its column.
//
// A mapping leaves nobody out because of it: systems mean different things by
// such words, and only who sends the roster knows.
func (m *Mapper) Departed(cells []string, today time.Time) (column int, cell string, ok bool) {
	for _, d := range m.departures {
		if d.column >= len(cells) || cells[d.column] == "" {
			continue
		}
		text, flawed := clean(cells[d.column], false)
		if flawed != noFlaw {
			continue
		}
		text = asText(text)
		left, known := m.departed[departedCell{d.column, text}]
		if !known {
			left = d.says(text, today)
			const most = 256
			if len(m.departed) < most {
				m.departed[departedCell{d.column, strings.Clone(text)}] = left
			}
		}
		if left {
			return d.column, text, true
		}
	}
	return -1, "", false
}

// Without returns the line of a mapping file that leaves out the rows with these
// cells, found by Departed, in a column; "" if a mapping file can't name it. With
// more the mapping has a where already, and it is what to add to that.
func (m *Mapper) Without(column int, cells []string) (line string, more bool) {
	i := slices.IndexFunc(m.departures, func(d departure) bool { return d.column == column })
	h := heading(m.header, column)
	if i < 0 || !typeable(h) || len((&binder{header: m.header}).find(h)) != 1 {
		return "", false
	}
	condition := leavingOut(h, m.departures[i].about, cells)
	if m.where != nil {
		return "and " + condition, true
	}
	return "where: " + yamlFormula(condition), false
}

// Heading returns the heading of a column on one line.
func (m *Mapper) Heading(column int) string { return heading(m.header, column) }

// leavingOut is the condition that a row's cell is none of these; of a column of
// dates, that it is empty.
func leavingOut(heading string, about departureMeaning, cells []string) string {
	name := "row[" + strconv.Quote(heading) + "]"
	if about == leavingDate || len(cells) == 0 {
		return name + ` == ""`
	}
	if len(cells) == 1 {
		return name + " != " + strconv.Quote(cells[0])
	}
	quoted := make([]string, len(cells))
	for i, c := range cells {
		quoted[i] = strconv.Quote(c)
	}
	return name + " not in [" + strings.Join(quoted, ", ") + "]"
}

// yamlFormula writes a formula so that YAML reads it as it is.
func yamlFormula(formula string) string {
	if strings.Contains(formula, ": ") || strings.Contains(formula, " #") {
		return "'" + strings.ReplaceAll(formula, "'", "''") + "'"
	}
	return formula
}

// departedCell is a cell that was looked at.
type departedCell struct {
	column int
	text   string
}

// departure is a column that may say that somebody has left.
type departure struct {
	column int
	about  departureMeaning
}

// departureMeaning is what such a column holds.
type departureMeaning uint8

const (
	notDeparture departureMeaning = iota
	employment                    // Active, Terminated
	activity                      // no means that somebody has left
	inactivity                    // yes means it
	leavingDate
	anyNote // anything, such as Terminated 3/4
)

// departuresIn returns the columns of a header that may say so.
func departuresIn(header []string, not func(column int) bool) []departure {
	var all []departure
	for i := range header {
		if about := departureHeadings()[headingKey(heading(header, i))]; about != notDeparture && !not(i) {
			all = append(all, departure{i, about})
		}
	}
	slices.SortStableFunc(all, func(a, b departure) int { return int(a.about) - int(b.about) })
	return all
}

// says reports whether a clean cell says that somebody has left by today.
func (d departure) says(text string, today time.Time) bool {
	if text == "" || isEmptyWord(text) {
		return false
	}
	no, answered := truthTable().read(nil, text, true)
	switch d.about {
	case activity:
		return answered && no || departedWord(text)
	case inactivity:
		return answered && !no || departedWord(text) || !answered && isOver(text, today)
	case leavingDate:
		return departedWord(text) || isOver(text, today)
	case anyNote:
		word, _, _ := strings.Cut(strings.TrimLeft(text, "*-( "), " ")
		return departedWord(strings.TrimRight(word, ",.:;)-")) || departedWord(text) && len(strings.Fields(text)) < 4
	case employment:
		if text == "T" || text == "I" { // beside A and L, as payrolls write Terminated and Inactive
			return true
		}
		return departedWord(text) || strings.EqualFold(text, "disabled") // of an account
	case notDeparture:
	}
	return departedWord(text)
}

// DepartedSection reports whether the heading of a section says that the people
// below it have left: Inactive Employees, LAID OFF.
func DepartedSection(heading string) bool {
	text, flawed := clean(heading, false)
	return flawed == noFlaw && departedWord(text)
}

// departedWord reports whether a status says that somebody has left. Whoever is
// on leave or suspended has not.
func departedWord(text string) bool {
	known := departureWords()
	key := fold(text)
	if _, ok := known.whole[key]; ok {
		return true
	}
	words := strings.Fields(key)
	for i, w := range words {
		if _, ok := known.any[w]; ok {
			return i == 0 || !slices.Contains([]string{"not", "no", "non", "nicht", "never", "pas"}, words[i-1])
		}
	}
	return len(words) > 1 && words[0] == "term" // Term 03/04/2026, Term - voluntary
}

// isOver reports whether a date that can be read is not after today; one that
// can be read in two ways is over if both are. Dates such as 12/31/9999 are how
// systems write that there is none.
func isOver(text string, today time.Time) bool {
	if strings.Trim(text, "0/.-: ") == "" {
		return false
	}
	if n, rest := digits(text); rest == "" { // how spreadsheets count days, and payrolls write dates
		if when, err := time.Parse("20060102", text); err == nil && inRange(text[:4]) {
			return !when.After(today)
		}
		return n == 5 && !time.Date(1899, time.December, 30, 0, 0, 0, 0, time.UTC).AddDate(0, 0, number(text)).After(today)
	}
	day, _, _ := strings.Cut(text, " ")
	day, _, _ = strings.Cut(day, "T")
	read := false
	for _, layout := range []string{
		"2006-1-2", "2006/1/2", "2006.1.2", "1/2/2006", "2/1/2006", "1-2-2006", "2-1-2006", "2.1.2006", "1/2/06", "2/1/06", "2.1.06", "1-2-06", "2-1-06",
		"2-Jan-06", "2-Jan-2006", "2 Jan 2006", "Jan 2, 2006", "January 2, 2006", "2 January 2006", "Jan 2 2006",
	} {
		for _, t := range slices.Compact([]string{day, text}) {
			when, err := time.Parse(layout, t)
			if err != nil {
				continue
			}
			if when.After(today) {
				return false
			}
			read = true
		}
	}
	return read
}

var departureHeadings = sync.OnceValue(func() map[string]departureMeaning {
	all := make(map[string]departureMeaning)
	for about, headings := range map[departureMeaning]string{
		employment: `Employee Status, Employment Status, Emp Status, Status, Worker Status, HR Status, Staff Status, Associate Status, Personnel Status,
			Work Status, Job Status, Current Status, Assignment Status, Payroll Status, Status Description, Status Code, Employee Status Description,
			Employment Status Description, EE Status, Member Status, Crew Status, Site Status, Hire Status, Position Status, Status Flag, Employment, Employment Status Code, Empl Status,
			Employee Status Code, Emp Status Code, EecEmplStatus, Status zatrudnienia, 状态, 在职状态, 员工状态, 在籍区分, Tình trạng, Trạng thái, الحالة,
			Estado, Estatus, Situación, Situación laboral, Estado laboral, Estatus laboral, Estado del empleado, Estatus del empleado, Estado del trabajador,
			Statut, Statut de l'employé, Statut d'emploi, Statut du salarié, Situation,
			Beschäftigungsstatus, Mitarbeiterstatus, Personalstatus, Anstellungsstatus, Beschäftigungsverhältnis,
			Situação, Situação do funcionário, Status do funcionário, Situação do colaborador,
			Stato, Stato dipendente, Dienststatus, Anställningsstatus`,
		activity: `Active, ActiveYN, Active?, Is Active, Active Y/N, Active Employee, Active Status, Active Flag, Active Indicator, Currently Active, Currently Employed, Still Employed, Enabled, Is Enabled, Is Employed, Active User, Account Enabled, Aktywny,
			Activo, Activa, Actif, Active (O/N), Actif (O/N), Aktiv, Ativo, Ativa, Attivo, Actief`,
		inactivity: `Inactive, Is Inactive, InactiveYN, Terminated, Is Terminated, TerminatedYN, Resigned, Retired, Former Employee, No Longer Employed, Left, Left Company, Deactivated,
			Archived, Is Archived, Deleted, Is Deleted, Disabled, Is Disabled, Released, Removed,
			Inactivo, Baja, Dado de baja, Inactif, Inaktiv, Ausgeschieden, Ausgetreten, Inativo, Desligado, Demitido, Inattivo, Inactief, Uit dienst`,
		anyNote: `Notes, Note, Comments, Comment, Remarks, Remark, Notas, Nota, Observaciones, Comentarios, Remarques, Commentaires, Bemerkung, Bemerkungen,
			Notizen, Observações, Comentários`,
		leavingDate: `Term Date, Termination Date, Terminated Date, Date Terminated, Date of Termination, Terminated On, Termination, Termination Dt, Term Dt, End Date, Employment End Date,
			Employment End, Date of Leaving, Leave Date, Leaving Date, Leaver Date, Date Left, Left On, Separation Date, Date of Separation, Resignation Date, Resigned On, Date Resigned,
			Exit Date, Departure Date, Layoff Date, Lay Off Date, Laid Off Date, Retirement Date, Retired On, Quit Date, Inactive Date, Date Inactive, Inactive Since,
			Deactivation Date, Deactivated On, Demob Date, Demobilization Date, Offboarding Date, Off Boarding Date, Release Date, Contract End Date, Contract End,
			Released On, Archived At, Archived On, Archive Date, Deleted At, Deleted On, Removed On, EecDateOfTermination, Data zwolnienia, Data odejścia,
			Fecha de baja, Fecha baja, Fecha de cese, Fecha de salida, Fecha de egreso, Fecha de término, Fecha de terminación, Fecha fin, Fecha de fin, Fecha de renuncia, Fecha de retiro,
			Fecha de finiquito, Fin de contrato, Date de sortie, Date de départ, Date de fin, Date de fin de contrat, Date fin contrat, Date fin de contrat, Fin de contrat, Date de démission, Date de licenciement,
			Austritt, Austrittsdatum, Austritt am, Austrittstag, Kündigungsdatum, Ausgeschieden am, Ende der Beschäftigung, Beschäftigungsende, Vertragsende,
			Data de saída, Data de demissão, Data de desligamento, Data de término, Data de rescisão, Data fim, Desligamento, Demissão, Fim do contrato,
			Data cessazione, Data di cessazione, Data di uscita, Datum uit dienst, Uitdiensttreding, Datum uitdienst, Einddatum, Slutdatum, Slutdato`,
	} {
		for h := range strings.SplitSeq(headings, ",") {
			all[headingKey(h)] = about
		}
	}
	return all
})

// departedWords are statuses, folded.
type departedWords struct {
	any   map[string]struct{} // a word that says so wherever it stands
	whole map[string]struct{}
}

var departureWords = sync.OnceValue(func() *departedWords {
	set := func(list string) map[string]struct{} {
		s := make(map[string]struct{})
		for w := range strings.SplitSeq(list, ",") {
			s[fold(w)] = struct{}{}
		}
		return s
	}
	return &departedWords{
		any: set(`terminated, termination, inactive, resigned, resignation, retired, retiree, deceased, dismissed, discharged, separated, departed, deactivated, archived, fired, offboarded, rescinded,
			inactivo, inactiva, despedido, despedida, renunció, renuncia, cesado, cesada, jubilado, jubilada, finiquitado, finiquitada, desvinculado, desvinculada, fallecido, fallecida,
			inactif, inactive, démissionné, démission, démissionnaire, licencié, licenciée, licenciement, retraité, retraitée, décédé, décédée,
			inaktiv, ausgeschieden, ausgetreten, gekündigt, entlassen, pensioniert, verrentet, verstorben,
			inativo, inativa, desligado, desligada, demitido, demitida, aposentado, aposentada, rescindido, rescindida, falecido, falecida,
			inattivo, cessato, cessata, dimesso, licenziato, inactief, ontslagen, gepensioneerd, avslutad, uppsagd, pensionerad,
			zwolniony, zwolniona, nieaktywny, nieaktywna, 离职, 已离职, 退職, 退職済み, nghỉ việc`),
		whole: set(`term, termed, term'd, quit, left, left company, left the company, has left, gone, former, former employee, former employees, former workers, ex employee, ex employees, terminations, separations, layoffs, no longer here, demitidos, desligados, bajas, dados de baja, inactivos, empleados inactivos, inactifs, sortis, inaktive, ausgeschiedene, ausgeschiedene mitarbeiter, ehemalige, ehemalige mitarbeiter, inativos, laid off, layoff, lay off, let go, released, removed,
			no longer employed, no longer active, no longer with company, no longer with us, no longer with the company, not active, non active, not employed, no rehire, do not rehire, not eligible for rehire,
			dnr, job abandonment, abandoned job, no call no show, no show, did not start, never started, did not report, offer declined, inact, termd, off boarded, demobilized, demobilised, demobbed, demob, contract ended, ended, voluntary quit, end of contract,
			baja, baja definitiva, baja voluntaria, dado de baja, dada de baja, ya no trabaja, salió, retirado, retirada, no activo, no activa, terminado,
			parti, partie, sorti, sortie, non actif, fin de contrat, a quitté, nicht aktiv, nicht mehr aktiv, ehemalig, ehemaliger mitarbeiter, rente, rentner, ruhestand, austritt, ex mitarbeiter,
			saiu, não ativo, encerrado, ex funcionário, uit dienst, vertrokken, slutat, sluttet`),
	}
})
