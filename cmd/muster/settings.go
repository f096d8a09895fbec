package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/account"
	"muster/importer/fault"
	"muster/importer/procore"
	"muster/importer/roster"
	"muster/importer/text"
)

// settings holds the values of all settings. Each setting is a flag first; an environment
// variable or a key of the config file (the flag's name with underscores) replaces a
// missing flag. Flags win over a job's settings, a job over the environment, and the
// environment over the top of the config file: a project in the environment must not get
// another job's people.
type settings struct {
	connectionSettings
	rosterSettings
	runSettings
	outputSettings

	config, job string
	file        configFile // empty without a config file
	chosen      *job       // of the config file, by name; nil without one
	cautions    []caution
	flags       *pflag.FlagSet // of the whole table; a command takes copies
	kept        *account.Store // with the client secret, if the settings lack one
}

// connectionSettings say how to reach Procore.
type connectionSettings struct {
	company          int64
	project          int64
	projectName      string // instead of the ID, until findProject has looked it up
	clientID         string // no flag: MUSTER_CLIENT_ID, the config file or the kept account
	clientSecretFile string
	environment      string
	apiURL, loginURL string
	view             string

	tlsSettings
	simulate bool
}

// tlsSettings are the certificates for a proxy.
type tlsSettings struct{ caFile, clientCert, clientKey string }

// rosterSettings say how to read the roster.
type rosterSettings struct {
	roster.Options
	passwordFile string
	mapping      string
}

// runSettings say how to run.
type runSettings struct {
	ledger           string
	ledgerSecretFile string
	plan             string  // no key of the config file: a plan file belongs to a single roster
	rate             float64 // requests a second
	reserve          float64 // a share of the quota
	importer.Policy
	importer.Limits
}

// outputSettings say what to write and which notices to send.
type outputSettings struct {
	results, report     string
	json, quiet, plain  bool
	logFormat, logLevel string
	metricsFile         string
	notices             notices // no flags: from the config file
	ping                *secretSource
}

// group is a group of settings that a command takes together. The name of a flag is a group
// with that flag alone.
type group string

const (
	connectionGroup group = "how to reach Procore"
	rosterGroup     group = "how to read the roster"
	ledgerGroup     group = "where the ledger is"
	quotaGroup      group = "how much of the quota to take"
	paceGroup       group = "how long to wait for lost answers"
	actionGroup     group = "what to do with people and errors"
	runGroup        group = "how to run, and what to write about the run"
	outputGroup     group = "what to print"
	configGroup     group = "which config file and job"
)

// importGroups returns the groups that import takes.
func importGroups() []group {
	return []group{
		connectionGroup, rosterGroup, ledgerGroup, quotaGroup, paceGroup, actionGroup, runGroup, "results",
		outputGroup, "plain", configGroup,
	}
}

// setting is a line of the table of settings.
type setting struct {
	group    group
	flag     string
	variable string // the environment variable, or ""
	place    any    // where the value is kept
	usage    string // with the placeholder of the value in backquotes
}

