package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is the number of characters that a text field can hold.
const maxText = 255

// draft is the person in a request. A field is nil if the request does not mention it.
type draft struct {
	firstName, lastName, jobTitle, employeeID, originID *string
	isEmployee                                          *bool
	classification                                      *int64
}

// readDraft reads {"person": {…}}, or returns the problems and the status of the
// refusal.
func readDraft(body []byte) (d draft, status int, problems []problem) {
	// A struct would accept keys in upper case, which Procore does not.
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
			problems = append(problems, problem{field: field, text: "must be a string"})
		}
		return orZero(value)
	}
	d.firstName, d.lastName = text("first_name"), text("last_name")
	d.jobTitle, d.employeeID, d.originID = text("job_title"), text("employee_id"), text("origin_id")
	if raw, ok := person["is_employee"]; ok {
		if json.Unmarshal(raw, &d.isEmployee) != nil {
			problems = append(problems, problem{field: "is_employee", text: "must be a boolean"})
		}
		d.isEmployee = orZero(d.isEmployee)
	}
	if raw, ok := person["work_classification_id"]; ok {
		if json.Unmarshal(raw, &d.classification) != nil {
			problems = append(problems, problem{field: "work_classification_id", text: "must be an integer"})
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

// apply sets the fields of p that the draft mentions.
func (d draft) apply(p *Person) {
	setIfGiven(&p.FirstName, d.firstName)
	setIfGiven(&p.LastName, d.lastName)
	setIfGiven(&p.JobTitle, d.jobTitle)
	setIfGiven(&p.EmployeeID, d.employeeID)
	setIfGiven(&p.OriginID, d.originID)
	setIfGiven(&p.IsEmployee, d.isEmployee)
	setIfGiven(&p.WorkClassificationID, d.classification)
}

func setIfGiven[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// check returns the problems that keep p from being stored. The caller locks.
func (s *Server) check(p Person) (status int, problems []problem) {
	add := func(field, text string) { problems = append(problems, problem{field: field, text: text}) }
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
		return s.config.OriginTakenStatus, []problem{{field: "origin_id", text: "has already been taken"}}
	}
	return 0, nil
}

// createPerson handles POST people.
func (s *Server) createPerson(c *call) answer {
	d, status, problems := readDraft(c.body)
	if problems != nil {
		return s.refuse(c, status, problems...)
	}
	p := Person{Projects: []int64{c.project}, Trace: Trace{Token: c.r.Header.Get("Idempotency-Token")}}
	d.apply(&p)
	if s.config.OnCreate == nil {
		a, _ := s.tryCreate(c, p, true)
		return a
	}
	if a, valid := s.tryCreate(c, p, false); !valid {
		return a
	}
	s.mu.Lock()
	s.creates++
	n := s.creates
	s.mu.Unlock()
	s.config.OnCreate(n, false)
	a, stored := s.tryCreate(c, p, true)
	if stored {
		s.config.OnCreate(n, true)
	}
	return a
}

// tryCreate answers the create of p and reports whether p is new and valid. Such a
// person is stored if store is set.
func (s *Server) tryCreate(c *call, p Person, store bool) (answer, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.store.byToken[p.Token]; old != nil && s.config.HonourTokens && p.Token != "" {
		return jsonAnswer(http.StatusOK, s.view(c, old.Person)), false
	}
	if status, problems := s.check(p); problems != nil {
		return s.refuse(c, status, problems...), false
	}
	if !store {
		return answer{}, true
	}
	now := s.clock()
	p.Created, p.Updated = now, now
	s.stats.Stored++
	p = s.store.add(p, now.Add(c.lag)).Person
	return jsonAnswer(http.StatusCreated, s.view(c, p)), true
}

// updatePerson handles PATCH people/{id}.
func (s *Server) updatePerson(c *call) answer {
	d, status, problems := readDraft(c.body)
	if problems == nil && d.lastName == nil {
		status, problems = http.StatusUnprocessableEntity, []problem{{field: "last_name", text: "is missing"}}
	}
	if problems != nil {
		return s.refuse(c, status, problems...)
	}
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64) // no person has ID 0

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
