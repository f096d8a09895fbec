package simulator

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// token is an access token that was handed out.
type token struct {
	client string
	given  time.Time
}

// RevokeTokens makes every access token handed out so far invalid.
func (s *Server) RevokeTokens() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.tokens)
}

// giveToken is POST /oauth/token. Credentials count in the form body alone, not
// in the address and not by HTTP Basic, which is not documented.
func (s *Server) giveToken(c *call) answer {
	if mediaType(c.r) != "application/x-www-form-urlencoded" {
		return oauthError(http.StatusBadRequest, "invalid_request", "The request body must be a form.")
	}
	form, err := url.ParseQuery(string(c.body))
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
	for t, held := range s.tokens {
		if s.left(held, now) <= 0 {
			delete(s.tokens, t)
		}
	}
	access := fmt.Sprintf("simulated.%016x%016x", s.random.Uint64(), s.random.Uint64())
	s.tokens[access] = token{client: id, given: now}
	s.mu.Unlock()
	return jsonAnswer(http.StatusOK, struct {
		AccessToken string `json:"access_token"`
		TokenType   string `json:"token_type"`
		ExpiresIn   int64  `json:"expires_in"`
		CreatedAt   int64  `json:"created_at"`
	}{access, "bearer", int64(s.config.TokenLife / time.Second), s.clock().Unix()})
}

// describeToken is GET /oauth/token/info.
func (s *Server) describeToken(c *call) answer {
	held, ok := s.bearer(c.r)
	if !ok {
		return oauthError(http.StatusUnauthorized, "invalid_token", "The access token is invalid, expired or revoked.")
	}
	type application struct {
		UID string `json:"uid"`
	}
	return jsonAnswer(http.StatusOK, struct {
		ResourceOwnerID int64       `json:"resource_owner_id"`
		Scope           []string    `json:"scope"`
		ExpiresIn       int64       `json:"expires_in"`
		Application     application `json:"application"`
		CreatedAt       int64       `json:"created_at"`
	}{
		serviceAccountID,
		[]string{},
		int64(s.left(held, time.Now()) / time.Second),
		application{held.client},
		held.given.Add(s.config.ClockSkew).Unix(),
	})
}

// bearer returns the valid token that the request carries.
func (s *Server) bearer(r *http.Request) (token, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	held, ok := s.tokens[bearerText(r)]
	ok = ok && s.left(held, time.Now()) > 0 && !s.denied[DenyCredentials]
	return held, ok
}

// revoke makes the token that the request carries invalid.
func (s *Server) revoke(r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tokens, bearerText(r))
}

func (s *Server) left(t token, now time.Time) time.Duration {
	return t.given.Add(s.config.TokenLife).Sub(now)
}

func bearerText(r *http.Request) string {
	scheme, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "bearer") {
		return ""
	}
	return text
}

// accepts reports whether got is what is wanted; "" wants anything but nothing.
func accepts(want, got string) bool {
	if want == "" {
		return got != ""
	}
	return got == want
}

func oauthError(status int, code, description string) answer {
	return jsonAnswer(status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
	}{code, description})
}
