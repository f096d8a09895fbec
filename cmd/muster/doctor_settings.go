package main

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"
	"strings"

	"muster/importer/doctor"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/ratelimit"
)

// newExamination returns an examination by the settings, before the first check.
func (a *app) newExamination(show func(doctor.Finding)) *doctor.Examination {
	return &doctor.Examination{Show: show, ShareQuota: func(ctx context.Context, o *ratelimit.Options) error {
		_, login := a.settings.hosts()
		return a.shareQuota(ctx, login, o)
	}}
}

// checkSettings checks that the settings are complete and that other users can't read
// the secrets.
func (a *app) checkSettings(x *doctor.Examination) {
	s := &a.settings
	secret, secretErr := s.secret(a.getenv)
	x.Options = s.clientOptions(secret)
	x.Options.Timeout = doctor.Patience
	f := doctor.Finding{Check: "settings", State: doctor.Broken, Facts: doctor.Facts{"environment": s.environment}}
	var usage *fault.Error
	switch {
	case errors.As(secretErr, &usage):
		f.Text, f.Fix = usage.Message, usage.Fix
	case errors.As(s.missing(secret), &usage):
		f.Text, f.Fix = usage.Message, "muster help credentials says where they come from"
		if s.jobWithProject() != "" {
			f.Fix = usage.Fix
		}
	default:
		client, err := procore.New(x.Options)
		if err != nil {
			f.Text, f.Fix = strings.ReplaceAll(err.Error(), "\n", "; "), "muster doctor --help shows the settings"
			break
		}
		client.Close()
		x.Complete = true
		f.State, f.Text = doctor.Fine, fmt.Sprintf("company %d, project %d, client ID and secret are set", s.company, s.project)
		if place := s.keptPlace(); place != "" {
			f.Text += "; the secret is in " + place
		}
		f.Facts["company"], f.Facts["project"] = s.company, s.project
	}
	x.Found(f)
	if host, err := url.Parse(x.Options.APIURL); err == nil && s.company != 0 && s.project != 0 {
		x.Scope = ledger.Scope{API: host.Host, Company: s.company, Project: s.project}
	}
	for _, c := range s.cautions {
		x.Found(doctor.Finding{Check: "settings", State: doctor.Doubted, Text: c.text, Fix: c.fix, Facts: doctor.Facts{"code": "open_to_others"}})
	}
}

// checkDisks checks the disks of the ledger and the results.
func (a *app) checkDisks(x *doctor.Examination) {
	if folder, err := a.localFolder(); err != nil {
		x.Found(doctor.Finding{Check: "disk", State: doctor.Broken, Text: err.Error(), Fix: "choose a path for the ledger with --ledger FILE"})
	} else {
		x.Disk("ledger", folder)
	}
	x.Disk("results", filepath.Dir(a.settings.results))
}
