package procore

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// WorkClassification is a trade of people in a project.
type WorkClassification struct {
	ID           int64
	Name         string
	Abbreviation string
}

// Named is a company, a project or an account.
type Named struct {
	ID   int64  `json:"id"`
	Name string `json:"name"`
}

// Label returns the name of a project, or the number if the name is not known.
func (n Named) Label() string {
	if n.Name == "" {
		return fmt.Sprintf("project %d", n.ID)
	}
	return n.Name
}

// Full returns the name and the number of a project, or the one of the two that says
// both.
func (n Named) Full() string {
	number := fmt.Sprintf("project %d", n.ID)
	switch {
	case n.Name == "":
		return number
	case strings.EqualFold(n.Name, number):
		return n.Name
	}
	return fmt.Sprintf("%s (%s)", n.Name, number)
}

// namedJSON is an object with an ID and a name, and for trades an abbreviation.
type namedJSON struct {
	ID           integer `json:"id"`
	Name         text    `json:"name"`
	Abbreviation text    `json:"abbreviation"`
}

func (n *namedJSON) id() int64 { return int64(n.ID) }

func (n *namedJSON) named() Named { return Named{n.id(), string(n.Name)} }

func (n *namedJSON) classification() WorkClassification {
	return WorkClassification{n.id(), string(n.Name), string(n.Abbreviation)}
}

// WorkClassifications returns the project's work classifications, or the
// company's if the account may not see the project's (403, 404).
func (c *Client) WorkClassifications(ctx context.Context) ([]WorkClassification, error) {
	all, err := collect(readList(ctx, c, request{
		op:     "list the project's work classifications",
		lookup: true,
		route:  "/rest/v1.0/projects/{project}/work_classifications",
	}, (*namedJSON).classification))
	var e *Error
	if !errors.As(err, &e) || e.Kind != NotFound && e.Kind != Forbidden {
		return all, err
	}
	return collect(readList(ctx, c, request{
		op:     "list the company's work classifications",
		lookup: true,
		route:  "/rest/v1.0/companies/{company}/work_classifications",
	}, (*namedJSON).classification))
}

// Project returns the project of the options if the account can see this project.
func (c *Client) Project(ctx context.Context) (Named, error) {
	return c.getNamed(ctx, request{
		op:    "look up the project",
		route: "/rest/v1.0/projects/{project}",
		query: url.Values{"company_id": {strconv.FormatInt(c.o.CompanyID, 10)}},
	})
}

// Companies returns the companies of the account.
func (c *Client) Companies(ctx context.Context) ([]Named, error) {
	r := request{op: "list the companies", lookup: true, route: "/rest/v1.0/companies"}
	return collect(readList(ctx, c, r, (*namedJSON).named))
}

// Projects returns the projects of the company that the account can see.
func (c *Client) Projects(ctx context.Context) ([]Named, error) {
	return collect(readList(ctx, c, request{
		op: "list the projects", lookup: true, route: "/rest/v1.0/projects",
		query: url.Values{"company_id": {strconv.FormatInt(c.o.CompanyID, 10)}},
	}, (*namedJSON).named))
}

// Me returns the account of the credentials.
func (c *Client) Me(ctx context.Context) (Named, error) {
	return c.getNamed(ctx, request{op: "look up the account", route: "/rest/v1.0/me"})
}

func (c *Client) getNamed(ctx context.Context, r request) (Named, error) {
	var found namedJSON
	r.method, r.maxBytes = http.MethodGet, maxAnswer
	err := c.get(ctx, r, func(_ *http.Response, body io.Reader) error {
		var err error
		found, err = decodeOne[namedJSON](body)
		return err
	})
	if err != nil {
		return Named{}, err
	}
	return found.named(), nil
}
