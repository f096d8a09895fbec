package mapping_test

import (
	"strings"
	"testing"

	"muster/mapping"
)

// nameCase is a full name with the reading "first|last", or a problem's code.
type nameCase struct{ name, want string }

// checkNames maps each name as a full name. left says what every name leaves out; "" to
// leave that open.
func checkNames(t *testing.T, cases []nameCase, check func(t *testing.T, name string, p *mapping.Person)) {
	t.Helper()
	m := detect(t, mapping.Options{}, "Full Name")
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var p mapping.Person
			problems := m.Map([]string{tt.name}, nil, &p)
			if len(problems) > 0 {
				if problems[0].Code != tt.want {
					t.Errorf("%s: %s; want %s", problems[0].Code, problems[0].Message, tt.want)
				}
				return
			}
			if got := p.FirstName + "|" + p.LastName; got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
			if check != nil {
				check(t, tt.name, &p)
			}
		})
	}
}

// A word in brackets or quotes behind a first name is left out, with a note.
func TestNicknames(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"Margarethe J (Greta) Halvorsen", "Margarethe J|Halvorsen"},
		{"Yunfei (Fanny) Wu", "Yunfei|Wu"},
		{"Paredes, Francisca (Paquita)", "Francisca|Paredes"},
		{"PAREDES, FRANCISCA (PAQUITA)", "FRANCISCA|PAREDES"},
		{`Ida "Idun" Ottesen`, "Ida|Ottesen"},
		{"Aleksandra (Ola) Kowalska", "Aleksandra|Kowalska"},
		{"Александр (Саша) Волков", "Александр|Волков"},
		{"Siddhartha [Sid] Rao", "Siddhartha|Rao"},
		{"Nguyễn, Thị Hương (Rose)", "Thị Hương|Nguyễn"},
		{"Johannes {Hannes} Vogt", "Johannes|Vogt"},
		{"Robert(Rab) Burnside", "Robert|Burnside"},
		{"Friedrich „Fritz“ Ebermann", "Friedrich|Ebermann"},
		{"Friedrich ‚Fritz‘ Ebermann", "Friedrich|Ebermann"},
		{"Stanisław „Staszek” Wrona", "Stanisław|Wrona"},
		{"Gunnar ”Gurra” Ekblom", "Gunnar|Ekblom"},
		{"Benoît «Ben» Marchetti", "Benoît|Marchetti"},
		{"Edvard »Edo« Kranjc", "Edvard|Kranjc"},
		{"Walter ''Wally'' Pratt", "Walter|Pratt"},
		{"Walter `Wally` Pratt", "Walter|Pratt"},
		{"Wei Ling（小玲）", "Wei|Ling"},
		{"Ida Ottesen (Idun)", "Ida|Ottesen"},
		{"Ann Lee (Electrician)", "name_unclear"},
		{"Ann Lee (days)", "name_unclear"},
		{"Ann Lee (ACME)", "name_unclear"},
		{"Ann Lee (N/A)", "name_unclear"},
		{"Ann Lee (Terminated)", "name_unclear"},
		{"Ann Lee (two of three)", "name_unclear"},
		{"Ann(e) Lee", "name_unclear"},
	}, func(t *testing.T, _ string, p *mapping.Person) {
		t.Helper()
		if p.LeftOut == "" {
			t.Error("nothing is said about the nickname")
		}
	})
}

