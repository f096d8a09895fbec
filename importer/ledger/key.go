package ledger

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
	"sync"
)

// Key identifies a person without personal data. A key is the first half of an
// HMAC-SHA256 with the secret of the ledger; keys of two ledgers never agree.
type Key [16]byte

// Scan reads a key from a database; NULL is the zero key.
func (k *Key) Scan(value any) error {
	*k = Key{}
	if value == nil {
		return nil
	}
	content, ok := value.([]byte)
	if !ok || len(content) != len(k) {
		return errors.New("a key in the ledger has a wrong length")
	}
	copy(k[:], content)
	return nil
}

// The purpose of a hash comes first in the hashed text, so that a key can never
// be a token.
const (
	forKey   = 'k'
	forToken = 't'
)

// Key returns the key of an ordered list of parts. ("ab", "c") and ("a", "bc")
// have different keys.
func (l *Ledger) Key(parts ...string) Key {
	h := l.keys.take()
	defer l.keys.give(h)
	h.text = append(h.text[:0], forKey)
	for _, p := range parts {
		h.text = binary.AppendUvarint(h.text, uint64(len(p)))
		h.text = append(h.text, p...)
	}
	return h.sum()
}

// token returns the Idempotency-Token of a key and a generation.
func (l *Ledger) token(k Key, generation int64) string {
	h := l.keys.take()
	defer l.keys.give(h)
	h.text = append(h.text[:0], forToken)
	h.text = append(h.text, k[:]...)
	h.text = binary.AppendVarint(h.text, generation)
	t := h.sum()
	return hex.EncodeToString(t[:])
}

// keyring lends hashers, since preparing a hasher takes longer than a hash.
type keyring struct{ pool sync.Pool }

func newKeyring(secret []byte) *keyring {
	return &keyring{pool: sync.Pool{New: func() any {
		return &hasher{mac: hmac.New(sha256.New, secret)}
	}}}
}

func (r *keyring) take() *hasher {
	h, ok := r.pool.Get().(*hasher)
	if !ok { // never: New above makes nothing else
		return &hasher{}
	}
	return h
}

func (r *keyring) give(h *hasher) { r.pool.Put(h) }

type hasher struct {
	mac  hash.Hash
	text []byte
	full []byte
}

func (h *hasher) sum() (k Key) {
	h.mac.Reset()
	h.mac.Write(h.text) // a hash never returns an error
	h.full = h.mac.Sum(h.full[:0])
	copy(k[:], h.full)
	return k
}
