package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"github.com/invopop/jsonschema"
	validator "github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write samples/config.schema.json anew")

const schemaPath = "../../samples/config.schema.json"

// The types below describe config files to an editor; samples/config.schema.json is
// made of them and of the flags. They stand in a test so that the program need not
// carry what makes it.

type schemaTop struct {
	schemaShared
	Jobs map[string]schemaJob `json:"jobs,omitempty" jsonschema_description:"Imports with a name, for muster run."`
}

func (schemaTop) JSONSchemaExtend(s *jsonschema.Schema) { addFlags(s) }

type schemaJob struct {
	Roster   string `json:"roster" jsonschema:"minLength=1" jsonschema_description:"A file, a pattern such as inbox/*.csv, or a folder."`
	Done     string `json:"done,omitempty" jsonschema_description:"The folder where a roster goes, with its results, when its run needs nobody."`
	Failed   string `json:"failed,omitempty" jsonschema_description:"The folder where a roster goes when rows need a person or it can't be read."`
	Schedule string `json:"schedule,omitempty" jsonschema:"pattern=^(CRON_TZ=[^ ]+ +)?(@[a-z]+|[^ ]+( +[^ ]+){4})$" jsonschema_description:"When muster worker runs the job: minute, hour, day, month and weekday as cron has them, such as CRON_TZ=Europe/Berlin 15 2 * * *."`
	schemaShared
}

func (schemaJob) JSONSchemaExtend(s *jsonschema.Schema) { addFlags(s) }

type schemaShared struct {
	ClientID string        `json:"client_id,omitempty" jsonschema_description:"The client ID of the account; the secret itself is never in this file (MUSTER_CLIENT_ID)."`
	Notify   schemaNotices `json:"notify,omitempty" jsonschema_description:"Who is told of a run."`
	Ping     schemaURL     `json:"ping,omitempty" jsonschema_description:"A monitor that is told when a job begins (URL/start) and how it ends (URL or URL/fail)."`
}

type schemaNotices struct{}

func (schemaNotices) JSONSchema() *jsonschema.Schema {
	one := (&jsonschema.Reflector{Anonymous: true, DoNotReference: true}).Reflect(schemaNotice{})
	one.Version = ""
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{one, {Type: "array", Items: one}}}
}

type schemaNotice struct {
	On      string      `json:"on,omitempty" jsonschema:"enum=attention,enum=failure,enum=finish,default=attention" jsonschema_description:"After which runs: those that need a person, those that did not come to their end, or every run."`
	Paths   bool        `json:"paths,omitempty" jsonschema_description:"Name the roster and its results, too."`
	Slack   schemaURL   `json:"slack,omitempty" jsonschema_description:"An incoming webhook of Slack."`
	Teams   schemaURL   `json:"teams,omitempty" jsonschema_description:"A webhook of a Microsoft Teams workflow."`
	Webhook schemaURL   `json:"webhook,omitempty" jsonschema_description:"An address that takes one JSON object by POST."`
	Email   schemaEmail `json:"email,omitempty" jsonschema_description:"A mail."`
}

func (schemaNotice) JSONSchemaExtend(s *jsonschema.Schema) {
	for _, kind := range noticeKinds() {
		s.OneOf = append(s.OneOf, &jsonschema.Schema{Required: []string{kind}})
	}
}

type schemaURL struct {
	File       string `json:"url_file,omitempty" jsonschema:"minLength=1" jsonschema_description:"The file that holds the address."`
	Env        string `json:"url_env,omitempty" jsonschema:"minLength=1" jsonschema_description:"The environment variable that holds the address."`
	Credential string `json:"url_credential,omitempty" jsonschema:"minLength=1" jsonschema_description:"The credential of systemd that holds the address."`
}

func (schemaURL) JSONSchemaExtend(s *jsonschema.Schema) { s.OneOf = required(credentialKeys("url")) }

type schemaEmail struct {
	Server     string          `json:"server" jsonschema:"minLength=1" jsonschema_description:"The mail server, such as smtp.example.com:587."`
	From       string          `json:"from" jsonschema:"minLength=1"`
	To         schemaAddresses `json:"to"`
	User       string          `json:"user,omitempty" jsonschema:"minLength=1"`
	File       string          `json:"password_file,omitempty" jsonschema:"minLength=1"`
	Env        string          `json:"password_env,omitempty" jsonschema:"minLength=1"`
	Credential string          `json:"password_credential,omitempty" jsonschema:"minLength=1"`
}

func (schemaEmail) JSONSchemaExtend(s *jsonschema.Schema) {
	s.DependentSchemas = map[string]*jsonschema.Schema{"user": {OneOf: required(credentialKeys("password"))}}
	s.DependentRequired = map[string][]string{}
	for _, key := range credentialKeys("password") {
		s.DependentRequired[key] = []string{"user"}
	}
}

type schemaAddresses struct{}

func (schemaAddresses) JSONSchema() *jsonschema.Schema {
	least := uint64(1)
	return &jsonschema.Schema{OneOf: []*jsonschema.Schema{{Type: "string"}, {Type: "array", Items: &jsonschema.Schema{Type: "string"}, MinItems: &least}}}
}

func credentialKeys(name string) []string {
	return []string{name + "_file", name + "_env", name + "_credential"}
}

