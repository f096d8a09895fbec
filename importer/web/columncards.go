package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/text"
	"muster/mapping"
)

// cards makes a card of each column.
func (data *columnsData) cards(in *importer.Roster, was, choices []mapping.Choice, view *importer.MappingView) error {
	rows, err := in.FirstRows(rowsOfSample)
	if err != nil {
		return err
	}
	why := map[string]importer.MappedField{}
	never := map[string]bool{}
	if view != nil {
		for _, f := range view.Fields {
			why[f.Column] = f
		}
		for _, heading := range view.Withheld {
			never[heading] = true
		}
	}
	data.Names = nameOrder{-1, -1, -1}
	for i, heading := range in.Header {
		c := card{
			Column: i, Letter: mapping.ColumnName(i), Heading: heading, Was: was[i], Choice: choices[i], Never: never[strings.Join(strings.Fields(heading), " ")],
		}
		if !c.Never {
			c.Samples = samplesOf(rows, i)
		}
		if one, known := why[c.Letter]; known && was[i].Equal(choices[i]) && was[i].Field != "" {
			c.Why = one.How
		}
		switch c.Choice.Field {
		case mapping.FirstName:
			data.Names.First = i
		case mapping.LastName:
			data.Names.Last = i
		case mapping.FullName:
			data.Names.Whole = i
		}
		data.Cards = append(data.Cards, c)
	}
	return nil
}

// samplesOf returns different texts of a column.
func samplesOf(rows [][]string, column int) []string {
	var samples []string
	for _, cells := range rows {
		if column >= len(cells) {
			continue
		}
		if one := strings.TrimSpace(cells[column]); one != "" && !slices.Contains(samples, one) {
			if samples = append(samples, one); len(samples) == samplesOfCard {
				break
			}
		}
	}
	return samples
}

// values adds to the cards what the texts of a column mean: who is an employee, and which
// craft is which work classification of the project.
func (data *columnsData) values(ctx context.Context, s *Server, in *importer.Roster) error {
	var columns []int
	crafts := false
	for _, c := range data.Cards {
		if c.Choice.Field == mapping.IsEmployee || c.Choice.Field == mapping.WorkClassification {
			columns = append(columns, c.Column)
			crafts = crafts || c.Choice.Field == mapping.WorkClassification
		}
	}
	if len(columns) == 0 {
		return nil
	}
	if crafts && s.Backend.Account(ctx).Connected() {
		known, err := s.classifications(ctx)
		if err != nil {
			s.Log.Warn().Err(fault.Cause(err)).Msg("the page of columns has no work classifications")
		}
		data.Crafts = known
	}
	texts, err := in.Texts(columns, textsOfColumn)
	if err != nil {
		return err
	}
	for i := range data.Cards {
		data.Cards[i].explain(texts[i], data.Crafts)
	}
	return nil
}

// explain adds the meaning of each text in the column.
func (c *card) explain(texts []importer.CellText, crafts []string) {
	for _, one := range texts {
		cell := cellChoice{CellText: one}
		switch {
		case c.Choice.Field == mapping.IsEmployee:
			if yes, ok := c.Choice.Employee(one.Text); ok {
				cell.Means = map[bool]string{true: "yes", false: "no"}[yes]
			}
		case c.Choice.Field == mapping.WorkClassification && len(crafts) > 0:
			cell.Means = craftOf(c.Choice, one.Text, crafts)
		default:
			return
		}
		c.Open = c.Open || cell.Means == ""
		c.Values = append(c.Values, cell)
	}
}

// craftOf returns the work classification that a text means, or the nearest as a
// suggestion, or "".
func craftOf(choice mapping.Choice, cell string, crafts []string) string {
	if to := choice.Value(cell); to != "" {
		return to
	}
	for _, craft := range crafts {
		if mapping.Fold(craft) == mapping.Fold(cell) {
			return craft
		}
	}
	return text.Closest(cell, crafts, 0.78)
}

