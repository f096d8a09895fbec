package simulator

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// RevokeTokens makes every access token handed out so far invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// readForm reads the fields of a request to the login host: a urlencoded or multipart
// form, or JSON. Client ID and secret may also come by HTTP Basic.
func readForm(r *http.Request, body []byte) (url.Values, error) {
	form := url.Values{}
	var err error
	switch mediaType(r) {
	case "application/x-www-form-urlencoded":
		form, err = url.ParseQuery(string(body))
	case "multipart/form-data":
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err = r.ParseMultipartForm(maxBody); err == nil { //nolint:gosec // readBody has bounded the body
			form = r.PostForm
		}
	case "application/json":
		var fields map[string]string
		err = json.Unmarshal(body, &fields)
		for name, value := range fields {
			form.Set(name, value)
		}
	default:
		err = errors.New("the request body must be a form or JSON")
	}
	if id, secret, ok := r.BasicAuth(); ok && err == nil && !form.Has("client_id") {
		form.Set("client_id", id)
		form.Set("client_secret", secret)
	}
	return form, err
}

// revokeToken handles POST /oauth/revoke. The answer is always 200.
func (s *Server) revokeToken(w http.ResponseWriter, r *http.Request) {
	if form, err := readForm(r, readBody(r)); err == nil {
		s.mu.Lock()
		delete(s.tokens, form.Get("token"))
		s.mu.Unlock()
	}
	s.reply(w, jsonAnswer(http.StatusOK, struct{}{}))
}

// describeToken handles GET /oauth/token/info.
func (s *Server) describeToken(w http.ResponseWriter, r *http.Request) {
	if !s.hasValidToken(r) {
		s.reply(w, oauthError(http.StatusUnauthorized, "invalid_token", "The access token is invalid"))
		return
	}
	s.mu.Lock()
	given := s.tokens[bearerToken(r)]
	s.mu.Unlock()
	left := time.Until(given.Add(s.config.TokenLife))
	s.reply(w, jsonAnswer(http.StatusOK, map[string]any{
		"resource_owner_id": serviceAccountID,
		"expires_in":        int64(left / time.Second),
		"created_at":        given.Add(s.config.ClockSkew).Unix(),
	}))
}

// giveToken handles POST /oauth/token.
func (s *Server) giveToken(c *call) answer {
	form, err := readForm(c.r, c.body)
	if err != nil {
		return oauthError(http.StatusBadRequest, "invalid_request", "The request body can't be read as a form.")
	}
	if form.Get("grant_type") != "client_credentials" {
		return oauthError(http.StatusBadRequest, "unsupported_grant_type",
			"The authorization grant type is not supported by the authorization server.")
	}
	id, secret := form.Get("client_id"), form.Get("client_secret")
	if s.denies(DenyCredentials) || !accepts(s.config.ClientID, id) || !accepts(s.config.ClientSecret, secret) {
		return oauthError(http.StatusUnauthorized, "invalid_client",
			"Client authentication failed due to unknown client, no client authentication included, "+
				"or unsupported authentication method.")
	}
	s.mu.Lock()
	now := time.Now()
	maps.DeleteFunc(s.tokens, func(_ string, given time.Time) bool { return !s.valid(given, now) })
	access := fmt.Sprintf("simulated.%016x%016x", s.random.Uint64(), s.random.Uint64())
	s.tokens[access] = now
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		CreatedAt   int64  `json:"created_at"`
	}{access, "bearer", int64(s.config.TokenLife / time.Second), s.clock().Unix()})
}

// hasValidToken reports whether the request carries a valid token.
func (s *Server) hasValidToken(r *http.Request) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	given, known := s.tokens[bearerToken(r)]
	return known && s.valid(given, time.Now()) && !slices.Contains(s.config.Denied, DenyCredentials)
}

// revoke makes the token of the request invalid.
func (s *Server) revoke(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, bearerToken(r))
}

func (s *Server) valid(given, now time.Time) bool { return now.Before(given.Add(s.config.TokenLife)) }

func bearerToken(r *http.Request) string {
	scheme, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return text
}

// accepts reports whether got equals want. An empty want accepts any non-empty got.
func accepts(want, got string) bool {
	if want == "" {
		return got != ""
	}
	return got == want
}

func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, map[string]any{"error": code, "error_description": description})
}
