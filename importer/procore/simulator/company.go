package simulator

import (
	"net/http"
	"slices"
	"strconv"
	"strings"
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
	var list []WorkClassification
	for i, trade := range []string{
		"Carpenter/CARP", "Concrete Finisher/CONC", "Drywall Installer/DRYW", "Electrician/ELEC", "Equipment Operator/OPER",
		"Foreman/FORE", "Ironworker/IRON", "Laborer/LAB", "Mason/MAS", "Painter/PNT",
		"Pipefitter/PIPE", "Plumber/PLMB", "Roofer/ROOF", "Sheet Metal Worker/SMW",
	} {
		name, abbreviation, _ := strings.Cut(trade, "/")
		list = append(list, WorkClassification{562_949_953_421_401 + int64(i), name, abbreviation})
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
	var projects []int64
	for _, p := range s.projects() {
		projects = append(projects, p.ID)
	}
	return answerPage(s, c, s.config.WorkClassifications, func(w WorkClassification) any {
		return map[string]any{
			"id": w.ID, "name": w.Name, "abbreviation": orNull(w.Abbreviation),
			"company_id": s.config.CompanyID, "company_visible": true, "project_ids": projects,
		}
	})
}

// listCompanies handles GET companies.
func (s *Server) listCompanies(c *call) answer {
	return answerPage(s, c, []idName{s.company()}, func(company idName) any {
		return map[string]any{"id": company.ID, "name": company.Name, "is_active": true}
	})
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
	return jsonAnswer(http.StatusOK, map[string]any{
		"id": serviceAccountID, "login": "simulated-service-account@example.com", "name": "Simulated Service Account",
	})
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
	return map[string]any{"id": p.ID, "name": p.Name, "active": true, "company": s.company()}
}
