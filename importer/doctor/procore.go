package doctor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/text"
	"muster/ratelimit"
)

// Account checks the hosts and the credentials, before a project is chosen.
func (x *Examination) Account(ctx context.Context, client *procore.Client) {
	for _, base := range slices.Compact([]string{x.Options.APIURL, x.Options.LoginURL}) {
		if !x.Host(ctx, base) {
			return
		}
	}
	f := x.checkCredentials(ctx, client)
	f.Check = "credentials"
	x.Found(f)
}

// call is a check that sends requests to Procore.
type call struct {
	check  string
	needs  string // a check that must not fail first
	failed string // the reason to skip the checks that need this one
	run    func(*Examination, context.Context, *procore.Client) Finding
}

func calls() []call {
	return []call{
		{"credentials", "connection", "there is no token", (*Examination).checkCredentials},
		{"company", "credentials", "the company comes first", (*Examination).checkCompany},
		{"project", "company", "the project comes first", (*Examination).checkProject},
		{"directory", "project", "", (*Examination).checkDirectory},
		{"classifications", "project", "", (*Examination).checkClassifications},
		{"quota", "credentials", "", (*Examination).checkQuota},
	}
}

// Procore checks the hosts of Procore and the rights of the account.
func (x *Examination) Procore(ctx context.Context) {
	blocked := map[string]string{} // why a check failed or was Skipped
	for _, base := range slices.Compact([]string{x.Options.APIURL, x.Options.LoginURL}) {
		if !x.Host(ctx, base) {
			blocked["connection"] = "there is no connection"
		}
	}
	client, err := x.client(ctx)
	if err != nil {
		blocked["connection"] = err.Error()
	} else {
		defer x.Options.Pace.Close()
		defer client.Close()
	}
	for _, c := range calls() {
		if why, ok := blocked[c.needs]; ok {
			blocked[c.check] = why
			x.Skip(c.check, why)
			continue
		}
		f := x.call(ctx, c, client)
		f.Check = c.check
		if f.State == Broken {
			blocked[c.check] = c.failed
		}
		x.Found(f)
	}
}

// call runs a check that sends requests. A call that would wait longer than Patience for
// the quota ends at once.
func (x *Examination) call(ctx context.Context, c call, client *procore.Client) Finding {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	last, _ := ctx.Deadline()
	defer importer.WatchPace(ctx, x.Options.Pace, func(w importer.Waiting) {
		if w.Until.After(last) {
			cancel()
		}
	})()
	return c.run(x, ctx, client)
}

// client returns a client for the calls, which share the quota with runs. The error says
// what else comes first; other checks say what is wrong there.
func (x *Examination) client(ctx context.Context) (*procore.Client, error) {
	settings := errors.New("the settings come first")
	if !x.Complete {
		return nil, settings
	}
	var limits ratelimit.Options
	if err := x.ShareQuota(ctx, &limits); err != nil {
		return nil, errors.New("the ledger comes first")
	}
	x.Options.Pace = ratelimit.New(limits)
	client, err := procore.New(x.Options)
	if err != nil {
		return nil, settings
	}
	return client, nil
}

func (x *Examination) checkCredentials(ctx context.Context, client *procore.Client) Finding {
	if err := client.Renew(ctx); err != nil {
		return NewTrouble(Broken, err)
	}
	me, err := client.Me(ctx)
	if err != nil { // an import does not need the account's name
		return Finding{State: Fine, Text: "accepted"}
	}
	return Finding{State: Fine, Text: "accepted; the account is " + me.Name, Facts: Facts{"account": me.ID}}
}

func (x *Examination) checkCompany(ctx context.Context, client *procore.Client) Finding {
	id := x.Options.CompanyID
	all, err := client.Companies(ctx)
	var refused *procore.Error
	switch {
	case errors.As(err, &refused) && refused.Kind == procore.Forbidden:
		f := NewTrouble(Broken, err)
		f.Fix = "check --company, and ask a company administrator to connect the app in that company's App Management"
		return f
	case err != nil: // an import does not need the list
		return newCallTrouble(Doubted, client, err)
	}
	i := slices.IndexFunc(all, func(c procore.Named) bool { return c.ID == id })
	if i < 0 {
		return Finding{
			State: Broken, Text: fmt.Sprintf("the account is in %s, but not in %d", text.Plural(len(all), "company", "companies"), id),
			Fix:   "check --company, and that the app is installed in that company",
			Facts: Facts{"code": "not_found", "companies": len(all)},
		}
	}
	return Finding{State: Fine, Text: fmt.Sprintf("%d is %s", id, all[i].Name), Facts: Facts{"id": id}}
}

