package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"muster/importer"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/importer/text"
	"muster/importer/worker"
)

// configFile is a config file that was read and checked as a whole: settings for every
// command, and jobs with more settings.
type configFile struct {
	path string
	section
	jobs     []job
	cautions []caution
}

// section holds the settings of the top of a config file or of a job.
type section struct {
	values []configValue
	sectionYAML
}

// configValue is a value for a flag.
type configValue struct {
	flag, text string
	at         *token.Token // the key
}

// job is a named import that runs unattended.
type job struct {
	worker.Job
	importer.Inbox
	section
}

// topYAML is the top of a config file, without the settings that have a flag.
type topYAML struct {
	Jobs   ast.Node    `yaml:"jobs"`
	Shared sectionYAML `yaml:",inline"`
}

// jobYAML is a job, without the settings that have a flag.
type jobYAML struct {
	Roster   string      `yaml:"roster"`
	Done     string      `yaml:"done"`
	Failed   string      `yaml:"failed"`
	Schedule schedule    `yaml:"schedule"`
	Shared   sectionYAML `yaml:",inline"`
}

// schedule is the key schedule: when the worker runs a job.
type schedule worker.Schedule

// UnmarshalYAML reads and checks a schedule.
func (s *schedule) UnmarshalYAML(n ast.Node) error {
	scalar, ok := n.(ast.ScalarNode)
	if !ok {
		return wrongAt(n.GetToken(), "expected a schedule", scheduleExample)
	}
	text := scalar.GetToken().Value
	parsed, err := worker.ParseSchedule(text)
	if err != nil {
		return wrongAt(n.GetToken(), fmt.Sprintf("%q is no schedule: %v", text, err), scheduleExample)
	}
	*s = schedule(parsed)
	return nil
}

const scheduleExample = "minute, hour, day, month and weekday as cron has them: schedule: CRON_TZ=Europe/Berlin 15 2 * * *"

// sectionYAML holds the keys without a flag that the top and a job have.
type sectionYAML struct {
	ClientID string        `yaml:"client_id"`
	Notify   notices       `yaml:"notify"` // nil without the key
	Ping     *secretSource `yaml:"ping"`
}

// readConfig reads and checks a config file.
func readConfig(path string) (*configFile, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, usageError(fmt.Sprintf("the config file %s can't be read: %v", path, fault.Cause(err)), "check --config (or MUSTER_CONFIG)")
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
		if err := c.read(doc.Body); err != nil {
			if wrong, ok := errors.AsType[*fault.Error](err); ok {
				wrong.Where.File = path
			}
			return nil, err
		}
	}
	return c, nil
}

// read reads the top of a config file.
func (c *configFile) read(n ast.Node) error {
	var top topYAML
	var err error
	if c.section, err = c.readSection(n, &top, &top.Shared); err != nil || top.Jobs == nil {
		return err
	}
	named, ok := pairsOf(top.Jobs)
	if !ok {
		return wrongAt(top.Jobs.GetToken(), "expected jobs by their names", "jobs: {nightly: {roster: roster.csv}}")
	}
	for _, pair := range named {
		if err := c.readJob(pair); err != nil {
			return err
		}
	}
	return nil
}

// readJob reads a job and adds the job to the file.
func (c *configFile) readJob(pair *ast.MappingValueNode) error {
	name := pair.Key.GetToken().Value
	var y jobYAML
	section, err := c.readSection(pair.Value, &y, &y.Shared)
	if err != nil {
		return err
	}
	if y.Roster == "" {
		return wrongAt(pair.Key.GetToken(), fmt.Sprintf("the job %s has no roster", name), "roster: a file, a pattern such as inbox/*.csv, or a folder")
	}
	j := job{
		Job:     worker.Job{Name: name, Schedule: worker.Schedule(y.Schedule)},
		Inbox:   importer.Inbox{Roster: c.inFolder(y.Roster), Done: c.inFolder(y.Done), Failed: c.inFolder(y.Failed)},
		section: section,
	}
	if j.Several() {
		for _, v := range slices.Concat(j.values, c.values) {
			if v.flag == "results" || v.flag == "report" {
				return wrongAt(v.at, fmt.Sprintf("the job %s has several rosters, and one file for the %s of all", name, v.flag),
					"leave "+v.flag+" out; results go beside each roster")
			}
		}
	}
	c.jobs = append(c.jobs, j)
	return nil
}

