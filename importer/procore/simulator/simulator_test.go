package simulator_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore/simulator"
)

const (
	peoplePath = "/rest/v1.0/projects/100/people"
	jane       = `{"person":{"first_name":"Jane","last_name":"Doe"}}`
)

// client is a bare client of a Server: what it sends is in the tests' hands.
type client struct {
	t      testing.TB
	http   *http.Client
	header http.Header
}

// reply is what came back: a status, or the error that came instead.
type reply struct {
	status int
	header http.Header
	body   string
	err    error
}

// dial returns a client that has a token.
func dial(t testing.TB, s *simulator.Server) *client {
	t.Helper()
	c := &client{t: t, http: &http.Client{Transport: s.Transport()}, header: http.Header{}}
	c.header.Set("Content-Type", "application/json")
	c.header.Set("Procore-Company-Id", "1")
	c.renew()
	return c
}

func (c *client) renew() {
	c.t.Helper()
	var token struct {
		AccessToken string `json:"access_token"`
	}
	c.login("grant_type=client_credentials&client_id=me&client_secret=mine").decode(c.t, &token)
	c.header.Set("Authorization", "Bearer "+token.AccessToken)
}

func (c *client) login(form string) reply {
	r, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost,
		"https://login.procore.example/oauth/token", strings.NewReader(form))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return c.send(r)
}

// do sends a request; header lines are "Name: value", "Name:" removes one.
func (c *client) do(method, path, body string, header ...string) reply {
	r, err := http.NewRequestWithContext(c.t.Context(), method, "https://api.procore.example"+path, strings.NewReader(body))
	if err != nil {
		c.t.Fatal(err)
	}
	r.Header = c.header.Clone()
	for _, line := range header {
		name, value, _ := strings.Cut(line, ":")
		r.Header.Set(name, strings.TrimSpace(value))
	}
	return c.send(r)
}

func (c *client) create(body string, header ...string) reply {
	return c.do(http.MethodPost, peoplePath, body, header...)
}

func (c *client) get(path string, header ...string) reply {
	return c.do(http.MethodGet, path, "", header...)
}

func (c *client) send(r *http.Request) reply {
	answer, err := c.http.Do(r)
	if err != nil {
		return reply{err: err}
	}
	body, err := io.ReadAll(answer.Body)
	if e := answer.Body.Close(); e != nil {
		c.t.Error(e)
	}
	return reply{answer.StatusCode, answer.Header, string(body), err}
}

// decode reads JSON with numbers as they were written.
func (r reply) decode(t testing.TB, v any) {
	t.Helper()
	if r.err != nil {
		t.Fatal(r.err)
	}
	d := json.NewDecoder(strings.NewReader(r.body))
	d.UseNumber()
	if err := d.Decode(v); err != nil {
		t.Fatalf("%d %q: %v", r.status, r.body, err)
	}
}

func names(people []simulator.Person) string {
	var list []string
	for _, p := range people {
		list = append(list, strings.TrimSpace(p.FirstName+" "+p.LastName))
	}
	return strings.Join(list, ", ")
}

func unlimited(c simulator.Config) simulator.Config {
	c.Windows = []simulator.Window{}
	return c
}

