package simulator_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
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
	s := simulator.New(simulator.Config{Credentials: simulator.Credentials{ClientID: "me", ClientSecret: "mine", TokenLife: time.Minute}})
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
		Company: simulator.Company{
			FirstPersonID:       9007199254740993,
			WorkClassifications: []simulator.WorkClassification{{ID: 7, Name: "Electrician", Abbreviation: "ELEC"}},
		},
		OtherProjects: []simulator.Project{{ID: 200, Name: "Annex"}},
	}))
	c := dial(t, s)
	user := s.Add(simulator.Person{FirstName: "Real", LastName: "User", Account: simulator.Account{UserID: 5}, Email: "real@example.com"})
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
			"update", "PATCH", peoplePath + "/9007199254740995", `{"person":{"last_name":"Núñez","job_title":"Super","employee_id":null}}`, 200,
			`"last_name":"Núñez",` + "…" + `"origin_id":"42","employee_id":null`,
		},
		{"update nobody", "PATCH", peoplePath + "/5", `{"person":{"last_name":"X","job_title":"Super"}}`, 404, "Person not found"},
		{"update without a last name", "PATCH", peoplePath + "/9007199254740995", `{"person":{"job_title":"Super"}}`, 422, `"last_name"`},
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
		{"deactivated", "GET", peoplePath + "/inactive", "", 200, `[{"id":9007199254740997,` + "…" + `"is_active":false`},
		{"deactivated in the company", "GET", "/rest/v1.0/companies/1/people/inactive", "", 200, `[{"id":9007199254740997,`},
		{"inactive on another project", "GET", "/rest/v1.0/projects/200/people/inactive", "", 200, `[]`},
		{"activate", "POST", "/rest/v2.0/companies/1/people/bulk_activate", `{"ids":[9007199254740997,9007199254740995]}`, 200, `{"data":{"ids":[9007199254740997]}}`},
		{"activated", "GET", peoplePath + "/inactive", "", 200, `[]`},
		{"memberships", "GET", "/rest/v1.0/projects/200/project_memberships", "", 200, `"party_id":9007199254740995,"project_id":200}]`},
		{"membership of nobody", "DELETE", "/rest/v1.0/projects/200/project_memberships/1?party_id=5", "", 404, "Not found"},
		{
			"project's trades", "GET", "/rest/v1.0/projects/100/work_classifications", "", 200,
			`[{"abbreviation":"ELEC","company_id":1,"company_visible":true,"id":7,"name":"Electrician","project_ids":[100,200]}]`,
		},
		{"company's trades", "GET", "/rest/v1.0/companies/1/work_classifications", "", 200, `,"id":7,`},
		{"companies", "GET", "/rest/v1.0/companies", "", 200, `[{"id":1,"is_active":true,"name":"Simulated Company"}]`},
		{"projects", "GET", "/rest/v1.0/projects?company_id=1&per_page=1&page=2", "", 200, `[{"active":true,"company":{"id":1,"name":"Simulated Company"},"id":200,"name":"Annex"}]`},
		{"projects of none", "GET", "/rest/v1.0/projects", "", 400, "company_id"},
		{"project", "GET", "/rest/v1.0/projects/100?company_id=1", "", 200, `"id":100,"name":"Simulated Project"}`},
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

