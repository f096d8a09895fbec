// Package web serves the local page.
//
// Who looks for what:
//
//	server.go    Options, the routes, the start and the end of the server
//	guard.go     what keeps others out: host, origin, cookie, headers, size of uploads
//	tokens.go    tokens, the cookie, the proof for a second start
//	page.go      templates, fragments, messages for people, the error page
//	texts.go     the table of texts (texts/en/*.yaml)
//	assets.go    style sheet, scripts and what others made (assets/vendor)
//	backend.go   what the command line supplies: Procore, ledger, saved mappings
//	account.go   the page on which Procore is connected and the project chosen
//	home.go      the first page; its parts are in pages/_drop.html and pages/_runs.html
//	draft.go     drafts: uploaded rosters with their folders
//	roster.go    an uploaded roster: upload, columns, check, edits
//	run.go       imports: start, progress, results, retry, undo, history
//
// A page is a file of handlers, a template in pages/ and texts in texts/en/. The file
// defines a method of Server such as rosterRoutes, which routes calls. A handler returns
// an error rather than write one: a *fault.Error becomes a page that says what to do.
package web

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"

	"muster/importer/fault"
)

// Options are what a server needs.
type Options struct {
	Folder  string // for drafts, in the state folder; made with mode 0700
	Backend Backend
	Address string           // HOST:PORT that the server listens on
	Key     Key              // the secret of this start
	Idle    time.Duration    // without a request and a run after which the server ends; 0 means never
	Now     func() time.Time // the clock
	Log     zerolog.Logger
}

// Server serves the page.
type Server struct {
	Options
	guard   *guard
	pages   *pages
	drafts  *drafts
	assets  map[string][]byte
	runs    *runner
	checks  checks
	quit    chan struct{} // closed when the server has to end
	ending  sync.Once
	seen    atomic.Int64 // when the last request came, in nanoseconds
	working atomic.Int64 // runs under way
}

// New returns a server. Nothing listens yet.
func New(o Options) (*Server, error) {
	guard, err := newGuard(o.Address, o.Key)
	if err != nil {
		return nil, err
	}
	pages, err := loadPages()
	if err != nil {
		return nil, err
	}
	drafts, err := openDrafts(o.Folder, o.Now)
	if err != nil {
		return nil, err
	}
	assets, err := loadAssets()
	if err != nil {
		return nil, err
	}
	s := &Server{Options: o, guard: guard, pages: pages, drafts: drafts, assets: assets, quit: make(chan struct{})}
	if s.runs, err = s.newRunner(); err != nil {
		return nil, err
	}
	s.seen.Store(o.Now().UnixNano())
	return s, nil
}

// routes adds the handlers of every page.
func (s *Server) routes(mux *http.ServeMux) {
	s.assetRoutes(mux)
	s.homeRoutes(mux)
	s.accountRoutes(mux)
	s.rosterRoutes(mux)
	s.runRoutes(mux)
}

// Handler returns the handler of all pages, behind the guards.
func (s *Server) Handler() http.Handler {
	mux := http.NewServeMux()
	s.routes(mux)
	return s.guarded(mux)
}

// Serve answers requests until ctx ends, a person quits, or nothing has happened for
// Idle. It then waits for the work that a run has begun.
func (s *Server) Serve(ctx context.Context, listener net.Listener) error {
	server := &http.Server{
		Handler: s.Handler(), ReadHeaderTimeout: 10 * time.Second, IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 64 << 10,
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	err := s.wait(ctx, served)
	s.Quit()
	s.runs.close()
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	if server.Shutdown(last) != nil {
		_ = server.Close() // a stream of events does not end by itself
	}
	if err == nil {
		err = <-served
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// wait returns when the server has to end, or with the error of a server that ended.
func (s *Server) wait(ctx context.Context, served <-chan error) error {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	tidied := s.Now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-s.quit:
			return nil
		case err := <-served:
			return err
		case <-tick.C:
			if s.idle() {
				return nil
			}
			if now := s.Now(); now.Sub(tidied) >= everyTidy {
				s.tidy()
				tidied = now
			}
		}
	}
}

// everyTidy is the time between two removals of old files while the server serves.
const everyTidy = 24 * time.Hour

// tidy removes old drafts and runs.
func (s *Server) tidy() {
	if err := errors.Join(s.drafts.removeOld(), s.runs.removeOld(s.runs.liveOf)); err != nil {
		s.Log.Warn().Err(fault.Cause(err)).Msg("old files of the page can't be removed")
	}
}

// idle reports whether nothing has happened for so long that the server ends.
func (s *Server) idle() bool {
	last := time.Unix(0, s.seen.Load())
	return s.Idle > 0 && s.working.Load() == 0 && s.Now().Sub(last) > s.Idle
}

// begin marks a run, during which the server is not idle, and returns the function that
// ends the mark.
func (s *Server) begin() (done func()) {
	s.working.Add(1)
	return sync.OnceFunc(func() {
		s.seen.Store(s.Now().UnixNano())
		s.working.Add(-1)
	})
}

// Quit ends the server.
func (s *Server) Quit() { s.ending.Do(func() { close(s.quit) }) }
