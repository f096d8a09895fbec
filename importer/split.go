package importer

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"muster/importer/fault"
	"muster/importer/results"
)

// ProjectSplit is a roster by projects. A roster for a single project is a split
// with one part.
type ProjectSplit struct {
	Projects []int64 // in the order in which the rows name them
	ByRow    bool    // the mapping takes the project from each row
	roster   *Roster
}

// Split finds the projects of a roster that Bind has mapped. If the mapping takes
// the project from each row, Split reads the whole roster once. Else all rows are
// for the given project.
func (r *Roster) Split(ctx context.Context, project int64) (*ProjectSplit, error) {
	if !r.Mapper.ByProject() {
		return &ProjectSplit{Projects: []int64{project}, roster: r}, nil
	}
	split := &ProjectSplit{ByRow: true, roster: r}
	known := map[int64]bool{0: true}
	err := r.source.rows(func(row *sourceRow) error {
		if id := r.Mapper.Project(row.cells); !known[id] {
			known[id] = true
			split.Projects = append(split.Projects, id)
		}
		return context.Cause(ctx)
	})
	if err != nil {
		return nil, err
	}
	if len(split.Projects) == 0 {
		return nil, fault.Usage("see project in the mapping file, and correct the rows", "no row of %s says which project it goes to", r.Path)
	}
	return split, nil
}

// projectOf returns the project of a row. A row without a project goes with the first
// project, whose run finds it invalid.
func (s *ProjectSplit) projectOf(cells []string) int64 {
	if id := s.roster.Mapper.Project(cells); id != 0 {
		return id
	}
	return s.Projects[0]
}

// source returns the rows of a project.
func (s *ProjectSplit) source(project int64) rowSource {
	all := s.roster.source
	if !s.ByRow {
		return all
	}
	of := all // a row that is reopened takes the edits, too
	of.read = func(visit func(*sourceRow) error) error {
		return all.rows(func(row *sourceRow) error {
			if s.projectOf(row.cells) != project {
				return nil
			}
			return visit(row)
		})
	}
	return of
}

// mergeResults writes the results of all projects into a single file, in the roster's
// order.
func (s *ProjectSplit) mergeResults(parts map[int64]*results.Reader, into *results.Writer) error {
	next := map[int64]func() (results.Row, error, bool){}
	for id, r := range parts {
		rows, stop := iter.Pull2(r.Rows())
		defer stop()
		next[id] = rows
	}
	return s.roster.source.rows(func(row *sourceRow) error {
		id := s.projectOf(row.cells)
		result, err, ok := next[id]()
		if err == nil && (!ok || result.Outcome.Row != row.number) {
			err = fmt.Errorf("row %d has no result", row.number)
		}
		if err != nil {
			return fmt.Errorf("the results of project %d: %w", id, err)
		}
		return into.Write(slices.Clone(row.cells), result.Outcome)
	})
}
