package web

import "net/http"

// homeData is the data of the first page, by part.
type homeData struct{ Drop, Runs any }

// homeRoutes adds the first page: a place to drop a roster, and the last runs.
func (s *Server) homeRoutes(mux *http.ServeMux) {
	s.handle(mux, "GET /{$}", s.home)
	s.handle(mux, "POST /quit", func(w http.ResponseWriter, r *http.Request) error {
		defer s.Quit()
		return s.page(w, r, "ended", nil)
	})
	s.handle(mux, "/", func(http.ResponseWriter, *http.Request) error { return notFoundError{"the page"} })
}

func (s *Server) home(w http.ResponseWriter, r *http.Request) error {
	drop, err := s.dropData(r)
	if err != nil {
		return err
	}
	runs, err := s.lastRuns(r)
	if err != nil {
		return err
	}
	return s.page(w, r, "home", homeData{drop, runs})
}
