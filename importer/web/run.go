package web

import "net/http"

// runRoutes adds the pages of imports.
func (s *Server) runRoutes(*http.ServeMux) {}

// lastRuns returns the data of the part "runs" of the first page.
func (s *Server) lastRuns(*http.Request) (any, error) { return nil, nil }
