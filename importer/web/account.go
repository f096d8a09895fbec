package web

import (
	"net/http"
	"slices"
	"strconv"
	"strings"

	"muster/importer/doctor"
	"muster/importer/fault"
	"muster/importer/procore"
)

// accountRoutes adds the page on which Procore is connected and the project chosen.
func (s *Server) accountRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /account", s.showAccount)
	s.handle(mux, "POST /account", s.keepAccount)
	s.handle(mux, "POST /account/forget", s.forgetAccount)
	s.handle(mux, "GET /account/projects", s.showProjects)
	s.handle(mux, "POST /account/project", s.chooseProject)
	s.handle(mux, "GET /account/checks", s.showChecks)
}

// accountPage is the data of the page. The secret is never in it.
type accountPage struct {
	Environments []string
	ClientID     string // as it was typed
	Environment  string
	Refused      []doctor.Finding // what is wrong with the credentials that were typed
	Companies    choices
	Projects     choices
}

// choices are the companies or projects to choose from.
type choices struct {
	All     []procore.Named
	Chosen  int64
	Trouble *failure // why they can't be listed; then a number is asked for
}

func (s *Server) newAccountPage() accountPage {
	return accountPage{Environments: s.Backend.Environments()}
}

// showAccount shows a form for the credentials, or for the project.
func (s *Server) showAccount(w http.ResponseWriter, r *http.Request) error {
	account, page := s.Backend.Account(r.Context()), s.newAccountPage()
	page.Environment = account.Environment
	if account.Source != NoSource {
		page.Companies = s.list(account.Company.ID, func() ([]procore.Named, error) { return s.Backend.Companies(r.Context()) })
		if page.Companies.Chosen != 0 {
			page.Projects = s.projectsOf(r, page.Companies.Chosen)
		}
	}
	return s.page(w, r, "account", page)
}

// list returns what can be chosen. A single thing is chosen already.
func (s *Server) list(chosen int64, all func() ([]procore.Named, error)) choices {
	found, err := all()
	c := choices{All: found, Chosen: chosen}
	if err != nil {
		_, trouble := s.describe(err)
		c.Trouble = &trouble
	}
	if chosen == 0 && len(found) == 1 {
		c.Chosen = found[0].ID
	}
	return c
}

func (s *Server) projectsOf(r *http.Request, company int64) choices {
	account, chosen := s.Backend.Account(r.Context()), int64(0)
	if account.Company.ID == company {
		chosen = account.Project.ID
	}
	return s.list(chosen, func() ([]procore.Named, error) { return s.Backend.Projects(r.Context(), company) })
}

// showProjects shows the projects of the company that was just chosen.
func (s *Server) showProjects(w http.ResponseWriter, r *http.Request) error {
	company, err := s.formID(r, "company")
	if err != nil {
		return err
	}
	page := s.newAccountPage()
	page.Projects = s.projectsOf(r, company)
	return s.fragment(w, r, "account", "projects", page)
}

// keepAccount tries credentials out, and keeps them if they are good.
func (s *Server) keepAccount(w http.ResponseWriter, r *http.Request) error {
	c := Credentials{
		Environment: r.PostFormValue("environment"), ClientID: strings.TrimSpace(r.PostFormValue("client_id")),
		ClientSecret: strings.TrimSpace(r.PostFormValue("client_secret")),
	}
	refused, err := s.Backend.Keep(r.Context(), c)
	if err != nil {
		return err
	}
	if len(refused) == 0 {
		return redirect(w, r, "/account")
	}
	page := s.newAccountPage()
	page.Refused, page.ClientID, page.Environment = refused, c.ClientID, c.Environment
	return s.page(w, r, "account", page)
}

func (s *Server) forgetAccount(w http.ResponseWriter, r *http.Request) error {
	if err := s.Backend.Forget(r.Context()); err != nil {
		return err
	}
	return redirect(w, r, "/account")
}

// chooseProject keeps the company and the project that the page imports into.
func (s *Server) chooseProject(w http.ResponseWriter, r *http.Request) error {
	company, err := s.formID(r, "company")
	if err != nil {
		return err
	}
	project, err := s.formID(r, "project")
	if err != nil {
		return err
	}
	of, in := procore.Named{ID: company}, procore.Named{ID: project}
	for name, list := range map[*procore.Named]choices{
		&of: s.list(company, func() ([]procore.Named, error) { return s.Backend.Companies(r.Context()) }),
		&in: s.projectsOf(r, company),
	} {
		if at := slices.IndexFunc(list.All, func(n procore.Named) bool { return n.ID == name.ID }); at >= 0 {
			*name = list.All[at]
		}
	}
	if err := s.Backend.Choose(r.Context(), of, in); err != nil {
		return err
	}
	return redirect(w, r, "/account")
}

// formID returns the ID in a field of a form.
func (s *Server) formID(r *http.Request, field string) (int64, error) {
	id, err := strconv.ParseInt(strings.TrimSpace(r.FormValue(field)), 10, 64)
	if err != nil || id < 1 {
		return 0, fault.Usage(s.text("account.choose_fix"), "%s", s.text("account.choose_"+field))
	}
	return id, nil
}

// showChecks shows what the doctor finds out about the way to the project.
func (s *Server) showChecks(w http.ResponseWriter, r *http.Request) error {
	return s.fragment(w, r, "account", "checks", s.Backend.Diagnose(r.Context()))
}
