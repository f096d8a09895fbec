package simulator

import (
	"bytes"
	"io"
	"net/http"
	"strconv"
	"time"
)

// maxBody is the length of the longest accepted request body.
const maxBody = 4 << 20

// call is a request on the way through the server.
type call struct {
	r       *http.Request
	body    []byte
	project int64         // in the path; 0: none
	view    string        // requested and allowed
	lag     time.Duration // how long lists lag behind a create
}

// operation is the action of a route.
type operation struct {
	scope Scope
	needs Denial // the operation is refused if this is denied; "": never
	run   func(*call) answer
}

// ServeHTTP answers for both the login host and the API host.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mux.ServeHTTP(w, r)
}

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	api := func(pattern string, scope Scope, needs Denial, run func(*call) answer) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) {
			s.serve(w, r, operation{scope: scope, needs: needs, run: run}, true)
		})
	}
	mux.HandleFunc("POST /oauth/revoke", s.revokeToken)
	mux.HandleFunc("GET /oauth/token/info", s.describeToken)
	mux.HandleFunc("POST /oauth/token", func(w http.ResponseWriter, r *http.Request) {
		s.serve(w, r, operation{scope: Tokens, run: s.giveToken}, false)
	})

	const (
		project   = "/rest/v1.0/projects/{project}"
		companyV2 = "/rest/v2.0/companies/{company}"
	)
	api("POST "+project+"/people", Creates, DenyWrite, s.createPerson)
	api("GET "+project+"/people", Lists, DenyList, s.listPeople)
	api("GET "+project+"/people/inactive", Lists, DenyInactive, s.listInactive)
	api("GET /rest/v1.0/companies/{company}/people/inactive", Lists, DenyInactive, s.listInactive)
	api("PATCH "+project+"/people/{id}", Updates, DenyWrite, s.updatePerson)
	api("POST "+project+"/project_memberships/bulk_add", Calls, DenyWrite, s.addMembers)
	api("DELETE "+companyV2+"/projects/{project}/project_memberships/bulk_remove", Calls, DenyWrite, s.removeMembers)
	api("GET "+project+"/project_memberships", Calls, DenyList, s.listMembers)
	api("DELETE "+project+"/project_memberships/{id}", Calls, DenyWrite, s.removeMember)
	api("POST "+companyV2+"/people/bulk_activate", Calls, DenyWrite, s.setInactive(false))
	api("POST "+companyV2+"/people/bulk_deactivate", Calls, DenyWrite, s.setInactive(true))
	api("GET "+project+"/work_classifications", Calls, DenyClassifications, s.listClassifications)
	api("GET /rest/v1.0/companies/{company}/work_classifications", Calls, "", s.listClassifications)
	api("GET /rest/v1.0/companies", Calls, "", s.listCompanies)
	api("GET /rest/v1.0/projects", Calls, "", s.listProjects)
	api("GET "+project, Calls, "", s.showProject)
	api("GET /rest/v1.0/me", Calls, "", s.showMe)
	api("/", Calls, "", s.notFound)
	return mux
}

// serve handles a request: hook, latency, admission, fault, operation, answer.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, op operation, api bool) {
	s.countRequest(op.scope, api)
	c := &call{r: r, body: readBody(r)}
	if s.config.OnRequest != nil {
		r.Body = io.NopCloser(bytes.NewReader(c.body)) // the hook may read the body, too
		s.config.OnRequest(r)
	}

	way, work, back := s.drawLatency(op.scope)
	s.pass(way)
	if api {
		if refused, ok := s.admit(w.Header(), c, op); !ok {
			s.linger(c, work+back)
			s.reply(w, refused)
			return
		}
	}
	var hit Fault
	hit, c.lag = s.drawFault(op.scope)
	s.pass(work)
	s.perform(w, c, op, hit, back)
}

// readBody reads the body of a request, and cuts the connection if that fails:
// the client is gone, or sends without end.
func readBody(r *http.Request) []byte {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody+1))
	if err != nil || len(body) > maxBody {
		cut()
	}
	return body
}

func (s *Server) countRequest(scope Scope, api bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if api {
		s.stats.Total++
	}
	switch scope {
	case Creates:
		s.stats.Creates++
	case Updates:
		s.stats.Updates++
	case Lists:
		s.stats.Lists++
	case Tokens:
		s.stats.Tokens++
	case Calls:
	}
}

func (s *Server) notFound(c *call) answer {
	return s.refuse(c, http.StatusNotFound, problem{text: "Not found"})
}

// writeHead sends the status and the headers.
func (s *Server) writeHead(w http.ResponseWriter, a answer) {
	h := w.Header()
	h.Set("Date", s.clock().UTC().Format(http.TimeFormat))
	h.Set("X-Request-Id", "simulated-"+strconv.FormatUint(s.counters.answers.Add(1), 10))
	if a.kind != "" {
		h.Set("Content-Type", a.kind)
	}
	for name, value := range a.header {
		h.Set(name, value)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	w.WriteHeader(a.status)
}

func (s *Server) reply(w http.ResponseWriter, a answer) {
	s.writeHead(w, a)
	_, _ = w.Write(a.body) // the client may be gone
}
