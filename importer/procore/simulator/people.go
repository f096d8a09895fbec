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

// field is a field of a person that requests can set.
type field struct {
	name  string
	kind  string // of its JSON values, for refusals
	empty string // the JSON value that null stands for
	value any    // a pointer into the person
}

func (p *Person) fields() []field {
	return []field{
		{"first_name", "a string", `""`, &p.FirstName},
		{"last_name", "a string", `""`, &p.LastName},
		{"job_title", "a string", `""`, &p.JobTitle},
		{"employee_id", "a string", `""`, &p.EmployeeID},
		{"origin_id", "a string", `""`, &p.OriginID},
		{"is_employee", "a boolean", "false", &p.IsEmployee},
		{"work_classification_id", "an integer", "0", &p.WorkClassificationID},
	}
}

// readPerson returns the fields in {"person": {…}}. A struct would accept keys in
// upper case, which Procore does not.
func readPerson(body []byte) (map[string]json.RawMessage, *problem) {
	var outer, person map[string]json.RawMessage
	if !utf8.Valid(body) || json.Unmarshal(body, &outer) != nil {
		return nil, &problem{text: "There was a problem in the JSON you submitted"}
	}
	if json.Unmarshal(outer["person"], &person) != nil || person == nil {
		return nil, &problem{text: "param is missing or the value is empty: person"}
	}
	return person, nil
}

// set sets the fields that a request gives and returns the problems of the values.
func (p *Person) set(given map[string]json.RawMessage) (problems []problem) {
	for _, f := range p.fields() {
		value, ok := given[f.name]
		if !ok {
			continue
		}
		if string(value) == "null" {
			value = json.RawMessage(f.empty)
		}
		if json.Unmarshal(value, f.value) != nil {
			problems = append(problems, problem{field: f.name, text: "must be " + f.kind})
		}
	}
	return problems
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
	for _, f := range p.fields() {
		if text, ok := f.value.(*string); ok && utf8.RuneCountInString(*text) > maxText {
			add(f.name, "is too long (maximum is "+strconv.Itoa(maxText)+" characters)")
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
	given, wrong := readPerson(c.body)
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	p := Person{Projects: []int64{c.project}, Trace: Trace{Token: c.r.Header.Get("Idempotency-Token")}}
	if problems := p.set(given); problems != nil {
		return s.refuse(c, http.StatusUnprocessableEntity, problems...)
	}
	if s.config.OnCreate == nil {
		a, _ := s.tryCreate(c, p, true)
		return a
	}
	if a, valid := s.tryCreate(c, p, false); !valid {
		return a
	}
	n := int(s.counters.creates.Add(1))
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
	given, wrong := readPerson(c.body)
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	if given["last_name"] == nil {
		return s.refuse(c, http.StatusUnprocessableEntity, problem{field: "last_name", text: "is missing"})
	}
	id, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64) // no person has ID 0

	s.mu.Lock()
	defer s.mu.Unlock()
	r := s.store.byID[id]
	if r == nil || !r.on(c.project) {
		return s.refuse(c, http.StatusNotFound, problem{text: "Person not found"})
	}
	p := r.Person
	if problems := p.set(given); problems != nil {
		return s.refuse(c, http.StatusUnprocessableEntity, problems...)
	}
	if status, problems := s.check(p); problems != nil {
		return s.refuse(c, status, problems...)
	}
	p.Updated = s.clock()
	s.store.change(r, p)
	return jsonAnswer(http.StatusOK, s.view(c, p))
}
