package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"muster/importer"
	"muster/importer/roster"
)

// settings holds all settings. Each is a flag first; an environment variable or a key of
// the config file (the flag's name with underscores) replaces a flag that is not given.
// Flags win over a job's settings, a job over the environment, and the environment over
// the top of the config file: a project in the environment must not get another job's
// people.
type settings struct {
	connectionSettings
	rosterSettings
	runSettings
	outputSettings

	config, job    string
	jobWithProject string // a job of the config file that sets a project; "" if a job is chosen
	cautions       []caution
}

// connectionSettings say how to reach Procore.
type connectionSettings struct {
	company, project int64
	clientID         string // no flag: MUSTER_CLIENT_ID or the config file
	clientSecretFile string
	environment      string
	apiURL, loginURL string
	view             string

	caFile, clientCert, clientKey string
	simulate                      bool
}

// rosterSettings say how to read the roster.
type rosterSettings struct {
	sheet, encoding, delimiter string
	headerRow                  int
	passwordFile               string
	mapping                    string
	allowNamesakes             bool
}

// runSettings say how to run.
type runSettings struct {
	ledger          string
	plan            string // no key of the config file: a plan file belongs to a single roster
	workers         int
	rate            rateFlag
	reserve         shareFlag
	maxErrors       maxErrorsFlag
	maxDuration     time.Duration
	settleAfter     time.Duration
	recreateRemoved bool
	update          bool
}

// outputSettings say what to write and which notices to send.
type outputSettings struct {
	results, report     string
	json, quiet, plain  bool
	logFormat, logLevel string
	metricsFile         string
	notices             []notice // no flags: from the config file
	ping                *credential
}

// environmentOf maps flags to environment variables.
var environmentOf = map[string]string{
	"company":       "MUSTER_COMPANY",
	"project":       "MUSTER_PROJECT",
	"environment":   "MUSTER_ENVIRONMENT",
	"api-url":       "MUSTER_API_URL",
	"login-url":     "MUSTER_LOGIN_URL",
	"view":          "MUSTER_VIEW",
	"ca-file":       "MUSTER_CA_FILE",
	"client-cert":   "MUSTER_CLIENT_CERT",
	"client-key":    "MUSTER_CLIENT_KEY",
	"password-file": "MUSTER_PASSWORD_FILE",
	"mapping":       "MUSTER_MAPPING",
	"ledger":        "MUSTER_LEDGER",
	"settle-after":  "MUSTER_SETTLE_AFTER",
	"config":        "MUSTER_CONFIG",
	"plain":         "MUSTER_PLAIN",
}

func (s *settings) connectionFlags(f *pflag.FlagSet) {
	f.Var((*idFlag)(&s.company), "company", "Procore company `ID` (MUSTER_COMPANY)")
	f.Var((*idFlag)(&s.project), "project", "Procore project `ID` (MUSTER_PROJECT)")
	f.StringVar(&s.clientSecretFile, "client-secret-file", "", "`FILE` that holds the client secret, instead of MUSTER_CLIENT_SECRET")
	f.StringVar(&s.environment, "environment", "production", "Procore `ENVIRONMENT`: production, sandbox, monthly or federal (MUSTER_ENVIRONMENT)")
	f.StringVar(&s.apiURL, "api-url", "", "`URL` of the API, instead of the environment's (MUSTER_API_URL)")
	f.StringVar(&s.loginURL, "login-url", "", "`URL` that issues tokens, instead of the environment's (MUSTER_LOGIN_URL)")
	f.StringVar(&s.view, "view", "normal", "`VIEW` of the people that Procore answers with: normal, extended or web (MUSTER_VIEW)")
	f.StringVar(&s.caFile, "ca-file", "", "PEM `FILE` of authorities to trust besides the system's, for a proxy that looks into https (MUSTER_CA_FILE)")
	f.StringVar(&s.clientCert, "client-cert", "", "PEM `FILE` of a certificate to show, where a proxy asks for one (MUSTER_CLIENT_CERT)")
	f.StringVar(&s.clientKey, "client-key", "", "PEM `FILE` of its key (MUSTER_CLIENT_KEY)")
	f.BoolVar(&s.simulate, "simulate", false, "rehearse against a simulated Procore inside muster; nothing leaves this machine")
}

