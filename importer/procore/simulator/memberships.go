package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// maxBulk is the number of IDs that a bulk call reads. More are silently ignored, as
// documented for bulk_remove.
const maxBulk = 1000

// addMembers handles POST project_memberships/bulk_add. The answer has the IDs added:
// reference users of the company who were not on the project.
func (s *Server) addMembers(c *call) answer {
	ids, wrong := readIDs(c.body, "party_ids")
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	added := []int64{}
	s.mu.Lock()
	for _, id := range ids {
		if r := s.store.byID[id]; r != nil && r.UserID == 0 && s.store.join(r, c.project) {
			added = append(added, id)
		}
	}
	s.mu.Unlock()
	return jsonAnswer(http.StatusCreated, added)
}

// removeMembers handles DELETE project_memberships/bulk_remove of version 2.
func (s *Server) removeMembers(c *call) answer {
	ids, wrong := readIDs(c.body, "party_ids")
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	type data struct {
		Processed any `json:"processed_ids"`
		Skipped   any `json:"skipped_ids"`
	}
	processed, skipped := []int64{}, []int64{}
	s.mu.Lock()
	for _, id := range ids[:min(len(ids), maxBulk)] {
		if r := s.store.byID[id]; r != nil && r.UserID == 0 && s.store.leave(r, c.project) {
			processed = append(processed, id)
		} else {
			skipped = append(skipped, id)
		}
	}
	s.mu.Unlock()
	d := data{s.versionTwoIDs(processed), s.versionTwoIDs(skipped)}
	return jsonAnswer(http.StatusOK, map[string]data{"data": d})
}

// deactivatePeople handles POST people/bulk_deactivate. The answer has the IDs changed.
func (s *Server) deactivatePeople(c *call) answer { return s.setInactive(c, true) }

// activatePeople handles POST people/bulk_activate. The answer has the IDs changed.
func (s *Server) activatePeople(c *call) answer { return s.setInactive(c, false) }

func (s *Server) setInactive(c *call, inactive bool) answer {
	ids, wrong := readIDs(c.body, "ids")
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	changed := []int64{}
	s.mu.Lock()
	for _, id := range ids[:min(len(ids), maxBulk)] {
		if r := s.store.byID[id]; r != nil && r.Inactive != inactive {
			r.Inactive, r.Updated = inactive, s.clock()
			s.store.changes++
			changed = append(changed, id)
		}
	}
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, map[string]any{"data": map[string]any{"ids": s.versionTwoIDs(changed)}})
}

// versionTwoIDs returns IDs in the form of version 2 calls.
func (s *Server) versionTwoIDs(ids []int64) any {
	if !s.config.TextIDs {
		return ids
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.FormatInt(id, 10)
	}
	return texts
}

// membershipView is a person's membership of a project. The simulator derives the ID
// of the membership from the person and the project.
type membershipView struct {
	ID        int64 `json:"id"`
	PartyID   int64 `json:"party_id"`
	ProjectID int64 `json:"project_id"`
}

func membershipID(person, project int64) int64 { return (person^project<<20)&(1<<53-1) | 1 }

// listMembers handles GET project_memberships.
func (s *Server) listMembers(c *call) answer {
	all := []membershipView{}
	s.mu.Lock()
	for _, r := range s.listProject(c.project) {
		all = append(all, membershipView{membershipID(r.ID, c.project), r.ID, c.project})
	}
	s.mu.Unlock()
	p, wrong := s.paginate(c, len(all))
	if wrong != nil {
		return s.refuse(c, wrong.status(), *wrong)
	}
	return p.answer(all[p.from:p.to])
}

// removeMember handles DELETE project_memberships/{id}?party_id=….
func (s *Server) removeMember(c *call) answer {
	membership, _ := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	person, err := strconv.ParseInt(c.r.URL.Query().Get("party_id"), 10, 64)
	if err != nil {
		return s.refuse(c, http.StatusBadRequest, problem{text: "param is missing or the value is empty: party_id"})
	}
	s.mu.Lock()
	r := s.store.byID[person]
	gone := r != nil && membershipID(person, c.project) == membership && s.store.leave(r, c.project)
	s.mu.Unlock()
	if !gone {
		return s.notFound(c)
	}
	return answer{status: http.StatusNoContent}
}

// readIDs reads {"name": [1, 2, …]}.
func readIDs(body []byte, name string) (ids []int64, wrong *problem) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil || json.Unmarshal(outer[name], &ids) != nil || ids == nil {
		return nil, &problem{text: name + " must be an array of numbers"}
	}
	return ids, nil
}
