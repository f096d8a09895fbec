package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// defaultPerPage is the length of a page when the request gives none.
const defaultPerPage = 100

// companyPeople is the filter that adds the people of the company to a list.
const companyPeople = "filters[include_company_people]"

// listPeople handles GET people. Orders, and filters that muster does not use, are refused.
func (s *Server) listPeople(c *call) answer {
	project := c.project
	if c.r.URL.Query().Get(companyPeople) == "true" {
		project = 0
	}
	return s.listSome(c, func(*call) []*record { return s.listProject(project) })
}

// listInactive handles GET people/inactive of a project or of the company.
func (s *Server) listInactive(c *call) answer {
	if s.config.Lists.NoInactive {
		return s.notFound(c)
	}
	return s.listSome(c, func(c *call) (inactive []*record) {
		for _, r := range s.store.order {
			if r.Inactive && (c.project == 0 || r.on(c.project)) && !r.visible.After(s.clock()) {
				inactive = append(inactive, r)
			}
		}
		return inactive
	})
}

// listSome answers a page of the people that choose returns under the lock.
func (s *Server) listSome(c *call, choose func(*call) []*record) answer {
	for name := range c.r.URL.Query() {
		if name == "sort" || strings.HasPrefix(name, "filters") && name != companyPeople {
			return s.refuse(c, http.StatusBadRequest, problem{text: name + " is not simulated"})
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return answerPage(s, c, choose(c), func(r *record) any { return s.view(c, r.Person) })
}

// answerPage answers the page of items that the request asks for, in the form that
// view returns.
func answerPage[T any](s *Server, c *call, items []T, view func(T) any) answer {
	p, wrong := s.paginate(c, len(items))
	if wrong != nil {
		return s.refuse(c, wrong.status(), *wrong)
	}
	views := make([]any, 0, p.to-p.from)
	for _, item := range items[p.from:p.to] {
		views = append(views, view(item))
	}
	a := jsonAnswer(http.StatusOK, views)
	a.header = p.header
	return a
}

// listing is the latest list of a project's people, kept for the next page: filtering
// a million people again for each of 500 pages takes minutes.
type listing struct {
	project int64
	changes uint64    // of the store
	until   time.Time // when another person becomes visible; zero: never
	people  []*record
}

// listProject returns the visible people of a project, or of the company if project is 0,
// in the order of creation. The caller locks.
func (s *Server) listProject(project int64) []*record {
	now := s.clock()
	old := s.store.listing
	if old.project == project && old.changes == s.store.changes && (old.until.IsZero() || now.Before(old.until)) {
		return old.people
	}
	next := listing{project: project, changes: s.store.changes}
	for _, r := range s.store.order {
		switch {
		case project != 0 && !r.on(project), r.Inactive && !s.config.Lists.ShowInactive:
		case !r.visible.After(now):
			next.people = append(next.people, r)
		case next.until.IsZero() || r.visible.Before(next.until):
			next.until = r.visible
		}
	}
	s.store.listing = next
	return next.people
}

// page is the part of a list that a request asks for.
type page struct {
	from, to int
	header   map[string]string
}

// paginate returns the page of a list with total items that the request asks for. A
// page beyond the end is empty.
func (s *Server) paginate(c *call, total int) (page, *problem) {
	query := c.r.URL.Query()
	number, ok := parsePositive(query.Get("page"), 1)
	if !ok {
		return page{}, &problem{text: "page must be a number from 1"}
	}
	per, ok := parsePositive(query.Get("per_page"), defaultPerPage)
	if !ok {
		return page{}, &problem{text: "per_page must be a number from 1"}
	}
	lists := s.config.Lists
	if lists.RefuseAbove > 0 && per > lists.RefuseAbove {
		return page{}, &problem{text: fmt.Sprintf("per_page must be less than or equal to %d", lists.RefuseAbove), of: http.StatusRequestTimeout}
	}
	per = min(per, lists.MaxPerPage)
	last := max((total+per-1)/per, 1)
	p := page{from: total, to: total, header: map[string]string{
		"Total":    strconv.Itoa(total),
		"Per-Page": strconv.Itoa(per),
	}}
	if number <= last && (lists.LastPage == 0 || number <= lists.LastPage) {
		p.from = (number - 1) * per
		p.to = min(p.from+per, total)
	}
	var links []string
	link := func(rel string, to int) {
		links = append(links, "<"+pageURL(c.r, query, to, per)+`>; rel="`+rel+`"`)
	}
	if number > 1 {
		link("first", 1)
		link("prev", min(number-1, last))
	}
	if number < last {
		link("next", number+1)
		link("last", last)
	}
	if links != nil {
		p.header["Link"] = strings.Join(links, ", ")
	}
	p.header = lists.Headers.keep(p.header)
	return p, nil
}

// keep returns the headers of a page that are sent.
func (l ListHeaders) keep(all map[string]string) map[string]string {
	switch l {
	case OnlyLink:
		return map[string]string{"Link": all["Link"]}
	case OnlyTotal:
		return map[string]string{"Total": all["Total"]}
	case ZeroTotal:
		return map[string]string{"Total": "0"}
	case NoListHeaders:
		return nil
	case AllListHeaders:
	}
	return all
}

// pageURL returns the address of another page of the same list.
func pageURL(r *http.Request, query url.Values, number, per int) string {
	query.Set("page", strconv.Itoa(number))
	query.Set("per_page", strconv.Itoa(per))
	u := url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawQuery: query.Encode()}
	switch {
	case r.URL.Scheme != "": // by Transport
		u.Scheme = r.URL.Scheme
	case r.TLS == nil:
		u.Scheme = "http"
	}
	return u.String()
}

// parsePositive reads a number of at least 1, or returns byDefault for "".
func parsePositive(text string, byDefault int) (int, bool) {
	if text == "" {
		return byDefault, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1
}