// table returns all settings that a flag, an environment variable or the config file can
// give.
func (s *settings) table() []setting {
	return []setting{
		{connectionGroup, "company", "MUSTER_COMPANY", newParsed(&s.company, "ID", parseID), "Procore company `ID`"},
		{connectionGroup, "project", "MUSTER_PROJECT", projectFlag{s}, "Procore project: `ID` or name"},
		{connectionGroup, "client-secret-file", "", &s.clientSecretFile, "`FILE` that holds the client secret, instead of MUSTER_CLIENT_SECRET"},
		{connectionGroup, "environment", "MUSTER_ENVIRONMENT", choice{&s.environment, environmentNames()}, "Procore `ENVIRONMENT`: production, sandbox, monthly or federal"},
		{connectionGroup, "api-url", "MUSTER_API_URL", &s.apiURL, "`URL` of the API, instead of the environment's"},
		{connectionGroup, "login-url", "MUSTER_LOGIN_URL", &s.loginURL, "`URL` that issues tokens, instead of the environment's"},
		{connectionGroup, "view", "MUSTER_VIEW", choice{&s.view, []string{"normal", "extended", "web"}}, "`VIEW` of the people that Procore answers with: normal, extended or web"},
		{connectionGroup, "ca-file", "MUSTER_CA_FILE", &s.caFile, "PEM `FILE` of authorities to trust besides the system's, for a proxy that looks into https"},
		{connectionGroup, "client-cert", "MUSTER_CLIENT_CERT", &s.clientCert, "PEM `FILE` of a certificate to show, where a proxy asks for one"},
		{connectionGroup, "client-key", "MUSTER_CLIENT_KEY", &s.clientKey, "PEM `FILE` of the certificate's key"},
		{connectionGroup, "simulate", "", &s.simulate, "rehearse against a simulated Procore inside muster; nothing leaves this machine"},

		{rosterGroup, "sheet", "", &s.Sheet, "`NAME` of the workbook's sheet (default: the one that looks like a roster)"},
		{rosterGroup, "header-row", "", &s.HeaderRow, "`NUMBER` of the row that holds the headings (default: found)"},
		{rosterGroup, "encoding", "", &s.Encoding, "`NAME` of a CSV file's encoding, such as windows-1252 (default: found)"},
		{rosterGroup, "delimiter", "", &s.Delimiter, "`CHARACTER` between a CSV file's cells: , ; | or tab (default: found)"},
		{rosterGroup, "password-file", "MUSTER_PASSWORD_FILE", &s.passwordFile, "`FILE` that holds the password of a protected workbook"},
		{rosterGroup, "mapping", "MUSTER_MAPPING", &s.mapping, "`FILE` that says which columns feed which fields"},
		{rosterGroup, "allow-namesakes", "", &s.AllowNamesakes, "two rows of one name without IDs are two people"},

		{ledgerGroup, "ledger", "MUSTER_LEDGER", &s.ledger, "`FILE` or postgres:// URL of the ledger; by default a file in your state folder"},
		{ledgerGroup, "ledger-secret-file", "MUSTER_LEDGER_SECRET_FILE", &s.ledgerSecretFile, "`FILE` on each host that keeps the secret of a ledger out of its database"},
		{quotaGroup, "rate", "", newParsed(&s.rate, "pace", parseRate), "`PACE` at most, such as 2/s or 600/h (default: what Procore allows)"},
		{quotaGroup, "reserve", "", newParsed(&s.reserve, "share", parseShare), "`SHARE` of the quota that is left to others, such as 20%"},
		{paceGroup, "settle-after", "MUSTER_SETTLE_AFTER", &s.SettleAfter, "`TIME` after which a request whose answer was lost can no longer create a person"},
		{actionGroup, "update", "", &s.Update, "give people who are there already the roster's job title"},
		{actionGroup, "recreate-removed", "", &s.RecreateRemoved, "create people of earlier runs again who were taken off the project since"},
		{actionGroup, "reactivate", "", &s.Reactivate, "make people active again who are inactive in Procore"},
		{actionGroup, "ignore-inactive", "", &s.IgnoreInactive, "do not read the list of inactive people: an inactive person may be created again"},
		{actionGroup, "max-errors", "", newParsed(&s.MaxErrors, "errors", importer.ParseMaxErrors), "`NUMBER` or share (20, 5%) of rows that may end without a person before the run stops"},
		{runGroup, "workers", "", &s.Workers, "`NUMBER` of requests under way at a time, at most; fewer are if the quota needs fewer"},
		{runGroup, "report", "", &s.report, "`FILE.html` for a report to read, print or send on"},
		{runGroup, "metrics-file", "", &s.metricsFile, "`FILE.prom` for Prometheus: the figures of the last run"},
		{runGroup, "max-duration", "", &s.MaxDuration, "`TIME` after which the rest is left for the next run, such as 4h"},
		{"results", "results", "", &s.results, "results `FILE`: .csv, .xlsx or .jsonl (default: beside the roster)"},

		{outputGroup, "json", "", &s.json, "print the summary as one JSON object on standard output, and nothing else there"},
		{outputGroup, "quiet", "", &s.quiet, "print nothing unless a row or the run needs your attention"},
		{outputGroup, "log-format", "", choice{&s.logFormat, []string{"text", "json"}}, "`FORMAT` of log lines on standard error: text or json"},
		{outputGroup, "log-level", "", choice{&s.logLevel, []string{"debug", "info", "warn", "error"}}, "`LEVEL` of log lines: debug, info, warn or error"},
		{"plain", "plain", "MUSTER_PLAIN", &s.plain, "write whole sentences, one a line, without bars, tables and colours, for screen readers; default if TERM is dumb"},
		{configGroup, "config", "MUSTER_CONFIG", &s.config, "YAML `FILE` of settings and jobs"},
		{configGroup, "job", "", &s.job, "`NAME` of a job of the config file, to use the settings of"},
	}
}

// environmentNames returns the names of Procore's environments.
func environmentNames() []string {
	var names []string
	for _, e := range procore.Environments() {
		names = append(names, e.Name)
	}
	return names
}

