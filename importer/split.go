package importer

import (
	"context"
	"fmt"
	"iter"
	"slices"

	"muster/importer/results"
	"muster/mapping"
)

// ProjectSplit is a source with rows for several projects, as the mapping says. Every project's rows are a run of their own, with all that a run has;
// MergeResults then puts their results together, in the order of the source.
//
// A row whose project can't be told goes with the first project's, whose run
// finds it invalid.
type ProjectSplit struct {
	Projects []int64 // in the order in which the rows name them
	source   Source
	mapper   *mapping.Mapper
}

// SplitByProject reads the whole source once for the projects that it names.
func SplitByProject(ctx context.Context, s Source, m *mapping.Mapper) (*ProjectSplit, error) {
	d := &ProjectSplit{source: s, mapper: m}
	known := map[int64]bool{0: true}
	for row, err := range s.rows() {
		if err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, context.Cause(ctx)
		}
		if id := m.Project(row.cells); !known[id] {
			known[id] = true
			d.Projects = append(d.Projects, id)
		}
	}
	return d, nil
}

// assign returns what tells the project whose run has a row, for one goroutine.
func (d *ProjectSplit) assign() func(cells []string) int64 {
	mapper := d.mapper
	return func(cells []string) int64 {
		if id := mapper.Project(cells); id != 0 {
			return id
		}
		return d.Projects[0]
	}
}

// Source returns the rows of one of the projects.
func (d *ProjectSplit) Source(project int64) Source {
	s := d.source
	s.rows = func() iter.Seq2[*sourceRow, error] {
		return func(yield func(*sourceRow, error) bool) {
			of := d.assign()
			for row, err := range d.source.rows() {
				if err == nil && of(row.cells) != project {
					continue
				}
				if !yield(row, err) || err != nil {
					return
				}
			}
		}
	}
	return s
}

// MergeResults writes the results of all projects into one file, which it commits.
// shares has them by project. The error says which file fails.
func (d *ProjectSplit) MergeResults(shares map[int64]*results.Reader, into *results.Writer) (err error) {
	type share struct {
		next func() (results.Row, error, bool)
		stop func()
	}
	open := map[int64]share{}
	for id, r := range shares {
		next, stop := iter.Pull2(r.Rows())
		defer stop()
		open[id] = share{next, stop}
	}
	of := d.assign()
	for row, err := range d.source.rows() {
		if err != nil {
			return err
		}
		id := of(row.cells)
		result, err, ok := open[id].next()
		if err == nil && (!ok || result.Outcome.Row != row.number) {
			err = fmt.Errorf("row %d has no result", row.number)
		}
		if err != nil {
			return fmt.Errorf("the results of project %d: %w", id, err)
		}
		if err := into.Write(slices.Clone(row.cells), result.Outcome); err != nil {
			return err
		}
	}
	return into.Commit()
}
