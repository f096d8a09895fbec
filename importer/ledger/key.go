package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"hash"
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
	text := []byte{forKey}
	for _, p := range parts {
		text = binary.AppendUvarint(text, uint64(len(p)))
		text = append(text, p...)
	}
	return l.hash(text)
}

// token returns the Idempotency-Token of a key and a generation.
func (l *Ledger) token(k Key, generation int64) string {
	text := append([]byte{forToken}, k[:]...)
	t := l.hash(binary.AppendVarint(text, generation))
	return hex.EncodeToString(t[:])
}

// hash returns the first half of the HMAC of text.
func (l *Ledger) hash(text []byte) Key {
	mac := l.macs.Get().(hash.Hash)
	defer l.macs.Put(mac)
	mac.Reset()
	mac.Write(text) // a hash never returns an error
	var sum [sha256.Size]byte
	return Key(mac.Sum(sum[:0])[:len(Key{})])
}
