package main

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

// call is a check that sends requests to Procore.
type call struct {
	check  string
	needs  string // a check that must not fail first
	failed string // the reason to skip the checks that need this one
	run    func(*examination, context.Context, *procore.Client) finding
}

func calls() []call {
	return []call{
		{"credentials", "connection", "there is no token", (*examination).checkCredentials},
		{"company", "credentials", "the company comes first", (*examination).checkCompany},
		{"project", "company", "the project comes first", (*examination).checkProject},
		{"directory", "project", "", (*examination).checkDirectory},
		{"classifications", "project", "", (*examination).checkClassifications},
		{"quota", "credentials", "", (*examination).checkQuota},
	}
}

// checkProcore checks the hosts of Procore and the rights of the account.
func (x *examination) checkProcore(ctx context.Context) {
	blocked := map[string]string{} // why a check failed or was skipped
	for _, base := range slices.Compact([]string{x.options.APIURL, x.options.LoginURL}) {
		if !x.checkHost(ctx, base) {
			blocked["connection"] = "there is no connection"
		}
	}
	client, err := x.client(ctx)
	if err != nil {
		blocked["connection"] = err.Error()
	} else {
		defer x.options.Pace.Close()
		defer client.Close()
	}
	for _, c := range calls() {
		if why, ok := blocked[c.needs]; ok {
			blocked[c.check] = why
			x.skip(c.check, why)
			continue
		}
		f := x.call(ctx, c, client)
		f.Check = c.check
		if f.State == broken {
			blocked[c.check] = c.failed
		}
		x.found(f)
	}
}

// call runs a check that sends requests. A call that would wait longer than patience for
// the quota ends at once.
func (x *examination) call(ctx context.Context, c call, client *procore.Client) finding {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	last, _ := ctx.Deadline()
	defer importer.WatchPace(ctx, x.options.Pace, func(w importer.Waiting) {
		if w.Until.After(last) {
			cancel()
		}
	})()
	return c.run(x, ctx, client)
}

// client returns a client for the calls, which share the quota with runs. The error says
// what else comes first; other checks say what is wrong there.
func (x *examination) client(ctx context.Context) (*procore.Client, error) {
	settings := errors.New("the settings come first")
	if !x.complete {
		return nil, settings
	}
	var limits ratelimit.Options
	if err := x.shareQuota(ctx, x.options.LoginURL, &limits); err != nil {
		return nil, errors.New("the ledger comes first")
	}
	x.options.Pace = ratelimit.New(limits)
	client, err := procore.New(x.options)
	if err != nil {
		return nil, settings
	}
	return client, nil
}

func (x *examination) checkCredentials(ctx context.Context, client *procore.Client) finding {
	if err := client.Renew(ctx); err != nil {
		return newTrouble(broken, err)
	}
	me, err := client.Me(ctx)
	if err != nil { // an import does not need the account's name
		return finding{State: fine, Text: "accepted"}
	}
	return finding{State: fine, Text: "accepted; the account is " + me.Name, Facts: facts{"account": me.ID}}
}

func (x *examination) checkCompany(ctx context.Context, client *procore.Client) finding {
	id := x.settings.company
	all, err := client.Companies(ctx)
	var refused *procore.Error
	switch {
	case errors.As(err, &refused) && refused.Kind == procore.Forbidden:
		f := newTrouble(broken, err)
		f.Fix = "check --company, and ask a company administrator to connect the app in that company's App Management"
		return f
	case err != nil: // an import does not need the list
		return newCallTrouble(doubted, client, err)
	}
	i := slices.IndexFunc(all, func(c procore.Company) bool { return c.ID == id })
	if i < 0 {
		return finding{
			State: broken, Text: fmt.Sprintf("the account is in %s, but not in %d", text.Plural(len(all), "company", "companies"), id),
			Fix:   "check --company, and that the app is installed in that company",
			Facts: facts{"code": "not_found", "companies": len(all)},
		}
	}
	return finding{State: fine, Text: fmt.Sprintf("%d is %s", id, all[i].Name), Facts: facts{"id": id}}
}

