package account_test

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"muster/importer/account"
	"muster/importer/fault"
	"muster/importer/procore"
)

// ring is a keyring in memory. It may refuse everything, or never answer.
type ring struct {
	secrets map[string]string
	refuses bool
	hangs   bool
	ended   chan struct{} // when a keyring that hangs may go
}

func (r *ring) wait() error {
	if r.hangs {
		<-r.ended
	}
	if r.refuses {
		return errors.New("refused")
	}
	return nil
}

func (r *ring) Set(service, user, secret string) error {
	if err := r.wait(); err != nil {
		return err
	}
	r.secrets[service+" "+user] = secret
	return nil
}

func (r *ring) Get(service, user string) (string, error) {
	err := r.wait()
	return r.secrets[service+" "+user], err
}

func (r *ring) Delete(service, user string) error {
	if err := r.wait(); err != nil {
		return err
	}
	delete(r.secrets, service+" "+user)
	return nil
}

var mine = account.Account{Environment: "sandbox", ClientID: "id-of-mine"}

func TestStore(t *testing.T) {
	for name, c := range map[string]struct {
		keyring *ring
		want    account.Place
	}{
		"a keyring":            {&ring{}, account.InKeyring},
		"no keyring":           {nil, account.InFile},
		"a keyring that fails": {&ring{refuses: true}, account.InFile},
		"a keyring that hangs": {&ring{hangs: true}, account.InFile},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				folder := t.TempDir()
				var keyring account.Keyring
				if c.keyring != nil {
					c.keyring.secrets, c.keyring.ended = map[string]string{}, make(chan struct{})
					keyring = c.keyring
				}
				store := account.Open(folder, keyring)
				if none, err := store.Load(); err != nil || none != (account.Account{}) {
					t.Errorf("Load of nothing = %v, %v", none, err)
				}
				kept, err := store.Save(mine, "s3cret")
				if err != nil || kept.Kept != c.want {
					t.Fatalf("Save = %v, %v, want %s", kept, err, c.want)
				}
				file, err := os.ReadFile(store.Path())
				if err != nil {
					t.Fatal(err)
				}
				if inFile := strings.Contains(string(file), "s3cret"); inFile != (c.want == account.InFile) {
					t.Errorf("the file is %s", file)
				}
				if info, err := os.Stat(store.Path()); err != nil || runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
					t.Errorf("the file has the mode %v, %v", info.Mode(), err)
				}
				if err := store.Choose(procore.Named{ID: 1, Name: "Acme"}, procore.Named{ID: 100, Name: "Tower"}); err != nil {
					t.Fatal(err)
				}
				again := account.Open(folder, keyring)
				if secret, err := again.Secret(); err != nil || secret != "s3cret" {
					t.Errorf("Secret = %q, %v", secret, err)
				}
				if a, err := again.Load(); err != nil || a.Project.Name != "Tower" || a.Kept != c.want {
					t.Errorf("Load = %v, %v", a, err)
				}
				if err := again.Forget(); err != nil {
					t.Fatal(err)
				}
				if _, err := os.Stat(store.Path()); err == nil || c.keyring != nil && len(c.keyring.secrets) > 0 {
					t.Error("something is left")
				}
				if c.keyring != nil {
					close(c.keyring.ended) // a bubble waits for all goroutines
				}
			})
		})
	}
}

func TestErrorsHoldNoSecret(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "account.json"), []byte(`{"client_secret": "s3cret", `), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := account.Open(folder, nil).Load()
	if fault.CodeOf(err) != "account_file" || strings.Contains(err.Error(), "s3cret") {
		t.Errorf("Load = %v", err)
	}
}

func TestKeyringThatHasLostTheSecret(t *testing.T) {
	keyring := &ring{secrets: map[string]string{}}
	store := account.Open(t.TempDir(), keyring)
	if _, err := store.Save(mine, "s3cret"); err != nil {
		t.Fatal(err)
	}
	clear(keyring.secrets)
	if _, err := store.Secret(); fault.CodeOf(err) != "usage" {
		t.Errorf("Secret = %v", err)
	}
}
