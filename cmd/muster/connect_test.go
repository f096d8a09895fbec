package main

import (
	"net/url"
	"testing"
)

// Two runs that write one host in two ways must find each other's lock.
func TestSameHost(t *testing.T) {
	t.Parallel()
	for written, want := range map[string]string{
		"https://API.Procore.com":      "api.procore.com",
		"https://api.procore.com:443/": "api.procore.com",
		"http://LocalHost:80":          "localhost",
		"http://127.0.0.1:8910":        "127.0.0.1:8910",
		"https://proxy.example:80":     "proxy.example:80",
	} {
		u, err := url.Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		if got := sameHost(u); got != want {
			t.Errorf("%s is %s, want %s", written, got, want)
		}
	}
}