func (x *Examination) checkProject(ctx context.Context, client *procore.Client) Finding {
	project, err := client.Project(ctx)
	if err != nil {
		return newCallTrouble(Broken, client, err)
	}
	return Finding{State: Fine, Text: fmt.Sprintf("%d is %s", project.ID, project.Name), Facts: Facts{"id": project.ID}}
}

// checkDirectory lists people. Only creating a person would show the right to create
// people.
func (x *Examination) checkDirectory(ctx context.Context, client *procore.Client) Finding {
	const most = 2000 // a page
	n := 0
	for _, err := range client.People(ctx) {
		if err != nil {
			return newCallTrouble(Broken, client, err)
		}
		if n++; n == most {
			break
		}
	}
	found := text.Plural(n, "person", "people")
	if n == most {
		found += " and more"
	}
	return Finding{
		State: Fine, Text: found + " can be listed. The doctor does not try to create a person",
		Facts: Facts{"people_up_to_2000": n},
	}
}

func (x *Examination) checkClassifications(ctx context.Context, client *procore.Client) Finding {
	all, err := client.WorkClassifications(ctx)
	if err != nil {
		return newCallTrouble(Doubted, client, err)
	}
	found := text.Plural(len(all), "work classification", "work classifications") + " can be looked up"
	if len(all) == 0 {
		found = "the project has none, so the trades of a roster can't be found"
	}
	return Finding{State: Fine, Text: found, Facts: Facts{"classifications": len(all)}}
}

func (x *Examination) checkQuota(_ context.Context, client *procore.Client) Finding {
	q, ok := client.Quota()
	if !ok {
		return Finding{
			State: Doubted, Text: "the answers do not tell the quota, so only a 429 shows that the quota is used up",
			Fix: "check whether a proxy removes the X-Rate-Limit headers",
		}
	}
	left := max(q.Reset.Sub(q.Date), 0).Round(time.Second) // by the server's clock
	ends := fmt.Sprintf("%d s", int(left.Seconds()))
	if left > 2*time.Minute {
		ends = fmt.Sprintf("%d min", int(left.Minutes()))
	}
	f := Finding{
		State: Fine,
		Text: fmt.Sprintf("%s of %s requests are left in the tighter window, which ends in %s",
			text.Number(q.Remaining), text.Number(q.Limit), ends),
		Facts: Facts{"limit": q.Limit, "remaining": q.Remaining, "reset": q.Reset.UTC(), "reset_in_s": int(left.Seconds())},
	}
	if q.Remaining == 0 {
		f.State, f.Fix = Doubted, "wait; an import waits by itself. Other programs with the same credentials share the quota"
	}
	return f
}

// NewTrouble returns the Finding for an error of the client.
func NewTrouble(s State, err error) Finding {
	e, ok := errors.AsType[*procore.Error](err)
	if !ok {
		return Finding{State: s, Text: err.Error(), Facts: Facts{}}
	}
	f := Finding{State: s, Text: e.Message, Fix: e.Hint, Facts: Facts{"code": e.Code}}
	if e.Status != 0 {
		f.Text = fmt.Sprintf("Procore answers the call to %s with status %d: %s", e.Op, e.Status, e.Message)
		f.Facts["http_status"] = e.Status
	}
	if e.RequestID != "" {
		f.Text += " (request " + e.RequestID + ")"
	}
	return f
}

// newCallTrouble returns the Finding for an error of a call, which may have given up
// waiting for the quota.
func newCallTrouble(s State, client *procore.Client, err error) Finding {
	var e *procore.Error
	if q, ok := client.Quota(); ok && q.Remaining == 0 && errors.As(err, &e) && e.Code == "stopped" {
		return Finding{State: Doubted, Text: "not checked: the quota is used up", Fix: "try again later", Facts: Facts{"code": e.Code}}
	}
	return NewTrouble(s, err)
}
