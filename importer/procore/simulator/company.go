package simulator

import (
	"net/http"
	"slices"
	"strconv"
)

// serviceAccountID is the ID of the account behind the credentials.
const serviceAccountID = 900_001

// WorkClassification is a trade of the company. Every project has all trades.
type WorkClassification struct {
	ID           int64
	Name         string
	Abbreviation string
}

// defaultTrades returns the work classifications of a Config without any.
func defaultTrades() []WorkClassification {
	list := []WorkClassification{
		{Name: "Carpenter", Abbreviation: "CARP"},
		{Name: "Concrete Finisher", Abbreviation: "CONC"},
		{Name: "Drywall Installer", Abbreviation: "DRYW"},
		{Name: "Electrician", Abbreviation: "ELEC"},
		{Name: "Equipment Operator", Abbreviation: "OPER"},
		{Name: "Foreman", Abbreviation: "FORE"},
		{Name: "Ironworker", Abbreviation: "IRON"},
		{Name: "Laborer", Abbreviation: "LAB"},
		{Name: "Mason", Abbreviation: "MAS"},
		{Name: "Painter", Abbreviation: "PNT"},
		{Name: "Pipefitter", Abbreviation: "PIPE"},
		{Name: "Plumber", Abbreviation: "PLMB"},
		{Name: "Roofer", Abbreviation: "ROOF"},
		{Name: "Sheet Metal Worker", Abbreviation: "SMW"},
	}
	for i := range list {
		list[i].ID = 562_949_953_421_401 + int64(i)
	}
	return list
}

// classification returns the trade with the given ID, or nil.
func (s *Server) classification(id int64) *WorkClassification {
	i := slices.IndexFunc(s.config.WorkClassifications, func(w WorkClassification) bool { return w.ID == id })
	if i < 0 {
		return nil
	}
	return &s.config.WorkClassifications[i]
}

// listClassifications handles GET work_classifications of a project or the company.
func (s *Server) listClassifications(c *call) answer {
	type item struct {
		ID             int64   `json:"id"`
		Name           string  `json:"name"`
		Abbreviation   *string `json:"abbreviation"`
		CompanyID      int64   `json:"company_id"`
		CompanyVisible bool    `json:"company_visible"`
		ProjectIDs     []int64 `json:"project_ids"`
	}
	var projects []int64
	for _, p := range s.projects() {
		projects = append(projects, p.ID)
	}
	return answerPage(s, c, s.config.WorkClassifications, func(w WorkClassification) any {
		return item{w.ID, w.Name, orNull(w.Abbreviation), s.config.CompanyID, true, projects}
	})
}

// listCompanies handles GET companies.
func (s *Server) listCompanies(c *call) answer {
	type item struct {
		idName
		IsActive bool `json:"is_active"`
	}
	return answerPage(s, c, []idName{s.company()}, func(company idName) any { return item{company, true} })
}

type projectView struct {
	idName
	Active  bool   `json:"active"`
	Company idName `json:"company"`
}

// listProjects handles GET projects?company_id=….
func (s *Server) listProjects(c *call) answer {
	if refused, ok := s.checkCompany(c); !ok {
		return refused
	}
	var visible []Project
	if !s.denies(DenyProject) {
		visible = s.projects()
	}
	return answerPage(s, c, visible, s.projectView)
}

// showProject handles GET projects/{id}?company_id=….
func (s *Server) showProject(c *call) answer {
	if refused, ok := s.checkCompany(c); !ok {
		return refused
	}
	p, _ := s.project(c.r.PathValue("project")) // admit refuses unknown projects
	return jsonAnswer(http.StatusOK, s.projectView(p))
}

// showMe handles GET me.
func (s *Server) showMe(*call) answer {
	return jsonAnswer(http.StatusOK, struct {
		ID    int64  `json:"id"`
		Login string `json:"login"`
		Name  string `json:"name"`
	}{serviceAccountID, "simulated-service-account@example.com", "Simulated Service Account"})
}

// checkCompany checks the company_id in the query of a project's address.
func (s *Server) checkCompany(c *call) (refused answer, ok bool) {
	text := c.r.URL.Query().Get("company_id")
	if text == "" {
		return s.refuse(c, http.StatusBadRequest, problem{text: "param is missing or the value is empty: company_id"}), false
	}
	if text != strconv.FormatInt(s.config.CompanyID, 10) {
		return s.refuse(c, http.StatusForbidden, problem{text: "App is not connected to this company"}), false
	}
	return answer{}, true
}

func (s *Server) company() idName {
	return idName{s.config.CompanyID, "Simulated Company"}
}

func (s *Server) projects() []Project {
	return append([]Project{{s.config.ProjectID, "Simulated Project"}}, s.config.OtherProjects...)
}

// project returns the project with the ID in text.
func (s *Server) project(text string) (Project, bool) {
	for _, p := range s.projects() {
		if strconv.FormatInt(p.ID, 10) == text {
			return p, true
		}
	}
	return Project{}, false
}

func (s *Server) projectView(p Project) any {
	return projectView{idName(p), true, s.company()}
}