// init sets the defaults and defines the flags.
func (s *settings) init() {
	s.Workers, s.SettleAfter = importer.DefaultWorkers, 2*time.Minute
	s.environment, s.view, s.logFormat, s.logLevel = "production", "normal", "text", "info"
	s.flags = pflag.NewFlagSet("settings", pflag.ContinueOnError)
	for _, line := range s.table() {
		usage := line.usage
		if line.variable != "" {
			usage += " (" + line.variable + ")"
		}
		switch place := line.place.(type) {
		case *string:
			s.flags.StringVar(place, line.flag, *place, usage)
		case *bool:
			s.flags.BoolVar(place, line.flag, *place, usage)
		case *int:
			s.flags.IntVar(place, line.flag, *place, usage)
		case *time.Duration:
			s.flags.DurationVar(place, line.flag, *place, usage)
		case pflag.Value:
			s.flags.Var(place, line.flag, usage)
		}
	}
}

// takesFile reports whether a flag's value is a file's name.
func takesFile(f *pflag.Flag) bool {
	value, _ := pflag.UnquoteUsage(f)
	return strings.HasPrefix(value, "FILE")
}

// addFlags gives a command the flags of some groups.
func (s *settings) addFlags(f *pflag.FlagSet, groups ...group) {
	for _, line := range s.table() {
		if slices.Contains(groups, line.group) || slices.Contains(groups, group(line.flag)) {
			own := *s.flags.Lookup(line.flag)
			f.AddFlag(&own)
		}
	}
}

// line returns the setting of a flag; a flag of a single command has none.
func (s *settings) line(flag string) setting {
	for _, line := range s.table() {
		if line.flag == flag {
			return line
		}
	}
	return setting{}
}

// configKey returns the key of the config file for a flag.
func configKey(flag string) string { return strings.ReplaceAll(flag, "-", "_") }

// configKeys returns the keys of the config file that have a flag.
func (s *settings) configKeys() []string {
	var keys []string
	for _, line := range s.table() {
		if line.group != configGroup {
			keys = append(keys, configKey(line.flag))
		}
	}
	return keys
}

// complete sets every setting without a flag on the command line: from the job, then from
// the environment, then from the top of the config file.
func (s *settings) complete(flags *pflag.FlagSet, getenv func(string) string) error {
	if err := s.fromEnvironment(flags, getenv, "config"); err != nil {
		return err
	}
	if s.config != "" {
		file, err := readConfig(s.config)
		if err != nil {
			return err
		}
		s.file = *file
		s.addCautions(file.cautions)
	}
	if s.job != "" {
		var err error
		if s.chosen, err = s.file.job(s.job); err != nil {
			return err
		}
		if err := s.fromConfig(&s.chosen.section, flags); err != nil {
			return err
		}
	}
	for _, line := range s.table() {
		if err := s.fromEnvironment(flags, getenv, line.flag); err != nil {
			return err
		}
	}
	s.clientID = cmp.Or(s.clientID, getenv("MUSTER_CLIENT_ID"))
	if err := s.fromConfig(&s.file.section, flags); err != nil {
		return err
	}
	if f := flags.Lookup("plain"); f != nil && !f.Changed {
		s.plain = getenv("TERM") == "dumb" || getenv("ACCESSIBLE") != ""
	}
	for _, path := range []string{s.clientSecretFile, s.clientKey, s.passwordFile} {
		s.addCautions(readableByOthers(path))
	}
	return nil
}

// addCautions adds each caution once.
func (s *settings) addCautions(cautions []caution) {
	for _, c := range cautions {
		if !slices.Contains(s.cautions, c) {
			s.cautions = append(s.cautions, c)
		}
	}
}

// fromEnvironment sets a flag that is not set yet.
func (s *settings) fromEnvironment(flags *pflag.FlagSet, getenv func(string) string, name string) error {
	variable := s.line(name).variable
	f := flags.Lookup(name)
	if f == nil || f.Changed || variable == "" {
		return nil
	}
	if value := getenv(variable); value != "" {
		if err := flags.Set(name, value); err != nil {
			return usageError(fmt.Sprintf("the environment variable %s: %q is not valid for --%s", variable, value, name), "muster --help")
		}
	}
	return nil
}

// fromConfig sets the values of a section of the config file that are not set yet.
func (s *settings) fromConfig(from *section, flags *pflag.FlagSet) error {
	for _, v := range from.values {
		f := flags.Lookup(v.flag)
		if f == nil || f.Changed {
			continue
		}
		if err := flags.Set(v.flag, v.text); err != nil {
			return err
		}
	}
	s.clientID, s.ping = cmp.Or(s.clientID, from.ClientID), cmp.Or(s.ping, from.Ping)
	if s.notices == nil {
		s.notices = from.Notify
	}
	return nil
}

// readAsResults clears the settings for reading a roster, unless the command line has
// such a flag: the config file describes the roster, not a results file.
func (s *settings) readAsResults(given []*pflag.Flag) {
	if !slices.ContainsFunc(given, func(f *pflag.Flag) bool { return s.line(f.Name).group == rosterGroup }) {
		s.Options = roster.Options{}
	}
}

