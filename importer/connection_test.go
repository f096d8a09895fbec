package importer_test

import (
	"path/filepath"
	"testing"

	"muster/importer"
	"muster/importer/procore"
	"muster/ratelimit"
)

func TestConnectionHost(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"https://API.Procore.com":      "api.procore.com",
		"https://api.procore.com:443/": "api.procore.com",
		"http://LocalHost:80":          "localhost",
		"http://127.0.0.1:8910":        "127.0.0.1:8910",
		"https://proxy.example:80":     "proxy.example:80",
	} {
		c, err := importer.NewConnection(procore.Options{
			APIURL: written, LoginURL: written, CompanyID: 1, ProjectID: 2, ClientID: "id", ClientSecret: "secret",
		})
		if err != nil {
			t.Errorf("%s: %v", written, err)
			continue
		}
		if c.Scope.API != want {
			t.Errorf("%s is %s, want %s", written, c.Scope.API, want)
		}
	}
}

// Runs share a quota by the client ID and the host of the login URL, whatever else
// the URL says.
func TestShareQuotaInAFile(t *testing.T) {
	t.Parallel()
	file := func(login, client string) string {
		var o ratelimit.Options
		if err := importer.ShareQuota(t.Context(), filepath.Join("folder", "ledger.db"), login, client, &o); err != nil {
			t.Fatal(err)
		}
		return o.Shared
	}
	one := file("https://login.procore.com", "a")
	if same := file("https://login.procore.com/oauth", "a"); same != one || filepath.Dir(one) != "folder" {
		t.Errorf("%s and %s", one, same)
	}
	for _, other := range []string{file("https://login.procore.com", "b"), file("https://login-sandbox.procore.com", "a"), file("://", "a")} {
		if other == one {
			t.Errorf("%s is shared", one)
		}
	}
}