// readSection reads the settings that have a flag, and decodes all other keys into a
// struct. shared is the part of the struct that every section has.
func (c *configFile) readSection(n ast.Node, into any, shared *sectionYAML) (section, error) {
	var s section
	pairs, ok := pairsOf(n)
	if !ok {
		return s, wrongAt(n.GetToken(), "expected settings, one a line, such as company: 1234", "see the settings in muster import --help")
	}
	var scratch settings
	scratch.init()
	keys := scratch.configKeys()
	rest := ast.Mapping(n.GetToken(), true)
	for _, pair := range pairs {
		key := pair.Key.GetToken()
		if !slices.Contains(keys, key.Value) {
			rest.Values = append(rest.Values, pair)
			continue
		}
		v := configValue{flag: strings.ReplaceAll(key.Value, "_", "-"), at: key}
		scalar, ok := pair.Value.(ast.ScalarNode)
		if !ok || pair.Value.Type() == ast.NullType {
			return s, wrongAt(pair.Value.GetToken(), fmt.Sprintf("the setting %s takes one value", key.Value), "write it as "+key.Value+": VALUE")
		}
		v.text = scalar.GetToken().Value
		f := scratch.flags.Lookup(v.flag)
		if takesFile(f) && !ledger.IsURL(v.text) {
			v.text = c.inFolder(v.text)
		}
		if err := scratch.flags.Set(v.flag, v.text); err != nil {
			return s, wrongAt(scalar.GetToken(), fmt.Sprintf("%q is not valid for %s", v.text, key.Value), "see --"+v.flag+" in muster import --help")
		}
		s.values = append(s.values, v)
	}
	if err := decode(rest, into, keys...); err != nil {
		return s, err
	}
	c.resolve(shared)
	s.sectionYAML = *shared
	return s, nil
}

// resolve completes the paths of secrets, and warns of secrets that others can read.
func (c *configFile) resolve(s *sectionYAML) {
	secrets := []*secretSource{s.Ping}
	for _, n := range s.Notify {
		secrets = append(secrets, n.secret())
	}
	for _, secret := range secrets {
		if secret != nil {
			secret.File = c.inFolder(secret.File)
			c.cautions = append(c.cautions, readableByOthers(secret.File)...)
		}
	}
}

// inFolder resolves a relative path from the config file's folder, since cron starts
// commands in other folders.
func (c *configFile) inFolder(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}

// job returns the job of that name.
func (c *configFile) job(name string) (*job, error) {
	if c.path == "" {
		return nil, usageError("a job is named, and no config file that has it", "--config FILE (or MUSTER_CONFIG)")
	}
	names := c.jobNames()
	if i := slices.Index(names, name); i >= 0 {
		return &c.jobs[i], nil
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

// jobNames returns the names of the jobs in the file's order.
func (c *configFile) jobNames() []string {
	var names []string
	for _, j := range c.jobs {
		names = append(names, j.Name)
	}
	return names
}

func pairsOf(n ast.Node) ([]*ast.MappingValueNode, bool) {
	switch body := n.(type) {
	case *ast.MappingNode:
		return body.Values, true
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{body}, true
	}
	return nil, false
}

// decode decodes a node strictly into a struct. known are keys at this place that the
// struct does not have.
func decode(n ast.Node, into any, known ...string) error {
	err := yaml.NodeToValue(n, into, yaml.Strict())
	var own *fault.Error
	var unknown *yaml.UnknownFieldError
	var kind *yaml.TypeError
	var other yaml.Error
	switch {
	case errors.As(err, &own):
		return own
	case errors.As(err, &unknown):
		return unknownKey(unknown.Token, append(yamlKeys(reflect.TypeOf(into).Elem()), known...))
	case errors.As(err, &kind) && kind.DstType.Kind() == reflect.Bool:
		return wrongAt(kind.Token, fmt.Sprintf("%q is neither true nor false", kind.Token.Value), "true or false")
	case errors.As(err, &kind):
		return wrongAt(kind.Token, "expected a single value", "write it behind the colon")
	case errors.As(err, &other):
		return wrongAt(other.GetToken(), other.GetMessage(), "compare with the examples in muster help jobs")
	}
	return err
}

// yamlKeys returns the keys of a struct in YAML.
func yamlKeys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		key := t.Field(i).Tag.Get("yaml")
		if key == ",inline" {
			keys = append(keys, yamlKeys(t.Field(i).Type)...)
		} else {
			keys = append(keys, key)
		}
	}
	return keys
}

// unknownKey returns the error for an unknown key, with the key that may be meant. A
// secret is refused with the key for a file with the secret.
func unknownKey(at *token.Token, known []string) error {
	if file := at.Value + "_file"; slices.Contains(known, file) {
		return wrongAt(at, "a config file does not take the "+at.Value+" itself: it may hold a token", "put it into a file that only you can read and name that as "+file)
	}
	fix := strings.Join(known, ", ")
	if near := text.Closest(at.Value, known, 0.6); near != "" {
		fix = "did you mean " + near + "?"
	} else if len(known) > 10 {
		fix = "see the settings in muster import --help; a key is the flag's name with underscores"
	}
	return wrongAt(at, fmt.Sprintf("unknown setting %q", at.Value), fix)
}

// wrongAt returns an error at a place of the file.
func wrongAt(at *token.Token, message, fix string) error {
	err := usageError(message, fix)
	err.Where = fault.Where{Line: at.Position.Line, Column: at.Position.Column}
	return err
}
