package mapping_test

import (
	"strings"
	"testing"

	"muster/mapping"
)

// Posts, grades, firms and empty places are no people, in one column and in two.
func TestPostsAndFirms(t *testing.T) {
	t.Parallel()
	full := detect(t, mapping.Options{}, "Full Name")
	two := detect(t, mapping.Options{}, "First Name|Last Name")
	for _, name := range []string{
		"Junior Draftsman", "Mid Level Estimator", "Senior Inspector", "Safety Coordinator", "Supervisor 1", "Junior Developer", "English Coordinator",
		"Lead Carpenter", "Carpenter Foreman", "General Foreman", "Welder Helper", "Apprentice Electrician", "Journeyman Plumber", "Laborer 12",
		"Project Manager", "Site Engineer", "Junior Engineer", "Office Clerk", "Crane Operator", "Truck Driver", "Payroll Administrator", "Sheet Metal Mechanic",
		"Ayudante General", "Oficial Albañil", "Jefe de Obra", "Encargado de Turno", "Operador de Grúa", "Ayudante 1", "Técnico Electricista",
		"Leitender Bauleiter", "Polier Tiefbau", "Elektriker Azubi", "Technischer Zeichner",
		"Chef de Chantier", "Conducteur de Travaux", "Apprenti Maçon", "Technicien Principal",
		"Mestre de Obras", "Ajudante Geral", "Auxiliar Administrativo", "Capo Cantiere", "Operaio Specializzato", "Uitvoerder Bouw",
		"New Hire", "New Laborer", "Vacant Carpenter", "Open Electrician", "Vacant Position", "TBD TBD", "Employee 7", "Visitor 3",
		"ABC Plumbing", "Apex Roofing", "Brandvold Electric", "Olmedo Construction", "Halvorsen Brothers Roofing", "Construcciones Olmedo", "Elektro Ebermann",
		"Sick Leave", "Per Diem", "Toolbox Talk", "Guest Badge", "See Attached", "Rodbuster Foreman", "VP Operations", "Operating Engineer",
		"Grand Total", "Steel Total", "Authorized Signature", "Operateur Grue", "Coordonnateur SST", "Baustellenleiter Ost",
		"Fire Watch", "Traffic Control", "Service Tech", "Test Account", "Third Party", "Project Engineer II", "Oficial 1a", "Maçon N2P1", "Agency Worker",
		"Steel Fixer", "Boiler Maker", "Kalıpçı Ustası", "Hlavní inženýr", "Tukang Batu",
		"Misc Labor", "Fuel Truck", "Nachunternehmer Bau", "Personal Eventual", "In attesa", "Wird noch benannt", "Streng vertraulich",
		"Ebermann Trockenbau", "Plomberie Royer", "Impianti Bassi", "Haag Bouw", "Royer Services",
	} {
		var p mapping.Person
		if problems := full.Map([]string{name}, nil, &p); len(problems) == 0 {
			t.Errorf("%s was read as %q, %q", name, p.FirstName, p.LastName)
		}
		first, last, _ := strings.Cut(name, " ")
		if problems := two.Map([]string{first, last}, nil, &p); len(problems) == 0 {
			t.Errorf("%s in two columns is a person", name)
		}
	}
	var p mapping.Person
	if detect(t, mapping.Options{}, "Nom et prénom").Map([]string{"A définir"}, nil, &p) == nil {
		t.Errorf("A définir was read as %q, %q", p.FirstName, p.LastName)
	}
}

// Last names that are occupations, and first names that are grades, are people.
func TestPeopleNamedAsPosts(t *testing.T) {
	t.Parallel()
	full := detect(t, mapping.Options{}, "Full Name")
	two := detect(t, mapping.Options{}, "First Name|Last Name")
	for _, name := range []string{
		"Mason Baker", "Carpenter Smith", "Junior Garcia", "English Jones", "Junior Carpenter", "Mason Carpenter", "Ann Foreman", "Kai Foreman",
		"Maria Driver", "Farokh Engineer", "Nari Contractor", "Hunter Cook", "Taylor Painter", "Art Baker", "Dieter Maurer", "Ilse Zimmermann", "Floor Timmerman",
		"Line Murer", "Jana Tesařová", "Pavel Zedník", "Lucía Herrero", "Ana Mestre", "Luca Muratore", "Claire Charpentier", "Stone Mason", "Major Cook",
		"Van Carpenter", "Grant Foreman", "Dean Officer", "Junior Baker", "Miles Steward", "Hope Vacant", "Olga Plotnik", "Marine Maurer", "Germán Pintor",
		"Joy Day", "Max Power", "Junior French", "Ann Maker", "Eva Brothers", "Christopher Guest", "Danielle Steel", "Ann Total", "Jean Grand", "Man Singh", "Noble Field", "Misc Olmedo", "Ann Ready",
	} {
		var p mapping.Person
		first, last, _ := strings.Cut(name, " ")
		if problems := full.Map([]string{name}, nil, &p); len(problems) > 0 {
			t.Errorf("%s: %s", name, problems[0].Message)
		}
		if problems := full.Map([]string{last + ", " + first}, nil, &p); len(problems) > 0 || p.FirstName != first {
			t.Errorf("%s, %s: %q, %v", last, first, p.FirstName, problems)
		}
		if problems := two.Map([]string{first, last}, nil, &p); len(problems) > 0 {
			t.Errorf("%s in two columns: %s", name, problems[0].Message)
		}
	}
}

// What may be a post or a person is imported with a note.
func TestPerhapsPosts(t *testing.T) {
	t.Parallel()
	full := detect(t, mapping.Options{}, "Full Name")
	for name, doubtful := range map[string]bool{"Mason Engineer": true, "Robotics Engineer": true, "Halvorsen Brothers": true, "Maria Engineer": false, "Ann Carpenter": false} {
		var p mapping.Person
		if problems := full.Map([]string{name}, nil, &p); len(problems) > 0 || p.GuessedName != doubtful {
			t.Errorf("%s: in doubt %t, %v", name, p.GuessedName, problems)
		}
	}
}
