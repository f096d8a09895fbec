package web

import (
	"crypto/hmac"
	"fmt"
	"net"
	"net/http"
	"net/url"

	"muster/importer/fault"
)

// AlivePath is the start of the path at which a server proves that it has a key.
const AlivePath = "/alive/"

// tokenParameter is the name of the one-time token in a URL.
const tokenParameter = "token"

// mostUpload is the largest request body in bytes.
const mostUpload = 200 << 20

// guard decides which requests reach a page.
type guard struct {
	port   string
	tokens tokens
}

// host is the only address that the page is served on.
const host = "127.0.0.1"

// CheckAddress refuses an address other than 127.0.0.1:PORT, which other machines might
// reach. The error is a *fault.Error.
func CheckAddress(address string) error {
	if _, err := newGuard(address, ""); err != nil {
		return err
	}
	return nil
}

// newGuard returns a guard for an address and a key.
func newGuard(address string, key Key) (*guard, error) {
	name, port, err := net.SplitHostPort(address)
	if err != nil || name != host || port == "" {
		return nil, fault.Usage("leave it out, or write "+host+":0, which takes a free port",
			"%s is not an address that this machine alone can reach", address)
	}
	return &guard{port: port, tokens: tokens{key: key, used: map[string]bool{}}}, nil
}

// Link returns the URL that opens a page in a browser, with a new one-time token.
func Link(address string, key Key) string {
	return "http://" + address + "/?" + url.Values{tokenParameter: {key.Token()}}.Encode()
}

// contentPolicy lets a page load its files from this server alone. Nothing inline runs.
const contentPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// guarded puts the guards in front of a handler. The order counts: a page of another
// site learns nothing, not even that the cookie is missing.
func (s *Server) guarded(next http.Handler) http.Handler {
	crossOrigin := http.NewCrossOriginProtection()
	crossOrigin.SetDenyHandler(s.refusal(http.StatusForbidden, "refused.origin"))
	return s.withHeaders(s.withHost(crossOrigin.Handler(s.withSession(s.withLimits(next)))))
}

// withHeaders sets the headers that keep an answer to this page.
func (s *Server) withHeaders(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", contentPolicy)
		h.Set("Cache-Control", "no-store")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Cross-Origin-Embedder-Policy", "require-corp")
		next.ServeHTTP(w, r)
	})
}

// withHost refuses a name that only seems to be this machine: a page of another site
// may give its own name this machine's address.
func (s *Server) withHost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != host+":"+s.guard.port && r.Host != "localhost:"+s.guard.port {
			s.refusal(http.StatusMisdirectedRequest, "refused.host").ServeHTTP(w, r)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// withSession lets requests with the cookie pass, and exchanges a one-time token for the
// cookie. Other users of the machine have neither.
func (s *Server) withSession(next http.Handler) http.Handler {
	name, value := "muster_"+s.guard.port, s.Key.cookie()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if nonce, ok := aliveNonce(r); ok {
			fmt.Fprint(w, s.Key.Alive(nonce))
			return
		}
		cookie, err := r.Cookie(name)
		known := err == nil && hmac.Equal([]byte(cookie.Value), []byte(value))
		query := r.URL.Query()
		if r.Method != http.MethodGet || !query.Has(tokenParameter) {
			if !known {
				s.refusal(http.StatusForbidden, "refused.browser").ServeHTTP(w, r)
				return
			}
			s.seen.Store(s.Now().UnixNano())
			next.ServeHTTP(w, r)
			return
		}
		if !s.guard.tokens.take(query.Get(tokenParameter)) && !known {
			s.refusal(http.StatusForbidden, "refused.token").ServeHTTP(w, r)
			return
		}
		http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode}) //nolint:gosec // Secure would keep the cookie from http on this machine
		query.Del(tokenParameter)
		s.enter(w, &url.URL{Path: "/", RawQuery: query.Encode()})
	})
}

// enter answers with a page that goes on to target at once. After a redirect by status
// the browser would withhold the cookie, because a file or another program has opened the
// address.
func (s *Server) enter(w http.ResponseWriter, target *url.URL) {
	if err := s.render(w, http.StatusOK, "enter", "enter.html", frame{Title: s.text("enter.title"), Data: target.String()}); err != nil {
		s.Log.Error().Err(err).Msg("a page failed")
		http.Error(w, s.text("error.internal"), http.StatusInternalServerError)
	}
}

// aliveNonce returns the nonce of a request that asks whether this server has a key.
func aliveNonce(r *http.Request) (nonce string, ok bool) {
	if r.Method != http.MethodGet || len(r.URL.Path) <= len(AlivePath) || r.URL.Path[:len(AlivePath)] != AlivePath {
		return "", false
	}
	return r.URL.Path[len(AlivePath):], true
}

// withLimits bounds the size of a request.
func (s *Server) withLimits(next http.Handler) http.Handler {
	return http.MaxBytesHandler(next, mostUpload)
}

// refusal answers with a plain sentence. A person without the cookie sees no page.
func (s *Server) refusal(status int, text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, s.text(text), status)
	})
}
