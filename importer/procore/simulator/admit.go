package simulator

import (
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// admit checks quota, token, company, project, permission and formats before the
// operation, and sets the rate headers in any case.
func (s *Server) admit(h http.Header, c *call, op operation) (refused answer, ok bool) {
	s.mu.Lock()
	now := time.Now()
	rate, free := s.quota.take(now)
	if !free {
		s.stats.Throttled++
	}
	s.mu.Unlock()
	rate.setHeader(h, s.config.ClockSkew, s.config.ResetRoundsDown)

	no := func(status int, text string) (answer, bool) {
		return s.refuse(c, status, problem{text: text}), false
	}
	if !free {
		return s.throttled(c, s.config.RetryAfter, rate.free.Sub(now)), false
	}
	if !s.hasValidToken(c.r) {
		return no(http.StatusUnauthorized, "The access token is invalid")
	}
	company := c.r.Header.Get("Procore-Company-Id")
	if path := c.r.URL.Path; company == "" && (path == "/rest/v1.0/companies" || path == "/rest/v1.0/me") {
		return answer{}, true // calls by which an account finds its companies
	}
	if company == "" {
		return no(http.StatusBadRequest, "Missing Procore-Company-Id header!")
	}
	id, err := strconv.ParseInt(company, 10, 64)
	if err != nil {
		return no(http.StatusBadRequest, "Procore-Company-Id is not a number")
	}
	if id != s.config.CompanyID || s.denies(DenyCompany) {
		return no(http.StatusForbidden, "App is not connected to this company")
	}
	if text := c.r.PathValue("company"); text != "" && text != strconv.FormatInt(s.config.CompanyID, 10) {
		return no(http.StatusNotFound, "Company not found")
	}
	if text := c.r.PathValue("project"); text != "" {
		project, ok := s.project(text)
		if !ok {
			return no(http.StatusNotFound, "Project not found")
		}
		if s.denies(DenyProject) {
			return no(http.StatusForbidden, "The project is not among the permitted projects of this app")
		}
		c.project = project.ID
	}
	if c.view = c.r.URL.Query().Get("view"); c.view == "web" && s.denies(DenyWebView) {
		c.view = "normal"
	}
	if op.needs != "" && s.denies(op.needs) {
		return no(http.StatusForbidden, "You do not have permission to do this")
	}
	if !acceptsJSON(c.r.Header.Get("Accept")) {
		return no(http.StatusNotAcceptable, "Only application/json can be served")
	}
	if len(c.body) > 0 && mediaType(c.r) != "application/json" {
		return no(http.StatusNotAcceptable, "Content-Type must be application/json")
	}
	return answer{}, true
}

// throttled returns a 429. The text says "an hour" for any window.
func (s *Server) throttled(c *call, retryAfter bool, wait time.Duration) answer {
	a := s.refuse(c, http.StatusTooManyRequests,
		problem{text: "You have surpassed the max number of requests for an hour. Please wait until your limit resets."})
	if retryAfter {
		a.header = map[string]string{"Retry-After": wholeSeconds(wait)}
	}
	return a
}

func mediaType(r *http.Request) string {
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")) // "" for none that can be read
	return kind
}

func acceptsJSON(accept string) bool {
	return accept == "" || strings.Contains(accept, "application/json") ||
		strings.Contains(accept, "application/*") || strings.Contains(accept, "*/*")
}
