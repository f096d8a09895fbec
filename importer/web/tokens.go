package web

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"sync"
)

// Key is the secret of a start of the server. A user who reads the key may use the page.
type Key string

// NewKey returns a random key.
func NewKey() Key { return Key(rand.Text() + rand.Text()) }

// mac returns a proof of the key for a purpose.
func (k Key) mac(purpose, text string) string {
	sum := hmac.New(sha256.New, []byte(k))
	sum.Write([]byte(purpose + "\n" + text))
	return hex.EncodeToString(sum.Sum(nil))
}

// Token returns a new one-time token. The server that has the same key takes it once.
func (k Key) Token() string {
	nonce := rand.Text()
	return nonce + "." + k.mac("token", nonce)
}

// Alive returns the proof by which the server of this key is known: the answer to a
// request for AlivePath with the nonce behind it.
func (k Key) Alive(nonce string) string { return k.mac("alive", nonce) }

// cookie returns the value of the cookie.
func (k Key) cookie() string { return k.mac("cookie", "") }

// tokens takes each token of a key once.
type tokens struct {
	key  Key
	mu   sync.Mutex
	used map[string]bool // nonces
}

// take reports whether a token is genuine and new.
func (t *tokens) take(token string) bool {
	nonce, proof, _ := strings.Cut(token, ".")
	if !hmac.Equal([]byte(proof), []byte(t.key.mac("token", nonce))) {
		return false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.used[nonce] {
		return false
	}
	t.used[nonce] = true
	return true
}