func (s *settings) rosterFlags(f *pflag.FlagSet) {
	f.StringVar(&s.sheet, "sheet", "", "`NAME` of the workbook's sheet (default: the one that looks like a roster)")
	f.IntVar(&s.headerRow, "header-row", 0, "`NUMBER` of the row that holds the headings (default: found)")
	f.StringVar(&s.encoding, "encoding", "", "`NAME` of a CSV file's encoding, such as windows-1252 (default: found)")
	f.StringVar(&s.delimiter, "delimiter", "", "`CHARACTER` between a CSV file's cells: , ; | or tab (default: found)")
	f.StringVar(&s.passwordFile, "password-file", "", "`FILE` that holds the password of a protected workbook (MUSTER_PASSWORD_FILE)")
	f.StringVar(&s.mapping, "mapping", "", "`FILE` that says which columns feed which fields (MUSTER_MAPPING)")
	f.BoolVar(&s.allowNamesakes, "allow-namesakes", false, "two rows of one name without IDs are two people")
}

func (s *settings) workFlags(f *pflag.FlagSet) {
	s.ledgerFlag(f)
	s.paceFlags(f)
	f.IntVar(&s.workers, "workers", importer.DefaultWorkers, "`NUMBER` of requests under way at a time, at most; fewer are if the quota needs fewer")
	f.StringVar(&s.report, "report", "", "`FILE.html` for a report to read, print or send on")
	s.planFlags(f)
	f.StringVar(&s.metricsFile, "metrics-file", "", "`FILE.prom` for Prometheus: the figures of the last run")
	f.DurationVar(&s.maxDuration, "max-duration", 0, "`TIME` after which the rest is left for the next run, such as 4h")
}

// planFlags change what a run would do.
func (s *settings) planFlags(f *pflag.FlagSet) {
	f.BoolVar(&s.update, "update", false, "give people who are there already the roster's job title")
	f.BoolVar(&s.recreateRemoved, "recreate-removed", false, "create people of earlier runs again who were taken off the project since")
	f.Var(&s.maxErrors, "max-errors", "`NUMBER` or share (20, 5%) of rows that may end without a person before the run stops")
}

// checkFlags adds all flags of check.
func (s *settings) checkFlags(f *pflag.FlagSet) {
	s.connectionFlags(f)
	s.rosterFlags(f)
	s.ledgerFlag(f)
	s.quotaFlags(f)
	s.planFlags(f)
	f.StringVar(&s.results, "results", "", "`FILE` for the roster with every row marked: .csv, .xlsx or .jsonl")
	f.StringVar(&s.plan, "plan", "", "`FILE` for a plan, which import --plan keeps to")
	s.outputFlags(f)
}

func (s *settings) ledgerFlag(f *pflag.FlagSet) {
	f.StringVar(&s.ledger, "ledger", "", "`FILE` of the ledger (MUSTER_LEDGER; default: in your state folder)")
}

// paceFlags adds the flags for the pace of requests.
func (s *settings) paceFlags(f *pflag.FlagSet) {
	s.quotaFlags(f)
	f.DurationVar(&s.settleAfter, "settle-after", time.Minute, "`TIME` after which a request whose answer was lost can no longer create a person (MUSTER_SETTLE_AFTER)")
}

func (s *settings) quotaFlags(f *pflag.FlagSet) {
	f.Var(&s.rate, "rate", "`PACE` at most, such as 2/s or 600/h (default: what Procore allows)")
	f.Var(&s.reserve, "reserve", "`SHARE` of the quota that is left to others, such as 20%")
}

// isCheckFlag reports whether check has a flag.
func (s *settings) isCheckFlag(name string) bool {
	var other settings
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	other.checkFlags(flags)
	return flags.Lookup(name) != nil
}

func (s *settings) resultsFlag(f *pflag.FlagSet) {
	f.StringVar(&s.results, "results", "", "results `FILE`: .csv, .xlsx or .jsonl (default: beside the roster)")
}

func (s *settings) outputFlags(f *pflag.FlagSet) {
	f.BoolVar(&s.json, "json", false, "print the summary as one JSON object on standard output, and nothing else there")
	f.BoolVar(&s.quiet, "quiet", false, "print nothing unless a row or the run needs your attention")
	f.StringVar(&s.logFormat, "log-format", "text", "`FORMAT` of log lines on standard error: text or json")
	f.StringVar(&s.logLevel, "log-level", "info", "`LEVEL` of log lines: debug, info, warn or error")
	s.plainFlag(f)
	s.configFlag(f)
}

