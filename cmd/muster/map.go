package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newMapCommand() *cobra.Command {
	var output string
	var forget bool
	cmd := a.command("map", func(ctx context.Context, args []string) error { return a.showMapping(ctx, args[0], output, forget) },
		rosterGroup, ledgerGroup, "json", "plain", configGroup)
	f := cmd.Flags()
	f.StringVarP(&output, "output", "o", "", "mapping `FILE` to write")
	f.BoolVar(&forget, "forget", false, "forget what was confirmed for these headings, and look anew")
	return cmd
}

// mapJSON is the JSON of muster map: a contract with other programs.
type mapJSON struct {
	Roster   string `json:"roster"`
	Complete bool   `json:"complete"`
	ExitCode int    `json:"exit_code"`
	*importer.MappingView
	Mapping string `json:"mapping,omitempty"` // the file that was written
}

func (a *app) showMapping(ctx context.Context, path, output string, forget bool) (err error) {
	if output != "" && a.settings.mapping != "" {
		return usageError("-o beside --mapping: that mapping is a file already", "leave one of the two out")
	}
	in, err := a.openFile(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, in.Close()) }()
	if forget {
		if err := a.forget(ctx, in); err != nil {
			return err
		}
		if output == "" && !a.settings.json && !a.interactive() {
			return nil
		}
	}
	questions, err := in.Questions()
	if err == nil && (len(questions) == 0 || a.mayAsk(questions)) {
		err = a.askAndBind(ctx, in)
	}
	if err != nil {
		return err
	}
	view, err := in.ViewMapping()
	if err != nil {
		return err
	}
	shown := &mapJSON{Roster: in.Path, Complete: len(view.Doubts) == 0, MappingView: view}
	if !shown.Complete {
		shown.ExitCode = outcome.ExitRowsLeft
	}
	if output != "" {
		if err := writeMapping(output, append(mappingComment(path, output), view.File...)); err != nil {
			return err
		}
		shown.Mapping = output
	}
	a.code = shown.ExitCode
	return a.print(shown, func(p *report.Page) { (&mappingText{a, p}).write(in, shown) })
}

// forget deletes the saved mapping of the headings.
func (a *app) forget(ctx context.Context, in *importer.Roster) error {
	saved, err := a.savedMappings()
	if err != nil {
		return err
	}
	deleted, err := in.Forget(ctx, saved)
	switch {
	case err != nil:
		return err
	case deleted:
		a.talk("The saved mapping for these headings was deleted.")
	default:
		a.talk("There is no saved mapping for these headings.")
	}
	return nil
}

// writeMapping writes a new mapping file. An existing file with the same content stays.
func writeMapping(path string, content []byte) error {
	if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
		return nil
	}
	return createFile(path, 0o644, "name another file with -o, or move that one away", func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// mappingComment heads a mapping file.
func mappingComment(roster, path string) []byte {
	return fmt.Appendf(nil, "# Which columns of %s feed which fields of a person.\n#   muster import %s --mapping %s\n",
		report.Clean(filepath.Base(roster)), text.ShellWord(filepath.Base(roster)), text.ShellWord(filepath.Base(path)))
}

// mappingText builds the text of muster map.
type mappingText struct {
	*app
	*report.Page
}

func (t *mappingText) write(in *importer.Roster, shown *mapJSON) {
	doubts := slices.Clone(shown.Doubts) // of a first and of a last name it may be the same
	doubts = slices.CompactFunc(doubts, func(a, b importer.MappingDoubt) bool { return a.Message == b.Message && a.Hint == b.Hint })
	roster := shown.Roster
	if importer.Piped(in.Path) {
		roster = "The roster"
	}
	switch {
	case !shown.Complete:
		t.say("", fmt.Sprintf("%s: %s to be settled.", roster, text.Plural(len(doubts), "thing is", "things are")))
	case shown.Confirmed != "":
		t.say("", fmt.Sprintf("%s is mapped as you confirmed on %s.", roster, shown.Confirmed))
	default:
		t.say("", fmt.Sprintf("%s: every heading is settled.", roster))
	}
	t.Blank()
	for _, f := range shown.Fields {
		t.field(f)
	}
	var missing []string
	for _, f := range shown.Missing {
		missing = append(missing, string(f))
	}
	t.list("no column for", strings.Join(missing, ", "))
	if len(shown.Unused) > 0 {
		t.list("not used", quoted(shown.Unused)+report.WhyUnused)
	}
	t.list("never sent", quoted(shown.Withheld))
	for _, remark := range in.Remarks {
		t.say("  ", "note: "+remark)
	}
	if shown.Complete && shown.Mapping == "" && t.settings.mapping == "" && len(shown.Unused) > 0 && len(missing) > 0 {
		t.say("  ", "to use more columns, name them in a mapping file, which -o mapping.yaml writes")
	}
	t.doubts(doubts)
	t.ending(in, shown)
}

func (t *mappingText) say(indent, text string) { t.Line(indent, indent, report.Clean(text)) }

func (t *mappingText) field(f importer.MappedField) {
	source := f.How
	if f.Column != "" {
		source = fmt.Sprintf("column %s %s, %.0f%%: %s", f.Column, quoted([]string{f.Heading}), 100*f.Confidence, f.How)
	}
	if t.Plain() && len(f.Samples) > 0 {
		source += "; such as " + strings.Join(f.Samples, ", ")
	}
	t.say("  ", fmt.Sprintf("%s: %s", f.Field, source))
	if len(f.Samples) > 0 && !t.Plain() {
		t.Copyable("      ", report.Cut(report.Clean(strings.Join(f.Samples, " · ")), max(t.width(t.stdout)-6, 10)))
	}
}

func (t *mappingText) list(what, list string) {
	if list != "" {
		t.say("  ", what+": "+list)
	}
}

func (t *mappingText) doubts(doubts []importer.MappingDoubt) {
	if t.Plain() {
		for _, d := range doubts {
			t.say("", report.WithFix("In doubt: "+d.Message, d.Hint))
		}
		return
	}
	if len(doubts) > 0 {
		t.Blank()
		t.Line("", "", "In doubt:")
	}
	for _, d := range doubts {
		t.say("  ", text.Capital(d.Message)+".")
		t.say("      ", "try: "+d.Hint)
	}
}

// ending says where the mapping is, and what goes on from here.
func (t *mappingText) ending(in *importer.Roster, shown *mapJSON) {
	next := ""
	switch {
	case shown.Mapping != "":
		t.Blank()
		t.Copyable("Mapping: ", shown.Mapping)
		if shown.Complete {
			next = strings.Join(onRoster("import", in.Path), " ") + " --mapping " + text.ShellWord(shown.Mapping)
		} else {
			next = "take the # off the lines that hold in " + shown.Mapping
		}
	case !shown.Complete:
		next = t.suggest("map", in.Path, "-o mapping.yaml")
	}
	if next != "" {
		t.Blank()
		t.Copyable("Next:    ", next)
	}
}

// quoted lists headings, each in quotes; "" for none.
func quoted(headings []string) string {
	if len(headings) == 0 {
		return ""
	}
	return `"` + strings.Join(headings, `", "`) + `"`
}