func TestToken(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{ClientID: "me", ClientSecret: "mine", TokenLife: time.Minute})
	c := dial(t, s)
	for _, test := range []struct {
		name, form string
		status     int
		want       string
	}{
		{"good", "grant_type=client_credentials&client_id=me&client_secret=mine", 200, `"token_type":"bearer","expires_in":60,"created_at":`},
		{"wrong secret", "grant_type=client_credentials&client_id=me&client_secret=guess", 401, `{"error":"invalid_client","error_description":"`},
		{"no ID", "grant_type=client_credentials&client_secret=mine", 401, "invalid_client"},
		{"other grant", "grant_type=password&client_id=me&client_secret=mine", 400, "unsupported_grant_type"},
		{"not a form", "%zz", 400, "invalid_request"},
	} {
		r := c.login(test.form)
		if r.status != test.status || !strings.Contains(r.body, test.want) {
			t.Errorf("%s: got %d %s, want %d %s", test.name, r.status, r.body, test.status, test.want)
		}
		if r.header.Get("X-Rate-Limit-Limit") != "" {
			t.Errorf("%s: the login host sends rate headers", test.name)
		}
	}
	if r := c.do(http.MethodPost, "/oauth/token?grant_type=client_credentials&client_id=me&client_secret=mine", ""); r.status != 400 {
		t.Errorf("credentials in the address: got %d", r.status)
	}
	if r := c.get("/rest/v1.0/me", "Authorization: Bearer none"); r.status != 401 {
		t.Errorf("a token of nobody's: got %d", r.status)
	}
	want := simulator.Stats{Total: 1, Tokens: 7}
	if diff := cmp.Diff(s.Requests(), want); diff != "" {
		t.Error(diff)
	}
}

