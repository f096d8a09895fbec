package procore

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strings"
)

// Environment is one of Procore's installations, by the name that settings
// use. Tokens never cross environments, and each sandbox has its own company
// ID.
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

// HostsOf returns the environment of that name, and whether there is one.
func HostsOf(name string) (Environment, bool) {
	for _, e := range Environments() {
		if e.Name == name {
			return e, true
		}
	}
	return Environment{}, false
}

// baseURL checks the URL that a setting gives and returns it without a
// trailing slash. No message repeats the URL where it could hold a password.
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
		return nil, fmt.Errorf("the %s holds a user name or password: leave it out, the credentials have settings of their own", setting)
	case u.Scheme != "https" && u.Scheme != "http", u.Hostname() == "", u.Opaque != "":
		return nil, fmt.Errorf("the %s %q is not a web address: write it like https://api.procore.com", setting, text)
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, fmt.Errorf("the %s %q has something after ? or #: give the address alone", setting, text)
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, fmt.Errorf("the %s %q would send the credentials unencrypted: use https:// (http:// is for this machine alone, such as http://127.0.0.1:8080)", setting, text)
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

// loopback reports whether a host can only be this machine.
func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.Unmap().IsLoopback()
}

// check finds every problem of the options together and returns the two base
// URLs.
func (o Options) check() (api, login *url.URL, err error) {
	api, apiErr := baseURL("API URL", o.APIURL)
	login, loginErr := baseURL("login URL", o.LoginURL)
	problems := []error{apiErr, loginErr}
	if o.CompanyID <= 0 {
		problems = append(problems, errors.New("the company ID is missing or not a positive number: it is the number behind /companies/ or /company/ in Procore's address line"))
	}
	if o.ProjectID <= 0 {
		problems = append(problems, errors.New("the project ID is missing or not a positive number: it is the number behind /projects/ in Procore's address line"))
	}
	if o.ClientID == "" {
		problems = append(problems, errors.New("the client ID is missing: it is shown with the service account in Procore's developer portal"))
	}
	if o.ClientSecret == "" {
		problems = append(problems, errors.New("the client secret is missing: it is shown with the service account in Procore's developer portal"))
	}
	switch o.View {
	case "", "normal", "extended", "web":
	default:
		problems = append(problems, fmt.Errorf("the view %q does not exist: use normal, extended or web", o.View))
	}
	return api, login, errors.Join(problems...)
}
