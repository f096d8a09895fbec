package importer_test

import (
	"testing"

	"muster/importer"
	"muster/importer/procore"
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
