package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/spf13/pflag"

	"muster/importer/text"
)

// configFile is a parsed config file: settings for every command, and jobs with more
// settings. The whole file is checked when it is read.
type configFile struct {
	path string
	section
	jobs     []job
	cautions []caution
}

// section holds the settings of the top of a config file or of a job.
type section struct {
	settings []*ast.MappingValueNode // by the flags' names
	clientID string
	notices  []notice // nil if it says nothing of them
	ping     *credential
}

// jobWithProject returns the first job that sets a project, or "".
func (c *configFile) jobWithProject() string {
	for _, j := range c.jobs {
		for _, pair := range j.settings {
			if keyOf(pair) == "project" {
				return j.name
			}
		}
	}
	return ""
}

// job is a named import that runs unattended.
type job struct {
	name         string
	roster       string // a file, a pattern or a folder
	done, failed string // where rosters go when they are through; "" leaves them
	section
}

// ownKeys are the keys without a flag.
func ownKeys() []string { return []string{"client_id", "notify", "ping"} }

// readConfig reads and checks a config file.
func readConfig(path string) (*configFile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError(fmt.Sprintf("the config file %s can't be read: %v", path, pathCause(err)), "check --config (or MUSTER_CONFIG)")
	}
	parsed, err := parser.ParseBytes(content, 0)
	if err != nil {
		return nil, usageError(fmt.Sprintf("the config file %s is not valid YAML: %v", path, err), "correct it at the line shown")
	}
	c := &configFile{path: path, cautions: writableByOthers(path)}
	for _, doc := range parsed.Docs {
		switch doc.Body.(type) {
		case nil, *ast.CommentGroupNode, *ast.NullNode:
			continue
		}
		pairs, ok := pairsOf(doc.Body)
		if !ok {
			return nil, c.wrong(doc.Body, "expected settings, one a line, such as company: 1234", "see the settings in muster import --help")
		}
		for _, pair := range pairs {
			if keyOf(pair) == "jobs" {
				err = c.readJobs(pair)
			} else {
				err = c.readSetting(&c.section, pair, append(ownKeys(), "jobs"))
			}
			if err != nil {
				return nil, err
			}
		}
	}
	return c, c.oneRoster()
}

func pairsOf(node ast.Node) ([]*ast.MappingValueNode, bool) {
	switch body := node.(type) {
	case *ast.MappingNode:
		return body.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{body}, true
	}
	return nil, false
}

func keyOf(pair *ast.MappingValueNode) string { return pair.Key.GetToken().Value }

// text returns the scalar value of a key.
func (c *configFile) text(pair *ast.MappingValueNode) (string, error) {
	if scalar, ok := pair.Value.(ast.ScalarNode); ok && pair.Value.Type() != ast.NullType {
		return scalar.GetToken().Value, nil
	}
	key := keyOf(pair)
	return "", c.wrong(pair.Value, fmt.Sprintf("the setting %s takes one value", key), "write it as "+key+": VALUE")
}

// wrong returns an error at a place of the file.
func (c *configFile) wrong(at ast.Node, message, fix string) error {
	position := at.GetToken().Position
	return usageError(fmt.Sprintf("%s, line %d, column %d: %s", c.path, position.Line, position.Column, message), fix)
}

// unknown returns the error for an unknown key, with a suggestion.
func (c *configFile) unknown(pair *ast.MappingValueNode, what string, known []string) error {
	key := keyOf(pair)
	fix := strings.Join(known, ", ")
	if near := text.Closest(key, known, 0.6); near != "" {
		fix = "did you mean " + near + "?"
	} else if len(known) > 10 {
		fix = "see the settings in muster import --help; a key is the flag's name with underscores"
	}
	return c.wrong(pair.Key, fmt.Sprintf("unknown %s %q", what, key), fix)
}

// inFolder resolves a relative path from the config file's folder, since cron starts
// commands in other folders.
func (c *configFile) inFolder(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}

// readSetting takes a setting into a section. A key that no command knows is an
// error; one that only other commands know is passed over when it is applied.
func (c *configFile) readSetting(into *section, pair *ast.MappingValueNode, own []string) (err error) {
	key := keyOf(pair)
	switch key {
	case "client_id":
		into.clientID, err = c.text(pair)
		return err
	case "client_secret":
		return c.wrong(pair.Key, "a config file does not take the secret itself", "put it into a file that only you can read and name that as client_secret_file")
	case "notify":
		into.notices, err = c.readNotices(pair.Value)
		return err
	case "ping":
		into.ping, err = c.readCredential(pair.Value, "url")
		return err
	}
	flags, known := allSettings(), own
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Name != "config" && f.Name != "job" {
			known = append(known, strings.ReplaceAll(f.Name, "-", "_"))
		}
	})
	if !slices.Contains(known, key) {
		return c.unknown(pair, "setting", known)
	}
	if err := c.set(flags, pair); err != nil {
		return err
	}
	into.settings = append(into.settings, pair)
	return nil
}

