package simulator

import (
	"encoding/json"
	"net/http"
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
		Processed []int64 `json:"processed_ids"`
		Skipped   []int64 `json:"skipped_ids"`
	}
	d := data{[]int64{}, []int64{}}
	s.mu.Lock()
	for _, id := range ids[:min(len(ids), maxBulk)] {
		if r := s.store.byID[id]; r != nil && r.UserID == 0 && s.store.leave(r, c.project) {
			d.Processed = append(d.Processed, id)
		} else {
			d.Skipped = append(d.Skipped, id)
		}
	}
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, map[string]data{"data": d})
}

// deactivatePeople handles POST people/bulk_deactivate. The answer has the IDs changed.
func (s *Server) deactivatePeople(c *call) answer {
	ids, wrong := readIDs(c.body, "ids")
	if wrong != nil {
		return s.refuse(c, http.StatusBadRequest, *wrong)
	}
	changed := []int64{}
	s.mu.Lock()
	for _, id := range ids[:min(len(ids), maxBulk)] {
		if r := s.store.byID[id]; r != nil && !r.Inactive {
			r.Inactive, r.Updated = true, s.clock()
			changed = append(changed, id)
		}
	}
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, map[string]any{"data": map[string]any{"ids": changed}})
}

// readIDs reads {"name": [1, 2, …]}.
func readIDs(body []byte, name string) (ids []int64, wrong *problem) {
	var outer map[string]json.RawMessage
	if json.Unmarshal(body, &outer) != nil || json.Unmarshal(outer[name], &ids) != nil || ids == nil {
		return nil, &problem{text: name + " must be an array of numbers"}
	}
	return ids, nil
}
