package importer

import (
	"time"

	"muster/mapping"
)

// MappingView is the mapping of a roster for display. The JSON is a contract with
// other programs.
type MappingView struct {
	Confirmed string          `json:"confirmed,omitempty"` // the day on which a person confirmed the mapping
	Fields    []MappedField   `json:"fields"`
	Unused    []string        `json:"unused"`
	Withheld  []string        `json:"withheld"`
	Doubts    []MappingDoubt  `json:"doubts"`
	Missing   []mapping.Field `json:"-"` // fields without a column that are not in doubt
	File      []byte          `json:"-"` // a mapping file of this, with doubts as comments
}

// MappedField is a field with a column or an expression.
type MappedField struct {
	Field      mapping.Field `json:"field"`
	Column     string        `json:"column,omitempty"` // the letter; none for a constant or an expression
	Heading    string        `json:"heading,omitempty"`
	Confidence float64       `json:"confidence"`
	How        string        `json:"how"`
	Samples    []string      `json:"samples"`
}

// MappingDoubt is a question that the headings leave open.
type MappingDoubt struct {
	Code    string        `json:"code"`
	Field   mapping.Field `json:"field"`
	Columns []string      `json:"columns"` // the columns that may be meant
	Message string        `json:"message"`
	Hint    string        `json:"hint"`
}

// ViewMapping shows the mapping of the headings. Questions without an answer are
// doubts; then only certain columns are mapped.
func (r *Roster) ViewMapping() (*MappingView, error) {
	rows, err := r.FirstRows(sampleRows)
	if err != nil {
		return nil, err
	}
	if r.used.file != nil && r.Mapper == nil {
		if err := r.Bind(); err != nil {
			return nil, err
		}
	}
	mapper, view := r.Mapper, &MappingView{Fields: []MappedField{}, Doubts: []MappingDoubt{}, File: r.used.content}
	open := map[mapping.Field]bool{}
	for _, f := range mapping.Fields() {
		open[f] = true
	}
	if r.used.file == nil {
		detection := mapping.NewDetection(r.Header, rows, mapping.Options{})
		mapper = detection.Sure()
		view.File, _ = detection.File(nil) // the doubts say what a field lacks
		for _, q := range detection.Questions() {
			if q.Value != "" {
				continue // part of the question about the column
			}
			view.Doubts = append(view.Doubts, newDoubt(q))
			open[q.Field] = false
			if q.Required {
				open[mapping.FirstName], open[mapping.LastName] = false, false
			}
		}
	}
	samples := mapper.Samples(rows, 3)
	for _, m := range mapper.Columns() {
		f := MappedField{Field: m.Field, Heading: m.Heading, Confidence: m.Confidence, How: m.How, Samples: append([]string{}, samples[m.Field]...)}
		if m.Column >= 0 {
			f.Column = mapping.ColumnName(m.Column)
		}
		view.Fields = append(view.Fields, f)
		open[m.Field] = false
	}
	for _, f := range mapping.Fields() {
		if open[f] {
			view.Missing = append(view.Missing, f)
		}
	}
	view.Unused = append([]string{}, mapper.Unused()...)
	view.Withheld = append([]string{}, mapper.Withheld()...)
	if confirmed := r.Confirmed(); !confirmed.IsZero() {
		view.Confirmed = confirmed.Local().Format(time.DateOnly)
	}
	return view, nil
}

func newDoubt(q mapping.Question) MappingDoubt {
	d := MappingDoubt{Code: q.Code, Field: q.Field, Columns: []string{}, Message: q.Message, Hint: q.Hint}
	for _, answer := range q.Answers {
		if answer.Column >= 0 && (q.Code != "heading_near" || answer.Like != "") {
			d.Columns = append(d.Columns, mapping.ColumnName(answer.Column))
		}
	}
	if len(d.Columns) == 0 && q.Column >= 0 {
		d.Columns = append(d.Columns, mapping.ColumnName(q.Column))
	}
	return d
}
