package main

import (
	"errors"
	"os"
	"slices"

	"muster/importer/outcome"
	"muster/importer/results"
)

// annotated is the copy of a roster that check --results writes, with what would become
// of each row. Correct it in place and import it. The zero value writes nothing.
type annotated struct {
	target string
	in     *input
	into   *results.Writer
	part   *results.Writer // of the project in hand, where there are several
	parts  []string
}

func (a *app) createAnnotated(in *input, look *lookup) (*annotated, error) {
	m := &annotated{in: in}
	if a.settings.results == "" {
		return m, nil
	}
	var err error
	if m.target, err = a.settings.resultsPath(in); err != nil {
		return nil, err
	}
	if m.into, err = results.Create(m.target, in.header, in.resultsOptions(0, false)); err != nil {
		return nil, err
	}
	if look.division == nil {
		m.part = m.into
	}
	return m, nil
}

// begin is called before the rows of each project.
func (m *annotated) begin(s *share) (err error) {
	if m.into == nil || m.part == m.into {
		return nil
	}
	if err := m.end(); err != nil {
		return err
	}
	s.part = partOf(m.target, s.job.Scope.Project)
	m.parts = append(m.parts, s.part)
	m.part, err = results.Create(s.part, m.in.header, results.Options{})
	return err
}

// end finishes the rows of a project.
func (m *annotated) end() error {
	if m.part == nil {
		return nil
	}
	return m.part.Commit()
}

func (m *annotated) write(cells []string, o outcome.Outcome) error {
	if m.part == nil {
		return nil
	}
	if o.Status == "" {
		o.Status = outcome.Pending
		o.Problems = append(slices.Clone(o.Problems), outcome.Problem{
			Code: "checked", Message: "checked, and not sent: an import would create this person", Hint: "import this file, or the roster",
		})
	}
	return m.part.Write(cells, o)
}

// commit finishes the file with the rows of all projects in roster order.
func (m *annotated) commit(look *lookup) error {
	if err := m.end(); err != nil || m.part == m.into {
		return err
	}
	return collate(look.division, look.shares, m.into)
}

// discard removes what is not to stay.
func (m *annotated) discard() error {
	var err error
	if m.part != nil && m.part != m.into {
		err = m.part.Discard()
	}
	for _, part := range m.parts {
		_ = os.Remove(part) // it may not be there
	}
	if m.into != nil {
		err = errors.Join(err, m.into.Discard())
	}
	return err
}