// set sets the flag that a setting stands for.
func (c *configFile) set(flags *pflag.FlagSet, pair *ast.MappingValueNode) error {
	value, err := c.text(pair)
	if err != nil {
		return err
	}
	f := flags.Lookup(strings.ReplaceAll(keyOf(pair), "_", "-"))
	if namesFile(f) {
		value = c.inFolder(value)
	}
	if err := flags.Set(f.Name, value); err != nil {
		return c.wrong(pair.Value, fmt.Sprintf("%q is not valid for %s", value, keyOf(pair)), "see --"+f.Name+" in muster import --help")
	}
	return nil
}

// namesFile reports whether a flag's value is a file's name.
func namesFile(f *pflag.Flag) bool {
	value, _ := pflag.UnquoteUsage(f)
	return strings.HasPrefix(value, "FILE")
}

// fromConfig sets what is not set yet.
func (s *settings) fromConfig(c *configFile, from *section, flags *pflag.FlagSet) error {
	for _, pair := range from.settings {
		f := flags.Lookup(strings.ReplaceAll(keyOf(pair), "_", "-"))
		if f == nil || f.Changed {
			continue
		}
		if err := c.set(flags, pair); err != nil {
			return err
		}
	}
	if s.clientID == "" {
		s.clientID = from.clientID
	}
	if s.notices == nil {
		s.notices = from.notices
	}
	if s.ping == nil {
		s.ping = from.ping
	}
	return nil
}

func (c *configFile) readJobs(pair *ast.MappingValueNode) error {
	named, ok := pairsOf(pair.Value)
	if !ok {
		return c.wrong(pair.Value, "expected jobs by their names", "jobs: {nightly: {roster: roster.csv}}")
	}
	for _, one := range named {
		j := job{name: keyOf(one)}
		keys, ok := pairsOf(one.Value)
		if !ok {
			return c.wrong(one.Value, fmt.Sprintf("expected the settings of the job %s", j.name), j.name+": {roster: roster.csv}")
		}
		for _, key := range keys {
			var err error
			switch keyOf(key) {
			case "roster":
				j.roster, err = c.text(key)
			case "done":
				j.done, err = c.text(key)
			case "failed":
				j.failed, err = c.text(key)
			default:
				err = c.readSetting(&j.section, key, append(ownKeys(), "roster", "done", "failed"))
			}
			if err != nil {
				return err
			}
		}
		if j.roster == "" {
			return c.wrong(one.Key, fmt.Sprintf("the job %s has no roster", j.name), "roster: a file, a pattern such as inbox/*.csv, or a folder")
		}
		j.roster, j.done, j.failed = c.inFolder(j.roster), c.inFolder(j.done), c.inFolder(j.failed)
		c.jobs = append(c.jobs, j)
	}
	return nil
}

// oneRoster refuses files that the results of several rosters would overwrite.
func (c *configFile) oneRoster() error {
	for _, j := range c.jobs {
		if !j.inbox().Several() {
			continue
		}
		for _, pair := range slices.Concat(j.settings, c.settings) {
			if key := keyOf(pair); key == "results" || key == "report" {
				return c.wrong(pair.Key, fmt.Sprintf("the job %s has several rosters, and one file for the %s of all", j.name, key), "leave "+key+" out; results go beside each roster")
			}
		}
	}
	return nil
}

// job returns the job of that name. A nil file has none.
func (c *configFile) job(name string) (*job, error) {
	if c == nil {
		return nil, usageError("a job is named, and no config file that has it", "--config FILE (or MUSTER_CONFIG)")
	}
	var names []string
	for i := range c.jobs {
		if c.jobs[i].name == name {
			return &c.jobs[i], nil
		}
		names = append(names, c.jobs[i].name)
	}
	fix := "its jobs are " + strings.Join(names, ", ")
	switch near := text.Closest(name, names, 0.6); {
	case near != "":
		fix = "did you mean " + near + "?"
	case len(names) == 0:
		fix = "add it there as jobs: {" + name + ": {roster: roster.csv}}"
	}
	return nil, usageError(fmt.Sprintf("%s has no job %s", c.path, name), fix)
}
