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

// MostRemoved is how many people one RemovePeople or DeactivatePeople takes:
// Procore silently ignores more.
const MostRemoved = 1000

// Removal is Procore's answer to RemovePeople.
type Removal struct {
	Removed   []int64 // they are off the project now; the others were not on it, or are no reference users
	Status    int
	RequestID string
}

// RemovePeople takes people off the project, at most [MostRemoved]; they stay
// in the company. Like [Client.CreatePerson] it is one request. To send it
// again does no harm: who is off the project already is skipped.
func (c *Client) RemovePeople(ctx context.Context, slot *ratelimit.Slot, ids []int64) (Removal, error) {
	var removal Removal
	var data struct {
		Processed []integer `json:"processed_ids"`
	}
	answer, err := c.bulk(ctx, slot, request{
		op:     "take people off the project",
		method: http.MethodDelete,
		route:  "/rest/v2.0/companies/{company}/projects/{project}/project_memberships/bulk_remove",
		path:   fmt.Sprintf("/rest/v2.0/companies/%d/projects/%d/project_memberships/bulk_remove", c.o.CompanyID, c.o.ProjectID),
	}, "party_ids", ids, &data)
	if err == nil {
		removal = Removal{plain(data.Processed), answer.status, answer.requestID}
	}
	return removal, err
}

// AddPerson puts somebody who is in the company on the project. The ID of the
// answer is 0 if Procore did not: they are on it already, or not in the company. Like
// [Client.CreatePerson] it is one request. To send it again does no harm.
func (c *Client) AddPerson(ctx context.Context, slot *ratelimit.Slot, id int64) (Person, error) {
	var person Person
	err := c.exchange(ctx, slot, request{
		op:     "put a person on the project",
		method: http.MethodPost,
		route:  "/rest/v1.0/projects/{project}/project_memberships/bulk_add",
		path:   fmt.Sprintf("/rest/v1.0/projects/%d/project_memberships/bulk_add", c.o.ProjectID),
		body:   fmt.Appendf(nil, `{"party_ids":[%d]}`, id),
		most:   mostAnswer,
	}, func(resp *http.Response, body io.Reader) error {
		var added []integer
		if err := json.NewDecoder(body).Decode(&added); err != nil {
			return fmt.Errorf("the answer can't be read: %w", err)
		}
		person.Status, person.RequestID = resp.StatusCode, requestID(resp.Header)
		if slices.Contains(added, integer(id)) {
			person.ID = id
		}
		return nil
	})
	return person, err
}

// DeactivatePeople makes people of the company inactive, at most [MostRemoved],
// and returns those who were active before. Like [Client.CreatePerson] it is
// one request, and to send it again does no harm.
func (c *Client) DeactivatePeople(ctx context.Context, slot *ratelimit.Slot, ids []int64) (changed []int64, err error) {
	var data struct {
		IDs []integer `json:"ids"`
	}
	_, err = c.bulk(ctx, slot, request{
		op:     "deactivate people",
		method: http.MethodPost,
		route:  "/rest/v2.0/companies/{company}/people/bulk_deactivate",
		path:   fmt.Sprintf("/rest/v2.0/companies/%d/people/bulk_deactivate", c.o.CompanyID),
	}, "ids", ids, &data)
	return plain(data.IDs), err
}

// bulkAnswer is what is known of a good answer besides its data.
type bulkAnswer struct {
	status    int
	requestID string
}

var errNoData = errors.New("the answer has no data")

// bulk sends one request about many people, and reads the data of its answer.
func (c *Client) bulk(ctx context.Context, slot *ratelimit.Slot, r request, name string, ids []int64, data any) (bulkAnswer, error) {
	body, err := json.Marshal(map[string][]int64{name: ids})
	if err == nil && (len(ids) == 0 || len(ids) > MostRemoved) {
		err = fmt.Errorf("%d people, not 1 to %d", len(ids), MostRemoved)
	}
	if err != nil {
		release(slot, ratelimit.Report{})
		return bulkAnswer{}, &Error{
			Op: r.op, Kind: Refused, Effect: DidNotHappen, Code: "refused", Err: err, permanent: true,
			Message: "nothing was sent: " + err.Error(), Hint: "Send fewer people at a time.",
		}
	}
	r.body, r.most = body, mostAnswer
	var a bulkAnswer
	err = c.exchange(ctx, slot, r, func(resp *http.Response, body io.Reader) error {
		var outer struct {
			Data json.RawMessage `json:"data"`
		}
		if err := json.NewDecoder(body).Decode(&outer); err != nil {
			return fmt.Errorf("the answer can't be read: %w", err)
		}
		if len(outer.Data) == 0 || string(outer.Data) == "null" {
			return errNoData
		}
		if err := json.Unmarshal(outer.Data, data); err != nil {
			return fmt.Errorf("the answer can't be read: %w", err)
		}
		a = bulkAnswer{resp.StatusCode, requestID(resp.Header)}
		return nil
	})
	return a, err
}

func plain(ids []integer) []int64 {
	var all []int64
	for _, id := range ids {
		all = append(all, int64(id))
	}
	return all
}
