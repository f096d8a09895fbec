package web

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"muster/importer/browser"
	"muster/importer/procore/simulator"
)

// openBrowser opens the first page of a site in Chromium.
func (s *site) openBrowser(arguments ...string) *browser.Tab {
	s.t.Helper()
	b := browser.Open(s.t, arguments...)
	b.Go(Link(s.server.Address, s.server.Key))
	b.Until("location.pathname + location.search", "/")
	b.WaitFor("main h1")
	b.Until("document.readyState", "complete") // the scripts have run
	return b
}

// status returns the status of the answer that the tab shows.
func status(b *browser.Tab) string {
	return b.Eval("performance.getEntriesByType('navigation')[0].responseStatus")
}

func TestBrowserEntersThroughAFile(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := browser.Open(t)
	file := filepath.Join(t.TempDir(), "open.html")
	link := Link(s.server.Address, s.server.Key)
	if err := os.WriteFile(file, fmt.Appendf(nil, `<meta http-equiv="refresh" content="0; url=%s">`, link), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Go("file://" + file)
	b.Until("location.pathname + location.search", "/")
	b.WaitFor("main h1")
	if got := b.Eval("document.cookie"); got != "" {
		t.Errorf("a script reads the cookie %s", got)
	}
	if got := b.Eval("[...Array(history.length).keys()].length <= 3"); got != "true" {
		t.Error("the history has the way through the token")
	}
	b.Go(link)
	b.Until("location.pathname + location.search", "/") // again, with the cookie
	other := browser.Open(t)
	other.Go(link)
	if got := status(other); got != "403" {
		t.Errorf("another browser with a used token gets %s", got)
	}
	other.Go(s.url)
	if got := status(other); got != "403" {
		t.Errorf("another browser gets %s", got)
	}
}

// TestBrowserAgainstRebinding plays a page of another site whose name gets this machine's
// address.
func TestBrowserAgainstRebinding(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	_, port, err := net.SplitHostPort(s.server.Address)
	if err != nil {
		t.Fatal(err)
	}
	b := s.openBrowser("--host-resolver-rules=MAP evil.test 127.0.0.1")
	for _, path := range []string{"/", "/assets/page.css", "/alive/nonce", "/?token=" + s.server.Key.Token()} {
		b.Go("http://evil.test:" + port + path)
		if got := status(b); got != "421" {
			t.Errorf("%s of the other name answers %s", path, got)
		}
	}
	if got := b.Eval("fetch('/quit', {method: 'POST'}).then(r => r.status)"); got != "421" {
		t.Errorf("a form of the other name answers %s", got)
	}
	s.stillThere(b)
}

// stillThere fails the test if the server has been ended, or the tab has lost the page.
func (s *site) stillThere(b *browser.Tab) {
	s.t.Helper()
	select {
	case <-s.server.quit:
		s.t.Error("the server was ended")
	default:
	}
	b.Go(s.url)
	if got := status(b); got != "200" {
		s.t.Errorf("the page answers %s", got)
	}
}

// TestBrowserAgainstOtherSites attacks from a page of another origin in the browser that
// has the cookie.
func TestBrowserAgainstOtherSites(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	attacks := fmt.Sprintf(`<!DOCTYPE html><form method="post" action="%[1]s/quit"><button>Win</button></form>
<iframe src="%[1]s/"></iframe><img src="%[1]s/assets/page.css"><a target="other" href="%[1]s/">Open</a>`, s.url)
	evil := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		fmt.Fprint(w, attacks)
	}))
	t.Cleanup(evil.Close)
	b := s.openBrowser("--host-resolver-rules=MAP other.test 127.0.0.1")
	for _, origin := range []string{evil.URL, strings.Replace(evil.URL, "127.0.0.1", "other.test", 1)} {
		b.Go(origin)
		if got := b.Eval(fmt.Sprintf("fetch('%s/quit', {method: 'POST', mode: 'no-cors', credentials: 'include'}).then(r => r.type, e => 'refused')", s.url)); got != "refused" {
			t.Errorf("%s: a script's form gets an answer: %s", origin, got)
		}
		if got := b.Eval(fmt.Sprintf("fetch('%s/', {credentials: 'include'}).then(r => r.text(), e => 'refused')", s.url)); got != "refused" {
			t.Errorf("%s reads the page: %s", origin, got)
		}
		if got := b.Eval("(() => { try { return document.querySelector('iframe').contentDocument?.body?.innerText ?? 'none' } catch { return 'none' } })()"); got != "none" {
			t.Errorf("%s frames the page: %s", origin, got)
		}
		b.Click("text=Win")
		b.Until("performance.getEntriesByType('navigation')[0].responseStatus + location.pathname", "403/quit")
		s.stillThere(b)
	}
}

func TestBrowserRunsNothingInline(t *testing.T) {
	t.Parallel()
	s := newSite(t, Account{}, simulator.Config{})
	b := s.openBrowser()
	for _, attempt := range []string{
		`const i = document.createElement('img'); i.setAttribute('onerror', 'document.title = "ran"'); i.src = 'x:'; document.body.append(i)`,
		`const s = document.createElement('script'); s.append('document.title = "ran"'); document.body.append(s)`,
		`const s = document.createElement('script'); s.src = 'data:text/javascript,document.title = "ran"'; document.body.append(s)`,
		`eval('document.title = "ran"')`,
		`document.body.insertAdjacentHTML('beforeend', '<img src="x:" onerror="document.title = &quot;ran&quot;"><style>body { color: rgb(1, 2, 3) }</style>')`,
		`const f = document.createElement('form'); f.action = 'https://evil.test/'; f.method = 'post'; document.body.append(f); f.submit()`,
		`const a = document.createElement('a'); a.href = 'javascript:document.title = "ran"'; a.click()`,
	} {
		b.Eval("new Promise(done => { const s = document.createElement('p'); try { " + attempt + " } catch {} setTimeout(done, 50) })")
		if got := b.Eval("document.title + location.host + getComputedStyle(document.body).color"); strings.Contains(got, "ran") || strings.Contains(got, "evil") || strings.Contains(got, "rgb(1, 2, 3)") {
			t.Errorf("%s ran: %s", attempt, got)
		}
	}
}

func TestBrowserFindsPagesAccessible(t *testing.T) {
	t.Parallel()
	s := newSite(t, connected(), simulator.Config{})
	b := s.openBrowser()
	for _, path := range []string{"/", "/account", "/none"} {
		for _, dark := range []bool{false, true} {
			for _, width := range []int{390, 1280} {
				b.Look(width, dark)
				b.Go(s.url + path)
				b.Accessible()
				if got := b.Eval("document.documentElement.scrollWidth <= innerWidth"); got != "true" {
					t.Errorf("%s is wider than %d pixels", path, width)
				}
			}
		}
	}
}
