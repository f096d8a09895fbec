package procore

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/http"
	"net/url"
	"time"

	"muster/ratelimit"
)

// Draft is a person to send, with exactly the fields that the row has. An empty
// field is left out of the request.
type Draft struct {
	FirstName            string `json:"first_name,omitempty"`
	LastName             string `json:"last_name,omitempty"`
	JobTitle             string `json:"job_title,omitempty"`
	EmployeeID           string `json:"employee_id,omitempty"`
	IsEmployee           *bool  `json:"is_employee,omitempty"` // nil: the row doesn't say
	OriginID             string `json:"origin_id,omitempty"`
	WorkClassificationID int64  `json:"work_classification_id,omitempty"`
}

// Person is a person in Procore. No view shows every field: a list has no
// JobTitle.
type Person struct {
	ID         int64
	FirstName  string
	LastName   string
	JobTitle   string
	EmployeeID string
	OriginID   string // the digits, if Procore sends a number
	Inactive   bool   // deactivated in the company
	Answer            // to a create or update; zero in a list
}

// contactJSON is the contact of a person: whether the person is inactive.
type contactJSON bool

// UnmarshalJSON never fails: a person is active unless the contact says otherwise.
func (c *contactJSON) UnmarshalJSON(b []byte) error {
	var contact struct {
		IsActive *bool `json:"is_active"`
	}
	*c = contactJSON(json.Unmarshal(b, &contact) == nil && contact.IsActive != nil && !*contact.IsActive)
	return nil
}

// personJSON is a person in any view.
type personJSON struct {
	ID         integer     `json:"id"`
	FirstName  text        `json:"first_name"`
	LastName   text        `json:"last_name"`
	JobTitle   text        `json:"job_title"`
	EmployeeID text        `json:"employee_id"`
	OriginID   text        `json:"origin_id"`
	Inactive   contactJSON `json:"contact"`
}

func (p *personJSON) id() int64 { return int64(p.ID) }

func (p *personJSON) person() Person {
	return Person{
		ID:         int64(p.ID),
		FirstName:  string(p.FirstName),
		LastName:   string(p.LastName),
		JobTitle:   string(p.JobTitle),
		EmployeeID: string(p.EmployeeID),
		OriginID:   string(p.OriginID),
		Inactive:   bool(p.Inactive),
	}
}

// CreatePerson sends a single request that creates a person. CreatePerson
// releases the slot as soon as the answer or the loss is known, and sends the
// token as Idempotency-Token, which Procore may ignore. The call ends after
// Options.Timeout at the latest; ending ctx earlier may lose an answer. A nil error
// means that the person exists. The Effect of an *Error says whether the person
// can exist. A throttled call has paused the pace.
func (c *Client) CreatePerson(ctx context.Context, slot *ratelimit.Slot, d Draft, token string) (Person, error) {
	return c.sendDraft(ctx, slot, d, request{
		op:     "create a person",
		method: http.MethodPost,
		route:  "/rest/v1.0/projects/{project}/people",
		token:  token,
	})
}

// UpdatePerson changes the fields in d of the person with the given ID and leaves
// the other fields. Procore requires LastName in every update. Like [Client.CreatePerson],
// UpdatePerson sends one request.
func (c *Client) UpdatePerson(ctx context.Context, slot *ratelimit.Slot, id int64, d Draft, token string) (Person, error) {
	return c.sendDraft(ctx, slot, d, request{
		op:     "update a person",
		method: http.MethodPatch,
		route:  "/rest/v1.0/projects/{project}/people/{person}",
		person: id,
		token:  token,
	})
}

func (c *Client) sendDraft(ctx context.Context, slot *ratelimit.Slot, d Draft, r request) (Person, error) {
	body, err := json.Marshal(map[string]Draft{"person": d})
	if err != nil {
		release(slot, ratelimit.Report{})
		return Person{}, r.unsendable(err, "Correct the row, then retry it.")
	}
	r.body, r.maxBytes = body, maxAnswer
	r.query = url.Values{"view": {c.o.View}}
	var p Person
	err = c.exchange(ctx, slot, r, func(resp *http.Response, body io.Reader) error {
		got, err := decodeOne[personJSON](body)
		if err != nil {
			return err
		}
		p = got.person()
		p.Answer = answerOf(resp)
		return nil
	})
	return p, err
}

// People yields each person of the project once, in Procore's order, without job
// titles. People takes slots by itself, holds one page and all IDs so far, and repeats a
// page after failures that pass. The sequence ends without an error only if the
// server has proved that the list is complete: see listReader. Otherwise the sequence
// ends with an *Error. Ranging again requests the list again.
func (c *Client) People(ctx context.Context) iter.Seq2[Person, error] {
	return readList(ctx, c, c.listRequest("normal"), (*personJSON).person)
}

// CompanyPeople yields the active people of the project and of the company, otherwise like
// [Client.People].
func (c *Client) CompanyPeople(ctx context.Context) iter.Seq2[Person, error] {
	r := c.listRequest("normal")
	r.op = "list people of the company"
	r.query.Set("filters[include_company_people]", "true")
	return readList(ctx, c, r, (*personJSON).person)
}

// InactivePeople yields the inactive people of the project, otherwise like
// [Client.People]. Lists of active people omit them.
func (c *Client) InactivePeople(ctx context.Context) iter.Seq2[Person, error] {
	r := c.listRequest("normal")
	r.op, r.route = "list inactive people", r.route+"/inactive"
	return readList(ctx, c, r, func(p *personJSON) Person {
		person := p.person()
		person.Inactive = true
		return person
	})
}

// InactiveCompanyPeople yields the inactive people of the company, otherwise like
// [Client.People].
func (c *Client) InactiveCompanyPeople(ctx context.Context) iter.Seq2[Person, error] {
	r := c.listRequest("normal")
	r.op, r.route = "list inactive people of the company", "/rest/v1.0/companies/{company}/people/inactive"
	return readList(ctx, c, r, (*personJSON).person)
}

// JobTitles yields the people of the project with job titles and without IDs of
// other systems, otherwise like [Client.People]. An account that may not read the
// Directory gets empty job titles and no error.
func (c *Client) JobTitles(ctx context.Context) iter.Seq2[Person, error] {
	r := c.listRequest("web")
	r.lookup = true
	return readList(ctx, c, r, (*personJSON).person)
}

// Times holds the times of a person's creation and last change, by Procore's
// clock, to the second. An account that may not read the Directory gets zero times.
type Times struct {
	ID      int64
	Created time.Time
	Updated time.Time
}

type timesJSON struct {
	ID        integer `json:"id"`
	CreatedAt text    `json:"created_at"`
	UpdatedAt text    `json:"updated_at"`
}

func (t *timesJSON) id() int64 { return int64(t.ID) }

func (t *timesJSON) times() Times {
	created, _ := time.Parse(time.RFC3339, string(t.CreatedAt)) // an error leaves the zero Time
	updated, _ := time.Parse(time.RFC3339, string(t.UpdatedAt))
	return Times{t.id(), created, updated}
}

// Times yields the times of the people of the project, otherwise like
// [Client.People].
func (c *Client) Times(ctx context.Context) iter.Seq2[Times, error] {
	return readList(ctx, c, c.listRequest("web"), (*timesJSON).times)
}

// listRequest returns the request for the project's people in a view.
func (c *Client) listRequest(view string) request {
	return request{
		op:    "list people",
		route: "/rest/v1.0/projects/{project}/people",
		query: url.Values{"view": {view}},
	}
}