// unset returns the flags that a real import still needs, with placeholders.
func (s *settings) unset() string {
	return strings.Join(s.gaps("--company COMPANY", "--project PROJECT"), " ")
}

// gaps returns the names for the company and the project, unless they are set.
func (s *settings) gaps(company, project string) (gaps []string) {
	if s.company == 0 {
		gaps = append(gaps, company)
	}
	if s.project == 0 && s.projectName == "" {
		gaps = append(gaps, project)
	}
	return gaps
}

// missing returns an error that lists the settings that a call to Procore still needs.
func (s *settings) missing(secret string) error {
	gaps := s.gaps("--company (or MUSTER_COMPANY)", "--project (or MUSTER_PROJECT)")
	if s.clientID == "" {
		gaps = append(gaps, "MUSTER_CLIENT_ID")
	}
	if secret == "" {
		gaps = append(gaps, "MUSTER_CLIENT_SECRET (or --client-secret-file)")
	}
	if len(gaps) == 0 {
		return nil
	}
	fix := "set them, connect on the page (muster web), or add --simulate to rehearse without Procore"
	if job := s.jobWithProject(); job != "" && (s.company == 0 || s.project == 0) {
		fix = "set them, or take those of a job: --job " + text.ShellWord(job)
	}
	return usageError("not set: "+strings.Join(gaps, ", "), fix)
}

// jobWithProject returns the first job that sets a project, or "". A chosen job leaves no
// other to choose.
func (s *settings) jobWithProject() string {
	sets := func(j job) bool {
		return slices.ContainsFunc(j.values, func(v configValue) bool { return v.flag == "project" })
	}
	if i := slices.IndexFunc(s.file.jobs, sets); i >= 0 && s.chosen == nil {
		return s.file.jobs[i].Name
	}
	return ""
}

// shortSettleAfter is the settle time below which muster warns.
const shortSettleAfter = 30 * time.Second

// validate refuses values that no run can use.
func (s *settings) validate(flags *pflag.FlagSet) error {
	for _, rule := range []struct {
		broken       bool
		message, fix string
	}{
		{
			s.Workers < 1 || s.Workers > 512, fmt.Sprintf("--workers %d is not between 1 and 512", s.Workers),
			"leave it out: as many are under way as the quota needs",
		},
		{
			s.HeaderRow < 0, fmt.Sprintf("--header-row %d: rows are numbered from 1", s.HeaderRow),
			"--header-row 1, or leave it out to have the headings found",
		},
		{
			flags.Lookup("settle-after") != nil && s.SettleAfter <= 0,
			fmt.Sprintf("--settle-after %s is too short: a lost request may still create a person", s.SettleAfter), "--settle-after 2m",
		},
		{
			s.metricsFile != "" && filepath.Ext(s.metricsFile) != ".prom",
			s.metricsFile + ": the node exporter's collector reads only files whose name ends in .prom", "end the name for the metrics in .prom",
		},
		{s.MaxDuration < 0, fmt.Sprintf("--max-duration %s lies in the past", s.MaxDuration), "--max-duration 4h"},
	} {
		if rule.broken {
			return usageError(rule.message, rule.fix)
		}
	}
	return nil
}

// password reads the workbook's password, in which blanks count.
func (s *settings) password() (string, error) {
	if s.passwordFile == "" {
		return "", nil
	}
	content, err := os.ReadFile(s.passwordFile)
	if err != nil {
		return "", usageError(fmt.Sprintf("the password's file %s can't be read: %v", s.passwordFile, fault.Cause(err)), "check --password-file (or MUSTER_PASSWORD_FILE)")
	}
	password := strings.TrimRight(strings.TrimPrefix(string(content), "\uFEFF"), "\r\n")
	if password == "" {
		return "", usageError(fmt.Sprintf("the password's file %s is empty", s.passwordFile), "put the workbook's password into it, in one line")
	}
	return password, nil
}

// defaultLedger returns the default path of the ledger: in the system's folder for
// program state.
func defaultLedger(getenv func(string) string) (string, error) {
	if folder := getenv("XDG_STATE_HOME"); folder != "" && filepath.IsAbs(folder) {
		return filepath.Join(folder, "muster", "ledger.db"), nil
	}
	var folder string
	var err error
	switch runtime.GOOS {
	case "darwin":
		folder, err = os.UserConfigDir() // ~/Library/Application Support
	case "windows":
		folder, err = os.UserCacheDir() // %LocalAppData%
	default:
		folder, err = os.UserHomeDir()
		folder = filepath.Join(folder, ".local", "state")
	}
	if err != nil {
		return "", usageError("there is no home folder for the ledger", "choose a place with --ledger FILE (or MUSTER_LEDGER)")
	}
	return filepath.Join(folder, "muster", "ledger.db"), nil
}