// A name from before a marriage is left out, in brackets or not.
func TestMaidenNames(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"Halvorsen, Mrs. Emma (née Ottarson)", "Emma|Halvorsen"},
		{"Emma Brandvold geb. Stenner", "Emma|Brandvold"},
		{"Emma Brandvold, geb. Stenner", "Emma|Brandvold"},
		{"Brandvold geb. Stenner, Emma", "Emma|Brandvold"},
		{"Brandvold (geb. Stenner), Emma", "Emma|Brandvold"},
		{"Emma Brandvold nee Stenner", "Emma|Brandvold"},
		{"Emma Brandvold born Stenner", "Emma|Brandvold"},
		{"EMMA BRANDVOLD NÉE STENNER", "EMMA|BRANDVOLD"},
		{"Emma Brandvold [formerly Stenner]", "Emma|Brandvold"},
		{"Emma Brandvold (maiden name: Stenner)", "Emma|Brandvold"},
		{"Emma Brandvold (born van der Haag)", "Emma|Brandvold"},
		{"Anna Nowicka z domu Wrona", "Anna|Nowicka"},
		{"Anna Nowicka (z d. Wrona)", "Anna|Nowicka"},
		{"Jana Dvořáčková roz. Malá", "Jana|Dvořáčková"},
		{"Karin Ekblom (född Ström)", "Karin|Ekblom"},
		{"Karin Ekblom f. Ström", "Karin|Ekblom"},
		{"Lucía Olmedo (de soltera Prado)", "Lucía|Olmedo"},
		{"Giulia Bassi nata Fontana", "Giulia|Bassi"},
		{"Claire Royer épouse Tissot", "Claire|Royer"},
		{"Нина Волкова (урожд. Орлова)", "Нина|Волкова"},
		{"Emma (Emmi) Brandvold geb. Stenner", "Emma|Brandvold"},
	}, func(t *testing.T, _ string, p *mapping.Person) {
		t.Helper()
		if p.LeftOut == "" {
			t.Error("nothing is said about the maiden name")
		}
	})
	checkNames(t, []nameCase{
		{"Max Born", "Max|Born"}, {"Ann Nee Lim", "Ann Nee|Lim"}, {"Nee, Kim", "Kim|Nee"}, {"Anna F. Berg", "Anna F.|Berg"}, {"Hilde Geb", "Hilde|Geb"},
	}, func(t *testing.T, name string, p *mapping.Person) {
		t.Helper()
		if p.LeftOut != "" {
			t.Errorf("%s: left out %s", name, p.LeftOut)
		}
	})
}

// Particles of Malay and Indian names are parts of the last name.
func TestFiliations(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"Kumar a/l Muthu", "Kumar|a/l Muthu"},
		{"Lakshmi A/P Raman", "Lakshmi|A/P Raman"},
		{"Devi d/o Raman", "Devi|d/o Raman"},
		{"Siti binti Omar", "Siti|binti Omar"},
		{"Jane Smith A/P", "name_unclear"},
		{"Jane/Bob Smith", "name_unclear"},
		{"Bob Smith c/o ACME", "name_unclear"},
	}, nil)
}

// What a cell says about a person behind the name is no part of the name.
func TestRemarksBehindNames(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"BLACK, JOE - REHIRE", "name_unclear"},
		{"Ola Yeo - transferred", "name_unclear"},
		{"Roy, Tim - LOA", "name_unclear"},
		{"Pat Zorn-Inactive", "name_unclear"},
		{"Ivy Sato LAYOFF", "name_unclear"},
		{"Ivy Sato terminated", "name_unclear"},
		{"IVY SATO QUIT", "IVY SATO|QUIT"},
		{"ivy sato quit", "ivy sato|quit"},
		{"Jean PARTI", "Jean|PARTI"},
		{"Joe Black-New", "Joe|Black-New"},
		{"Emma New", "Emma|New"},
		{"Hall, Rusty", "Rusty|Hall"},
	}, nil)
	two := detect(t, mapping.Options{}, "First Name|Last Name")
	for _, first := range []string{"e.g. John", "Example: John", "z. B. Hans", "text"} {
		if problems := two.Map([]string{first, "Smith"}, nil, &mapping.Person{}); len(problems) == 0 || problems[0].Code != "name_unclear" {
			t.Errorf("%s: %v", first, problems)
		}
	}
	for last, code := range map[string]string{"Zorn-Inactive": "name_unclear", "Sato LAYOFF": "name_unclear", "Quit": "", "QUIT": "", "Lane-Fox": ""} {
		var p mapping.Person
		got := ""
		if problems := two.Map([]string{"Ann", last}, nil, &p); len(problems) > 0 {
			got = problems[0].Code
		}
		if got != code {
			t.Errorf("%s: %q, want %q", last, got, code)
		}
	}
}