// Every endpoint, as a script over one server.
func TestEndpoints(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{
		FirstPersonID:       9007199254740993,
		OtherProjects:       []simulator.Project{{ID: 200, Name: "Annex"}},
		WorkClassifications: []simulator.WorkClassification{{ID: 7, Name: "Electrician", Abbreviation: "ELEC"}},
	}))
	c := dial(t, s)
	user := s.Add(simulator.Person{FirstName: "Real", LastName: "User", UserID: 5, Email: "real@example.com"})
	const full = `{"person":{"first_name":"José","last_name":"Núñez","job_title":"Foreman","employee_id":"007",` +
		`"is_employee":true,"origin_id":"42","work_classification_id":7,"unknown":1}}`
	for _, test := range []struct {
		name, method, path, body string
		status                   int
		want                     string
	}{
		{"normal", "POST", peoplePath, full, 201, `{"id":9007199254740995,"first_name":"José","last_name":"Núñez","is_employee":true,` +
			`"user_id":null,"user_uuid":null,"work_classification_id":7,"origin_id":"42","employee_id":"007",` +
			`"contact":{"id":9007199254740996,"is_active":true,"email":null}}`},
		{
			"extended", "POST", peoplePath + "?view=extended", `{"person":{"last_name":"Ext","work_classification_id":7}}`, 201,
			`"first_name":null,` + "…" + `"employee_id":null,` + "…" + `"work_classification":{"id":7,"name":"Electrician"},"vendor":null}`,
		},
		{"web", "POST", peoplePath + "?view=web", `{"person":{"last_name":"Web","job_title":"Boss"}}`, 201, `"job_title":"Boss","reference_user":true,"email":null,`},
		{"unknown view", "POST", peoplePath + "?view=wide", `{"person":{"last_name":"Wide"}}`, 201, `"contact":{`},
		{
			"update", "PATCH", peoplePath + "/9007199254740995", `{"person":{"job_title":"Super","employee_id":null}}`, 200,
			`"last_name":"Núñez",` + "…" + `"origin_id":"42","employee_id":null`,
		},
		{"update nobody", "PATCH", peoplePath + "/5", `{"person":{"job_title":"Super"}}`, 404, "Person not found"},
		{"update badly", "PATCH", peoplePath + "/9007199254740995", `{"person":{"last_name":""}}`, 422, `{"errors":{"last_name":["can't be blank"]}}`},
		{"list", "GET", peoplePath + "?view=web&per_page=1&page=2", "", 200, `[{"id":9007199254740995,`},
		{
			"bulk add", "POST", "/rest/v1.0/projects/200/project_memberships/bulk_add", `{"party_ids":[9007199254740995,9007199254740997,9007199254740993,5]}`, 201,
			"[9007199254740995,9007199254740997]",
		},
		{"bulk add again", "POST", "/rest/v1.0/projects/200/project_memberships/bulk_add", `{"party_ids":[9007199254740995]}`, 201, "[]"},
		{"bulk add nonsense", "POST", "/rest/v1.0/projects/200/project_memberships/bulk_add", `{"party_ids":"all"}`, 400, "must be an array"},
		{
			"bulk remove", "DELETE", "/rest/v2.0/companies/1/projects/200/project_memberships/bulk_remove", `{"party_ids":[9007199254740997,9007199254740993]}`, 200,
			`{"data":{"processed_ids":[9007199254740997],"skipped_ids":[9007199254740993]}}`,
		},
		{"on the project still", "GET", "/rest/v1.0/projects/200/people", "", 200, `[{"id":9007199254740995,`},
		{"deactivate", "POST", "/rest/v2.0/companies/1/people/bulk_deactivate", `{"ids":[9007199254740997,9]}`, 200, `{"data":{"ids":[9007199254740997]}}`},
		{"deactivated", "GET", peoplePath + "?per_page=1&page=3", "", 200, `"is_active":false`},
		{
			"project's trades", "GET", "/rest/v1.0/projects/100/work_classifications", "", 200,
			`[{"id":7,"name":"Electrician","abbreviation":"ELEC","company_id":1,"company_visible":true,"project_ids":[100,200]}]`,
		},
		{"company's trades", "GET", "/rest/v1.0/companies/1/work_classifications", "", 200, `[{"id":7,`},
		{"companies", "GET", "/rest/v1.0/companies", "", 200, `[{"id":1,"name":"Simulated Company","is_active":true}]`},
		{"projects", "GET", "/rest/v1.0/projects?company_id=1&per_page=1&page=2", "", 200, `[{"id":200,"name":"Annex","active":true,"company":{"id":1,"name":"Simulated Company"}}]`},
		{"projects of none", "GET", "/rest/v1.0/projects", "", 400, "company_id"},
		{"project", "GET", "/rest/v1.0/projects/100?company_id=1", "", 200, `{"id":100,"name":"Simulated Project"`},
		{"project of another", "GET", "/rest/v1.0/projects/100?company_id=2", "", 403, "not connected"},
		{"no such project", "GET", "/rest/v1.0/projects/300/people", "", 404, "Project not found"},
		{"no such company", "GET", "/rest/v1.0/companies/2/work_classifications", "", 404, "Company not found"},
		{"me", "GET", "/rest/v1.0/me", "", 200, `{"id":900001,"login":`},
		{"nowhere", "GET", "/rest/v1.0/nowhere", "", 404, `{"errors":"Not found"}`},
		{"v2 refusal", "POST", "/rest/v2.0/companies/1/people/bulk_deactivate", `{}`, 400, `{"error":{"code":"bad_request","details":[{"code":"bad_request"`},
	} {
		r := c.do(test.method, test.path, test.body)
		if r.err != nil || r.status != test.status {
			t.Errorf("%s: got %d %s %v, want %d", test.name, r.status, r.body, r.err, test.status)
		}
		for part := range strings.SplitSeq(test.want, "…") {
			if !strings.Contains(r.body, part) {
				t.Errorf("%s: got %s, want %s", test.name, r.body, part)
			}
		}
		if r.header.Get("X-Request-Id") == "" || r.header.Get("Date") == "" {
			t.Errorf("%s: headers are missing: %v", test.name, r.header)
		}
	}
	if got, want := names(s.People()), "Real User, José Núñez, Ext, Web, Wide"; got != want {
		t.Errorf("people: got %s, want %s", got, want)
	}
	if !s.Remove(user) || s.Remove(user) || len(s.People()) != 4 {
		t.Error("Remove did not remove once")
	}
}

