package web

import (
	"bytes"
	"context"
	"net/http"

	"muster/importer"
	"muster/importer/fault"
)

// templateRoutes adds the downloads of an empty roster.
func (s *Server) templateRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /template.xlsx", s.templateWorkbook)
	s.handle(mux, "GET /template.csv", func(w http.ResponseWriter, _ *http.Request) error {
		saveAs(w, "roster.csv")
		w.Header().Set("Content-Type", "text/csv; charset=utf-8")
		return importer.WriteTemplateCSV(w)
	})
}

// templateWorkbook serves an empty roster as a workbook. The project's work classifications
// can be picked from a list, if Procore is connected and can be reached.
func (s *Server) templateWorkbook(w http.ResponseWriter, r *http.Request) error {
	var names []string
	if s.Backend.Account(r.Context()).Connected() {
		var err error
		if names, err = s.classifications(r.Context()); err != nil {
			s.Log.Warn().Err(fault.Cause(err)).Msg("the template has no work classifications")
		}
	}
	var book bytes.Buffer
	if err := importer.WriteTemplateWorkbook(&book, names); err != nil {
		return err
	}
	saveAs(w, "roster.xlsx")
	w.Header().Set("Content-Type", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
	_, _ = book.WriteTo(w) // the browser may be gone
	return nil
}

// classifications returns the names of the project's work classifications.
func (s *Server) classifications(ctx context.Context) ([]string, error) {
	connection, err := s.Backend.Connect(ctx, false)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	if _, err := importer.Connect(ctx, connection.API); err != nil {
		return nil, err
	}
	known, err := importer.Classifications(ctx, connection.API)
	return importer.TemplateClassifications(known), err
}
