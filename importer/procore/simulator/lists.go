package simulator

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// defaultPerPage is the length of a page when the request asks for none.
const defaultPerPage = 100

// listPeople is GET people.
func (s *Server) listPeople(c *call) answer {
	keep, wrong := peopleFilter(c)
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	s.mu.Lock()
	found := s.find(c, keep)
	p, wrong := s.paginate(c, len(found))
	var people []Person
	if wrong == nil {
		for _, r := range found[p.from:p.to] {
			people = append(people, r.Person)
		}
	}
	s.mu.Unlock()
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	views := make([]any, len(people))
	for i := range people {
		views[i] = s.view(c, people[i])
	}
	return p.answer(views)
}

// found is who a list shows, kept for its next page: a list of a million people
// has five hundred, and to look at everybody for each takes minutes.
type found struct {
	list    string    // the request but for the page
	changes uint64    // of the store
	until   time.Time // when somebody else becomes visible; zero: nobody does
	people  []*record
}

// find returns who is in the list that the request asks for, in its order. The
// caller locks.
func (s *Server) find(c *call, keep func(*record) bool) []*record {
	query := c.r.URL.Query()
	by := query.Get("sort")
	query.Del("page")
	list := c.r.URL.Path + "?" + query.Encode()
	now := s.clock()
	old := &s.found
	if old.list == list && old.changes == s.store.changes && (old.until.IsZero() || now.Before(old.until)) {
		return old.people
	}
	next := found{list: list, changes: s.store.changes}
	for _, r := range s.store.order {
		switch {
		case !keep(r):
		case !r.visible.After(now):
			next.people = append(next.people, r)
		case next.until.IsZero() || r.visible.Before(next.until):
			next.until = r.visible
		}
	}
	order(next.people, by)
	s.found = next
	return next.people
}

// peopleFilter returns which people the request asks for. Filters that are not
// documented are ignored.
func peopleFilter(c *call) (keep func(*record) bool, wrong *problem) {
	query := c.r.URL.Query()
	filter := func(name string) string { return query.Get("filters[" + name + "]") }
	flag := func(name string) bool {
		value := filter(name)
		on, err := strconv.ParseBool(value)
		if err != nil && value != "" {
			wrong = &problem{text: "filters[" + name + "] must be true or false"}
		}
		return on
	}
	ids := func(name string) map[int64]bool {
		var set map[int64]bool
		for _, text := range query["filters["+name+"][]"] {
			id, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				wrong = &problem{text: "filters[" + name + "][] must be numbers"}
				continue
			}
			if set == nil {
				set = make(map[int64]bool)
			}
			set[id] = true
		}
		return set
	}
	var (
		search     = strings.ToLower(filter("search"))
		title      = filter("job_title")
		company    = flag("include_company_people")
		references = flag("reference_users_only")
		users      = flag("without_reference_users")
		vendors    = ids("vendor_id")
		trades     = ids("trade_id")
	)
	asksEmployee, employee := filter("is_employee") != "", flag("is_employee")
	asksConnected, connected := filter("connected") != "", flag("connected")
	return func(r *record) bool {
		isUser := r.UserID != 0
		return (company || r.on(c.project)) &&
			(search == "" || r.matches(search)) &&
			(title == "" || title == r.JobTitle) &&
			(!asksEmployee || employee == r.IsEmployee) &&
			(!asksConnected || connected == isUser) &&
			(!references || !isUser) &&
			(!users || isUser) &&
			vendors == nil && // nobody here has a vendor
			(trades == nil || trades[r.WorkClassificationID])
	}, wrong
}

// matches looks where filters[search] is documented to look: the name, the
// e-mail address and the job title, not the employee ID or the origin ID.
func (r *record) matches(search string) bool {
	for _, text := range []string{r.FirstName + " " + r.LastName, r.Email, r.JobTitle} {
		if strings.Contains(strings.ToLower(text), search) {
			return true
		}
	}
	return false
}

// order sorts people. Nobody here has a vendor or a permission template, so
// that those leave the order as it is.
func order(people []*record, by string) {
	switch by {
	case "name":
		slices.SortStableFunc(people, func(a, b *record) int {
			return cmp.Or(cmp.Compare(a.LastName, b.LastName), cmp.Compare(a.FirstName, b.FirstName))
		})
	case "job_title":
		slices.SortStableFunc(people, func(a, b *record) int { return cmp.Compare(a.JobTitle, b.JobTitle) })
	}
}

// page is the part of a list that a request asks for.
type page struct {
	from, to int
	header   map[string]string
}

// paginate finds the page of a list that is total long. A page beyond the end
// is empty.
func (s *Server) paginate(c *call, total int) (page, *problem) {
	query := c.r.URL.Query()
	number, ok := positive(query.Get("page"), 1)
	if !ok {
		return page{}, &problem{text: "page must be a number from 1"}
	}
	per, ok := positive(query.Get("per_page"), defaultPerPage)
	if !ok {
		return page{}, &problem{text: "per_page must be a number from 1"}
	}
	per = min(per, s.config.MaxPerPage)
	last := max((total+per-1)/per, 1)
	p := page{from: total, to: total, header: map[string]string{
		"Total":    strconv.Itoa(total),
		"Per-Page": strconv.Itoa(per),
	}}
	if number <= last {
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
	return p, nil
}

func (p page) answer(items any) answer {
	a := jsonAnswer(http.StatusOK, items)
	a.header = p.header
	return a
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

// positive reads a number from 1; "" is the default.
func positive(text string, byDefault int) (int, bool) {
	if text == "" {
		return byDefault, true
	}
	n, err := strconv.Atoi(text)
	return n, err == nil && n >= 1
}