func (x *examination) checkProject(ctx context.Context, client *procore.Client) finding {
	project, err := client.Project(ctx)
	if err != nil {
		return newCallTrouble(broken, client, err)
	}
	return finding{State: fine, Text: fmt.Sprintf("%d is %s", project.ID, project.Name), Facts: facts{"id": project.ID}}
}

// checkDirectory lists people. Only creating a person would show the right to create
// people.
func (x *examination) checkDirectory(ctx context.Context, client *procore.Client) finding {
	const most = 2000 // a page
	n := 0
	for _, err := range client.People(ctx) {
		if err != nil {
			return newCallTrouble(broken, client, err)
		}
		if n++; n == most {
			break
		}
	}
	found := text.Plural(n, "person", "people")
	if n == most {
		found += " and more"
	}
	return finding{
		State: fine, Text: found + " can be listed. The doctor does not try to create a person",
		Facts: facts{"people_up_to_2000": n},
	}
}

func (x *examination) checkClassifications(ctx context.Context, client *procore.Client) finding {
	all, err := client.WorkClassifications(ctx)
	if err != nil {
		return newCallTrouble(doubted, client, err)
	}
	found := text.Plural(len(all), "work classification", "work classifications") + " can be looked up"
	if len(all) == 0 {
		found = "the project has none, so the trades of a roster can't be found"
	}
	return finding{State: fine, Text: found, Facts: facts{"classifications": len(all)}}
}

func (x *examination) checkQuota(_ context.Context, client *procore.Client) finding {
	q, ok := client.Quota()
	if !ok {
		return finding{
			State: doubted, Text: "the answers do not tell the quota, so only a 429 shows that the quota is used up",
			Fix: "check whether a proxy removes the X-Rate-Limit headers",
		}
	}
	left := max(q.Reset.Sub(q.Date), 0).Round(time.Second) // by the server's clock
	ends := fmt.Sprintf("%d s", int(left.Seconds()))
	if left > 2*time.Minute {
		ends = fmt.Sprintf("%d min", int(left.Minutes()))
	}
	f := finding{
		State: fine,
		Text: fmt.Sprintf("%s of %s requests are left in the tighter window, which ends in %s",
			text.Number(q.Remaining), text.Number(q.Limit), ends),
		Facts: facts{"limit": q.Limit, "remaining": q.Remaining, "reset": q.Reset.UTC(), "reset_in_s": int(left.Seconds())},
	}
	if q.Remaining == 0 {
		f.State, f.Fix = doubted, "wait; an import waits by itself. Other programs with the same credentials share the quota"
	}
	return f
}

// newTrouble returns the finding for an error of the client.
func newTrouble(s state, err error) finding {
	var e *procore.Error
	if !errors.As(err, &e) {
		return finding{State: s, Text: err.Error()}
	}
	f := finding{State: s, Text: e.Message, Fix: e.Hint, Facts: facts{"code": e.Code}}
	if e.Status != 0 {
		f.Text = fmt.Sprintf("Procore answers the call to %s with status %d: %s", e.Op, e.Status, e.Message)
		f.Facts["http_status"] = e.Status
	}
	if e.RequestID != "" {
		f.Text += " (request " + e.RequestID + ")"
	}
	return f
}

// newCallTrouble returns the finding for an error of a call, which may have given up
// waiting for the quota.
func newCallTrouble(s state, client *procore.Client, err error) finding {
	var e *procore.Error
	if q, ok := client.Quota(); ok && q.Remaining == 0 && errors.As(err, &e) && e.Code == "stopped" {
		return finding{State: doubted, Text: "not checked: the quota is used up", Fix: "try again later", Facts: facts{"code": e.Code}}
	}
	return newTrouble(s, err)
}
