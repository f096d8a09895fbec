package web

import (
	"bytes"
	"embed"
	"errors"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"path"
	"path/filepath"
	"strings"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/report"
	"muster/importer/text"
)

//go:embed pages/*.html
var pageFiles embed.FS

// pages are the templates of all pages and their texts.
type pages struct {
	texts  texts
	byName map[string]*template.Template
}

// loadPages reads the texts and the templates. A page is the layout with the blocks that
// the page's file defines: "main", and "head" for scripts of this page alone. Files whose
// name begins with _ hold blocks for all pages.
func loadPages() (*pages, error) {
	table, err := loadTexts("en")
	if err != nil {
		return nil, err
	}
	p := &pages{texts: table, byName: map[string]*template.Template{}}
	shared, err := template.New("").Funcs(p.functions()).ParseFS(pageFiles, "pages/layout.html", "pages/_*.html")
	if err != nil {
		return nil, err
	}
	files, err := fs.Glob(pageFiles, "pages/[a-z]*.html")
	if err != nil {
		return nil, err
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		if name == "layout" {
			continue
		}
		own, err := shared.Clone()
		if err == nil {
			own, err = own.ParseFS(pageFiles, file)
		}
		if err != nil {
			return nil, err
		}
		p.byName[name] = own
	}
	return p, nil
}

// functions returns the functions of the templates.
func (p *pages) functions() template.FuncMap {
	all := rosterFunctions(p.texts)
	maps.Copy(all, template.FuncMap{
		"t":      p.texts.say,   // {{t "quit"}}, with arguments behind the key
		"n":      p.texts.count, // n, in the same way: of a count
		"number": text.Number,
		"clean":  report.Clean, // a cell, without control characters
		"about":  text.About,
		"until":  report.Clock,
		"when":   when,
		"day":    day,
		"base":   filepath.Base,
		"advice": p.texts.advice,
		"remark": withoutCommands,

		"findings": newFindings,
	})
	return all
}

// frame is the data of the layout. A template reaches the data of its page as .Data.
type frame struct {
	Name    string // of the page; its title is the text NAME.title
	Title   string
	Account Account
	Data    any
}

// page answers with a page.
func (s *Server) page(w http.ResponseWriter, r *http.Request, name string, data any) error {
	return s.render(w, http.StatusOK, name, "layout.html", s.frame(r, name, data))
}

// fragment answers with a block of a page, for a request of htmx.
func (s *Server) fragment(w http.ResponseWriter, r *http.Request, name, block string, data any) error {
	return s.render(w, http.StatusOK, name, block, s.frame(r, name, data))
}

func (s *Server) frame(r *http.Request, name string, data any) frame {
	return frame{Name: name, Title: s.text(name + ".title"), Account: s.Backend.Account(r.Context()), Data: data}
}

// render executes a template as a whole before it writes anything.
func (s *Server) render(w http.ResponseWriter, status int, name, block string, data frame) error {
	var page bytes.Buffer
	if err := s.pages.byName[name].ExecuteTemplate(&page, block, data); err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the browser may be gone
	return nil
}

// isFragment reports whether htmx asks, and wants a part of a page.
func isFragment(r *http.Request) bool { return r.Header.Get("HX-Request") == "true" }

// handler is a handler that may fail. It writes nothing before it returns an error.
type handler func(w http.ResponseWriter, r *http.Request) error

// handle routes a pattern such as "GET /roster/{id}" to a handler.
func (s *Server) handle(mux *http.ServeMux, pattern string, h handler) {
	mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// redirect sends the browser to another page after a form.
func redirect(w http.ResponseWriter, r *http.Request, target string) error {
	if isFragment(r) {
		w.Header().Set("HX-Redirect", target)
		return nil
	}
	http.Redirect(w, r, target, http.StatusSeeOther)
	return nil
}

// notFoundError is the error of a page that does not exist (any more).
type notFoundError struct{ what string }

func (e notFoundError) Error() string { return e.what + " does not exist" }

// importedError is the error of a request about a list whose import is under way or over.
type importedError struct{ run string }

func (e importedError) Error() string { return "run " + e.run + " imports the list" }

// failure is the data of the error page: what went wrong, and what to do.
type failure struct{ Message, Fix string }

// fail answers with what went wrong and what to do.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var imported importedError
	if errors.As(err, &imported) {
		_ = redirect(w, r, "/run/"+imported.run) // never fails
		return
	}
	status, shown := s.describe(err)
	if status == http.StatusInternalServerError {
		s.Log.Error().Str("path", r.Pattern).Err(fault.Cause(err)).Msg("a page failed")
	}
	block := "layout.html"
	if isFragment(r) {
		block = "main"
	}
	if err := s.render(w, status, "error", block, s.frame(r, "error", shown)); err != nil {
		http.Error(w, shown.Message, status)
	}
}

// saysOf returns what went wrong and where, with the name that an uploaded file had.
func saysOf(e *fault.Error) string {
	if e.Where.IsZero() {
		return text.Capital(e.Error())
	}
	named := *e
	named.Where.File = filepath.Base(e.Where.File)
	return named.Error()
}

// describe returns the status of the answer for an error, and what to tell the user.
func (s *Server) describe(err error) (status int, shown failure) {
	says := func(key string, args ...any) failure {
		return failure{s.text("error."+key, args...), s.text("error." + key + "_fix")}
	}
	var known *fault.Error
	var tooLarge *http.MaxBytesError
	var missing notFoundError
	var stop *importer.StopError
	switch {
	case errors.As(err, &tooLarge):
		return http.StatusRequestEntityTooLarge, says("large", tooLarge.Limit>>20)
	case errors.As(err, &missing):
		return http.StatusNotFound, says("missing")
	case errors.As(err, &stop):
		return http.StatusUnprocessableEntity, failure{text.Capital(stop.Message), s.pages.texts.advice(stop.Code, stop.Fix)}
	case errors.Is(err, errMoved):
		return http.StatusUnprocessableEntity, failure{s.text("cells.moved"), s.text("cells.moved_fix")}
	case errors.Is(err, ledger.ErrLocked):
		return http.StatusConflict, says("locked")
	case errors.As(err, &known):
		return http.StatusUnprocessableEntity, failure{saysOf(known), s.pages.texts.advice(known.Code, known.Fix)}
	}
	return http.StatusInternalServerError, says("internal")
}
