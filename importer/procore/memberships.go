package procore

import (
	"bytes"
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

// Removal is Procore's answer to RemovePeople or DeactivatePeople.
type Removal struct {
	Answer
	Removed []int64 // now off the project; the other people were not on it, or are no reference users
}

// RemovePeople takes at most [MostRemoved] people off the project. The people stay
// in the company. Like [Client.CreatePerson], RemovePeople sends one request.
// Sending again does no harm: Procore skips people who are off the project.
func (c *Client) RemovePeople(ctx context.Context, slot *ratelimit.Slot, ids []int64) (Removal, error) {
	return c.changeMany(ctx, slot, request{
		op:     "take people off the project",
		method: http.MethodDelete,
		route:  "/rest/v2.0/companies/{company}/projects/{project}/project_memberships/bulk_remove",
	}, idList{"party_ids", ids, "processed_ids"})
}

// DeactivatePeople makes at most [MostRemoved] people of the company inactive.
// Removed holds the people who were active. Like [Client.CreatePerson],
// DeactivatePeople sends one request. Sending again does no harm.
func (c *Client) DeactivatePeople(ctx context.Context, slot *ratelimit.Slot, ids []int64) (Removal, error) {
	return c.changeMany(ctx, slot, request{
		op:     "deactivate people",
		method: http.MethodPost,
		route:  "/rest/v2.0/companies/{company}/people/bulk_deactivate",
	}, idList{"ids", ids, "ids"})
}

// ActivatePerson makes an inactive person of the company active again. The ID of the
// answer is 0 if Procore changed nothing: the person is active already, or not in the
// company. Like [Client.CreatePerson], ActivatePerson sends one request. Sending again
// does no harm.
func (c *Client) ActivatePerson(ctx context.Context, slot *ratelimit.Slot, id int64) (Person, error) {
	return c.changeOne(ctx, slot, request{
		op:     "activate people",
		method: http.MethodPost,
		route:  "/rest/v2.0/companies/{company}/people/bulk_activate",
	}, idList{"ids", []int64{id}, "ids"})
}

// AddPerson puts a person of the company on the project. The ID of the answer is
// 0 if Procore added no person: the person is on the project already, or is not
// in the company. Like [Client.CreatePerson], AddPerson sends one request. Sending
// again does no harm.
func (c *Client) AddPerson(ctx context.Context, slot *ratelimit.Slot, id int64) (Person, error) {
	return c.changeOne(ctx, slot, request{
		op:     "put a person on the project",
		method: http.MethodPost,
		route:  "/rest/v1.0/projects/{project}/project_memberships/bulk_add",
	}, idList{"party_ids", []int64{id}, ""})
}

// idList is a list of people in a request body.
type idList struct {
	name   string // of the list in the body
	ids    []int64
	answer string // name of the list of changed people in the data of the answer; "": the answer is that list
}

// changeOne sends a request about the only person in list. The ID of the result is 0
// if Procore changed nothing.
func (c *Client) changeOne(ctx context.Context, slot *ratelimit.Slot, r request, list idList) (Person, error) {
	change, err := c.changeMany(ctx, slot, r, list)
	person := Person{Answer: change.Answer}
	if slices.Contains(change.Removed, list.ids[0]) {
		person.ID = list.ids[0]
	}
	return person, err
}

// changeMany sends a request about many people and returns the people changed.
func (c *Client) changeMany(ctx context.Context, slot *ratelimit.Slot, r request, list idList) (Removal, error) {
	body, err := json.Marshal(map[string][]int64{list.name: list.ids})
	if n := len(list.ids); err == nil && (n == 0 || n > MostRemoved) {
		err = fmt.Errorf("%d people, not 1 to %d", n, MostRemoved)
	}
	if err != nil {
		release(slot, ratelimit.Report{})
		return Removal{}, r.unsendable(err, "Send fewer people at a time.")
	}
	r.body, r.maxBytes = body, maxAnswer
	var change Removal
	err = c.exchange(ctx, slot, r, func(resp *http.Response, body io.Reader) error {
		ids, err := decodeIDs(body, list.answer)
		if err != nil {
			return err
		}
		change.Answer = answerOf(resp)
		for _, id := range ids {
			change.Removed = append(change.Removed, int64(id))
		}
		return nil
	})
	return change, err
}

// decodeIDs reads a list of IDs: the answer itself, or the list under a name in the
// data of the answer.
func decodeIDs(body io.Reader, name string) (ids []integer, err error) {
	if name == "" {
		err = decodeJSON(body, &ids)
		return ids, err
	}
	var outer struct {
		Data map[string]json.RawMessage `json:"data"`
	}
	if err := decodeJSON(body, &outer); err != nil {
		return nil, err
	}
	if outer.Data == nil {
		return nil, errors.New("the answer has no data")
	}
	if list, ok := outer.Data[name]; ok {
		err = decodeJSON(bytes.NewReader(list), &ids)
	}
	return ids, err
}

// unsendable returns the error of a request that can't be built.
func (r request) unsendable(err error, hint string) *Error {
	return &Error{
		Op: r.op, Kind: Refused, Effect: DidNotHappen, Code: "refused", Err: err, permanent: true,
		Message: "nothing was sent: " + err.Error(), Hint: hint,
	}
}
