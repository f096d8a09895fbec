package web

import "net/http"

// rosterRoutes adds the pages of an uploaded roster.
func (s *Server) rosterRoutes(*http.ServeMux) {}

// dropData returns the data of the part "drop" of the first page.
func (s *Server) dropData(*http.Request) (any, error) { return nil, nil }