func TestTitles(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"Halvorsen Mr. S.", "S.|Halvorsen"},
		{"Halvorsen, Dana Mr.", "Dana|Halvorsen"},
		{"Dipl. Ing. Dana Halvorsen", "Dana|Halvorsen"},
		{"Halvorsen Mr S", "S|Halvorsen"},
		{"Brandvold, Sub-Lieutenant Edwin Hale", "Edwin Hale|Brandvold"},
		{"Stenner, Commander Ralph", "Ralph|Stenner"},
		{"Commander Ralph Stenner", "Ralph|Stenner"},
		{"Chief Petty Officer Ralph Stenner", "Ralph|Stenner"},
		{"Stenner, Able Seaman Ralph", "Ralph|Stenner"},
		{"2nd Lt. Ralph Stenner", "Ralph|Stenner"},
		{"Prof. Dr. h.c. Kurt Ebermann", "Kurt|Ebermann"},
		{"Herr Kurt Ebermann", "Kurt|Ebermann"},
		{"Er. Ravi Menonkar", "Ravi|Menonkar"},
		{"Ebermann, Frau Dr. Ilse", "Ilse|Ebermann"},
		{"Ilse Ebermann Dr.", "Ilse|Ebermann"},
		{"Sra. Lucía Olmedo", "Lucía|Olmedo"},
		{"Mme Claire Royer", "Claire|Royer"},
		{"Dott.ssa Giulia Bassi", "Giulia|Bassi"},
		{"Dhr. Pieter Haag", "Pieter|Haag"},
		{"Mgr. Jana Malá", "Jana|Malá"},
		{"Sargento Pablo Olmedo", "Pablo|Olmedo"},
		{"Mr.Edwin Hale", "Edwin|Hale"},
		{"Major Edwin Hale", "Edwin|Hale"},
		{"Hale, Major Edwin", "Edwin|Hale"},
		{"Major Hale", "Major|Hale"},
		{"Hale, Major", "Major|Hale"},
		{"Ing, Kevin", "Kevin|Ing"},
		{"Kevin Ing", "Kevin|Ing"},
		{"Herr, Maria", "Maria|Herr"},
		{"Engineer, Farokh", "Farokh|Engineer"},
		{"Juan Olmedo Sr.", "Juan|Olmedo Sr."},
		{"Hugo Neto", "Hugo|Neto"},
		{"Hugo Prado Neto", "Hugo|Prado Neto"},
		{"Lieutenant Stenner", "name_single"},
		{"gez. Stenner", "name_single"},
	}, nil)
	m := detect(t, mapping.Options{}, "First Name|Last Name")
	var p mapping.Person
	if m.Map([]string{"Mr. Edwin", "Dr. Hale"}, nil, &p) != nil || p.FirstName != "Edwin" || p.LastName != "Hale" {
		t.Errorf("titles in two columns: %q, %q", p.FirstName, p.LastName)
	}
}

func TestInitialsAndHyphens(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"LEO MARK T.CARDOZA", "LEO MARK T.|CARDOZA"},
		{"RONALD BEN S. CARDOZA", "RONALD BEN S.|CARDOZA"},
		{"CARDOZA, LEO MARK T.", "LEO MARK T.|CARDOZA"},
		{"M.CRUZ", "M.|CRUZ"},
		{"J.R.Cardoza", "J.R.|Cardoza"},
		{"Cardoza, J.Robert", "J. Robert|Cardoza"},
		{"Ma.Teresa Cardoza", "Ma. Teresa|Cardoza"},
		{"Liam St.John", "Liam|St. John"},
		{"Dana Carreño - Olmedo", "Dana|Carreño-Olmedo"},
		{"Dana Carreño- Olmedo", "Dana|Carreño-Olmedo"},
		{"Dana Carreño –Olmedo", "Dana|Carreño-Olmedo"},
		{"Carreño - Olmedo, Dana", "Dana|Carreño-Olmedo"},
		{"Jean - Pierre Royer", "Jean-Pierre|Royer"},
		{"Dana Carreño - Foreman", "name_unclear"},
		{"Dana Carreño - NEW", "name_unclear"},
		{"Dana Carreño - Juan Olmedo", "name_unclear"},
		{"Dana Carreño -", "name_unclear"},
		{"Carreño - Olmedo", "name_single"},
	}, nil)
}

