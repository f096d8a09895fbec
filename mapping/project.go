package mapping

import (
	"fmt"

	"github.com/goccy/go-yaml/ast"
)

// project reads the part of a mapping file below project.
func (r *fileReader) project(n ast.Node) spec {
	s := r.spec(projectField, n)
	if s.optional {
		r.fail(keyToken(n), "the project is never optional", "remove optional; a default says where rows without a project go")
	}
	given := []string{s.fallback}
	if s.value != nil {
		given = append(given, *s.value)
	}
	for _, id := range s.values {
		given = append(given, id)
	}
	for _, id := range given {
		if id != "" {
			r.id(n, id, "project", "write the number that Procore shows in the project's address")
		}
	}
	return s
}

// ByProject reports whether the mapping gives the project of each row.
func (m *Mapper) ByProject() bool { return m.projectSource() != nil }

func (m *Mapper) projectSource() *source {
	for i := range m.sources {
		if m.sources[i].field == projectField {
			return &m.sources[i]
		}
	}
	return nil
}

// Project returns the ID of the project that a row goes to: 0 if the row
// doesn't say, which Map counts as a problem.
func (m *Mapper) Project(cells []string) int64 {
	s := m.projectSource()
	if s == nil {
		return 0
	}
	v, problem := m.value(s, cells, nil)
	if problem != nil {
		return 0
	}
	id, _ := wholeNumber(v.text)
	return id
}

// checkProject says what is wrong with the project of a row.
func (s *source) checkProject(v value) *Problem {
	const hint = "type the number that Procore shows in the project's address, or add the cell to values of project in the mapping file"
	if v.text == "" {
		return s.problem("project_missing", v.column, "the project is empty", hint)
	}
	if _, ok := wholeNumber(v.text); !ok {
		return s.problem("project_unclear", v.column, fmt.Sprintf("%s is not the ID of a project", quote(v.text)), hint)
	}
	return nil
}
