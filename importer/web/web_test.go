package web

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"muster/importer"
	"muster/importer/ledger"
	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// office is a backend with a simulated Procore.
type office struct {
	t       *testing.T
	folder  string
	procore *simulator.Server
	account Account
}

// connected is the account of an office that may import for real.
func connected() Account {
	return Account{
		Environment: "sandbox", ClientID: "id", Source: FromKeyring,
		Company: procore.Named{ID: 1, Name: "Simulated Company"}, Project: procore.Named{ID: 100, Name: "Simulated Project"},
	}
}

func (o *office) Account(context.Context) Account { return o.account }

func (o *office) Connect(_ context.Context, rehearsal bool, _ ...int64) (importer.Connection, error) {
	server := o.procore
	if rehearsal {
		server = simulator.New(simulator.Config{Windows: []simulator.Window{}})
		o.t.Cleanup(server.Close)
	}
	return importer.NewConnection(procore.Options{
		APIURL: "https://procore.test", LoginURL: "https://procore.test", CompanyID: 1, ProjectID: 100, ClientID: "id", ClientSecret: "secret",
		Pace: ratelimit.New(ratelimit.Options{}), Connection: procore.Connection{Transport: server.Transport()},
	})
}

func (o *office) Ledger(ctx context.Context, rehearsal bool) (*ledger.Ledger, error) {
	path := filepath.Join(o.folder, "ledger.db")
	if rehearsal {
		path = filepath.Join(o.t.TempDir(), "ledger.db")
	}
	return ledger.Open(ctx, path)
}

func (o *office) Saved() importer.SavedMappings {
	return importer.SavedMappings(filepath.Join(o.folder, "mappings"))
}

func (o *office) Options() importer.Options {
	return importer.Options{Limits: importer.Limits{Workers: 8, SettleAfter: 200 * time.Millisecond}}
}

// site is a server with a client that has the cookie.
type site struct {
	*http.Client
	t      *testing.T
	server *Server
	office *office
	served *httptest.Server
	url    string // without a / at the end
}

// newSite starts a server whose Procore has these settings.
func newSite(t *testing.T, account Account, config simulator.Config) *site {
	t.Helper()
	o := &office{t: t, folder: t.TempDir(), procore: simulator.New(config), account: account}
	t.Cleanup(o.procore.Close)
	listener := httptest.NewUnstartedServer(nil)
	address, key := listener.Listener.Addr().String(), NewKey()
	server, err := New(Options{
		Folder: filepath.Join(o.folder, "drafts"), Backend: o, Address: address, Key: key, Now: time.Now, Log: zerolog.Nop(),
	})
	if err != nil {
		t.Fatal(err)
	}
	listener.Config.Handler = server.Handler()
	listener.Start()
	t.Cleanup(listener.Close)
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	s := &site{&http.Client{Jar: jar}, t, server, o, listener, "http://" + address}
	if status, _ := s.get(strings.TrimPrefix(Link(address, key), s.url)); status != http.StatusOK {
		t.Fatalf("the link answers %d", status)
	}
	return s
}

// get returns the status and the body of a page.
func (s *site) get(path string) (status int, body string) {
	s.t.Helper()
	answer, err := s.Get(s.url + path)
	return s.read(answer, err)
}

// post sends a form of a page that was just loaded, and follows the redirect.
func (s *site) post(path string, form url.Values) (status int, body string) {
	s.t.Helper()
	answer, err := s.PostForm(s.url+s.shown(path), form)
	return s.read(answer, err)
}

// shown returns the address of a request as the page of a roster has it that was just loaded.
func (s *site) shown(path string) string {
	if parts := strings.Split(path, "/"); parts[1] == "roster" && !strings.Contains(path, "?") {
		if d, err := s.server.drafts.get(parts[2]); err == nil {
			read, err := d.reading()
			if err != nil {
				s.t.Fatal(err)
			}
			return path + "?shown=" + read.shown
		}
	}
	return path
}

func (s *site) read(answer *http.Response, err error) (int, string) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	return answer.StatusCode, string(body)
}
