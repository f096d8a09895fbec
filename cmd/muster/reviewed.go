package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"muster/importer"
	"muster/importer/fault"
)

// reviewed returns the plan file that an import has to match, or nil.
func (a *app) reviewed() (*importer.PlanFile, error) {
	switch {
	case a.settings.plan == "":
		return nil, nil
	case a.settings.simulate:
		return nil, usageError("a rehearsal can't keep to a plan, which is made for the people of the real project", "leave out --plan or --simulate")
	}
	return importer.LoadPlanFile(a.settings.plan)
}

// keepToPlan refuses to import anything but what was reviewed.
func (a *app) keepToPlan(ctx context.Context, shares []*share, in *input, reviewed *importer.PlanFile) error {
	var foreseen *importer.DryRunResult
	for _, s := range shares {
		if s.stop != nil {
			return s.stop // the changes in that project are unknown
		}
		own, err := s.job.DryRun(ctx, s.plan, nil)
		if err != nil {
			return err
		}
		foreseen = joined(foreseen, own)
	}
	mapping, err := a.mappingContent(in)
	if err != nil {
		return err
	}
	changed := reviewed.Changed(shares[0].job.PlanFile(foreseen, mapping))
	if len(changed) == 0 {
		return nil
	}
	return &fault.Error{
		Where: fault.Where{File: a.settings.plan}, Code: importer.CodePlanChanged,
		Message: fmt.Sprintf("nothing was sent, because since this plan was made (%s) something has changed: %s",
			reviewed.Made.Local().Format("2006-01-02 15:04"), strings.Join(changed, "; ")),
		Fix: "look at what would be done now: " + a.again("check", in.path, ""),
	}
}

// joined adds the dry run of another project.
func joined(all, one *importer.DryRunResult) *importer.DryRunResult {
	if all == nil {
		return one
	}
	all.Join(one)
	return all
}

// mappingContent returns the content of the mapping file or of the saved mapping, or
// nil.
func (a *app) mappingContent(in *input) ([]byte, error) {
	if a.settings.mapping == "" {
		return in.text, nil
	}
	content, err := os.ReadFile(a.settings.mapping)
	if err != nil {
		return nil, usageError(fmt.Sprintf("the mapping file %s can't be read: %v", a.settings.mapping, pathCause(err)), "check --mapping")
	}
	return content, nil
}
