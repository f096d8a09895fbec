package mapping

import (
	"strings"
	"sync"
)

// meaning is what a heading stands for.
type meaning uint8

const (
	meansNothing meaning = iota // not in the dictionary
	meansFirstName
	meansLastName
	meansSecondLastName // joined to the last name
	meansFullName
	meansFullNameLastFirst
	meansFullNameTwoSurnames // Spanish: the last two words are the surnames
	meansJobTitle
	meansEmployeeID
	meansIsEmployee
	meansWorkerKind    // is_employee by a table of words: Employee, Contractor
	meansNotEmployee   // is_employee, the other way round
	meansOriginID      //
	meansTrade         // a classification by its name
	meansTradeID       // a classification by its ID
	meansOther         // well known, and no field
	meansNameWord      // ambiguous from here on: a full name, or the half that is missing
	meansFirstNameWord // the same, rather the first name
	meansLastNameWord  // the same, rather the last name
	meansWorkerWord    // a full name, an employee ID or a yes/no
	meansJobWord       // a job title or a job's number
	meansClassWord     // a classification or a job title
	meansTypeWord      // a kind of worker or anything
	meansIDWord        // an employee ID, an origin ID or a running number
	meansIDNumberWord  // the same, rather the employee ID
	meansFirmWord      // a yes/no or the name of a firm
)

// field returns what a meaning feeds: LastName for full names, "" for a
// meaning that is ambiguous or no field.
func (m meaning) field() Field {
	switch m {
	case meansFirstName:
		return FirstName
	case meansLastName, meansFullName, meansFullNameLastFirst, meansFullNameTwoSurnames:
		return LastName
	case meansJobTitle:
		return JobTitle
	case meansEmployeeID:
		return EmployeeID
	case meansIsEmployee, meansWorkerKind, meansNotEmployee:
		return IsEmployee
	case meansOriginID:
		return OriginID
	case meansTrade, meansTradeID:
		return WorkClassification
	case meansSecondLastName, meansNothing, meansOther, meansNameWord, meansFirstNameWord, meansLastNameWord, meansWorkerWord,
		meansJobWord, meansClassWord, meansTypeWord, meansIDWord, meansIDNumberWord, meansFirmWord:
	}
	return ""
}

// candidates returns the fields that an ambiguous meaning can feed.
func (m meaning) candidates() []Field {
	switch m {
	case meansNameWord, meansFirstNameWord, meansLastNameWord:
		return []Field{fullName}
	case meansWorkerWord:
		return []Field{fullName, EmployeeID, IsEmployee}
	case meansJobWord:
		return []Field{JobTitle}
	case meansClassWord:
		return []Field{JobTitle, WorkClassification}
	case meansTypeWord, meansFirmWord:
		return []Field{IsEmployee}
	case meansIDWord, meansIDNumberWord:
		return []Field{EmployeeID, OriginID}
	default:
		return nil
	}
}

// meaningOf looks a heading up. One that ends with "?" is first looked up as
// the question.
func meaningOf(heading string) meaning {
	key := headingKey(heading)
	words := dictionary().words
	if asks(heading) {
		if m, ok := words[key+"?"]; ok {
			return m
		}
	}
	if m, ok := words[key]; ok {
		return m
	}
	if strings.HasPrefix(key, "isemployeeof") { // Is Employee Of ACME Electric?
		return meansIsEmployee
	}
	return meansNothing
}

// Heading reports whether a cell reads like a heading of the dictionary: of a
// field, or a well-known other one such as Phone. Words that are as often
// data, such as "No" or "Laborer", don't count.
func Heading(cell string) bool {
	if len(cell) > 100 { // a note above the header
		return false
	}
	switch strings.ToLower(strings.TrimSpace(cell)) {
	case "no", "active", "inactive", "contractor", "subcontractor", "contingent", "agency", "temp", "temporary",
		"laborer", "labourer", "technician", "hourly", "salary", "salaried", "exempt", "union", "local":
		return false // as often what stands below a heading
	}
	return meaningOf(cell) != meansNothing || isWithheld(cell)
}

// group is the headings of one meaning, with the key of each.
type group struct {
	meaning  meaning
	headings []string
	keys     []string
}

