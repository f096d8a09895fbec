package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// credential is the place of a secret: a password, or an address with a token in it.
type credential struct {
	file       string
	variable   string // of the environment
	credential string // of systemd (LoadCredential=)
}

// readCredential reads the keys url_file, url_env or url_credential of a secret named
// url.
func (c *configFile) readCredential(node ast.Node, name string) (*credential, error) {
	pairs, ok := pairsOf(node)
	if !ok {
		return nil, c.wrong(node, "expected where the "+name+" is kept", fmt.Sprintf("{%s_file: FILE} or {%s_env: VARIABLE}; it may hold a token, and is not written into this file", name, name))
	}
	one := &credential{}
	for _, pair := range pairs {
		if err := c.readCredentialKey(one, pair, name); err != nil {
			return nil, err
		}
	}
	return one, c.oneCredential(node, one, name)
}

func credentialKeys(name string) []string {
	return []string{name + "_file", name + "_env", name + "_credential"}
}

// readCredentialKey reads a key into a credential.
func (c *configFile) readCredentialKey(into *credential, pair *ast.MappingValueNode, name string) (err error) {
	switch keyOf(pair) {
	case name + "_file":
		into.file, err = c.text(pair)
		into.file = c.inFolder(into.file)
		c.cautions = append(c.cautions, readableByOthers(into.file)...)
	case name + "_env":
		into.variable, err = c.text(pair)
	case name + "_credential":
		into.credential, err = c.text(pair)
		if err == nil && filepath.Base(into.credential) != into.credential {
			err = c.wrong(pair.Value, fmt.Sprintf("%q is no credential's name", into.credential), "the name that LoadCredential= gives it")
		}
	case name:
		return c.wrong(pair.Key, "a config file does not take the "+name+" itself: it may hold a token", "put it into a file that only you can read and name that as "+name+"_file")
	default:
		return c.unknown(pair, "setting", credentialKeys(name))
	}
	return err
}

func (c *configFile) oneCredential(at ast.Node, one *credential, name string) error {
	given := 0
	for _, source := range []string{one.file, one.variable, one.credential} {
		if source != "" {
			given++
		}
	}
	if given == 1 {
		return nil
	}
	return c.wrong(at, "expected one place where the "+name+" is kept", "one of "+strings.Join(credentialKeys(name), ", "))
}

// read returns the secret. No error holds any of it.
func (c *credential) read(getenv func(string) string) (string, error) {
	path := c.file
	switch {
	case c.variable != "":
		if value := strings.TrimSpace(getenv(c.variable)); value != "" {
			return value, nil
		}
		return "", fmt.Errorf("the environment variable %s is not set", c.variable)
	case c.credential != "":
		folder := getenv("CREDENTIALS_DIRECTORY")
		if folder == "" {
			return "", fmt.Errorf("systemd has passed no credential %s", c.credential)
		}
		path = filepath.Join(folder, c.credential)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s can't be read: %w", path, pathCause(err))
	}
	value := strings.TrimSpace(string(content))
	if value == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return value, nil
}

// secret reads the client secret: from the file that is named, else from the
// environment, else from the credential that systemd passes.
func (s *settings) secret(getenv func(string) string) (string, error) {
	if s.clientSecretFile != "" {
		secret, err := (&credential{file: s.clientSecretFile}).read(getenv)
		if err != nil {
			return "", usageError("the client secret's file "+err.Error(), "check --client-secret-file; the file holds the secret in one line")
		}
		return secret, nil
	}
	if secret := getenv("MUSTER_CLIENT_SECRET"); secret != "" {
		return secret, nil
	}
	if getenv("CREDENTIALS_DIRECTORY") == "" {
		return "", nil
	}
	secret, err := (&credential{credential: "client-secret"}).read(getenv)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // systemd passes others
	}
	if err != nil {
		return "", usageError("the credential client-secret: "+err.Error(), "see LoadCredential= in the service's unit")
	}
	return secret, nil
}

// caution is what is better known about a file that the settings name.
type caution struct{ text, fix string }

// readableByOthers warns if other users can read a secret's file.
func readableByOthers(path string) []caution {
	return byOthers(path, 0o006, "%s holds a secret, and all users of this machine can read it", "chmod o= ")
}

// writableByOthers warns if other users can change a config file.
func writableByOthers(path string) []caution {
	return byOthers(path, 0o002, "all users of this machine can change %s, and so where people are sent", "chmod o-w ")
}

func byOthers(path string, mode fs.FileMode, text, fix string) []caution {
	if path == "" || !openToOthers(path, mode) {
		return nil
	}
	return []caution{{fmt.Sprintf(text, path), fix + shellWord(path)}}
}

// openToOthers reports whether users other than the owner and the group have a
// permission of mode.
func openToOthers(path string, mode fs.FileMode) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&mode != 0 // whose modes say nothing of others
}
