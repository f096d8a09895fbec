package text_test

import (
	"testing"
	"time"

	"muster/importer/text"
)

func TestCounts(t *testing.T) {
	for got, want := range map[string]string{
		text.Plural(1, "row", "rows"):             "1 row",
		text.Plural(12500, "row", "rows"):         "12,500 rows",
		text.Capital("élan"):                      "Élan",
		text.Capital(""):                          "",
		text.Sentence("done"):                     "done.",
		text.Sentence("done!"):                    "done!",
		text.List(nil, "or"):                      "",
		text.List([]string{"a"}, "or"):            "a",
		text.List([]string{"a", "b"}, "or"):       "a or b",
		text.List([]string{"a", "b", "c"}, "and"): "a, b and c",
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		300 * time.Millisecond: "less than a second",
		40 * time.Second:       "40 s",
		200 * time.Second:      "3 min 20 s",
		30 * time.Minute:       "30 min",
		2 * time.Hour:          "2 h",
		65 * time.Minute:       "1 h 5 min",
	} {
		if got := text.Duration(d); got != want {
			t.Errorf("Duration(%s) = %q, want %q", d, got, want)
		}
	}
	if got := text.About(90 * time.Second); got != "about 1 min 30 s" {
		t.Errorf("About = %q", got)
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		name, text, first, rest string
		width                   int
		want                    string
	}{
		{"one line", "a b", "- ", "  ", 10, "- a b\n"},
		{"two lines", "one two three", "- ", "  ", 9, "- one two\n  three\n"},
		{"a long word", "a immensely b", "", "", 4, "a\nimmensely\nb\n"},
		{"wide letters", "山田 太郎", "", "", 6, "山田\n太郎\n"},
		{"empty", "", "", "", 6, "\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := text.Wrap(c.text, c.first, c.rest, c.width); got != c.want {
				t.Errorf("Wrap = %q, want %q", got, c.want)
			}
		})
	}
}

func TestClosest(t *testing.T) {
	names := []string{"Electrician", "Plumber", "Carpenter"}
	for word, want := range map[string]string{"electrican": "Electrician", "Pulmber": "Plumber", "zzz": ""} {
		if got := text.Closest(word, names, 0.7); got != want {
			t.Errorf("Closest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestWrapKeepsCommandsWhole(t *testing.T) {
	t.Parallel()
	for sentence, want := range map[string]string{
		"settle the headings: muster map crew.csv -o mapping.yaml":                  "settle the headings:\nmuster map crew.csv -o mapping.yaml\n",
		"run it again with --encoding windows-1254, or save it as CSV":              "run it again with\n--encoding windows-1254,\nor save it as CSV\n",
		"(muster retry RESULTS takes up the rows that are left)":                    "(muster retry RESULTS\ntakes up the rows that\nare left)\n",
		"the file is muster's own, which nothing else has changed":                  "the file is muster's own,\nwhich nothing else has\nchanged\n",
		"name one: muster check 'my crew.xlsx' --sheet Crew; other sheets are left": "name one:\nmuster check 'my crew.xlsx' --sheet Crew;\nother sheets are left\n",
	} {
		if got := text.Wrap(sentence, "", "", 25); got != want {
			t.Errorf("%q: %q, want %q", sentence, got, want)
		}
	}
}
