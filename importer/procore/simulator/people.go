package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is how many characters a text field can hold.
const maxText = 255

// draft is the person that a request describes; nil: not mentioned.
type draft struct {
	firstName, lastName, jobTitle, employeeID, originID *string
	isEmployee                                          *bool
	classification                                      *int64
}

// readDraft reads {"person": {…}}. If it can't, problems says why, and status
// with what to refuse.
func readDraft(body []byte) (d draft, status int, problems []problem) {
	// Maps, as a struct would take keys in any case, which Procore does not.
	var outer, person map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &outer) != nil {
		return d, http.StatusBadRequest, []problem{{text: "There was a problem in the JSON you submitted"}}
	}
	if json.Unmarshal(outer["person"], &person) != nil || person == nil {
		return d, http.StatusBadRequest, []problem{{text: "param is missing or the value is empty: person"}}
	}
	text := func(field string) *string {
		raw, ok := person[field]
		if !ok {
			return nil
		}
		var value *string
		if json.Unmarshal(raw, &value) != nil {
			problems = append(problems, problem{field, "must be a string"})
		}
		return orZero(value)
	}
	d.firstName, d.lastName = text("first_name"), text("last_name")
	d.jobTitle, d.employeeID, d.originID = text("job_title"), text("employee_id"), text("origin_id")
	if raw, ok := person["is_employee"]; ok {
		if json.Unmarshal(raw, &d.isEmployee) != nil {
			problems = append(problems, problem{"is_employee", "must be a boolean"})
		}
		d.isEmployee = orZero(d.isEmployee)
	}
	if raw, ok := person["work_classification_id"]; ok {
		if json.Unmarshal(raw, &d.classification) != nil {
			problems = append(problems, problem{"work_classification_id", "must be an integer"})
		}
		d.classification = orZero(d.classification)
	}
	return d, http.StatusUnprocessableEntity, problems
}

// orZero turns a null into the field's zero value.
func orZero[T any](value *T) *T {
	if value == nil {
		return new(T)
	}
	return value
}

// apply changes p by what the draft mentions.
func (d draft) apply(p *Person) {
	set(&p.FirstName, d.firstName)
	set(&p.LastName, d.lastName)
	set(&p.JobTitle, d.jobTitle)
	set(&p.EmployeeID, d.employeeID)
	set(&p.OriginID, d.originID)
	set(&p.IsEmployee, d.isEmployee)
	set(&p.WorkClassificationID, d.classification)
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// check returns why p can't be stored, nil if it can. The caller locks.
func (s *Server) check(p Person) (status int, problems []problem) {
	add := func(field, text string) { problems = append(problems, problem{field, text}) }
	if strings.TrimSpace(p.LastName) == "" {
		add("last_name", "can't be blank")
	}
	if s.config.RequireFirstName && strings.TrimSpace(p.FirstName) == "" {
		add("first_name", "can't be blank")
	}
	for _, t := range []struct{ field, value string }{
		{"first_name", p.FirstName},
		{"last_name", p.LastName},
		{"job_title", p.JobTitle},
		{"employee_id", p.EmployeeID},
		{"origin_id", p.OriginID},
	} {
		if len(t.value) > maxText && utf8.RuneCountInString(t.value) > maxText {
			add(t.field, "is too long (maximum is "+strconv.Itoa(maxText)+" characters)")
		}
	}
	if p.WorkClassificationID != 0 && s.classification(p.WorkClassificationID) == nil {
		add("work_classification_id", "is not a work classification of this project")
	}
	if len(problems) > 0 {
		return http.StatusUnprocessableEntity, problems
	}
	if other := s.store.byOrigin[p.OriginID]; other != nil && p.OriginID != "" && other.ID != p.ID {
		return s.config.OriginTakenStatus, []problem{{"origin_id", "has already been taken"}}
	}
	return 0, nil
}

// createPerson is POST people.
func (s *Server) createPerson(c *call) answer {
	d, status, problems := readDraft(c.body)
	if problems != nil {
		return s.refuse(c, status, problems...)
	}
	p := Person{Projects: []int64{c.project}, Token: c.r.Header.Get("Idempotency-Token")}
	d.apply(&p)

	if a, done := s.settled(c, p); done {
		return a
	}
	n := 0
	if s.config.OnCreate != nil {
		s.mu.Lock()
		s.creates++
		n = s.creates
		s.mu.Unlock()
		s.config.OnCreate(n, false)
	}
	p, a, stored := s.storeNew(c, p)
	if !stored {
		return a
	}
	if s.config.OnCreate != nil {
		s.config.OnCreate(n, true)
	}
	return jsonAnswer(http.StatusCreated, s.view(c, p))
}

// settled answers a create that stores nobody: a repeated one, or a refused one.
func (s *Server) settled(c *call, p Person) (answer, bool) {
	s.mu.Lock()
	old, status, problems := s.judge(p)
	s.mu.Unlock()
	switch {
	case problems != nil:
		return s.refuse(c, status, problems...), true
	case old != nil:
		return jsonAnswer(http.StatusOK, s.view(c, *old)), true
	}
	return answer{}, false
}

// judge returns the person that a repeated create has made already, or why p
// can't be stored. The caller locks.
func (s *Server) judge(p Person) (old *Person, status int, problems []problem) {
	if s.config.HonourTokens && p.Token != "" {
		if r := s.store.byToken[p.Token]; r != nil {
			found := r.Person
			return &found, 0, nil
		}
	}
	status, problems = s.check(p)
	return nil, status, problems
}

// storeNew stores p, unless something has come between since it was judged.
func (s *Server) storeNew(c *call, p Person) (Person, answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	old, status, problems := s.judge(p)
	switch {
	case problems != nil:
		return p, s.refuse(c, status, problems...), false
	case old != nil:
		return *old, jsonAnswer(http.StatusOK, s.view(c, *old)), false
	}
	now := s.clock()
	p.Created, p.Updated = now, now
	s.stats.Stored++
	return s.store.add(p, now.Add(c.lag)).Person, answer{}, true
}

// updatePerson is PATCH people/{id}.
func (s *Server) updatePerson(c *call) answer {
	d, status, problems := readDraft(c.body)
	if problems != nil {
		return s.refuse(c, status, problems...)
	}
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64) // nobody has ID 0

	s.mu.Lock()
	r := s.store.byID[id]
	if r == nil || !r.on(c.project) {
		s.mu.Unlock()
		return s.refuse(c, http.StatusNotFound, problem{text: "Person not found"})
	}
	p := r.Person
	d.apply(&p)
	if status, problems = s.check(p); problems != nil {
		s.mu.Unlock()
		return s.refuse(c, status, problems...)
	}
	p.Updated = s.clock()
	s.store.change(r, p)
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, s.view(c, p))
}
