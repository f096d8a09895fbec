package mapping

import (
	"strings"
	"testing"
)

// wordTables lists every section that the code reads, with the function that looks
// a word of the section up.
func wordTables() map[string]map[string]func(string) bool {
	in := func(set func() map[string]bool, key func(string) string) func(string) bool {
		return func(word string) bool { return set()[key(word)] }
	}
	isJob := func(kind jobWord) func(string) bool {
		return func(word string) bool { return jobWords()[Fold(word)] == kind }
	}
	return map[string]map[string]func(string) bool{
		"answers": {
			"yes": in(yesWords, Fold), "mark": in(yesMarks, exactly), "no": in(noWords, Fold), "empty box": in(emptyBoxes, exactly),
			"employee": in(employeeWords, Fold), "contractor": in(contractorWords, Fold),
		},
		"empty": {
			"empty": isEmptyName, "empty but a name": isEmptyWord, "no id": isNoID, "placeholder": isPlaceholder,
			"type of cell": isExample, "no name": isNullWord, "example": func(w string) bool { return isExample(w + " John") }, "null or name": isNullWord, "null or last name": isNullWord,
			"formula error": isFormulaError,
		},
		"name-parts": {
			"title": isTitle, "title inside": in(titlesInside, exactly), "title or name": in(titleNames, exactly),
			"particle or name": isParticle, "suffix or name": in(suffixNames, exactly), "joint particles": in(jointParticles, exactly), "maiden": in(maidenWords, exactly),
			"joint":       func(w string) bool { return foreignPart("Ann "+w+" Bob", false) == w },
			"abbreviated": in(abbreviations, exactly), "suffix": func(w string) bool { return isSuffix(w, false) }, "degree": isDegree, "particle": isParticle,
			"small": in(smallWords, exactly), "saint": isSaint, "mac": in(macNames, exactly), "firm": in(firmWords, exactly),
			"surname in a heading": in(surnameWords, headingKey), "no surname in a heading": in(noSurnameWords, headingKey),
		},
		"names": {
			"given": in(givenNames, Fold), "either": in(eitherNames, Fold), "surname": in(surnames, Fold), "nickname": in(nicknames, Fold),
		},
		"occupations": {
			"occupation": isRemark, "occupation or name": isJob(jobOrName), "qualifier": isJob(qualifier), "trade": isRemark, "rank": isRank,
		},
		"placeholders": {"vacancy": in(vacancies, Fold), "placeholder": func(name string) bool {
			return isPlaceholderName(name)
		}},
		"status": {
			"status heading": isStatusHeading, "active heading": isStatusHeading, "inactive heading": isStatusHeading,
			"left": isLeftWord, "left cell": isLeftWord, "remark": isRemark, "not": in(negations, Fold),
		},
		"withheld": {"word": isWithheld, "whole": in(withheldHeadings, exactly), "inside": isWithheld, "end": func(w string) bool { return isWithheld(w+"xyz") && isWithheld("xyz"+w) }},
	}
}

func TestWordFiles(t *testing.T) {
	t.Parallel()
	files, err := wordFiles.ReadDir("words")
	if err != nil {
		t.Fatal(err)
	}
	tables := wordTables()
	for _, file := range files {
		name := strings.TrimSuffix(file.Name(), ".txt")
		if name == "headings" {
			continue
		}
		seen, found := make(map[string]bool), make(map[string]bool)
		for _, s := range readSections(name) {
			found[s.name] = true
			known := tables[name][s.name]
			if known == nil {
				t.Errorf("%s: no code reads [%s]", file.Name(), s.name)
				continue
			}
			for _, word := range s.words {
				if word == "" || !known(word) {
					t.Errorf("%s, [%s]: %q is not found", file.Name(), s.name, word)
				}
				if seen[s.name+"\x00"+word] {
					t.Errorf("%s, [%s]: %q is there twice", file.Name(), s.name, word)
				}
				seen[s.name+"\x00"+word] = true
			}
		}
		for section := range tables[name] {
			if !found[section] {
				t.Errorf("%s has no [%s]", file.Name(), section)
			}
		}
	}
}

func TestHeadingFile(t *testing.T) {
	t.Parallel()
	used, seen := make(map[meaning]bool), make(map[string]bool)
	for _, s := range readSections("headings") {
		m := meaning(s.name)
		if wordListSections()[s.name] {
			continue
		}
		used[m] = true
		if _, known := rules()[m]; !known && m != meansOther && m != meansSecondLastName && m != meansParticle {
			t.Errorf("[%s] has no rule", s.name)
		}
		for _, h := range s.words {
			key := headingKey(h)
			if isQuestion(h) {
				key += "?"
			}
			if seen[key] {
				t.Errorf("[%s]: %q is there twice", s.name, h)
			}
			seen[key] = true
			if got := meaningOf(h); got != m {
				t.Errorf("[%s]: %q means %q", s.name, h, got)
			}
		}
	}
	for m := range rules() {
		if !used[m] {
			t.Errorf("no heading means %s", m)
		}
	}
}

// Every word that headings of a meaning have in common counts.
func TestPartsOfHeadings(t *testing.T) {
	t.Parallel()
	for _, s := range readSections("headings") {
		for _, word := range s.words {
			switch {
			case s.name == "of a person" && meaningOf(word+" Forename") != meansFirstName:
				t.Errorf("[%s]: %q Forename is no first name", s.name, word)
			case s.name == "form of a name" && meaningOf("First Name ("+word+")") != meansFirstName:
				t.Errorf("[%s]: First Name (%s) is no first name", s.name, word)
			case s.name == "as on" && meaningOf("First Name "+word+" Card") != meansFirstName:
				t.Errorf("[%s]: First Name %s Card is no first name", s.name, word)
			case s.name == "employee of" && meaningOf(word+" Acme") != "is_employee":
				t.Errorf("[%s]: %s Acme is no question for employees", s.name, word)
			case s.name == "name of a job" && !isJobName(beside("Job ID"), &column{heading: word}):
				t.Errorf("[%s]: %q beside Job ID is no name of a job", s.name, word)
			case s.name == "number of a job" && !isJobName(beside(word), &column{heading: "Job Name"}):
				t.Errorf("[%s]: Job Name beside %q is no name of a job", s.name, word)
			case s.name == "part of a title" && !mayBeTitle(beside(), &column{heading: word + " / Class"}):
				t.Errorf("[%s]: %q / Class is no job title", s.name, word)
			case s.name == "number of a person" && meaningOf("Tradesman "+word) != "employee_id":
				t.Errorf("[%s]: Tradesman %q is no employee ID", s.name, word)
			}
		}
	}
}

// beside returns a detector of a roster with these headings.
func beside(headings ...string) *detector {
	d := &detector{}
	for _, h := range headings {
		d.columns = append(d.columns, &column{heading: h})
	}
	return d
}
