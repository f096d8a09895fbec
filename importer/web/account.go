package web

import "net/http"

// accountRoutes adds the page on which Procore is connected and the project chosen.
func (s *Server) accountRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /account", func(w http.ResponseWriter, r *http.Request) error {
		return s.page(w, r, "account", nil)
	})
}
