package importer

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"muster/importer/fault"
	"muster/importer/procore"
	"muster/importer/text"
)

// ByName returns what a client lists, companies or projects, by name. The error is a
// *StopError, or ctx's.
func ByName(ctx context.Context, list func(context.Context) ([]procore.Named, error)) ([]procore.Named, error) {
	all, err := list(ctx)
	if err != nil {
		return nil, connectStop(ctx, err)
	}
	slices.SortStableFunc(all, func(a, b procore.Named) int { return cmp.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)) })
	return all, nil
}

// mostSuggested is the number of projects that an error names.
const mostSuggested = 5

// FindProject returns the only project with a name. Case and spacing do not count. The
// error is a *fault.Error.
func FindProject(all []procore.Named, name string) (procore.Named, error) {
	fold := func(name string) string { return strings.ToLower(strings.Join(strings.Fields(name), " ")) }
	var same, alike []procore.Named
	for _, p := range all {
		switch {
		case fold(p.Name) == fold(name):
			same = append(same, p)
		case strings.Contains(fold(p.Name), fold(name)):
			alike = append(alike, p)
		}
	}
	switch {
	case len(same) == 1:
		return same[0], nil
	case len(same) > 1:
		return procore.Named{}, fault.Usage("give the ID of one: "+listProjects(same), "%s are named %q", text.Plural(len(same), "project", "projects"), name)
	case len(alike) > 0:
		return procore.Named{}, fault.Usage("give the whole name or the ID of one: "+listProjects(alike), "no project is named %q", name)
	}
	return procore.Named{}, fault.Usage("check the name, and that the project is among the app's Permitted Projects",
		"none of the %s that the account can see is named %q", text.Plural(len(all), "project", "projects"), name)
}

func listProjects(all []procore.Named) string {
	var names []string
	for _, p := range all[:min(len(all), mostSuggested)] {
		names = append(names, fmt.Sprintf("%d (%s)", p.ID, p.Name))
	}
	return strings.Join(names, ", ")
}
