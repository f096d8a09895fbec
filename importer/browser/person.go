package browser

import (
	"encoding/base64"
	"encoding/json"
	"os"
	"strings"
	"time"
)

// element returns JavaScript for the element of a selector, or for the first button, link
// or label with a text if the selector begins with "text=".
func element(selector string) string {
	if text, ok := strings.CutPrefix(selector, "text="); ok {
		return "[...document.querySelectorAll('button, a, label, summary, [role=button]')].find(e => e.checkVisibility() && e.textContent.trim().startsWith(" + Quote(text) + "))"
	}
	return "document.querySelector(" + Quote(selector) + ")"
}

// WaitFor waits until an element is visible.
func (b *Tab) WaitFor(selector string) {
	b.t.Helper()
	b.Until("!!"+element(selector)+"?.checkVisibility()", "true")
}

// WaitForText waits until the page shows a text.
func (b *Tab) WaitForText(text string) {
	b.t.Helper()
	b.Until("document.body.innerText.includes("+Quote(text)+")", "true")
}

// place scrolls to an element and returns the middle of it, once the page is complete
// and the element no longer moves.
func (b *Tab) place(selector string) (x, y float64) {
	b.t.Helper()
	script := "(e => { if (document.readyState !== 'complete') return ''; e.scrollIntoView({block: 'center', behavior: 'instant'}); " +
		"const r = e.getClientRects()[0]; return JSON.stringify([r.x + r.width / 2, r.y + r.height / 2]) })(" + element(selector) + ")"
	before := ""
	for began := time.Now(); time.Since(began) < patience; time.Sleep(50 * time.Millisecond) {
		text, refusal := b.evaluate(script)
		if refusal != "" || text == "" || text != before {
			before = text
			continue
		}
		var place [2]float64
		if err := json.Unmarshal([]byte(text), &place); err != nil {
			b.t.Fatal(err)
		}
		return place[0], place[1]
	}
	b.t.Fatalf("%s is not visible, or moves\nThe page: %s", selector, b.Eval("document.body.innerText"))
	return 0, 0
}

// Click clicks on an element with the mouse, once the element is visible.
func (b *Tab) Click(selector string) {
	b.t.Helper()
	b.click(selector, 1)
}

// DoubleClick clicks twice.
func (b *Tab) DoubleClick(selector string) {
	b.t.Helper()
	b.click(selector, 1)
	b.click(selector, 2)
}

func (b *Tab) click(selector string, count int) {
	b.t.Helper()
	x, y := b.place(selector)
	for _, kind := range []string{"mousePressed", "mouseReleased"} {
		b.Call("Input.dispatchMouseEvent", map[string]any{"type": kind, "x": x, "y": y, "button": "left", "clickCount": count}, nil)
	}
}

// Type replaces the content of a field, as the keyboard does.
func (b *Tab) Type(selector, text string) {
	b.t.Helper()
	b.WaitFor(selector)
	b.Eval("(e => { e.focus(); e.select?.() })(" + element(selector) + ")")
	if text == "" {
		b.Press("Delete")
		return
	}
	b.Insert(text)
}

// Insert types into the field that has the focus.
func (b *Tab) Insert(text string) {
	b.t.Helper()
	b.Call("Input.insertText", map[string]any{"text": text}, nil)
}

// Press presses a key, such as Enter, Tab, Escape or ArrowDown.
func (b *Tab) Press(key string) {
	b.t.Helper()
	b.painted()
	codes := map[string]int{"Enter": 13, "Tab": 9, "Escape": 27, "Delete": 46, "Backspace": 8, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, " ": 32}
	event := map[string]any{"type": "keyDown", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}
	switch key {
	case "Enter":
		event["text"] = "\r"
	case " ":
		event["text"], event["code"] = " ", "Space"
	}
	b.Call("Input.dispatchKeyEvent", event, nil)
	b.Call("Input.dispatchKeyEvent", map[string]any{"type": "keyUp", "key": key, "code": key, "windowsVirtualKeyCode": codes[key]}, nil)
}

// painted waits until the page was shown: keys that come before may be lost.
func (b *Tab) painted() {
	b.t.Helper()
	b.Until("new Promise(shown => requestAnimationFrame(() => requestAnimationFrame(() => shown(document.readyState))))", "complete")
}

// PressUntil presses a key, at most 60 times, until a JavaScript expression gives
// the text wanted.
func (b *Tab) PressUntil(key, expression, want string) {
	b.t.Helper()
	got := ""
	for range 60 {
		b.Press(key)
		if got = b.Eval(expression); got == want {
			return
		}
	}
	b.t.Fatalf("after 60 times %s, %s is %q, want %q; the focus is on %s", key, expression, got, want, b.Eval("document.activeElement.outerHTML.slice(0, 300)"))
}

// Paste pastes text into an element, such as a block of cells with tabs and line breaks.
func (b *Tab) Paste(selector, text string) {
	b.t.Helper()
	b.WaitFor(selector)
	b.Eval("(e => { const d = new DataTransfer(); d.setData('text/plain', " + Quote(text) + "); e.focus?.(); " +
		"e.dispatchEvent(new ClipboardEvent('paste', {clipboardData: d, bubbles: true, cancelable: true})) })(" + element(selector) + ")")
}

// Choose chooses files in a file field.
func (b *Tab) Choose(selector string, paths ...string) {
	b.t.Helper()
	b.Until("!!"+element(selector), "true") // the field itself may be hidden behind a label
	var found struct {
		Result struct{ ObjectID string }
	}
	b.Call("Runtime.evaluate", map[string]any{"expression": element(selector)}, &found)
	b.Call("DOM.setFileInputFiles", map[string]any{"objectId": found.Result.ObjectID, "files": paths}, nil)
}

// Drop drags a file over an element and drops the file there.
func (b *Tab) Drop(selector, path string) {
	b.t.Helper()
	x, y := b.place(selector)
	for _, kind := range []string{"dragEnter", "dragOver", "drop"} {
		b.Call("Input.dispatchDragEvent", map[string]any{
			"type": kind, "x": x, "y": y, "data": map[string]any{"items": []any{}, "files": []string{path}, "dragOperationsMask": 1},
		}, nil)
	}
}

// Look sets the width of the window in pixels, and whether the user wants a dark page.
func (b *Tab) Look(width int, dark bool) {
	b.t.Helper()
	scheme := "light"
	if dark {
		scheme = "dark"
	}
	b.Call("Emulation.setEmulatedMedia", map[string]any{"features": []any{map[string]any{"name": "prefers-color-scheme", "value": scheme}}}, nil)
	b.Call("Emulation.setDeviceMetricsOverride", map[string]any{"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 600}, nil)
}

// Screenshot writes a picture of the whole page to a PNG file.
func (b *Tab) Screenshot(path string) {
	b.t.Helper()
	var picture struct{ Data string }
	b.Call("Page.captureScreenshot", map[string]any{"format": "png", "captureBeyondViewport": true}, &picture)
	content, err := base64.StdEncoding.DecodeString(picture.Data)
	if err == nil {
		err = os.WriteFile(path, content, 0o600)
	}
	if err != nil {
		b.t.Fatal(err)
	}
}