func TestParticles(t *testing.T) {
	t.Parallel()
	checkNames(t, []nameCase{
		{"de Mesnil", "name_single"},
		{"De Mesnil", "name_single"},
		{"van der Haag", "name_single"},
		{"Van Der Haag", "name_single"},
		{"VAN DER HAAG", "name_single"},
		{"Mc Donald", "name_single"},
		{"von Stetten", "name_single"},
		{"de la Fuente", "name_single"},
		{"dos Prazeres", "name_single"},
		{"O' Brannigan", "name_single"},
		{"bint Rashid", "name_single"},
		{"du Plessis Jr.", "name_single"},
		{"van Tran", "name_single"},
	}, nil)
	checkNames(t, []nameCase{
		{"Van Tran", "Van|Tran"},
		{"Al Gomez", "Al|Gomez"},
		{"Ben Ali", "Ben|Ali"},
		{"VAN TRAN", "VAN|TRAN"},
		{"Ben Van Dyke", "Ben|Van Dyke"},
		{"Le Minh", "Le|Minh"},
		{"Santa Olmedo", "Santa|Olmedo"},
		{"Von Miller", "Von|Miller"},
		{"Della Reese", "Della|Reese"},
	}, func(t *testing.T, _ string, p *mapping.Person) {
		t.Helper()
		if !p.GuessedName {
			t.Error("no note")
		}
	})
	checkNames(t, []nameCase{{"Ann de Mesnil", "Ann|de Mesnil"}, {"de Mesnil, Ann", "Ann|de Mesnil"}}, func(t *testing.T, _ string, p *mapping.Person) {
		t.Helper()
		if p.GuessedName {
			t.Error("a needless note")
		}
	})
}

// A cell of UTF-8 that was read as Windows-1252 is refused with the right text as a
// suggestion.
func TestMojibake(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "Full Name")
	for damaged, right := range map[string]string{
		"Rogelio PeÃ±a CortÃ¡zar":                 "Rogelio Peña Cortázar",
		"AnaÃ¯s LefÃ¨bvre":                        "Anaïs Lefèbvre",
		"Rogelio PeÃƒÂ±a":                         "Rogelio Peña",
		"Å\u0081ukasz WrÃ³bel":                    "Łukasz Wróbel",
		"JiÅ™Ã\u00ad NovÃ¡k":                      "Jiří Novák",
		"AyÅŸe Å\u009eahin":                       "Ayşe Şahin",
		"SeÃ¡n Oâ€™Brannigan":                     "Seán O’Brannigan",
		"Ã‰lodie MarÃ\u00ad":                      "Élodie Marí",
		"Ð˜Ð²Ð°Ð½ Ð’Ð¾Ð»ÐºÐ¾Ð²":                   "Иван Волков",
		"æ\u009dŽ æ˜Ž":                            "李 明",
		"Zo\u00c3\u00ab Br\u00c3\u00b6nte \u2122": "Zoë Brönte ™",
	} {
		var p mapping.Person
		problems := m.Map([]string{damaged}, nil, &p)
		if len(problems) != 1 || problems[0].Code != "characters_lost" || !strings.Contains(problems[0].Hint, `"`+right+`"`) || strings.Contains(problems[0].Hint, "UTF-8") {
			t.Errorf("%s: %+v; want the suggestion %s", damaged, problems, right)
		}
	}
	for _, sound := range []string{"Ñuño Ávila", "Åse Müller", "José Ãvila", "Žofie Šťastná", "Ýr Þórsdóttir", "Иван Волков", "Đorđe Ðurić", "RENÉ’S Côté"} {
		var p mapping.Person
		if problems := m.Map([]string{sound}, nil, &p); problems != nil {
			t.Errorf("%s: %+v", sound, problems)
		}
	}
}

func TestSymbols(t *testing.T) {
	t.Parallel()
	m := detect(t, mapping.Options{}, "First Name|Last Name")
	for _, symbol := range []string{"©", "¦", "§", "¿", "™", "®", "°", "€", "£", "¡", "…", "→", "✗", "★", "🙂", "👷🏽", "❤️", "🇳🇴", "½", "²", "\uf0b7", "×", "¬"} {
		for _, row := range [][]string{{"Ann" + symbol, "Lee"}, {"Ann", symbol + " Lee"}} {
			var p mapping.Person
			if problems := m.Map(row, nil, &p); len(problems) != 1 || problems[0].Code != "name_unclear" {
				t.Errorf("%q: %+v", row, problems)
			}
		}
	}
	for _, name := range []string{"O’Hara", "D´Souza", "Núñez", "Gal·la", "Mª José", "Nuʻu", "Jean‑Luc", "João-Ôscar", "מרדכי׳", "김철수"} {
		var p mapping.Person
		if problems := m.Map([]string{name, "Lee"}, nil, &p); problems != nil {
			t.Errorf("%s: %+v", name, problems)
		}
	}
}
