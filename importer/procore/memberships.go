package procore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"

	"muster/ratelimit"
)

// MostRemoved is the number of people that a single RemovePeople or DeactivatePeople
// takes: Procore silently ignores more.
const MostRemoved = 1000

// Removal is Procore's answer to RemovePeople.
type Removal struct {
	Answer
	Removed []int64 // now off the project; the other people were not on it, or are no reference users
}

// RemovePeople takes at most [MostRemoved] people off the project. The people stay
// in the company. Like [Client.CreatePerson], RemovePeople sends one request.
// Sending again does no harm: Procore skips people who are off the project.
func (c *Client) RemovePeople(ctx context.Context, slot *ratelimit.Slot, ids []int64) (Removal, error) {
	var data struct {
		Processed []integer `json:"processed_ids"`
	}
	var removal Removal
	err := c.changeMany(ctx, slot, request{
		op:     "take people off the project",
		method: http.MethodDelete,
		route:  "/rest/v2.0/companies/{company}/projects/{project}/project_memberships/bulk_remove",
		path:   fmt.Sprintf("/rest/v2.0/companies/%d/projects/%d/project_memberships/bulk_remove", c.o.CompanyID, c.o.ProjectID),
	}, idList{"party_ids", ids}, func(resp *http.Response, raw json.RawMessage) error {
		removal.Answer = answerOf(resp)
		return json.Unmarshal(raw, &data)
	})
	if err != nil {
		return Removal{}, err
	}
	removal.Removed = plainIDs(data.Processed)
	return removal, nil
}

// DeactivatePeople makes at most [MostRemoved] people of the company inactive and
// returns the IDs of the people changed. Like [Client.CreatePerson],
// DeactivatePeople sends one request. Sending again does no harm.
func (c *Client) DeactivatePeople(ctx context.Context, slot *ratelimit.Slot, ids []int64) (changed []int64, err error) {
	changed, _, err = c.setActivity(ctx, slot, "deactivate", ids)
	return changed, err
}

// ActivatePerson makes an inactive person of the company active again. The ID of the
// answer is 0 if Procore changed nothing: the person is active already, or not in the
// company. Like [Client.CreatePerson], ActivatePerson sends one request. Sending again
// does no harm.
func (c *Client) ActivatePerson(ctx context.Context, slot *ratelimit.Slot, id int64) (Person, error) {
	changed, person, err := c.setActivity(ctx, slot, "activate", []int64{id})
	if slices.Contains(changed, id) {
		person.ID = id
	}
	return person, err
}

// setActivity activates or deactivates people of the company. The Person has the
// status and request ID of the answer.
func (c *Client) setActivity(ctx context.Context, slot *ratelimit.Slot, verb string, ids []int64) (changed []int64, answer Person, err error) {
	var data struct {
		IDs []integer `json:"ids"`
	}
	err = c.changeMany(ctx, slot, request{
		op:     verb + " people",
		method: http.MethodPost,
		route:  "/rest/v2.0/companies/{company}/people/bulk_" + verb,
		path:   fmt.Sprintf("/rest/v2.0/companies/%d/people/bulk_%s", c.o.CompanyID, verb),
	}, idList{"ids", ids}, func(resp *http.Response, raw json.RawMessage) error {
		answer.Status, answer.RequestID = resp.StatusCode, requestID(resp.Header)
		return json.Unmarshal(raw, &data)
	})
	return plainIDs(data.IDs), answer, err
}

// AddPerson puts a person of the company on the project. The ID of the answer is
// 0 if Procore added no person: the person is on the project already, or is not
// in the company. Like [Client.CreatePerson], AddPerson sends one request. Sending
// again does no harm.
func (c *Client) AddPerson(ctx context.Context, slot *ratelimit.Slot, id int64) (Person, error) {
	var person Person
	err := c.exchange(ctx, slot, request{
		op:     "put a person on the project",
		method: http.MethodPost,
		route:  "/rest/v1.0/projects/{project}/project_memberships/bulk_add",
		path:   fmt.Sprintf("/rest/v1.0/projects/%d/project_memberships/bulk_add", c.o.ProjectID),
		body:   fmt.Appendf(nil, `{"party_ids":[%d]}`, id),
		most:   maxAnswer,
	}, func(resp *http.Response, body io.Reader) error {
		var added []integer
		if err := decodeJSON(body, &added); err != nil {
			return err
		}
		person.Answer = answerOf(resp)
		if slices.Contains(added, integer(id)) {
			person.ID = id
		}
		return nil
	})
	return person, err
}

// idList is a request body of IDs under a name.
type idList struct {
	name string
	ids  []int64
}

var errNoData = errors.New("the answer has no data")

// changeMany sends a request about many people and passes the data of the
// answer to read.
func (c *Client) changeMany(ctx context.Context, slot *ratelimit.Slot, r request, list idList, read func(*http.Response, json.RawMessage) error) error {
	body, err := json.Marshal(map[string][]int64{list.name: list.ids})
	if n := len(list.ids); err == nil && (n == 0 || n > MostRemoved) {
		err = fmt.Errorf("%d people, not 1 to %d", n, MostRemoved)
	}
	if err != nil {
		release(slot, ratelimit.Report{})
		return r.unsendable(err, "Send fewer people at a time.")
	}
	r.body, r.most = body, maxAnswer
	return c.exchange(ctx, slot, r, func(resp *http.Response, body io.Reader) error {
		var outer struct {
			Data json.RawMessage `json:"data"`
		}
		if err := decodeJSON(body, &outer); err != nil {
			return err
		}
		if len(outer.Data) == 0 || string(outer.Data) == "null" {
			return errNoData
		}
		if err := read(resp, outer.Data); err != nil {
			return fmt.Errorf("the answer can't be read: %w", err)
		}
		return nil
	})
}

// unsendable returns the error of a request that can't be built.
func (r request) unsendable(err error, hint string) *Error {
	return &Error{
		Op: r.op, Kind: Refused, Effect: DidNotHappen, Code: "refused", Err: err, permanent: true,
		Message: "nothing was sent: " + err.Error(), Hint: hint,
	}
}

func plainIDs(ids []integer) []int64 {
	var all []int64
	for _, id := range ids {
		all = append(all, int64(id))
	}
	return all
}
