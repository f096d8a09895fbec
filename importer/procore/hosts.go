package procore

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Environment is an installation of Procore under the name in the settings.
// Tokens never cross environments, and each sandbox has a different company ID.
type Environment struct {
	Name     string
	APIURL   string
	LoginURL string
}

// Environments returns the known environments, production first. The
// on-demand sandbox shares production's hosts.
func Environments() []Environment {
	return []Environment{
		{"production", "https://api.procore.com", "https://login.procore.com"},
		{"sandbox", "https://sandbox.procore.com", "https://login-sandbox.procore.com"},
		{"monthly", "https://api-monthly.procore.com", "https://login-sandbox-monthly.procore.com"},
		{"federal", "https://api.procoregov.com", "https://login.procoregov.com"},
	}
}

// callPath matches the end of a URL that was copied from Procore's documentation with
// the path of a call. The client adds that path.
var callPath = regexp.MustCompile(`/+(rest(/+v[0-9.]+)?|oauth(/+token)?)/*$`)

// baseURL checks the URL of a setting and removes trailing slashes and the beginning
// of a call's path, such as /rest/v1.0. Messages do not repeat a URL that could hold a
// password.
func baseURL(setting, text string) (*url.URL, error) {
	if text == "" {
		return nil, fmt.Errorf("the %s is missing: give it, or name an environment", setting)
	}
	u, err := url.Parse(text)
	if err != nil {
		return nil, fmt.Errorf("the %s is not a URL: write it like https://api.procore.com", setting)
	}
	switch {
	case u.User != nil:
		return nil, fmt.Errorf("the %s holds a user name or password: leave both out, the credentials have separate settings", setting)
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.Opaque != "":
		return nil, fmt.Errorf("the %s %q is not a web address: write it like https://api.procore.com", setting, text)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("the %s %q has something after ? or #: give the address alone", setting, text)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("the %s %q would send the credentials unencrypted: use https:// (http:// is only for this machine, such as http://127.0.0.1:8080)", setting, text)
	}
	u.Path = strings.TrimRight(callPath.ReplaceAllLiteralString(u.Path, ""), "/")
	u.RawPath = ""
	return u, nil
}

// isLoopback reports whether a host can only be this machine.
func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// check returns the two base URLs and joins every problem of the options.
// A client that is not bound to a project needs no IDs.
func (o Options) check(bound bool) (api, login *url.URL, err error) {
	api, apiErr := baseURL("API URL", o.APIURL)
	login, loginErr := baseURL("login URL", o.LoginURL)
	problems := []error{apiErr, loginErr}
	require := func(ok bool, problem string) {
		if !ok {
			problems = append(problems, errors.New(problem))
		}
	}
	require(!bound || o.CompanyID > 0, "the company ID is missing or not a positive number: take the number behind /companies/ or /company/ in the address line of Procore")
	require(!bound || o.ProjectID > 0, "the project ID is missing or not a positive number: take the number behind /projects/ in the address line of Procore")
	require(o.ClientID != "", "the client ID is missing: the service account's page in Procore's developer portal shows it")
	require(o.ClientSecret != "", "the client secret is missing: the service account's page in Procore's developer portal shows it")
	require(slices.Contains([]string{"", "normal", "extended", "web"}, o.View), fmt.Sprintf("the view %q does not exist: use normal, extended or web", o.View))
	return api, login, errors.Join(problems...)
}