func required(keys []string) (all []*jsonschema.Schema) {
	for _, key := range keys {
		all = append(all, &jsonschema.Schema{Required: []string{key}})
	}
	return all
}

// addFlags adds the settings that flags stand behind.
func addFlags(s *jsonschema.Schema) {
	var every settings
	every.init()
	every.flags.VisitAll(func(f *pflag.Flag) {
		if f.Name == "config" || f.Name == "job" {
			return
		}
		_, usage := pflag.UnquoteUsage(f)
		words, fixed := f.Value.(choice)
		one := &jsonschema.Schema{Description: strings.ToUpper(usage[:1]) + usage[1:] + "."}
		switch kind := f.Value.Type(); {
		case fixed:
			for _, word := range words.words {
				one.Enum = append(one.Enum, word)
			}
		case kind == "bool":
			one.Type = "boolean"
		case kind == "int" || kind == "ID":
			one.Type, one.Minimum = "integer", "0"
		case kind == "string":
			one.Type = "string"
		default: // 5%, 20, 4h, 2/s
			one.OneOf = []*jsonschema.Schema{{Type: "string"}, {Type: "integer"}}
		}
		s.Properties.Set(strings.ReplaceAll(f.Name, "-", "_"), one)
	})
}

// The published schema is what the types and the flags say: go test ./cmd/muster -run ConfigSchema -update
func TestConfigSchemaIsUpToDate(t *testing.T) {
	t.Parallel()
	r := jsonschema.Reflector{Anonymous: true, Namer: func(t reflect.Type) string { return strings.ToLower(strings.TrimPrefix(t.Name(), "schema")) }}
	s := r.Reflect(schemaTop{})
	s.Title = "A config file of muster"
	want, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	want = append(want, '\n')
	if *update {
		if err := os.WriteFile(schemaPath, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(string(want), read(t, schemaPath)); diff != "" {
		t.Errorf("stale, run this test with -update (-want +got):\n%s", diff)
	}
}

// An editor accepts what muster accepts, and underlines what it refuses, as far as
// a schema can know.
func TestConfigSchema(t *testing.T) {
	t.Parallel()
	schema, err := validator.NewCompiler().Compile(schemaPath)
	if err != nil {
		t.Fatal(err)
	}
	const job = "jobs:\n  nightly: {roster: a.csv"
	tests := []struct {
		content string
		good    bool
	}{
		{read(t, "../../samples/config.yaml"), true},
		{"company: 1\nmax_errors: 5%\nrate: 2/s\nquiet: true\nworkers: 4\nclient_id: x", true},
		{"notify: {slack: {url_env: SLACK}}\nmax_errors: 20", true},
		{"notify: []\nping: {url_credential: ping}", true},
		{"notify: [{email: {server: 'localhost:25', from: a@b.c, to: a@b.c}, on: finish, paths: true}]", true},
		{job + ", project: 5, done: done, failed: failed, notify: []}", true},
		{job + ", ping: {url_file: x}, max_duration: 4h}", true},
		{job + ", schedule: CRON_TZ=Europe/Berlin 15 2 * * 1-5}", true},
		{job + ", schedule: '@daily'}", true},
		{job + ", schedule: 15 2 * *}", false},
		{job + ", schedule: nightly}", false},
		{job + ", schedule: [1]}", false},
		{"schedule: 15 2 * * *", false},
		{"projetc: 5", false},
		{"company: one", false},
		{"workers: many", false},
		{"config: other.yaml", false},
		{"job: nightly", false},
		{"client_secret: hunter2", false},
		{"max_errors: [5]", false},
		{"quiet: perhaps", false},
		{"jobs: [nightly]", false},
		{"jobs:\n  nightly: {project: 5}", false},
		{job + ", rooster: b.csv}", false},
		{job + ", jobs: {}}", false},
		{"notify: loud", false},
		{"notify: {on: finish}", false},
		{"notify: {slack: {url_env: A}, teams: {url_env: B}}", false},
		{"notify: {slack: {url_env: A}, on: sometimes}", false},
		{"notify: {slack: {url: 'https://hooks.example.com/x'}}", false},
		{"notify: {slack: {url_env: A, url_file: b}}", false},
		{"notify: {slack: {}}", false},
		{"notify: {slack: {url_env: A}, paths: some}", false},
		{"notify: {irc: {url_env: A}}", false},
		{"notify: {email: {server: a, from: b}}", false},
		{"notify: {email: {server: a, from: b, to: c, user: d}}", false},
		{"notify: {email: {server: a, from: b, to: c, password_env: d}}", false},
		{"notify: {email: {server: a, from: b, to: c, user: d, password: e}}", false},
		{"ping: https://example.com", false},
	}
	for _, test := range tests {
		path := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(path, []byte(test.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := readConfig(path); (err == nil) != test.good {
			t.Errorf("muster says of %q: %v", test.content, err)
		}
		text, err := yaml.YAMLToJSON([]byte(test.content))
		if err != nil {
			t.Fatal(err)
		}
		value, err := validator.UnmarshalJSON(bytes.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		if err := schema.Validate(value); (err == nil) != test.good {
			t.Errorf("the schema says of %q: %v", test.content, err)
		}
	}
}
