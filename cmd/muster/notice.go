package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// notice says where to send a message about which runs.
type notice struct {
	on    occasion
	paths bool // it names the roster and its results, which may say more than counts
	kind  string
	url   *credential // of slack, teams and webhook
	email *email
}

// email says how a mail is sent.
type email struct {
	server   string // with its port
	from     string
	to       []string
	user     string
	password *credential
}

// occasion says which runs a notice is for.
type occasion string

const (
	onAttention occasion = "attention" // rows or the run need a person: the default, so that nights are silent
	onFailure   occasion = "failure"   // the run did not finish
	onFinish    occasion = "finish"    // every run
)

func occasions() []string { return []string{string(onAttention), string(onFailure), string(onFinish)} }

// kinds returns the kinds of notices, each a key in the config file.
func kinds() []string { return []string{"slack", "teams", "webhook", "email"} }

// includes reports whether a run with this exit code matches the occasion. A locked run
// never does.
func (o occasion) includes(code int) bool {
	switch {
	case code == exitLocked:
		return false
	case o == onFinish:
		return true
	case o == onFailure:
		return code != exitDone && code != exitRowsLeft
	}
	return code != exitDone
}

// readNotices reads the key notify: a list of notices or a single notice.
func (c *configFile) readNotices(node ast.Node) ([]notice, error) {
	entries := []ast.Node{node}
	if list, ok := node.(*ast.SequenceNode); ok {
		entries = list.Values
	}
	notices := []notice{} // not nil: none is an answer, too
	for _, entry := range entries {
		n, err := c.readNotice(entry)
		if err != nil {
			return nil, err
		}
		notices = append(notices, n)
	}
	return notices, nil
}

func (c *configFile) readNotice(node ast.Node) (notice, error) {
	n := notice{on: onAttention}
	pairs, ok := pairsOf(node)
	if !ok {
		return n, c.wrong(node, "expected a list of notices", "notify: [{slack: {url_file: slack-url}}]")
	}
	for _, pair := range pairs {
		var err error
		switch key := keyOf(pair); {
		case key == "on":
			n.on, err = c.readOccasion(pair)
		case key == "paths":
			n.paths, err = c.readBool(pair)
		case !slices.Contains(kinds(), key):
			err = c.unknown(pair, "setting of notify", append(kinds(), "on", "paths"))
		case n.kind != "":
			err = c.wrong(pair.Key, fmt.Sprintf("both %s and %s in one entry of notify", n.kind, key), "begin another entry with -")
		case key == "email":
			n.kind = key
			n.email, err = c.readEmail(pair.Value)
		default:
			n.kind = key
			n.url, err = c.readCredential(pair.Value, "url")
		}
		if err != nil {
			return n, err
		}
	}
	if n.kind == "" {
		return n, c.wrong(node, "an entry of notify has no recipient", "one of "+strings.Join(kinds(), ", "))
	}
	return n, nil
}

func (c *configFile) readOccasion(pair *ast.MappingValueNode) (occasion, error) {
	text, err := c.text(pair)
	if err == nil && !slices.Contains(occasions(), text) {
		err = c.wrong(pair.Value, fmt.Sprintf("%q is no occasion", text), strings.Join(occasions(), ", "))
	}
	return occasion(text), err
}

func (c *configFile) readBool(pair *ast.MappingValueNode) (bool, error) {
	if b, ok := pair.Value.(*ast.BoolNode); ok {
		return b.Value, nil
	}
	return false, c.wrong(pair.Value, fmt.Sprintf("%s is true or false", keyOf(pair)), keyOf(pair)+": true")
}

func (c *configFile) readEmail(node ast.Node) (*email, error) {
	known := append([]string{"server", "from", "to", "user"}, credentialKeys("password")...)
	pairs, ok := pairsOf(node)
	if !ok {
		return nil, c.wrong(node, "expected how mail is sent", "email: {server: smtp.example.com:587, from: muster@example.com, to: [office@example.com]}")
	}
	e := &email{}
	var password credential
	for _, pair := range pairs {
		var err error
		switch key := keyOf(pair); {
		case key == "server":
			e.server, err = c.text(pair)
		case key == "from":
			e.from, err = c.text(pair)
		case key == "user":
			e.user, err = c.text(pair)
		case key == "to":
			e.to, err = c.readTexts(pair)
		case key == "password" || slices.Contains(credentialKeys("password"), key):
			e.password = &password
			err = c.readCredentialKey(&password, pair, "password")
		default:
			err = c.unknown(pair, "setting of email", known)
		}
		if err != nil {
			return nil, err
		}
	}
	switch {
	case e.server == "" || e.from == "" || len(e.to) == 0:
		return nil, c.wrong(node, "a mail needs server, from and to", "email: {server: smtp.example.com:587, from: muster@example.com, to: [office@example.com]}")
	case (e.user == "") != (e.password == nil):
		return nil, c.wrong(node, "user and password stand together", "user: NAME and password_file: FILE, or neither")
	case e.password != nil:
		return e, c.oneCredential(node, e.password, "password")
	}
	return e, nil
}

// readTexts reads a text or a list of texts.
func (c *configFile) readTexts(pair *ast.MappingValueNode) ([]string, error) {
	list, ok := pair.Value.(*ast.SequenceNode)
	if !ok {
		text, err := c.text(pair)
		return []string{text}, err
	}
	var texts []string
	for _, value := range list.Values {
		scalar, ok := value.(ast.ScalarNode)
		if !ok {
			return nil, c.wrong(value, "expected an address", "to: [office@example.com]")
		}
		texts = append(texts, scalar.GetToken().Value)
	}
	return texts, nil
}