type wordbook struct {
	groups []group
	words  map[string]meaning
}

var dictionary = sync.OnceValue(func() *wordbook {
	d := &wordbook{words: make(map[string]meaning)}
	add := func(key string, m meaning) {
		if _, taken := d.words[key]; !taken && key != "" {
			d.words[key] = m
		}
	}
	for _, t := range [][]entry{fieldHeadings(), ambiguousHeadings(), otherHeadings()} {
		for _, e := range t {
			g := group{meaning: e.meaning}
			for _, text := range strings.Split(e.headings, ",") {
				text = strings.TrimSpace(text)
				words := headingWords(text)
				key := strings.Join(words, "")
				if asks(text) {
					key += "?"
				}
				add(key, e.meaning)
				g.headings = append(g.headings, text)
				g.keys = append(g.keys, strings.TrimSuffix(key, "?"))
				// EMPNO can't be split, so it can't be told that NO is "number".
				for _, short := range []string{"no", "num", "nbr", "nr"} {
					if len(words) < 2 {
						break
					}
					add(joinNumber(words, short), e.meaning)
				}
			}
			d.groups = append(d.groups, g)
		}
	}
	return d
})

// joinNumber joins words with another spelling of the word number.
func joinNumber(words []string, short string) string {
	var b strings.Builder
	for _, w := range words {
		if w == "number" {
			w = short
		}
		b.WriteString(w)
	}
	return b.String()
}

// isWithheld reports whether a heading names social security numbers or birth
// dates, in any of the languages; other numbers of the state count as such.
// It rather withholds one too many.
func isWithheld(heading string) bool {
	words := headingWords(heading)
	key := strings.Join(words, "")
	if strings.HasPrefix(key, "ssn") || strings.HasSuffix(key, "ssn") {
		return true
	}
	w := withheldWords()
	for _, word := range words {
		if _, ok := w.words[word]; ok {
			return true
		}
	}
	if _, ok := w.whole[key]; ok {
		return true
	}
	for _, part := range w.parts {
		if strings.Contains(key, part) {
			return true
		}
	}
	return false
}

type withheld struct {
	words map[string]struct{} // a heading with this word
	whole map[string]struct{} // exactly this heading
	parts []string            // a heading with this inside
}

var withheldWords = sync.OnceValue(func() *withheld {
	set := func(list string) map[string]struct{} {
		s := make(map[string]struct{})
		for _, w := range strings.Fields(list) {
			s[w] = struct{}{}
		}
		return s
	}
	return &withheld{
		words: set(`ssn dob birth birthdate birthday born geboren geburtstag geburtsdatum gebdatum geboortedatum
			geboortedag fodselsdato fodselsdag fodselsar fodelsedatum fodelsedag nacimiento cumpleanos naissance
			nascimento aniversario nascita curp cpf personnummer fodselsnummer personnumber bsn nino itin passport pasaporte
			passeport passaporte reisepass`),
		whole: set(`ss ssnumber ssno sin sinnumber tin tinnumber socsec socsecnumber social socialnumber taxid
			taxidnumber taxpayerid taxnumber nationalid nationalidnumber governmentid governmentidnumber nationalnumber nss numbernss dni nie nif
			身份证 身份证号 身份证号码 出生日期 生年月日 マイナンバー ngaysinh socccd cccd cmnd socmnd 주민등록번호 생년월일 dataurodzenia снилс паспорт датарождения
			niedni dninie numberdni rfc nir numbernir insee numberinsee ahv ahvnumber svnumber svnummer rvnumber pps ppsnumber
			pesel rg numberrg pis steuerid steueridnumber fnac fechanac codicefiscale gebdat`),
		parts: []string{
			"socialsecurity", "socialinsurance", "nationalinsurance", "dateofbirth", "birthdate", "birthday", "seguridadsocial",
			"segurosocial", "securitesociale", "segurancasocial", "sozialversicherung", "rentenversicherung", "versicherungsnummer",
			"fechanac", "datanasc", "datenaiss", "datadenasc", "fechadenac", "geburts", "burgerservice", "permisodeconducir",
			"driverlicensenumber", "driverslicensenumber",
		},
	}
})
