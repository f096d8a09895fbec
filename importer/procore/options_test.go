package procore_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
)

func TestURLs(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		url  string
		want string // in the message; "": it is taken
	}{
		{"https://api.procore.com", ""},
		{"https://api.procore.com/", ""},
		{"https://proxy.example.com:8443/procore", ""},
		{"http://localhost:8080", ""},
		{"http://127.0.0.1", ""},
		{"http://127.9.9.9:1", ""},
		{"http://[::1]:8080", ""},
		{"http://[::ffff:127.0.0.1]:8080", ""},
		{"http://api.procore.com", "unencrypted"},
		{"http://127.0.0.1.example.com", "unencrypted"},
		{"http://localhost.example.com", "unencrypted"},
		{"http://10.0.0.1", "unencrypted"},
		{"http://[::]:80", "unencrypted"},
		{"http://0.0.0.0", "unencrypted"},
		{"HTTP://api.procore.com", "unencrypted"},
		{"ftp://api.procore.com", "not a web address"},
		{"api.procore.com", "not a web address"},
		{"https://", "not a web address"},
		{"https:api.procore.com", "not a web address"},
		{"https://user:hunter2@api.procore.com", "user name or password"},
		{"https://api.procore.com?x=1", "after ? or #"},
		{"https://api.procore.com#x", "after ? or #"},
		{"https://api.procore.com\x7f", "not a URL"},
		{"", "missing"},
	} {
		t.Run(tt.url, func(t *testing.T) {
			t.Parallel()
			for name, set := range map[string]func(*procore.Options){
				"API URL":   func(o *procore.Options) { o.APIURL = tt.url },
				"login URL": func(o *procore.Options) { o.LoginURL = tt.url },
			} {
				o := options()
				set(&o)
				_, err := procore.New(o)
				switch {
				case tt.want == "" && err != nil:
					t.Error(err)
				case tt.want != "" && err == nil:
					t.Errorf("the %s was taken", name)
				case tt.want != "" && (!strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), name)):
					t.Errorf("got %q, want %q and %q", err, name, tt.want)
				case err != nil && strings.Contains(err.Error(), "hunter2"):
					t.Errorf("a password is told: %v", err)
				}
			}
		})
	}
}

func TestAllProblemsOfOptionsTogether(t *testing.T) {
	t.Parallel()
	_, err := procore.New(procore.Options{View: "compact", ProjectID: -1})
	if err == nil {
		t.Fatal("no error")
	}
	for _, want := range []string{"API URL", "login URL", "company ID", "project ID", "client ID", "client secret", `view "compact"`} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not mentioned:\n%v", want, err)
		}
	}
}

func TestEnvironments(t *testing.T) {
	t.Parallel()
	want := []procore.Environment{
		{Name: "production", APIURL: "https://api.procore.com", LoginURL: "https://login.procore.com"},
		{Name: "sandbox", APIURL: "https://sandbox.procore.com", LoginURL: "https://login-sandbox.procore.com"},
		{Name: "monthly", APIURL: "https://api-monthly.procore.com", LoginURL: "https://login-sandbox-monthly.procore.com"},
		{Name: "federal", APIURL: "https://api.procoregov.com", LoginURL: "https://login.procoregov.com"},
	}
	if diff := cmp.Diff(want, procore.Environments()); diff != "" {
		t.Error(diff)
	}
}

// TestProxySetting has settings that net/http would pass over, to go past the
// proxy, refused before anything leaves. The settings are read once a process.
func TestProxySetting(t *testing.T) {
	for setting, good := range map[string]bool{
		"": true, "http://proxy.example.com:3128": true, "proxy.example.com:3128": true, "proxy": true, "http://user:hunter2@proxy:1/": true,
		"https://proxy": true, "socks5://127.0.0.1:1080": true,
		"http://%zz": false, "ftp://proxy": false, "http://": false, "http:/proxy": false, "http://user:hunter2@": false, "proxy:port:x": false,
	} {
		t.Run(setting, func(t *testing.T) {
			t.Setenv("HTTPS_PROXY", setting)
			c, err := procore.New(options())
			if (err == nil) != good {
				t.Fatalf("got error %v", err)
			}
			if err == nil {
				c.Close()
			} else if strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "HTTPS_PROXY") {
				t.Error(err)
			}
		})
	}
}

// A base URL that was copied with the beginning of a call's path works.
func TestCallPathOfAURLIsTrimmed(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"", "/", "/rest/v1.0", "/rest/v1.0/", "/rest", "/rest/v2.0"} {
		var asked string
		f := &fake{api: func(w http.ResponseWriter, r *http.Request) { asked = r.URL.Path; answer(200, `{"id":9}`)(w, r) }}
		c, _ := client(t, f, func(o *procore.Options) { o.APIURL += end })
		if _, err := c.Me(t.Context()); err != nil || asked != "/rest/v1.0/me" {
			t.Errorf("%q: asked for %s, %v", end, asked, err)
		}
	}
}
