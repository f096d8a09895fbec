package account

import (
	"errors"
	"time"

	"github.com/zalando/go-keyring"
)

// service is the name of muster in the keyring.
const service = "muster"

// patience is how long a keyring may take. A keyring that waits for a password which
// no person can enter would never answer.
const patience = 2 * time.Second

// Keyring keeps secrets.
type Keyring interface {
	Set(service, user, secret string) error
	Get(service, user string) (string, error)
	Delete(service, user string) error
}

// System is the keyring of the operating system.
type System struct{}

// Set keeps a secret.
func (System) Set(service, user, secret string) error { return keyring.Set(service, user, secret) }

// Get returns a secret.
func (System) Get(service, user string) (string, error) { return keyring.Get(service, user) }

// Delete removes a secret. A secret that is not there is no error.
func (System) Delete(service, user string) error {
	if err := keyring.Delete(service, user); !errors.Is(err, keyring.ErrNotFound) {
		return err
	}
	return nil
}

var (
	errNoKeyring = errors.New("there is no keyring")
	errNoAnswer  = errors.New("the keyring does not answer")
)

// patiently calls a keyring. A call that takes too long is left alone: it can't be ended,
// and holds nothing that others wait for.
func patiently(call func() (string, error)) (string, error) {
	type answer struct {
		secret string
		err    error
	}
	answers := make(chan answer, 1)
	go func() {
		secret, err := call()
		answers <- answer{secret, err}
	}()
	select {
	case a := <-answers:
		return a.secret, a.err
	case <-time.After(patience):
		return "", errNoAnswer
	}
}
