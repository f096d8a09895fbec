package web

import (
	"strings"
	"testing"

	"muster/importer/procore/simulator"
)

func TestAdviceNamesNoCommand(t *testing.T) {
	t.Parallel()
	words, err := loadTexts("en")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct{ code, hint, want string }{
		{"name_missing", "fill it in", "Fill it in"},
		{"throttled", "try again later; or use less", "Try again later; or use less"},
		{"throttled", "try again later, or with a lower --rate", "Try again later."},
		{"inactive_person", "to make the person active again, import with --reactivate, or activate the person in the company's directory", "Activate the person in the company's directory"},
		{"differs", "correct the title there, or import with --update", "Correct the title there"},
		{"no_people", "check the headings, or name the sheet with --sheet; hidden rows have to be shown", "Check the headings; hidden rows have to be shown"},
		{"listed", "look at the file (if that looks wrong, use --encoding)", "Look at the file"},
		{"unknown", "make one with muster check ROSTER --plan FILE", ""},
		{"answer_lost", "run the same command again later: muster finds out before it sends anything", words.say("advice.answer_lost")},
		{"answer_lost", "look these people up in the project's directory", "Look these people up in the project's directory"},
		{"headings", "", words.say("advice.headings")},
	} {
		if got := words.advice(test.code, test.hint); got != test.want {
			t.Errorf("%s, %s: %q, want %q", test.code, test.hint, got, test.want)
		}
	}
}

// TestPagesNameNoCommand looks at the pages of a roster with many kinds of problems and notes.
func TestPagesNameNoCommand(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	draft, _ := s.sendText("Name,Employee ID,Status,Title", "Xin Moe Lee,,Terminated,", "Xin Moe Lee,,,", "Ann Ray Bo,7,,TBD", "Cher,8,,", "Di Lee Ho,9,Left,n/a")
	s.submit(draft+"/columns", choicesOn(s.open(draft+"/columns")))
	s.onHead(draft, "3 new · 2 to fix")
	s.submit(draft+"/import", nil)
	run := s.end(s.lastRun().ID)
	for _, path := range []string{draft + "/columns", draft + "/check", draft + "/check?view=list&show=all", draft + "/row/2", draft + "/row/3", "/run/" + run.ID} {
		status, body := s.get(path)
		if found := commands.FindAllString(body, -1); found != nil && status < 400 {
			t.Errorf("%s names %q", path, found)
		}
	}
}

func TestUploadThatIsNoRosterSaysWhatToDo(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	_, body := s.sendText("<html><body>sign in</body></html>")
	if !strings.Contains(body, `class="try"`) || strings.Contains(body, "row with the headings is marked") {
		t.Errorf("the page is %s", body)
	}
}

// TestAllAreEmployees says on the page of columns what no column says.
func TestAllAreEmployees(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{Windows: []simulator.Window{}})
	draft, body := s.sendText("First Name,Last Name", "Ann,Lee", "Bo,Li")
	form := choicesOn(body)
	form.Set("do", "continue")
	form.Set("employees", string(allEmployees))
	s.submit(draft+"/columns", form)
	s.onHead(draft, "2 new")
	if body = s.open(draft + "/columns"); !strings.Contains(body, `value="all" checked`) {
		t.Errorf("the page forgets the answer: %s", body)
	}
	s.submit(draft+"/import", nil)
	s.end(s.lastRun().ID)
	people := s.office.procore.People()
	for _, p := range people {
		if !p.IsEmployee {
			t.Errorf("%s is no employee", p.FirstName)
		}
	}
	if len(people) != 2 {
		t.Errorf("%d people", len(people))
	}
}
