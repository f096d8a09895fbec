package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"muster/importer/doctor"
	"muster/importer/fault"
	"muster/importer/text"
)

// secretSource names the place of a URL with a token. A config file never holds the URL
// itself.
type secretSource struct {
	File       string `yaml:"url_file"`
	Variable   string `yaml:"url_env"`        // of the environment
	Credential string `yaml:"url_credential"` // of systemd (LoadCredential=)
}

// passwordSource is a secretSource of a password.
type passwordSource struct {
	File       string `yaml:"password_file"`
	Variable   string `yaml:"password_env"`
	Credential string `yaml:"password_credential"`
}

// UnmarshalYAML reads and checks where a URL is kept.
func (s *secretSource) UnmarshalYAML(n ast.Node) error {
	type plain secretSource // without this method
	if err := decode(n, (*plain)(s)); err != nil {
		return err
	}
	return s.check(n, "url")
}

// count returns how many places are named.
func (s *secretSource) count() int {
	places := []string{s.File, s.Variable, s.Credential}
	return len(slices.DeleteFunc(places, func(place string) bool { return place == "" }))
}

// check refuses a source with no place or several places.
func (s *secretSource) check(n ast.Node, name string) error {
	switch {
	case s.count() != 1:
		return wrongAt(n.GetToken(), "expected one place where the "+name+" is kept", fmt.Sprintf("one of %[1]s_file, %[1]s_env, %[1]s_credential", name))
	case filepath.Base(s.Credential) != s.Credential && s.Credential != "":
		return wrongAt(n.GetToken(), fmt.Sprintf("%q is no credential's name", s.Credential), "the name that LoadCredential= gives it")
	}
	return nil
}

// read returns the secret. No error quotes the secret.
func (s *secretSource) read(getenv func(string) string) (string, error) {
	path := s.File
	switch {
	case s.Variable != "":
		if value := strings.TrimSpace(getenv(s.Variable)); value != "" {
			return value, nil
		}
		return "", fmt.Errorf("the environment variable %s is not set", s.Variable)
	case s.Credential != "":
		folder := getenv("CREDENTIALS_DIRECTORY")
		if folder == "" {
			return "", fmt.Errorf("systemd has passed no credential %s", s.Credential)
		}
		path = filepath.Join(folder, s.Credential)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s can't be read: %w", path, fault.Cause(err))
	}
	value := strings.TrimSpace(string(content))
	if value == "" {
		return "", fmt.Errorf("%s is empty", path)
	}
	return value, nil
}

// secret reads the client secret: from the settings, else from the account that was set
// up on the page.
func (s *settings) secret(getenv func(string) string) (string, error) {
	secret, err := s.ownSecret(getenv)
	if secret != "" || err != nil || s.kept == nil {
		return secret, err
	}
	return s.kept.Secret()
}

// ownSecret reads the client secret from the file of the settings, else from the
// environment, else from the credential that systemd passes.
func (s *settings) ownSecret(getenv func(string) string) (string, error) {
	if s.clientSecretFile != "" {
		secret, err := (&secretSource{File: s.clientSecretFile}).read(getenv)
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
	secret, err := (&secretSource{Credential: "client-secret"}).read(getenv)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // systemd passes other credentials
	}
	if err != nil {
		return "", usageError("the credential client-secret: "+err.Error(), "see LoadCredential= in the service's unit")
	}
	return secret, nil
}

// caution is a warning about a file that the settings name, with a command to fix that.
type caution struct{ text, fix string }

// readableByOthers warns if other users can read a secret's file.
func readableByOthers(path string) []caution {
	return byOthers(path, 0o006, "%s holds a secret, and all users of this machine can read it", "chmod o= ")
}

// writableByOthers warns if other users can change a config file.
func writableByOthers(path string) []caution {
	return byOthers(path, 0o002, "all users of this machine can change %s, and so where people are sent", "chmod o-w ")
}

func byOthers(path string, mode fs.FileMode, sentence, fix string) []caution {
	if path == "" || !doctor.OpenToOthers(path, mode) {
		return nil
	}
	return []caution{{fmt.Sprintf(sentence, path), fix + text.ShellWord(path)}}
}
