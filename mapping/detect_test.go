package mapping_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/mapping"
)

// crew cuts a table out of a text: a header and rows, cells separated by "|".
func crew(lines ...string) (header []string, rows [][]string) {
	for i, line := range lines {
		cells := strings.Split(line, "|")
		if i == 0 {
			header = cells
			continue
		}
		rows = append(rows, cells)
	}
	return header, rows
}

// show writes a mapping as "field=heading" lines.
func show(m *mapping.Mapper) []string {
	var lines []string
	for _, c := range m.Columns() {
		lines = append(lines, fmt.Sprintf("%s=%s", c.Field, c.Heading))
	}
	return lines
}

func codes(err error) []string {
	var bind *mapping.BindError
	if !errors.As(err, &bind) {
		return []string{fmt.Sprint(err)}
	}
	var all []string
	for _, p := range bind.Problems {
		all = append(all, p.Code)
	}
	return all
}

// doubts returns the codes of what refuses a header, and of what leaves an optional
// field out.
func doubts(s *mapping.Detection) []string {
	var all []string
	if _, err := s.Mapper(); err != nil {
		all = codes(err)
	}
	for _, q := range s.Questions() {
		if !q.Required && q.Value == "" {
			all = append(all, q.Code)
		}
	}
	return all
}

// The headers are those of the rosters that the project collects.
func TestDetectRosters(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		roster   []string
		want     []string
		unused   []string
		problems []string
	}{
		{
			name: "acme-electric-crew.xlsx",
			roster: []string{
				"Emp #|Employee Name|Craft|Title / Class|W-2 Employee?|Start\nDate",
				"01007|Li, Håkon|Operating Engineer|General Foreman|Y|2026-03-26",
				"01014|Aoife Nguyễn|Ironworker|General Foreman|No|2026-02-28",
				"01042|Xin Björnsson|Ironworker|Journeyman|X|2026-07-12",
			},
			want: []string{
				"first_name=Employee Name", "last_name=Employee Name", "job_title=Title / Class",
				"employee_id=Emp #", "is_employee=W-2 Employee?", "work_classification_id=Craft",
			},
			unused: []string{"Start Date"},
		},
		{
			name:   "UKG's export",
			roster: []string{"EepEEID|EepNameFirst|EepNameLast|EecEmplStatus|JbcDesc|EecEmpNo", "A1B2|Ann|Lee|A|Journeyman|000201"},
			want:   []string{"first_name=EepNameFirst", "last_name=EepNameLast", "job_title=JbcDesc", "employee_id=EecEmpNo"},
			unused: []string{"EepEEID", "EecEmplStatus"},
		},
		{
			name:   "Polish",
			roster: []string{"Lp.|Imię i nazwisko|Nr ewid.|Stanowisko|PESEL", "1|Łukasz Kowalski|0101|Elektryk|80010112345"},
			want:   []string{"first_name=Imię i nazwisko", "last_name=Imię i nazwisko", "job_title=Stanowisko", "employee_id=Nr ewid."},
			unused: []string{"Lp."},
		},
		{
			name:   "Chinese",
			roster: []string{"序号|姓|名|工号|职务|身份证号码", "1|李|伟|A001|电工|110101198001011234"},
			want:   []string{"first_name=名", "last_name=姓", "job_title=职务", "employee_id=工号"},
			unused: []string{"序号"},
		},
		{
			name:   "Japanese",
			roster: []string{"社員番号|氏名|フリガナ|役職|生年月日", "001|山田 太郎|ヤマダ タロウ|職長|1980-01-01"},
			want:   []string{"first_name=氏名", "last_name=氏名", "job_title=役職", "employee_id=社員番号"},
			unused: []string{"フリガナ"},
		},
		{
			name:   "Vietnamese",
			roster: []string{"STT|Họ và tên|Mã NV|Chức vụ|Ngày sinh", "1|Nguyễn Văn An|001|Thợ điện|1/2/1980"},
			want:   []string{"first_name=Họ và tên", "last_name=Họ và tên", "job_title=Chức vụ", "employee_id=Mã NV"},
			unused: []string{"STT"},
		},
		{
			name:   "Arabic",
			roster: []string{"الرقم|الاسم الأول|اسم العائلة|الوظيفة", "1|محمد|الأحمد|كهربائي"},
			want:   []string{"first_name=الاسم الأول", "last_name=اسم العائلة", "job_title=الوظيفة"},
			unused: []string{"الرقم"},
		},
		{
			name:     "the name of a job beside its number",
			roster:   []string{"Job Number|Job Name|Employee Name", "24-001|Tower A|Ann Lee"},
			problems: []string{"heading_ambiguous"},
		},
		{
			name:   "the name of a job alone",
			roster: []string{"Job Name|Employee Name", "Foreman|Ann Lee"},
			want:   []string{"first_name=Employee Name", "last_name=Employee Name", "job_title=Job Name"},
		},
		{
			name:   "a form's numbers",
			roster: []string{"(1) Name of Worker|(2) Exemptions|(3) Work Classification|(4) OT or ST", "Ann Lee|2|Laborer|S"},
			want:   []string{"first_name=(1) Name of Worker", "last_name=(1) Name of Worker", "work_classification_id=(3) Work Classification"},
			unused: []string{"(2) Exemptions", "(4) OT or ST"},
		},
		{
			name:   "Russian",
			roster: []string{"Имя|Фамилия|Должность|СНИЛС", "Иван|Петров|Электрик|112-233-445 95"},
			want:   []string{"first_name=Имя", "last_name=Фамилия", "job_title=Должность"},
		},
		{
			name:   "a dispatch sheet",
			roster: []string{"Member Name|Card #|Classification|Book", "GARCIA, MARIA L|D123|JW|1"},
			want:   []string{"first_name=Member Name", "last_name=Member Name", "employee_id=Card #", "work_classification_id=Classification"},
			unused: []string{"Book"},
		},
		{
			name:   "unicode-text.txt",
			roster: []string{"Given Name|Family Name|Job|Badge No.|Trade", "Noor|MacDonald|Ironworker|B-0001|Ironworker", "Ana|Fernández López|Laborer|B-0002|Laborer"},
			want:   []string{"first_name=Given Name", "last_name=Family Name", "job_title=Job", "employee_id=Badge No.", "work_classification_id=Trade"},
		},
		{
			name:   "german-semicolon.csv",
			roster: []string{"Vorname|Nachname|Tätigkeit|Personalnummer|Angestellt", " Ivan |Okafor  |Laborer|000001|nein"},
			want:   []string{"first_name=Vorname", "last_name=Nachname", "job_title=Tätigkeit", "employee_id=Personalnummer", "is_employee=Angestellt"},
		},
		{
			name:   "windows-1252.csv",
			roster: []string{"First Name|Last Name|Position|ID No", "François|Lefèvre|“Lead” Carpenter|100", "Zoë|Muñoz|“Lead” Carpenter|101"},
			want:   []string{"first_name=First Name", "last_name=Last Name", "job_title=Position", "employee_id=ID No"},
		},
		{
			name:   "last-first.csv",
			roster: []string{"NAME|OCCUPATION|EMPLOYEE ID", "GARCIA, MARIA L|LABORER|EMP001", "Cher|LABORER|EMP006"},
			want:   []string{"first_name=NAME", "last_name=NAME", "job_title=OCCUPATION", "employee_id=EMPLOYEE ID"},
		},
		{
			name:   "excel-eaten-ids.csv",
			roster: []string{"First|Last|Employee ID|Origin ID", "Ana|Test|1.23457E+11|HR-1"},
			want:   []string{"first_name=First", "last_name=Last", "employee_id=Employee ID", "origin_id=Origin ID"},
		},
		{
			name:   "excel-ids.xlsx",
			roster: []string{"First|Last|Employee ID|Is Employee", "P0|Cell|00042|TRUE"},
			want:   []string{"first_name=First", "last_name=Last", "employee_id=Employee ID", "is_employee=Is Employee"},
		},
		{
			name:   "same-person-twice.csv",
			roster: []string{"First Name|Last Name|Job Title|Employee ID|External ID", "Jose|Garcia|Electrician|100|"},
			want:   []string{"first_name=First Name", "last_name=Last Name", "job_title=Job Title", "employee_id=Employee ID", "origin_id=External ID"},
		},
		{
			name:   "mac-cr.csv and broken-quotes.csv",
			roster: []string{"First Name|Last Name|Job Title", "Ana|Silva|Laborer"},
			want:   []string{"first_name=First Name", "last_name=Last Name", "job_title=Job Title"},
		},
		{
			name:   "formulas.csv",
			roster: []string{"First Name|Last Name|Job Title|Employee ID|Phone", "Bo|@SUM(A1)|-5|2|-5"},
			want:   []string{"first_name=First Name", "last_name=Last Name", "job_title=Job Title", "employee_id=Employee ID"},
			unused: []string{"Phone"},
		},
		{
			name:   "nightly-1.csv and nightly-2.csv",
			roster: []string{"Person Number|First Name|Last Name|Business Title|Employment Status|Project|Worker Type", "HR-0001|Aoife|Li|Laborer|Active|1204|Employee", "HR-0005|José|Smith-Jones|Carpenter|Active|1204|Contingent"},
			want:   []string{"first_name=First Name", "last_name=Last Name", "job_title=Business Title", "employee_id=Person Number", "is_employee=Worker Type"},
			unused: []string{"Employment Status", "Project"},
		},
		{
			name:   "nomina.xlsx",
			roster: []string{"N.º|Nombre|Apellidos|Puesto|Oficio|No. de empleado", "1|DeShawn|Ivanov|Oficial|Pipefitter|E001", "2|Olu|Washington|Oficial|Electricista|E002"},
			want:   []string{"first_name=Nombre", "last_name=Apellidos", "job_title=Puesto", "employee_id=No. de empleado", "work_classification_id=Oficio"},
			unused: []string{"N.º"},
		},
		{
			name:   "notes-and-ragged.csv",
			roster: []string{"Last Name|First Name|Notes|Employee ID", "Silva|Ana|ok|7"},
			want:   []string{"first_name=First Name", "last_name=Last Name", "employee_id=Employee ID"},
			unused: []string{"Notes"},
		},
		{
			name:   "persons in headings",
			roster: []string{"Tech Name|Tech #|Driver Trade|Operator Phone", "Ann Lee|T-7|Roofer|555-0100"},
			want:   []string{"first_name=Tech Name", "last_name=Tech Name", "employee_id=Tech #", "work_classification_id=Driver Trade"},
			unused: []string{"Operator Phone"},
		},
		{
			name:   "persons behind headings",
			roster: []string{"Familienname des Beschäftigten|Vorname des Beschäftigten|Code of Worker", "Lee|Ann|T-7"},
			want:   []string{"first_name=Vorname des Beschäftigten", "last_name=Familienname des Beschäftigten", "employee_id=Code of Worker"},
		},
		{
			name:   "a particle in a column of its own",
			roster: []string{"Roepnaam|Tussenvoegsel|Achternaam", "Floor|van der|Haag", "Sanne||Bakker"},
			want:   []string{"first_name=Roepnaam", "last_name=Achternaam"},
		},
		{
			name:   "a name as in a document of the state",
			roster: []string{"Full Name (as per passport)|Passport No", "Ann Lee|X7"},
			want:   []string{"first_name=Full Name (as per passport)", "last_name=Full Name (as per passport)"},
		},
		{
			name:   "codes of crafts under the ID of a craft",
			roster: []string{"first_name|last_name|craft_id", "Ann|Lee|CARP"},
			want:   []string{"first_name=first_name", "last_name=last_name", "work_classification_id=craft_id"},
		},
		{name: "header-only.csv", roster: []string{"First Name|Last Name"}, want: []string{"first_name=First Name", "last_name=Last Name"}},
		{name: "no-header.csv", roster: []string{"Ana|Silva|Laborer|100", "Bo|Li|Carpenter|101"}, problems: []string{"heading_missing"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header, rows := crew(tt.roster...)
			s := mapping.NewDetection(header, rows, mapping.Options{})
			m, err := s.Mapper()
			if tt.problems != nil {
				if diff := cmp.Diff(tt.problems, doubts(s)); diff != "" {
					t.Fatalf("problems (-want +got):\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, show(m)); diff != "" {
				t.Errorf("mapping (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.unused, m.Unused()); diff != "" {
				t.Errorf("unused (-want +got):\n%s", diff)
			}
		})
	}
}

// Every heading of the collection feeds its field by itself.
func TestDetectDictionary(t *testing.T) {
	t.Parallel()
	tests := []struct {
		field    mapping.Field
		sample   string
		headings string
	}{
		{mapping.FirstName, "Ana", `First Name, FirstName, First, fname, fstnme, Employee First Name, Legal First Name, Legal Name - First Name, 1. First Name, A) Nombres, Prénom / First Name, First Name | Nombres, First Name (as on ID), First Name (as per passport), First Name (English), Legal Given Name, Given Name, Forename, Forenames, First Nm, Name First, Worker First Name, EE First Name, Emp First Name, Contact First Name, Christian Name, Vorname, Prénom, Nombres, Förnamn, Voornaam, FIRSTNAME, first_name, First  Name *, First Name (required), First Name (Optional), What is your first name?, Nombre trabajador, Förnamn medarbetare, Voorletters, Roepnaam`},
		{mapping.LastName, "Silva", `Last Name, LastName, Last, lname, lstnme, Employee Last Name, Legal Last Name, Legal Family Name, Family Name, Surname, Last Nm, Name Last, Worker Last Name, EE Last Name, Emp Last Name, Contact Last Name, Nachname, Nom de famille, Nom / Last Name, Nom d'usage, Nom usuel, Legal Name - Last Name, Apellido, Apellidos, Efternamn, Achternaam, Cognome, Sobrenome, Last Name*, LAST_NAME, Nom de naissance, Naam, Navn, Geslachtsnaam`},
		{mapping.JobTitle, "Laborer", `Job Title, Title, Position, Position Title, paypst, Business Title, Job Profile, Job Code Description, Role, Designation, Occupation, Working Title, Home Job Title, Position Description, Function, Employee Title, Job Role, Puesto, Cargo, Berufsbezeichnung, Stelle, Tätigkeit, Tätigkeitsbezeichnung, Poste, Fonction, Befattning, JobTitle, TATIGKEIT, Job Information: Job Title, Categoría, Berufsbez., Stanowisko pracy`},
		{mapping.EmployeeID, "E17", `Employee ID, Employee No, Employee Number, Employee #, EMP ID, Emp #, Emp No, EmpID, EMPL #, EE ID, EE #, Worker ID, Worker Number, Person Number, Staff ID, Staff No, Personnel Number, Badge Number, Badge #, Badge No., Clock ID, Clock #, Card Number, File #, File Number, Associate ID, Payroll Number, Payroll ID, recnum, Man Number, Personalnummer, Mitarbeiternummer, Numéro d'employé, Matricule, Matricule / Emp No, Matrícula, Número de empleado, No. de empleado, EMPNO, EmpNo, employee_no, N.º de empleado, Employee Display ID, (1B) ID NO., Badge number (if known), Num. Trabajador, Cód. trabajador, N° employé, N° matricule, Werknemernummer, Medarb.nr., ID pracownika, AN-Nr.`},
		{mapping.IsEmployee, "yes", `Is Employee, Is Employee Of ACME?, Employee?, Employee Y/N, Employee (True/False), Own Employee, In-house, Direct Hire, Company Employee, W-2 Employee?, Angestellt, Contractor?, Contractor, Subcontractor, Temp, Agency`},
		{mapping.IsEmployee, "Employee", `Worker Type, Employment Type, Employee Type, 1099/W2`},
		{mapping.WorkClassification, "Electrician", `Work Classification, Classification, Class, Class Code, Labor Classification, Labor Class, Labor Class Code, Labor Code, Pay Class, Craft, Craft Code, Craft/Classification, Craft/Class, Trade, Trade Classification, Trade Name, Skill, Union Class, Union Craft, Worker Class, Job Class, Job Classification, Prevailing Wage Classification, Oficio, Gewerk, Métier, Work Classification ID, Classification ID`},
		{mapping.OriginID, "HR-1", `Origin ID, External ID, External Ref, External Reference, External Key, Source ID, Source System ID, Source Key, System ID, Foreign ID, Integration ID, ERP ID, HRIS ID, HR ID, Record ID, Unique ID, UUID, GUID, Remote ID, Third Party ID, Legacy ID, Sync ID`},
	}
	for _, tt := range tests {
		for heading := range strings.SplitSeq(tt.headings, ", ") {
			t.Run(string(tt.field)+" "+heading, func(t *testing.T) {
				t.Parallel()
				header := []string{heading, "First Name", "Last Name"}
				switch tt.field {
				case mapping.FirstName:
					header[1] = ""
				case mapping.LastName:
					header[2] = ""
				}
				m, err := mapping.Detect(header, [][]string{{tt.sample, "Ana", "Silva"}}, mapping.Options{})
				if err != nil {
					t.Fatal(err)
				}
				for _, c := range m.Columns() {
					if c.Column == 0 && c.Field == tt.field {
						return
					}
				}
				t.Errorf("%q feeds no %s: %v", heading, tt.field, show(m))
			})
		}
	}
	for heading := range strings.SplitSeq(`Name; Full Name; Print Name; Printed Name; Name (Please Print); Name (Print); Employee Name; Worker Name; Worker; Payroll Name; Sort Name; Legal Name; Legal Full Name; Display Name; Staff Name; Crew Member; Resource Name; Contact Name; Technician; Laborer; Team Member; Associate Name; EE Name; Emp Name; Name (Last, First); Last Name First Name; Nombre completo; Nom complet; Nombre; Nom; Nome; Naam; (1A) NAME; Your Name; Full Name (First and Last); Workmen Name; Employee Description; Pracownik; Nombre trabajador; Cognome Nome`, "; ") {
		t.Run("full name "+heading, func(t *testing.T) {
			t.Parallel()
			m, err := mapping.Detect([]string{heading}, [][]string{{"Silva, Ana"}}, mapping.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"first_name=" + heading, "last_name=" + heading}, show(m)); diff != "" {
				t.Error(diff)
			}
		})
	}
	for heading := range strings.SplitSeq(`Middle Name, Middle Initial, M.I., MidName, midini, Suffix, Preferred Name, Preferred First Name, Nickname, Known As, Goes By, Employee Status, Employment Status, Active, ActiveYN, Is Salary, Civilité, Father's Name, Nom du chantier, Initials`, ", ") {
		t.Run("no field "+heading, func(t *testing.T) {
			t.Parallel()
			m, err := mapping.Detect([]string{"First Name", "Last Name", heading}, [][]string{{"Ana", "Silva", "Yes"}}, mapping.Options{})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{heading}, m.Unused()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDetectAmbiguous(t *testing.T) {
	t.Parallel()
	trades := []mapping.Classification{{ID: 1, Name: "Electrician", Abbreviation: "ELEC"}, {ID: 2, Name: "Carpenter"}}
	uuid := "123e4567-e89b-12d3-a456-426614174000"
	tests := []struct {
		name     string
		roster   []string
		classes  []mapping.Classification
		want     []string // besides names
		problems []string
	}{
		{name: "Employee as name", roster: []string{"Employee", "Silva, Ana", "Bo Li"}, want: []string{"first_name=Employee", "last_name=Employee"}},
		{name: "Employee as number", roster: []string{"Employee|Name", "1001|Ana Silva", "1002|Bo Li"}, want: []string{"first_name=Name", "last_name=Name", "employee_id=Employee"}},
		{name: "Employee as yes/no", roster: []string{"Employee|Name", "Y|Ana Silva", "N|Bo Li", "Y|Cy Ray"}, want: []string{"first_name=Name", "last_name=Name", "is_employee=Employee"}},
		{name: "Employee undecided", roster: []string{"Employee", "Ana", "Bo"}, problems: []string{"heading_ambiguous"}},
		{name: "no answer under a yes/no", roster: []string{"Name|Is Employee", "Ana Silva|Active", "Bo Li|Inactive"}, problems: []string{"heading_ambiguous"}},
		{name: "an answer under a yes/no", roster: []string{"Name|Is Employee", "Ana Silva|yes", "Bo Li|perhaps"}, want: []string{"first_name=Name", "last_name=Name", "is_employee=Is Employee"}},
		{name: "Employee without cells", roster: []string{"Employee"}, problems: []string{"heading_ambiguous"}},
		{name: "Name beside both halves", roster: []string{"First|Last|Name", "Ana|Silva|Ana Silva"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "Name beside Vorname", roster: []string{"Name|Vorname", "Silva|Ana"}, want: []string{"first_name=Vorname", "last_name=Name"}},
		{name: "Name beside Surname", roster: []string{"Name|Surname", "Ana|Silva"}, want: []string{"first_name=Name", "last_name=Surname"}},
		{name: "whole Name beside First Name", roster: []string{"First Name|Name", "Ana|Ana Silva", "Bo|Bo Li"}, want: []string{"first_name=Name", "last_name=Name"}},
		{name: "Nom beside Prénom", roster: []string{"Nom|Prénom", "Silva|Ana"}, want: []string{"first_name=Prénom", "last_name=Nom"}},
		{name: "Nome alone, one word", roster: []string{"Nome", "Ana", "Bo"}, problems: []string{"heading_missing"}},
		{name: "two Name columns", roster: []string{"Name|Name", "Ana Silva|ACME"}, problems: []string{"heading_twice"}},
		{name: "one surname column of two", roster: []string{"Apellido Paterno|Nombre(s)", "Hernández|José Luis"}, want: []string{"first_name=Nombre(s)", "last_name=Apellido Paterno"}},
		{name: "second surname alone", roster: []string{"Apellido Materno|Nombres", "García|José Luis"}, problems: []string{"heading_ambiguous"}},
		{name: "Name beside Family", roster: []string{"Name|Family|Title", "José Luis|García|Cabo"}, problems: []string{"heading_ambiguous", "heading_ambiguous"}},
		{name: "Name beside a misspelled last name", roster: []string{"Name|Lsat Name", "José|García"}, problems: []string{"heading_ambiguous", "heading_ambiguous"}},
		{name: "Name beside Job Family", roster: []string{"Name|Job Family", "José García|Trades"}, want: []string{"first_name=Name", "last_name=Name"}},
		{name: "Job as number", roster: []string{"First|Last|Job", "Ana|Silva|1204"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "Job undecided", roster: []string{"First|Last|Job", "Ana|Silva|1204", "Bo|Li|Laborer"}, problems: []string{"heading_ambiguous"}},
		{name: "Class known to the project", roster: []string{"First|Last|Class", "Ana|Silva|ELEC", "Bo|Li|carpenter"}, classes: trades, want: []string{"first_name=First", "last_name=Last", "work_classification_id=Class"}},
		{name: "Class unknown to the project", roster: []string{"First|Last|Class", "Ana|Silva|A"}, classes: trades, problems: []string{"heading_ambiguous"}},
		{name: "Class beside Craft", roster: []string{"First|Last|Class|Craft", "Ana|Silva|A|Electrician"}, want: []string{"first_name=First", "last_name=Last", "work_classification_id=Craft"}},
		{name: "Title / Class alone, ranks", roster: []string{"First|Last|Title / Class", "Ana|Silva|Foreman", "Bo|Li|Journeyman"}, want: []string{"first_name=First", "last_name=Last", "job_title=Title / Class"}},
		{name: "Title / Class alone, undecided", roster: []string{"First|Last|Title / Class", "Ana|Silva|Electrician"}, problems: []string{"heading_ambiguous"}},
		{name: "Title of honour", roster: []string{"Title|First|Last", "Mr.|Ana|Silva", "Mrs|Bo|Li"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "Type of worker", roster: []string{"First|Last|Type", "Ana|Silva|EE", "Bo|Li|ICI"}, want: []string{"first_name=First", "last_name=Last", "is_employee=Type"}},
		{name: "Type of another thing", roster: []string{"First|Last|Type", "Ana|Silva|Green"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "Employment Type by hours", roster: []string{"First|Last|Employment Type", "Ana|Silva|Full-time", "Bo|Li|Part-time"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "ID of another system", roster: []string{"First|Last|ID", "Ana|Silva|" + uuid}, want: []string{"first_name=First", "last_name=Last", "origin_id=ID"}},
		{name: "ID running", roster: []string{"First|Last|ID", "Ana|Silva|1", "Bo|Li|2"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "ID undecided", roster: []string{"First|Last|ID", "Ana|Silva|B17"}, problems: []string{"heading_ambiguous"}},
		{name: "ID beside Employee ID", roster: []string{"First|Last|ID|Employee ID", "Ana|Silva|B17|8"}, want: []string{"first_name=First", "last_name=Last", "employee_id=Employee ID"}},
		{name: "Contractor as firm", roster: []string{"First|Last|Contractor", "Ana|Silva|ACME"}, want: []string{"first_name=First", "last_name=Last"}},
		{name: "two titles", roster: []string{"First|Last|Title|Job Title", "Ana|Silva|Lead|Laborer"}, problems: []string{"heading_twice"}},
		{name: "names in both orders", roster: []string{"Employee Name|Sort Name", "Ana Maria Silva|Silva, Ana Maria", "Bo Li|Li, Bo"}, want: []string{"first_name=Sort Name", "last_name=Sort Name"}},
		{name: "two titles with the same cells", roster: []string{"First|Last|Title|Job Title", "Ana|Silva|Lead|LEAD"}, want: []string{"first_name=First", "last_name=Last", "job_title=Title"}},
		{name: "everything wrong together", roster: []string{"Frist Name|Title|Job Title|ID", "Ana|a|b|B17"}, problems: []string{"heading_missing", "heading_ambiguous", "heading_twice"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header, rows := crew(tt.roster...)
			s := mapping.NewDetection(header, rows, mapping.Options{Classifications: tt.classes})
			m, err := s.Mapper()
			if _, err := s.File(proposed(s)); err != nil && !slices.ContainsFunc(s.Questions(), func(q mapping.Question) bool { return len(q.Answers) == 1 }) {
				t.Errorf("the proposed answers: %v", err)
			}
			if tt.problems != nil {
				if diff := cmp.Diff(tt.problems, doubts(s)); diff != "" {
					t.Fatalf("problems (-want +got):\n%s\n%v", diff, err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, show(m)); diff != "" {
				t.Errorf("mapping (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDetectSuggests(t *testing.T) {
	t.Parallel()
	_, err := mapping.Detect([]string{"Frist Name", "Last Name"}, nil, mapping.Options{})
	if err == nil || !strings.Contains(err.Error(), `did you mean "First Name" in column A ("Frist Name")?`) {
		t.Errorf("got %v", err)
	}
}

func TestDetectWithholds(t *testing.T) {
	t.Parallel()
	header := []string{"First Name", "Last Name", "SSN", "Employee SSN", "Last 4 SSN", "Date of Birth", "EmployeeDOB", "Geburtsdatum", "Fecha de nacimiento", "Employee ID", "Social Security #", "Business Name", "Personnr", "CPR-nr.", "D.O.B.", "Syntymäaika", "Дата народження"}
	row := []string{"Ana", "Silva", "", "", "", "", "", "", "", "123-45-6789", "", "", "800101-1234", "", "", "", ""}
	m, err := mapping.Detect(header, [][]string{row}, mapping.Options{})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"SSN", "Employee SSN", "Last 4 SSN", "Date of Birth", "EmployeeDOB", "Geburtsdatum", "Fecha de nacimiento", "Employee ID", "Social Security #", "Personnr", "CPR-nr.", "D.O.B.", "Syntymäaika", "Дата народження"}
	if diff := cmp.Diff(want, m.Withheld()); diff != "" {
		t.Errorf("withheld (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"Business Name"}, m.Unused()); diff != "" {
		t.Errorf("unused (-want +got):\n%s", diff)
	}
}

func TestHeading(t *testing.T) {
	t.Parallel()
	for cell, want := range map[string]bool{
		"First Name*": true, "Emp #": true, "Start\nDate": true, "SSN": true, "Phone": true, "Name (Last, First)": true,
		"Prénom / First Name": true, "Operator / Laborer": false, "First Name / Badge": false, "2. Badge": true, "SSN (as on card)": true,
		"No": false, "No.": true, "Laborer": false, "Ana": false, "100": false, "": false, "ACME ELECTRIC, INC. — SITE CREW LIST": false,
		strings.Repeat("Name ", 50): false,
	} {
		if got := mapping.Heading(cell); got != want {
			t.Errorf("Heading(%q) = %v, want %v", cell, got, want)
		}
	}
}

// A heading that stands over both halves of the names, as a merged cell does, is
// asked about.
func TestHeadingOverBothHalves(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, header, rows string
		want               string // headings that are in doubt
	}{
		{"merged", "Name||Title", "Ann|Lee|x;Bo|Li|y", "A B"},
		{"merged, whole name", "Employee Name||Title", "Ann|Lee|x;Bo|Li|y", "A B"},
		{"whole names beside a column without a heading", "Name||Title", "Ann Lee|x|x;Bo Li|y|y", ""},
		{"numbers beside it", "Name||Title", "Ann|7|x;Bo|8|y", ""},
		{"nothing beside it", "Name||Title", "Ann||x;Bo||y", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			header, rows := crew(append([]string{tt.header}, strings.Split(tt.rows, ";")...)...)
			_, err := mapping.Detect(header, rows, mapping.Options{})
			var problems *mapping.BindError
			var doubt []string
			if errors.As(err, &problems) {
				for _, p := range problems.Problems {
					doubt = append(doubt, mapping.ColumnName(p.Column))
				}
			}
			if got := strings.Join(doubt, " "); got != tt.want {
				t.Errorf("in doubt: %q, want %q; %v", got, tt.want, err)
			}
		})
	}
}