// Clients that nobody here wrote get a token by a multipart form (Procore's own
// example), JSON (Procore's SDK) and HTTP Basic.
func TestTokenForms(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{Credentials: simulator.Credentials{ClientID: "me", ClientSecret: "mine"}})
	server := httptest.NewServer(s)
	defer server.Close()
	post := func(path, kind, body string, change func(*http.Request)) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", kind)
		if change != nil {
			change(r)
		}
		return roundTrip(t, r)
	}
	const multipart = "--b\r\nContent-Disposition: form-data; name=\"grant_type\"\r\n\r\nclient_credentials\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"client_id\"\r\n\r\nme\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"client_secret\"\r\n\r\nmine\r\n--b--\r\n"
	basic := func(r *http.Request) { r.SetBasicAuth("me", "mine") }
	for _, test := range []struct {
		name, kind, body string
		change           func(*http.Request)
	}{
		{"multipart", "multipart/form-data; boundary=b", multipart, nil},
		{"JSON", "application/json", `{"grant_type":"client_credentials","client_id":"me","client_secret":"mine"}`, nil},
		{"Basic", "application/x-www-form-urlencoded", "grant_type=client_credentials", basic},
	} {
		status, body := post("/oauth/token", test.kind, test.body, test.change)
		var token struct {
			AccessToken string `json:"access_token"`
		}
		if err := json.Unmarshal([]byte(body), &token); status != 200 || err != nil {
			t.Errorf("%s: got %d %s", test.name, status, body)
			continue
		}
		info := func() int {
			r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+"/oauth/token/info", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Authorization", "Bearer "+token.AccessToken)
			status, _ := roundTrip(t, r)
			return status
		}
		if got := info(); got != 200 {
			t.Errorf("%s: token info: got %d", test.name, got)
		}
		if status, _ := post("/oauth/revoke", "application/x-www-form-urlencoded", "token="+token.AccessToken, nil); status != 200 {
			t.Errorf("%s: revoke: got %d", test.name, status)
		}
		if got := info(); got != 401 {
			t.Errorf("%s: token info after revoke: got %d", test.name, got)
		}
	}
	if got := s.Requests().Total; got != 0 {
		t.Errorf("%d API calls, want none: neither the token nor its info counts", got)
	}
}

func roundTrip(t *testing.T, r *http.Request) (int, string) {
	t.Helper()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

// Lists of servers that are less helpful than the documented one.
func TestListOptions(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		options simulator.ListOptions
		query   string
		status  int
		items   int
		total   string
	}{
		{"no headers", simulator.ListOptions{Headers: simulator.NoListHeaders}, "per_page=2&page=1", 200, 2, ""},
		{"a total of 0", simulator.ListOptions{Headers: simulator.ZeroTotal}, "per_page=2&page=1", 200, 2, "0"},
		{"refused", simulator.ListOptions{RefuseAbove: 500}, "per_page=2000", 408, 0, ""},
		{"cut", simulator.ListOptions{LastPage: 2}, "per_page=2&page=3", 200, 0, "5"},
		{"inactive people shown", simulator.ListOptions{ShowInactive: true}, "per_page=10", 200, 6, "6"},
	} {
		s := simulator.New(unlimited(simulator.Config{Lists: test.options}))
		for i := range 5 {
			s.Add(simulator.Person{LastName: strconv.Itoa(i)})
		}
		s.Add(simulator.Person{LastName: "Left", Account: simulator.Account{Inactive: true}})
		r := dial(t, s).get(peoplePath + "?" + test.query)
		var people []listed
		if test.status == 200 {
			r.decode(t, &people)
		}
		if r.status != test.status || len(people) != test.items || r.header.Get("Total") != test.total {
			t.Errorf("%s: got %d, %d items, Total %q", test.name, r.status, len(people), r.header.Get("Total"))
		}
	}
	s := simulator.New(unlimited(simulator.Config{Lists: simulator.ListOptions{NoInactive: true}, Answers: simulator.Answers{TextIDs: true}}))
	id := s.Add(simulator.Person{LastName: "Left"})
	c := dial(t, s)
	if r := c.get(peoplePath + "/inactive"); r.status != 404 {
		t.Errorf("no list of inactive people: got %d", r.status)
	}
	want := fmt.Sprintf(`{"data":{"ids":["%d"]}}`, id)
	if r := c.do("POST", "/rest/v2.0/companies/1/people/bulk_deactivate", fmt.Sprintf(`{"ids":[%d]}`, id)); r.body != want {
		t.Errorf("got %s, want %s", r.body, want)
	}
}

// An hourly window may be reported only once it is used up.
func TestHourlyWindowIsHidden(t *testing.T) {
	t.Parallel()
	s := simulator.New(simulator.Config{QuotaRules: simulator.QuotaRules{HourlyOnceUsedUp: true}, Windows: []simulator.Window{{Length: time.Hour, Limit: 3}, {Length: 10 * time.Second, Limit: 25, Rolling: true}}})
	c := dial(t, s)
	for i, want := range []string{"25", "25", "3", "3"} {
		r := c.get("/rest/v1.0/me")
		if got := r.header.Get("X-Rate-Limit-Limit"); got != want {
			t.Errorf("request %d: reports a limit of %s, want %s", i+1, got, want)
		}
	}
}
