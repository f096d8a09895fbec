// Package account keeps the way to Procore that a person has set up on this machine.
package account

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"muster/importer/atomicfile"
	"muster/importer/fault"
	"muster/importer/procore"
)

// Account is the way to Procore without the client secret.
type Account struct {
	Environment string        `json:"environment"`
	APIURL      string        `json:"api_url,omitempty"` // instead of the environment's
	LoginURL    string        `json:"login_url,omitempty"`
	ClientID    string        `json:"client_id"`
	Company     procore.Named `json:"company,omitzero"`
	Project     procore.Named `json:"project,omitzero"` // that the page imports into
	Kept        Place         `json:"kept"`             // where the secret is
}

// Place is where a client secret is kept.
type Place string

// The places.
const (
	Nowhere   Place = ""
	InKeyring Place = "keyring" // of the operating system
	InFile    Place = "file"    // that only this user can read
)

// Store is the account of this user. The account is in a file; the secret is in the
// keyring, or in the file where no keyring answers.
type Store struct {
	path    string
	keyring Keyring
}

// stored is the content of the file.
type stored struct {
	Account
	Secret string `json:"client_secret,omitempty"`
}

// Open returns the store in a folder. The keyring may be nil.
func Open(folder string, keyring Keyring) *Store {
	return &Store{filepath.Join(folder, "account.json"), keyring}
}

// Path returns the path of the file.
func (s *Store) Path() string { return s.path }

// Load returns the account, or an empty account if there is none.
func (s *Store) Load() (Account, error) {
	content, err := s.read()
	return content.Account, err
}

func (s *Store) read() (stored, error) {
	var content stored
	file, err := os.ReadFile(s.path)
	if errors.Is(err, fs.ErrNotExist) {
		return stored{}, nil
	}
	if err == nil {
		err = json.Unmarshal(file, &content)
	}
	if err != nil { // without the words of the parser, which may quote the secret
		return stored{}, fault.InFile(s.path, "account_file", "the file with your Procore account can't be read", "delete it, and connect muster with Procore again: muster web")
	}
	return content, nil
}

func (s *Store) write(content stored) error {
	err := os.MkdirAll(filepath.Dir(s.path), 0o700)
	if err == nil {
		err = atomicfile.Write(s.path, func(w io.Writer) error { return json.NewEncoder(w).Encode(content) })
	}
	if err != nil {
		return fmt.Errorf("keep your Procore account: %w", err)
	}
	return nil
}

// Secret returns the client secret of the account. The error is a *fault.Error if the
// keyring does not give it.
func (s *Store) Secret() (string, error) {
	content, err := s.read()
	if err != nil || content.Kept != InKeyring {
		return content.Secret, err
	}
	secret, err := "", errNoKeyring
	if s.keyring != nil {
		secret, err = patiently(func() (string, error) { return s.keyring.Get(service, content.entry()) })
	}
	if err != nil || secret == "" {
		return "", fault.Usage("unlock the keyring, or connect muster with Procore again: muster web", "this machine's keyring does not give the client secret of %s", content.ClientID)
	}
	return secret, nil
}

// Save keeps an account with its secret in the keyring, or in the file if the keyring
// does not answer. It returns the account with the place.
func (s *Store) Save(a Account, secret string) (Account, error) {
	if err := s.Forget(); err != nil {
		return a, err
	}
	content := stored{Account: a}
	content.Kept = InKeyring
	if !s.inKeyring(content.entry(), secret) {
		content.Kept, content.Secret = InFile, secret
	}
	return content.Account, s.write(content)
}

// inKeyring reports whether the keyring keeps a secret and gives it back.
func (s *Store) inKeyring(entry, secret string) bool {
	if s.keyring == nil {
		return false
	}
	got, err := patiently(func() (string, error) {
		if err := s.keyring.Set(service, entry, secret); err != nil {
			return "", err
		}
		return s.keyring.Get(service, entry)
	})
	return err == nil && got == secret
}

// Choose keeps the company and the project that the page imports into.
func (s *Store) Choose(company, project procore.Named) error {
	content, err := s.read()
	if err != nil {
		return err
	}
	content.Company, content.Project = company, project
	return s.write(content)
}

// Forget removes the account and its secret.
func (s *Store) Forget() error {
	content, err := s.read()
	if err == nil && s.keyring != nil && content.ClientID != "" {
		_, err = patiently(func() (string, error) { return "", s.keyring.Delete(service, content.entry()) })
		if content.Kept != InKeyring {
			err = nil // nothing was in the keyring
		}
		if err != nil {
			return fault.Usage("delete the entry muster in the keyring yourself", "this machine's keyring does not forget the client secret of %s", content.ClientID)
		}
	}
	if err := os.Remove(s.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.InFile(s.path, "account_file", "the file with your Procore account can't be removed", "remove it yourself")
	}
	return nil
}

// entry returns the name of the secret in the keyring.
func (a *Account) entry() string { return a.Environment + a.LoginURL + " " + a.ClientID }
