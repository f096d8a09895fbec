package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"muster/importer/browser"
)

const page = `<!doctype html><html lang="en"><meta name="viewport" content="width=device-width"><title>Tools</title><main><h1>Tools</h1>
<label for="name">Name</label><input id="name" value="old">
<label for="file">File</label><input id="file" type="file" hidden>
<button id="hidden" hidden>Greet</button><button id="greet">Greet</button>
<p id="said">nothing</p><div id="twice">twice</div><div id="zone">zone</div>
<script>
const say = text => document.getElementById('said').textContent = text;
document.getElementById('greet').onclick = () => setTimeout(() => say('hello ' + document.getElementById('name').value), 100);
document.getElementById('name').onkeydown = e => { if (e.key === 'Enter') say('entered') };
document.getElementById('name').onpaste = e => say('pasted ' + e.clipboardData.getData('text/plain').split('\t').length);
document.getElementById('twice').ondblclick = () => say('double');
document.getElementById('file').onchange = e => say('chose ' + e.target.files[0].name);
const zone = document.getElementById('zone');
zone.ondragover = e => e.preventDefault();
zone.ondrop = e => { e.preventDefault(); say('dropped ' + e.dataTransfer.files[0].name) };
</script></main></html>`

// A tab does what a person does: types, presses, clicks, pastes, chooses and drops files.
func TestTab(t *testing.T) {
	t.Parallel()
	b := browser.Open(t)
	served := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, page) }))
	t.Cleanup(served.Close)
	file := filepath.Join(t.TempDir(), "crew.csv")
	if err := os.WriteFile(file, []byte("Name\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b.Go(served.URL)
	b.Accessible()
	for _, step := range []struct {
		act  func()
		says string
	}{
		{func() { b.Type("#name", `Ann "Lee"`); b.Click("text=Greet") }, `hello Ann "Lee"`},
		{func() { b.Type("#name", ""); b.Click("#greet") }, "hello "},
		{func() { b.Type("#name", "x"); b.Press("Enter") }, "entered"},
		{func() { b.Paste("#name", "a\tb\tc") }, "pasted 3"},
		{func() { b.DoubleClick("#twice") }, "double"},
		{func() { b.Choose("#file", file) }, "chose crew.csv"},
		{func() { b.Drop("#zone", file) }, "dropped crew.csv"},
	} {
		step.act()
		b.Until("document.getElementById('said').textContent", step.says)
	}
	b.Reload()
	b.WaitForText("nothing")
	b.Look(390, true)
	if got := b.Eval("innerWidth + ' ' + matchMedia('(prefers-color-scheme: dark)').matches"); got != "390 true" {
		t.Errorf("the window is %s", got)
	}
	picture := filepath.Join(t.TempDir(), "page.png")
	b.Screenshot(picture)
	if content, err := os.ReadFile(picture); err != nil || http.DetectContentType(content) != "image/png" {
		t.Errorf("the picture has %d bytes: %v", len(content), err)
	}
}