// plainFlag adds --plain, for screen readers and simple terminals.
func (s *settings) plainFlag(f *pflag.FlagSet) {
	f.BoolVar(&s.plain, "plain", false, "write whole sentences, one a line, without bars, tables and colours, for screen readers (MUSTER_PLAIN; default if TERM is dumb)")
}

func (s *settings) configFlag(f *pflag.FlagSet) {
	f.StringVar(&s.config, "config", "", "YAML `FILE` of settings and jobs (MUSTER_CONFIG)")
	f.StringVar(&s.job, "job", "", "`NAME` of a job of the config file, to use the settings of")
}

// complete sets what the command line leaves open: from the job, then from the
// environment, then from the top of the config file.
func (s *settings) complete(flags *pflag.FlagSet, getenv func(string) string) error {
	if err := s.fromEnvironment(flags, getenv, "config"); err != nil {
		return err
	}
	var file *configFile
	if s.config != "" {
		var err error
		if file, err = readConfig(s.config); err != nil {
			return err
		}
		s.addWarnings(file.cautions)
		if s.job == "" {
			s.jobWithProject = file.jobWithProject()
		}
	}
	if s.job != "" {
		j, err := file.job(s.job)
		if err != nil {
			return err
		}
		if err := s.fromConfig(file, &j.section, flags); err != nil {
			return err
		}
	}
	for name := range environmentOf {
		if err := s.fromEnvironment(flags, getenv, name); err != nil {
			return err
		}
	}
	if s.clientID == "" {
		s.clientID = getenv("MUSTER_CLIENT_ID")
	}
	if file != nil {
		if err := s.fromConfig(file, &file.section, flags); err != nil {
			return err
		}
	}
	if f := flags.Lookup("plain"); f != nil && !f.Changed {
		s.plain = getenv("TERM") == "dumb" || getenv("ACCESSIBLE") != ""
	}
	for _, path := range []string{s.clientSecretFile, s.clientKey, s.passwordFile} {
		s.addWarnings(readableByOthers(path))
	}
	return nil
}

// addWarnings adds each warning once.
func (s *settings) addWarnings(cautions []caution) {
	for _, c := range cautions {
		if !slices.Contains(s.cautions, c) {
			s.cautions = append(s.cautions, c)
		}
	}
}

// fromEnvironment sets a flag that is not set yet.
func (s *settings) fromEnvironment(flags *pflag.FlagSet, getenv func(string) string, name string) error {
	variable := environmentOf[name]
	f := flags.Lookup(name)
	if f == nil || f.Changed {
		return nil
	}
	if value := getenv(variable); value != "" {
		if err := flags.Set(name, value); err != nil {
			return usageError(fmt.Sprintf("the environment variable %s: %q is not valid for --%s", variable, value, name), "muster --help")
		}
	}
	return nil
}

// allSettings is every flag that some command has.
func allSettings() *pflag.FlagSet {
	var s settings
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	s.connectionFlags(all)
	s.rosterFlags(all)
	s.workFlags(all)
	s.resultsFlag(all)
	s.outputFlags(all)
	return all
}

// readAsResults clears the settings for reading a roster unless the command line gives
// them: the config file's do not apply to a results file.
func (s *settings) readAsResults(given []*pflag.Flag) {
	var roster settings
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	roster.rosterFlags(flags)
	for _, f := range given {
		if flags.Lookup(f.Name) != nil {
			return
		}
	}
	s.sheet, s.headerRow, s.encoding, s.delimiter = "", 0, "", ""
}

// unset returns the flags that a real import still needs, with placeholders.
func (s *settings) unset() string {
	var flags []string
	if s.company == 0 {
		flags = append(flags, "--company COMPANY")
	}
	if s.project == 0 {
		flags = append(flags, "--project PROJECT")
	}
	return strings.Join(flags, " ")
}

