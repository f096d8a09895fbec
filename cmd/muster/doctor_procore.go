package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/dustin/go-humanize"

	"muster/importer"
	"muster/importer/procore"
	"muster/importer/text"
	"muster/ratelimit"
)

// checkProcore looks at the way to Procore, and at what the account may do there.
func (x *examination) checkProcore(ctx context.Context) {
	o := x.options
	open := x.checkWay(ctx, o.APIURL)
	if o.LoginURL != o.APIURL {
		open = x.checkWay(ctx, o.LoginURL) && open
	}
	client, err := x.client()
	switch {
	case err != nil:
		x.skipCalls("the settings come first", "credentials", "company", "project", "directory", "classifications", "quota")
		return
	case !open:
		x.skipCalls("there is no connection", "credentials", "company", "project", "directory", "classifications", "quota")
		client.Close()
		return
	}
	defer client.Close()
	if !x.checkCredentials(ctx, client) {
		x.skipCalls("there is no token", "company", "project", "directory", "classifications", "quota")
		return
	}
	switch {
	case !x.checkCompany(ctx, client):
		x.skipCalls("the company comes first", "project", "directory", "classifications")
	case !x.checkProject(ctx, client):
		x.skipCalls("the project comes first", "directory", "classifications")
	default:
		x.checkDirectory(ctx, client)
		x.checkClassifications(ctx, client)
	}
	x.checkQuota(client)
}

func (x *examination) skipCalls(why string, checks ...string) {
	for _, check := range checks {
		x.skip(check, why)
	}
}

func (x *examination) client() (*procore.Client, error) {
	if !x.complete {
		return nil, errors.New("the settings make no client")
	}
	// A run in progress counts these requests, too.
	file, err := x.quotaFile(x.options.LoginURL)
	if err != nil {
		return nil, err
	}
	x.options.Pace = ratelimit.New(ratelimit.Options{Shared: file})
	return procore.New(x.options)
}

// patiently bounds a call. One that would wait longer than that for the quota is
// ended at once.
func (x *examination) patiently(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	last, _ := ctx.Deadline()
	unwatch := importer.WatchPace(ctx, x.options.Pace, func(e importer.Waiting) {
		if e.Until.After(last) {
			cancel()
		}
	})
	return ctx, func() {
		cancel()
		unwatch()
	}
}

func (x *examination) checkCredentials(ctx context.Context, client *procore.Client) bool {
	ctx, cancel := x.patiently(ctx)
	defer cancel()
	if err := client.Renew(ctx); err != nil {
		x.found(trouble("credentials", broken, err))
		return false
	}
	f := finding{Check: "credentials", State: fine, Text: "accepted"}
	if me, err := client.Me(ctx); err == nil { // who it is is of interest, and needed for nothing
		f.Text = fmt.Sprintf("accepted; the account is %s", me.Name)
		f.Facts = map[string]any{"account": me.ID}
	}
	x.found(f)
	return true
}

// checkCompany returns false if the company is wrong.
func (x *examination) checkCompany(ctx context.Context, client *procore.Client) bool {
	ctx, cancel := x.patiently(ctx)
	defer cancel()
	id := x.settings.company
	all, err := client.Companies(ctx)
	if err != nil {
		f := x.refusal("company", broken, client, err)
		var e *procore.Error
		wrong := errors.As(err, &e) && e.Kind == procore.Forbidden
		if wrong {
			f.Fix = "check --company, and have a company administrator install the app in that company"
		}
		x.found(f)
		return !wrong
	}
	i := slices.IndexFunc(all, func(c procore.Company) bool { return c.ID == id })
	if i < 0 {
		x.found(finding{
			Check: "company", State: broken, Text: fmt.Sprintf("the account is in %s, and %d is not among them", text.Plural(len(all), "company", "companies"), id),
			Fix:   "check --company, and that the app is installed in that company",
			Facts: map[string]any{"code": "not_found", "companies": len(all)},
		})
		return false
	}
	x.found(finding{Check: "company", State: fine, Text: fmt.Sprintf("%d is %s", id, all[i].Name), Facts: map[string]any{"id": id}})
	return true
}

func (x *examination) checkProject(ctx context.Context, client *procore.Client) bool {
	ctx, cancel := x.patiently(ctx)
	defer cancel()
	project, err := client.Project(ctx)
	if err != nil {
		x.found(x.refusal("project", broken, client, err))
		return false
	}
	x.found(finding{Check: "project", State: fine, Text: fmt.Sprintf("%d is %s", project.ID, project.Name), Facts: map[string]any{"id": project.ID}})
	return true
}

// checkDirectory lists people. Whether people can be created can't be found out without
// creating a person.
func (x *examination) checkDirectory(ctx context.Context, client *procore.Client) {
	ctx, cancel := x.patiently(ctx)
	defer cancel()
	const enough = 2000 // a page
	n := 0
	for _, err := range client.People(ctx) {
		if err != nil {
			x.found(x.refusal("directory", broken, client, err))
			return
		}
		if n++; n == enough {
			break
		}
	}
	found := text.Plural(n, "person", "people") + " can be listed"
	if n == enough {
		found = humanize.Comma(enough) + " people and more can be listed"
	}
	x.found(finding{
		Check: "directory", State: fine, Text: found + ". The doctor does not try to create a person",
		Facts: map[string]any{"people_up_to_2000": n},
	})
}

func (x *examination) checkClassifications(ctx context.Context, client *procore.Client) {
	ctx, cancel := x.patiently(ctx)
	defer cancel()
	all, err := client.WorkClassifications(ctx)
	if err != nil {
		x.found(x.refusal("classifications", doubted, client, err))
		return
	}
	found := text.Plural(len(all), "work classification", "work classifications") + " can be looked up"
	if len(all) == 0 {
		found = "the project has none, so a roster's trades can't be found"
	}
	x.found(finding{Check: "classifications", State: fine, Text: found, Facts: map[string]any{"classifications": len(all)}})
}

// refusal words an error of a call, which may have waited for the quota in vain.
func (x *examination) refusal(check string, s state, client *procore.Client, err error) finding {
	f := trouble(check, s, err)
	var e *procore.Error
	if q, ok := client.Quota(); ok && q.Remaining == 0 && errors.As(err, &e) && e.Code == "stopped" {
		f.State, f.Text, f.Fix = doubted, "not looked at: the quota is used up", "try again when it is free"
	}
	return f
}

func (x *examination) checkQuota(client *procore.Client) {
	q, ok := client.Quota()
	if !ok {
		x.found(finding{
			Check: "quota", State: doubted, Text: "the answers do not tell it, so only a 429 can show that it is used up",
			Fix: "see whether a proxy takes the X-Rate-Limit headers away",
		})
		return
	}
	// By the server's own clock: ours need not agree.
	left := max(q.Reset.Sub(q.Date), 0).Round(time.Second)
	f := finding{Check: "quota", State: fine, Facts: map[string]any{"limit": q.Limit, "remaining": q.Remaining, "reset": q.Reset.UTC(), "reset_in_s": int(left.Seconds())}}
	ends := fmt.Sprintf("%d s", int(left.Seconds()))
	if left > 2*time.Minute {
		ends = fmt.Sprintf("%d min", int(left.Minutes()))
	}
	f.Text = fmt.Sprintf("%s of %s requests are left in the tighter window, which ends in %s",
		humanize.Comma(int64(q.Remaining)), humanize.Comma(int64(q.Limit)), ends)
	if q.Remaining == 0 {
		f.State, f.Fix = doubted, "wait; an import does so by itself. Other programs with the same credentials share the quota"
	}
	x.found(f)
}
