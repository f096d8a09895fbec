package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"muster/importer"
	"muster/importer/doctor"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
)

func (o *office) Environments() []string { return []string{"production", "sandbox"} }

// Keep takes the secret "secret".
func (o *office) Keep(_ context.Context, c Credentials) ([]doctor.Finding, error) {
	if c.ClientSecret != "secret" {
		return []doctor.Finding{{State: "fail", Check: "credentials", Text: "refused", Fix: "check them"}}, nil
	}
	o.account = Account{Environment: c.Environment, ClientID: c.ClientID, Source: FromKeyring}
	return nil, nil
}

func (o *office) Forget(context.Context) error {
	o.account = Account{}
	return nil
}

func (o *office) client(company int64) (*procore.Client, error) {
	return procore.NewUnbound(procore.Options{
		APIURL: "https://procore.test", LoginURL: "https://procore.test", CompanyID: company, ClientID: "id", ClientSecret: "secret",
		Connection: procore.Connection{Transport: o.procore.Transport()},
	})
}

func (o *office) Companies(ctx context.Context) ([]procore.Named, error) {
	client, err := o.client(0)
	if err != nil {
		return nil, err
	}
	return importer.ByName(ctx, client.Companies)
}

func (o *office) Projects(ctx context.Context, company int64) ([]procore.Named, error) {
	client, err := o.client(company)
	if err != nil {
		return nil, err
	}
	return importer.ByName(ctx, client.Projects)
}

func (o *office) Choose(_ context.Context, company, project procore.Named) error {
	o.account.Company, o.account.Project = company, project
	return nil
}

func (o *office) Diagnose(context.Context) []doctor.Finding {
	return []doctor.Finding{{State: "ok", Check: "project", Text: "100 is Simulated Project"}}
}

func TestAccountIsConnectedAndForgotten(t *testing.T) {
	s := newSite(t, Account{}, simulator.Config{OtherProjects: []simulator.Project{{ID: 200, Name: "Tower <b>A</b>"}}})
	if _, body := s.get("/account"); !strings.Contains(body, `name="client_secret"`) {
		t.Fatalf("there is no form: %s", body)
	}
	const wrong = "a wrong s3cret"
	_, body := s.post("/account", url.Values{"environment": {"sandbox"}, "client_id": {"my-id"}, "client_secret": {wrong}})
	if !strings.Contains(body, "refused") || !strings.Contains(body, "my-id") || strings.Contains(body, wrong) {
		t.Errorf("wrong credentials: %s", body)
	}
	_, body = s.post("/account", url.Values{"environment": {"sandbox"}, "client_id": {"my-id"}, "client_secret": {"secret"}})
	if !strings.Contains(body, "Simulated Company") || !strings.Contains(body, "Tower &lt;b&gt;A&lt;/b&gt;") {
		t.Errorf("company and project can't be chosen: %s", body)
	}
	if status, _ := s.post("/account/project", url.Values{"company": {"1"}, "project": {""}}); status != http.StatusUnprocessableEntity {
		t.Errorf("no project: status %d", status)
	}
	_, body = s.post("/account/project", url.Values{"company": {"1"}, "project": {"200"}})
	if got := s.office.account; !got.Connected() || got.Project.Name != "Tower <b>A</b>" || !strings.Contains(body, "/account/checks") {
		t.Errorf("the account is %v: %s", got, body)
	}
	if _, body = s.get("/account/checks"); !strings.Contains(body, "100 is Simulated Project") {
		t.Errorf("checks: %s", body)
	}
	s.post("/account/forget", nil)
	if s.office.account.Source != NoSource {
		t.Error("the account is not forgotten")
	}
}

func TestAccountWithoutListsTakesNumbers(t *testing.T) {
	account := connected()
	account.Company, account.Project = procore.Named{ID: 1}, procore.Named{}
	s := newSite(t, account, simulator.Config{Denied: []simulator.Denial{simulator.DenyCompany}})
	_, body := s.get("/account")
	if !strings.Contains(body, `<input id="project"`) {
		t.Errorf("no number can be typed: %s", body)
	}
	s.post("/account/project", url.Values{"company": {"1"}, "project": {" 77 "}})
	if got := s.office.account.Project; got.ID != 77 || got.Label() != "project 77" {
		t.Errorf("the project is %v", got)
	}
}