// problemsOf returns what keeps a mapping from being used, a sentence for each.
func problemsOf(err error) []string {
	var known *fault.Error
	if !errors.As(err, &known) {
		return []string{text.Sentence(err.Error())}
	}
	var problems []string
	for _, p := range known.Problems {
		problems = append(problems, text.Sentence(p.Message))
	}
	if len(problems) == 0 {
		problems = append(problems, text.Sentence(known.Message))
	}
	return problems
}

// saveColumns settles the columns and goes on to the check, or shows what the choices
// give.
func (s *Server) saveColumns(w http.ResponseWriter, r *http.Request) error {
	d, in, err := s.rosterOf(r)
	if err != nil {
		return s.unread(w, r, d, err)
	}
	defer func() { _ = in.Close() }() // only read
	shown := r.FormValue("shown")
	if err := s.runs.change(d.ID, shown, func() error { return nil }); err != nil {
		return err
	}
	var problem []string
	switch r.PostFormValue("do") {
	case "forget":
		if _, err := in.Forget(r.Context(), s.Backend.Saved()); err != nil {
			return err
		}
		if err := s.runs.change(d.ID, shown, d.forgetMapping); err != nil {
			return err
		}
		s.checks.forget(d.ID)
		return redirect(w, r, "/roster/"+d.ID+"/columns")
	case "continue":
		err := s.confirmColumns(r, d)
		if err == nil {
			return redirect(w, r, "/roster/"+d.ID+"/check")
		}
		if !isUnsettled(err) {
			return err
		}
		problem = problemsOf(err)
	}
	data, err := s.columnsOf(r, d, in)
	if err != nil {
		return err
	}
	if problem != nil {
		data.Problem = problem
	}
	return s.page(w, r, "columns", data)
}

// isUnsettled reports whether an error is about columns that are not settled.
func isUnsettled(err error) bool {
	var file *mapping.FileError
	return fault.CodeOf(err) == importer.CodeHeadings || errors.As(err, &file)
}

// confirmColumns keeps the answers and choices of a form for the draft, and for later rosters
// with the same headings. What the headings say by themselves is not kept.
func (s *Server) confirmColumns(r *http.Request, d *draft) (err error) {
	in, err := s.openRoster(r.Context(), d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	questions, err := in.Questions()
	if err != nil {
		return err
	}
	answers := answersOf(r, questions)
	base, err := in.Draft(answers)
	if err != nil {
		return err
	}
	before := base.AllEmployees()
	base = employeesIn(r, base)
	was := base.Choices(in.Header)
	choices := chosen(r, was)
	changed := !slices.EqualFunc(was, choices, mapping.Choice.Equal) || base.AllEmployees() != before
	switch {
	case changed:
		err = in.Choose(base, choices)
	case len(questions) > 0:
		err = in.Answer(answers)
	}
	if err == nil {
		err = in.Bind()
	}
	if err != nil {
		return err
	}
	s.checks.forget(d.ID)
	if !changed && len(questions) == 0 {
		return nil
	}
	view, err := in.ViewMapping()
	if err != nil {
		return err
	}
	if saved := s.Backend.Saved(); saved != "" {
		if err := saved.Save(r.Context(), in); err != nil {
			s.Log.Warn().Err(fault.Cause(err)).Msg("a mapping holds for this roster only: it can't be kept")
		}
	}
	return s.runs.change(d.ID, r.FormValue("shown"), func() error { return d.write(mappingFile, view.File) })
}

// downloadMapping gives the mapping as a mapping file.
func (s *Server) downloadMapping(w http.ResponseWriter, r *http.Request) error {
	_, in, err := s.rosterOf(r)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }() // only read
	view, err := in.ViewMapping()
	if err != nil {
		return err
	}
	saveAs(w, "mapping.yaml")
	w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
	_, _ = w.Write(view.File) // the browser may be gone
	return nil
}