// The web view is the one without employee_id and contact, normal the one
// without job_title: nothing shows everything.
func TestViewsLackFields(t *testing.T) {
	t.Parallel()
	c := dial(t, simulator.New(simulator.Config{}))
	for view, lacks := range map[string][]string{
		"normal": {"job_title", "work_classification", "email"}, "extended": {"job_title"}, "web": {"employee_id", "contact"},
	} {
		var person map[string]any
		c.do("POST", peoplePath+"?view="+view, jane).decode(t, &person)
		for _, field := range lacks {
			if _, ok := person[field]; ok {
				t.Errorf("view %s has %s", view, field)
			}
		}
	}
}

func TestBulkRemoveIgnoresMoreThanAThousand(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{})
	var ids []int64
	for range 1001 {
		ids = append(ids, s.Add(simulator.Person{LastName: "Doe"}))
	}
	body, err := json.Marshal(map[string]any{"party_ids": ids})
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Data struct {
			Processed []int64 `json:"processed_ids"`
			Skipped   []int64 `json:"skipped_ids"`
		} `json:"data"`
	}
	dial(t, s).do("DELETE", "/rest/v2.0/companies/1/projects/100/project_memberships/bulk_remove", string(body)).decode(t, &got)
	if len(got.Data.Processed) != 1000 || len(got.Data.Skipped) != 0 {
		t.Errorf("processed %d, skipped %d", len(got.Data.Processed), len(got.Data.Skipped))
	}
	if p := s.People(); len(p[999].Projects) != 0 || len(p[1000].Projects) != 1 {
		t.Error("the 1,001st was taken off, or the 1,000th was not")
	}
}

func TestHooks(t *testing.T) {
	t.Parallel()
	var calls []string
	var s *simulator.Server
	s = simulator.New(simulator.Config{
		OnRequest: func(r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			if strings.Contains(string(body), "Doe") {
				calls = append(calls, "request")
			}
		},
		OnCreate: func(n int, stored bool) {
			calls = append(calls, map[bool]string{false: "before ", true: "after "}[stored]+names(s.People()))
			if n == 2 && !stored {
				panic(http.ErrAbortHandler)
			}
		},
	})
	c := dial(t, s)
	if r := c.create(jane); r.status != 201 {
		t.Errorf("got %d %v", r.status, r.err)
	}
	if r := c.create(jane); !errors.Is(r.err, io.ErrUnexpectedEOF) {
		t.Errorf("got %v, want a cut", r.err)
	}
	want := []string{"request", "before ", "after Jane Doe", "request", "before Jane Doe"}
	if diff := cmp.Diff(calls, want); diff != "" {
		t.Error(diff)
	}
	if got := s.Requests(); got.Creates != 2 || got.Stored != 1 {
		t.Errorf("got %+v", got)
	}
}

func TestDenied(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{}))
	s.Add(simulator.Person{LastName: "Doe"})
	c := dial(t, s)
	for _, test := range []struct {
		denied         simulator.Denial
		method, path   string
		status, others int
	}{
		{simulator.DenyCredentials, "GET", "/rest/v1.0/me", 401, 401},
		{simulator.DenyCompany, "GET", "/rest/v1.0/me", 403, 403},
		{simulator.DenyProject, "GET", peoplePath, 403, 200},
		{simulator.DenyWrite, "POST", peoplePath, 403, 200},
		{simulator.DenyList, "GET", peoplePath, 403, 200},
		{simulator.DenyWebView, "GET", peoplePath + "?view=web", 200, 200},
		{simulator.DenyClassifications, "GET", "/rest/v1.0/projects/100/work_classifications", 403, 200},
	} {
		s.SetDenied(test.denied)
		if r := c.do(test.method, test.path, jane); r.status != test.status || strings.Contains(r.body, "reference_user") {
			t.Errorf("%s: got %d %s", test.denied, r.status, r.body)
		}
		if r := c.get("/rest/v1.0/companies/1/work_classifications"); r.status != test.others {
			t.Errorf("%s: company's work classifications: got %d", test.denied, r.status)
		}
	}
	s.SetDenied()
	s.RevokeTokens()
	if r := c.create(jane); r.status != 401 {
		t.Errorf("revoked: got %d", r.status)
	}
}
