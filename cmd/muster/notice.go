package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"

	"muster/importer/outcome"
)

// notice says which message to send after which runs.
type notice struct {
	On      occasion      `yaml:"on"`
	Paths   bool          `yaml:"paths"` // whether to name the roster and the results, which may say more than counts
	Slack   *secretSource `yaml:"slack"`
	Teams   *secretSource `yaml:"teams"`
	Webhook *secretSource `yaml:"webhook"`
	Email   *email        `yaml:"email"`
}

// email says how to send a mail.
type email struct {
	Server   string         `yaml:"server"` // with the port
	From     string         `yaml:"from"`
	To       addresses      `yaml:"to"`
	User     string         `yaml:"user"`
	Password passwordSource `yaml:",inline"`
}

// notices is the key notify: a list of notices or a single notice.
type notices []notice

// addresses is a list of mail addresses or a single address.
type addresses []string

// occasion says which runs a notice is for.
type occasion string

const (
	onAttention occasion = "attention" // rows or the run need a person: the default, so that nights are silent
	onFailure   occasion = "failure"   // the run did not finish
	onFinish    occasion = "finish"    // every run
)

func occasions() []string { return []string{string(onAttention), string(onFailure), string(onFinish)} }

// noticeKinds returns the kinds of notices, each a key in the config file.
func noticeKinds() []string { return []string{"slack", "teams", "webhook", "email"} }

// includes reports whether a run with this exit code matches the occasion. A locked run
// never does.
func (o occasion) includes(code int) bool {
	switch {
	case code == outcome.ExitLocked:
		return false
	case o == onFinish:
		return true
	case o == onFailure:
		return code != outcome.ExitDone && code != outcome.ExitRowsLeft
	}
	return code != outcome.ExitDone
}

// kind returns the kind of a notice, and the source of the URL unless the notice is a mail.
func (n notice) kind() (string, *secretSource) {
	switch {
	case n.Slack != nil:
		return "slack", n.Slack
	case n.Teams != nil:
		return "teams", n.Teams
	case n.Webhook != nil:
		return "webhook", n.Webhook
	}
	return "email", nil
}

// secret returns the secret that sending a notice takes, or nil.
func (n notice) secret() *secretSource {
	if n.Email != nil {
		return (*secretSource)(&n.Email.Password)
	}
	_, url := n.kind()
	return url
}

// entriesOf returns the entries of a list, or a single value as the only entry.
func entriesOf(n ast.Node) []ast.Node {
	if list, ok := n.(*ast.SequenceNode); ok {
		return list.Values
	}
	return []ast.Node{n}
}

// UnmarshalYAML reads a list of notices or a single notice.
func (l *notices) UnmarshalYAML(n ast.Node) error {
	*l = notices{} // an empty list replaces the list at the top of the file
	for _, entry := range entriesOf(n) {
		if _, ok := pairsOf(entry); !ok {
			return wrongAt(entry.GetToken(), "expected a list of notices", "notify: [{slack: {url_file: slack-url}}]")
		}
		var one notice
		if err := one.read(entry); err != nil {
			return err
		}
		*l = append(*l, one)
	}
	return nil
}

// read reads and checks a notice.
func (n *notice) read(entry ast.Node) error {
	n.On = onAttention
	if err := decode(entry, n); err != nil {
		return err
	}
	recipients := slices.DeleteFunc([]bool{n.Slack != nil, n.Teams != nil, n.Webhook != nil, n.Email != nil}, func(given bool) bool { return !given })
	switch len(recipients) {
	case 0:
		return wrongAt(entry.GetToken(), "an entry of notify has no recipient", "one of "+strings.Join(noticeKinds(), ", "))
	case 1:
		return nil
	}
	return wrongAt(entry.GetToken(), "an entry of notify has several recipients", "begin another entry with -")
}

// UnmarshalYAML reads the word for an occasion.
func (o *occasion) UnmarshalYAML(n ast.Node) error {
	word := n.GetToken().Value
	if !slices.Contains(occasions(), word) {
		return wrongAt(n.GetToken(), fmt.Sprintf("%q is no occasion", word), strings.Join(occasions(), ", "))
	}
	*o = occasion(word)
	return nil
}

// UnmarshalYAML reads and checks how to send a mail.
func (e *email) UnmarshalYAML(n ast.Node) error {
	const example = "email: {server: smtp.example.com:587, from: muster@example.com, to: [office@example.com]}"
	type plain email // without this method
	if err := decode(n, (*plain)(e)); err != nil {
		return err
	}
	login := secretSource(e.Password)
	switch {
	case e.Server == "" || e.From == "" || len(e.To) == 0:
		return wrongAt(n.GetToken(), "a mail needs server, from and to", example)
	case (e.User == "") != (login.count() == 0):
		return wrongAt(n.GetToken(), "user and password are needed together", "user: NAME and password_file: FILE, or neither")
	case e.User != "":
		return login.check(n, "password")
	}
	return nil
}

// UnmarshalYAML reads a list of addresses or a single address.
func (l *addresses) UnmarshalYAML(n ast.Node) error {
	for _, entry := range entriesOf(n) {
		scalar, ok := entry.(ast.ScalarNode)
		if !ok {
			return wrongAt(entry.GetToken(), "expected an address", "to: [office@example.com]")
		}
		*l = append(*l, scalar.GetToken().Value)
	}
	return nil
}
