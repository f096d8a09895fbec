package simulator

import (
	"slices"
	"time"
)

// Person is an entry of the company's directory.
type Person struct {
	ID                   int64
	FirstName            string
	LastName             string
	JobTitle             string
	EmployeeID           string
	OriginID             string
	Email                string
	IsEmployee           bool
	WorkClassificationID int64
	Projects             []int64 // with this person
	Account
	Trace
}

// Account is the state of a person's account.
type Account struct {
	UserID   int64 // 0: a reference user, who can't log in
	Inactive bool  // deactivated
}

// Trace records the requests that created and changed a person.
type Trace struct {
	Token   string // the Idempotency-Token of the create
	Created time.Time
	Updated time.Time
}

// record is a person in the store.
type record struct {
	Person
	visible time.Time // when lists begin to show the person
}

// store holds the company's people. The caller locks.
type store struct {
	order      []*record // of creation
	changes    uint64    // counts changes that can alter a list
	listing    listing
	byID       map[int64]*record
	byOrigin   map[string]*record
	byToken    map[string]*record
	nextPerson int64
}

func newStore(first int64) store {
	return store{
		byID:       make(map[int64]*record),
		byOrigin:   make(map[string]*record),
		byToken:    make(map[string]*record),
		nextPerson: first,
	}
}

// add stores a new person. An ID of 0 is assigned.
func (st *store) add(p Person, visible time.Time) *record {
	if p.ID == 0 {
		for st.byID[st.nextPerson] != nil { // taken by a seeded person
			st.nextPerson += 2
		}
		p.ID = st.nextPerson
		st.nextPerson += 2
	}
	r := &record{Person: p, visible: visible}
	st.order = append(st.order, r)
	st.changes++
	st.byID[p.ID] = r
	if p.OriginID != "" {
		st.byOrigin[p.OriginID] = r
	}
	if p.Token != "" && st.byToken[p.Token] == nil {
		st.byToken[p.Token] = r
	}
	return r
}

// change replaces the person in r.
func (st *store) change(r *record, p Person) {
	if r.OriginID != p.OriginID {
		delete(st.byOrigin, r.OriginID)
		if p.OriginID != "" {
			st.byOrigin[p.OriginID] = r
		}
	}
	r.Person = p
	st.changes++
}

func (st *store) remove(id int64) bool {
	r := st.byID[id]
	if r == nil {
		return false
	}
	st.order = slices.DeleteFunc(st.order, func(o *record) bool { return o == r })
	st.changes++
	delete(st.byID, id)
	if st.byOrigin[r.OriginID] == r {
		delete(st.byOrigin, r.OriginID)
	}
	if st.byToken[r.Token] == r {
		delete(st.byToken, r.Token)
	}
	return true
}

// join puts r on a project and reports whether that is new.
func (st *store) join(r *record, project int64) bool {
	if r.on(project) {
		return false
	}
	r.Projects = append(r.Projects, project)
	st.changes++
	return true
}

// leave takes r off a project and reports whether r was on the project.
func (st *store) leave(r *record, project int64) bool {
	before := len(r.Projects)
	r.Projects = slices.DeleteFunc(r.Projects, func(id int64) bool { return id == project })
	st.changes++
	return len(r.Projects) < before
}

func (r *record) on(project int64) bool { return slices.Contains(r.Projects, project) }

// People returns all people of the company in the order of creation.
func (s *Server) People() []Person {
	s.mu.Lock()
	defer s.mu.Unlock()
	people := make([]Person, len(s.store.order))
	for i, r := range s.store.order {
		people[i] = r.Person
		people[i].Projects = slices.Clone(r.Projects)
	}
	return people
}

// Add seeds a person without any checks and returns the person's ID. An ID of 0 or in
// use is replaced by the next ID, a zero Created by now, and nil Projects by
// Config.ProjectID.
func (s *Server) Add(p Person) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock()
	if p.Created.IsZero() {
		p.Created = now
	}
	if p.Updated.IsZero() {
		p.Updated = p.Created
	}
	if s.store.byID[p.ID] != nil {
		p.ID = 0
	}
	if p.Projects == nil {
		p.Projects = []int64{s.config.ProjectID}
	}
	p.Projects = slices.Clone(p.Projects)
	return s.store.add(p, now).ID
}

// Remove deletes a person from the company and reports whether the ID was known.
func (s *Server) Remove(id int64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.store.remove(id)
}
