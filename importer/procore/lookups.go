package procore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// WorkClassification is a trade that people can have.
type WorkClassification struct {
	ID           int64
	Name         string
	Abbreviation string
}

type classificationJSON struct {
	ID           integer `json:"id"`
	Name         text    `json:"name"`
	Abbreviation text    `json:"abbreviation"`
}

func (w *classificationJSON) id() int64 { return int64(w.ID) }

// WorkClassifications returns the project's work classifications, or the
// company's if the project's are not to be seen (403, 404).
func (c *Client) WorkClassifications(ctx context.Context) ([]WorkClassification, error) {
	all, err := c.classifications(ctx, request{
		op:    "list the project's work classifications",
		route: "/rest/v1.0/projects/{project}/work_classifications",
		path:  fmt.Sprintf("/rest/v1.0/projects/%d/work_classifications", c.o.ProjectID),
	})
	var e *Error
	if !errors.As(err, &e) || e.Kind != NotFound && e.Kind != Forbidden {
		return all, err
	}
	return c.classifications(ctx, request{
		op:    "list the company's work classifications",
		route: "/rest/v1.0/companies/{company}/work_classifications",
		path:  fmt.Sprintf("/rest/v1.0/companies/%d/work_classifications", c.o.CompanyID),
	})
}

func (c *Client) classifications(ctx context.Context, r request) ([]WorkClassification, error) {
	return whole(list(ctx, c, r, func(w *classificationJSON) WorkClassification {
		return WorkClassification{w.id(), string(w.Name), string(w.Abbreviation)}
	}))
}

// Project is the project that people are created in.
type Project struct {
	ID   int64
	Name string
}

// Company is a company that the account is in.
type Company struct {
	ID   int64
	Name string
}

// User is the account behind the credentials.
type User struct {
	ID   int64
	Name string
}

// named is an object of which the ID and the name are of interest.
type named struct {
	ID   integer `json:"id"`
	Name text    `json:"name"`
}

func (n *named) id() int64 { return int64(n.ID) }

// Project returns the project of the options, if it is visible to the account.
func (c *Client) Project(ctx context.Context) (Project, error) {
	p, err := c.one(ctx, request{
		op:    "look up the project",
		route: "/rest/v1.0/projects/{project}",
		path:  fmt.Sprintf("/rest/v1.0/projects/%d", c.o.ProjectID),
		query: url.Values{"company_id": {strconv.FormatInt(c.o.CompanyID, 10)}},
	})
	return Project{int64(p.ID), string(p.Name)}, err
}

// Companies returns the companies that the account is in.
func (c *Client) Companies(ctx context.Context) ([]Company, error) {
	r := request{op: "list the companies", route: "/rest/v1.0/companies", path: "/rest/v1.0/companies"}
	return whole(list(ctx, c, r, func(n *named) Company { return Company{n.id(), string(n.Name)} }))
}

// Me returns the account that the credentials belong to.
func (c *Client) Me(ctx context.Context) (User, error) {
	u, err := c.one(ctx, request{op: "look up the account", route: "/rest/v1.0/me", path: "/rest/v1.0/me"})
	return User{int64(u.ID), string(u.Name)}, err
}

func (c *Client) one(ctx context.Context, r request) (named, error) {
	var n named
	r.method, r.most = http.MethodGet, mostAnswer
	err := c.get(ctx, r, func(_ *http.Response, body io.Reader) error {
		var err error
		n, err = decodeOne[named](body)
		return err
	})
	if err != nil {
		return named{}, err
	}
	return n, nil
}
