package simulator

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// maxBulk is the number of IDs that a bulk call reads. More are silently ignored:
// documented for bulk_remove, assumed for the others.
const maxBulk = 1000

// addMembers handles POST project_memberships/bulk_add. The answer has the IDs added:
// reference users of the company who were not on the project.
func (s *Server) addMembers(c *call) answer {
	join := func(r *record) bool { return r.UserID == 0 && s.store.join(r, c.project) }
	return s.changePeople(c, "party_ids", join, func(added, _ []int64) answer {
		return jsonAnswer(http.StatusCreated, added)
	})
}

// removeMembers handles DELETE project_memberships/bulk_remove of version 2.
func (s *Server) removeMembers(c *call) answer {
	leave := func(r *record) bool { return r.UserID == 0 && s.store.leave(r, c.project) }
	return s.changePeople(c, "party_ids", leave, func(removed, skipped []int64) answer {
		return dataAnswer(map[string]any{"processed_ids": s.versionTwoIDs(removed), "skipped_ids": s.versionTwoIDs(skipped)})
	})
}

// setInactive returns the handler of POST people/bulk_deactivate or bulk_activate. The
// answer has the IDs changed.
func (s *Server) setInactive(inactive bool) func(*call) answer {
	set := func(r *record) bool {
		if r.Inactive == inactive {
			return false
		}
		r.Inactive, r.Updated = inactive, s.clock()
		s.store.changes++
		return true
	}
	return func(c *call) answer {
		return s.changePeople(c, "ids", set, func(changed, _ []int64) answer {
			return dataAnswer(map[string]any{"ids": s.versionTwoIDs(changed)})
		})
	}
}

// changePeople calls change for each person in the list of IDs under the given name,
// and answers with the IDs of the people changed and of the others.
func (s *Server) changePeople(c *call, name string, change func(*record) bool, reply func(changed, skipped []int64) answer) answer {
	var body map[string]json.RawMessage
	var ids []int64
	if json.Unmarshal(c.body, &body) != nil || json.Unmarshal(body[name], &ids) != nil || ids == nil {
		return s.refuse(c, http.StatusBadRequest, problem{text: name + " must be an array of numbers"})
	}
	changed, skipped := []int64{}, []int64{}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids[:min(len(ids), maxBulk)] {
		if r := s.store.byID[id]; r != nil && change(r) {
			changed = append(changed, id)
		} else {
			skipped = append(skipped, id)
		}
	}
	return reply(changed, skipped)
}

// dataAnswer returns the answer of a version 2 call.
func dataAnswer(data map[string]any) answer {
	return jsonAnswer(http.StatusOK, map[string]any{"data": data})
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

// membershipID returns the ID of a person's membership of a project, which the simulator
// derives from both.
func membershipID(person, project int64) int64 { return (person^project<<20)&(1<<53-1) | 1 }

// listMembers handles GET project_memberships.
func (s *Server) listMembers(c *call) answer {
	s.mu.Lock()
	defer s.mu.Unlock()
	return answerPage(s, c, s.listProject(c.project), func(r *record) any {
		return map[string]any{"id": membershipID(r.ID, c.project), "party_id": r.ID, "project_id": c.project}
	})
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