// missing returns an error that lists the settings that a call to Procore still needs.
func (s *settings) missing(secret string) error {
	var gaps []string
	if s.company == 0 {
		gaps = append(gaps, "--company (or MUSTER_COMPANY)")
	}
	if s.project == 0 {
		gaps = append(gaps, "--project (or MUSTER_PROJECT)")
	}
	if s.clientID == "" {
		gaps = append(gaps, "MUSTER_CLIENT_ID")
	}
	if secret == "" {
		gaps = append(gaps, "MUSTER_CLIENT_SECRET (or --client-secret-file)")
	}
	if len(gaps) == 0 {
		return nil
	}
	fix := "set them, or add --simulate to rehearse without Procore"
	if s.jobWithProject != "" && (s.company == 0 || s.project == 0) {
		fix = "set them, or take those of a job: --job " + shellWord(s.jobWithProject)
	}
	return usageError("not set: "+strings.Join(gaps, ", "), fix)
}

// shortSettleAfter is the settle time below which muster warns.
const shortSettleAfter = 30 * time.Second

func (s *settings) validate(flags *pflag.FlagSet) error {
	if s.workers < 1 || s.workers > 512 {
		return usageError(fmt.Sprintf("--workers %d is not between 1 and 512", s.workers), "leave it out: as many are under way as the quota needs")
	}
	if s.headerRow < 0 {
		return usageError(fmt.Sprintf("--header-row %d: rows are numbered from 1", s.headerRow), "--header-row 1, or leave it out to have the headings found")
	}
	if s.company < 0 || s.project < 0 {
		return usageError("--company and --project take the number that Procore shows in its addresses", "look at the project's address in the browser: …/companies/COMPANY/projects/PROJECT/…")
	}
	if flags.Lookup("settle-after") != nil && s.settleAfter <= 0 {
		return usageError(fmt.Sprintf("--settle-after %s is too short: a lost request may still create a person", s.settleAfter), "--settle-after 60s")
	}
	if s.metricsFile != "" && filepath.Ext(s.metricsFile) != ".prom" {
		return usageError(s.metricsFile+": the node exporter's collector reads only files whose name ends in .prom", "end the name for the metrics in .prom")
	}
	if s.maxDuration < 0 {
		return usageError(fmt.Sprintf("--max-duration %s lies in the past", s.maxDuration), "--max-duration 4h")
	}
	switch s.logFormat {
	case "", "text", "json":
	default:
		return usageError(fmt.Sprintf("--log-format %s is unknown", s.logFormat), "text or json")
	}
	switch s.logLevel {
	case "", "debug", "info", "warn", "error":
	default:
		return usageError(fmt.Sprintf("--log-level %s is unknown", s.logLevel), "debug, info, warn or error")
	}
	return nil
}

func (s *settings) rosterOptions() (roster.Options, error) {
	password, err := s.password()
	return roster.Options{Sheet: s.sheet, HeaderRow: s.headerRow, Encoding: s.encoding, Delimiter: s.delimiter, Password: password}, err
}

// password reads the workbook's password, in which blanks count.
func (s *settings) password() (string, error) {
	if s.passwordFile == "" {
		return "", nil
	}
	content, err := os.ReadFile(s.passwordFile)
	if err != nil {
		return "", usageError(fmt.Sprintf("the password's file %s can't be read: %v", s.passwordFile, pathCause(err)), "check --password-file (or MUSTER_PASSWORD_FILE)")
	}
	password := strings.TrimRight(strings.TrimPrefix(string(content), "\uFEFF"), "\r\n")
	if password == "" {
		return "", usageError(fmt.Sprintf("the password's file %s is empty", s.passwordFile), "put the workbook's password into it, in one line")
	}
	return password, nil
}

// defaultLedger returns the ledger's default path in the system's folder for program
// state.
func defaultLedger(getenv func(string) string) (string, error) {
	if folder := getenv("XDG_STATE_HOME"); folder != "" && filepath.IsAbs(folder) {
		return filepath.Join(folder, "muster", "ledger.db"), nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", usageError("no home folder to keep the ledger in", "name a place for it with --ledger FILE (or MUSTER_LEDGER)")
	}
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support", "muster", "ledger.db"), nil
	case "windows":
		if folder := getenv("LocalAppData"); folder != "" {
			return filepath.Join(folder, "muster", "ledger.db"), nil
		}
		return filepath.Join(home, "AppData", "Local", "muster", "ledger.db"), nil
	default:
		return filepath.Join(home, ".local", "state", "muster", "ledger.db"), nil
	}
}

// pathCause removes the operation and the path from a file error, because the message
// names them.
func pathCause(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}
