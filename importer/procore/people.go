package procore

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"muster/ratelimit"
)

// Draft is a person to be sent: exactly the fields that the row has. An empty
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

// body returns the request body of a draft.
func (d Draft) body() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	err := e.Encode(struct {
		Person Draft `json:"person"`
	}{d})
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), err
}

// Person is a person as Procore has them. No view shows every field: a list
// has no JobTitle.
type Person struct {
	ID                   int64
	FirstName            string
	LastName             string
	JobTitle             string
	EmployeeID           string
	OriginID             string // its digits, if Procore sends a number
	IsEmployee           bool
	WorkClassificationID int64
	Status               int    // of the answer to a create or update, 200 or 201; 0 from a list
	RequestID            string // likewise
}

// personJSON is what any view may show of a person.
type personJSON struct {
	ID                   integer `json:"id"`
	FirstName            text    `json:"first_name"`
	LastName             text    `json:"last_name"`
	JobTitle             text    `json:"job_title"`
	EmployeeID           text    `json:"employee_id"`
	OriginID             text    `json:"origin_id"`
	IsEmployee           flag    `json:"is_employee"`
	WorkClassificationID text    `json:"work_classification_id"`
	WorkClassification   part    `json:"work_classification"` // view extended
}

func (p *personJSON) id() int64 { return int64(p.ID) }

func (p *personJSON) person() Person {
	classification := int64(p.WorkClassification.ID)
	if id := string(p.WorkClassificationID); id != "" {
		if n, err := strconv.ParseInt(id, 10, 64); err == nil {
			classification = n
		}
	}
	return Person{
		ID:                   int64(p.ID),
		FirstName:            string(p.FirstName),
		LastName:             string(p.LastName),
		JobTitle:             string(p.JobTitle),
		EmployeeID:           string(p.EmployeeID),
		OriginID:             string(p.OriginID),
		IsEmployee:           bool(p.IsEmployee),
		WorkClassificationID: classification,
	}
}

// CreatePerson sends one request that creates a person, and never a second
// one. It releases the slot as soon as the answer or its loss is known. The
// token is sent as Idempotency-Token; Procore may ignore it. The call ends
// after Options.Timeout at the latest; whoever ends ctx earlier may lose an
// answer. The error is an *Error, whose Effect says whether the person can
// exist; a nil error means that the person exists. When throttled, the pace
// has been paused already.
func (c *Client) CreatePerson(ctx context.Context, slot *ratelimit.Slot, d Draft, token string) (Person, error) {
	return c.send(ctx, slot, d, request{
		op:     "create person",
		method: http.MethodPost,
		route:  "/rest/v1.0/projects/{project}/people",
		path:   fmt.Sprintf("/rest/v1.0/projects/%d/people", c.o.ProjectID),
		token:  token,
	})
}

// UpdatePerson changes the fields that d has of the person with that ID, and
// leaves the others. Like [Client.CreatePerson] it is one request.
func (c *Client) UpdatePerson(ctx context.Context, slot *ratelimit.Slot, id int64, d Draft, token string) (Person, error) {
	return c.send(ctx, slot, d, request{
		op:     "update person",
		method: http.MethodPatch,
		route:  "/rest/v1.0/projects/{project}/people/{person}",
		path:   fmt.Sprintf("/rest/v1.0/projects/%d/people/%d", c.o.ProjectID, id),
		token:  token,
	})
}

func (c *Client) send(ctx context.Context, slot *ratelimit.Slot, d Draft, r request) (Person, error) {
	body, err := d.body()
	if err != nil {
		release(slot, ratelimit.Report{})
		return Person{}, &Error{
			Op: r.op, Kind: Refused, Effect: DidNotHappen, Code: "refused", Err: err,
			Message: "the person can't be written as JSON", Hint: "Correct the row, then retry it.",
		}
	}
	r.body, r.most = body, mostAnswer
	r.query = url.Values{"view": {c.o.View}}
	var p Person
	err = c.exchange(ctx, slot, r, func(resp *http.Response, body io.Reader) error {
		got, err := decodeOne[personJSON](body)
		if err != nil {
			return err
		}
		p = got.person()
		p.Status, p.RequestID = resp.StatusCode, requestID(resp.Header)
		return nil
	})
	return p, err
}

// People yields the people of the project, in Procore's order, without their
// job titles, and nobody twice. It takes its own slots, holds one page and all
// IDs so far, and tries a page again after trouble that passes. It ends after
// the first error, an *Error: the list is then not whole. It may be ranged over
// again, which asks anew.
func (c *Client) People(ctx context.Context) iter.Seq2[Person, error] {
	return list(ctx, c, c.people("normal"), (*personJSON).person)
}

// JobTitles yields the people of the project with their job titles, and without
// their IDs in other systems, as [Client.People] does otherwise. An account
// that may not read the Directory gets no job titles, and no error.
func (c *Client) JobTitles(ctx context.Context) iter.Seq2[Person, error] {
	return list(ctx, c, c.people("web"), (*personJSON).person)
}

// Times is when somebody was created and last changed, by Procore's clock, to
// the second.
type Times struct {
	ID      int64
	Created time.Time // zero if the account may not read the Directory
	Updated time.Time // likewise
}

type timesJSON struct {
	ID        integer `json:"id"`
	CreatedAt text    `json:"created_at"`
	UpdatedAt text    `json:"updated_at"`
}

func (t *timesJSON) id() int64 { return int64(t.ID) }

func (t *timesJSON) times() Times {
	return Times{t.id(), moment(t.CreatedAt), moment(t.UpdatedAt)}
}

// moment reads a time; what is none is the zero Time.
func moment(t text) time.Time {
	at, err := time.Parse(time.RFC3339, string(t))
	if err != nil {
		return time.Time{}
	}
	return at
}

// Times yields when the people of the project were created and last changed, in
// the way of [Client.People].
func (c *Client) Times(ctx context.Context) iter.Seq2[Times, error] {
	return list(ctx, c, c.people("web"), (*timesJSON).times)
}

// people is the list of the project's people in a view.
func (c *Client) people(view string) request {
	return request{
		op:    "list people",
		route: "/rest/v1.0/projects/{project}/people",
		path:  fmt.Sprintf("/rest/v1.0/projects/%d/people", c.o.ProjectID),
		query: url.Values{"view": {view}},
	}
}
