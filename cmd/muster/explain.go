package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer/outcome"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newExplainCommand() *cobra.Command {
	cmd := newCommand("explain", func(_ *cobra.Command, args []string) error {
		if len(args) == 0 {
			listCodes(a.stdout, report.Width(a.stdout))
			return nil
		}
		return explain(a.stdout, args[0], report.Width(a.stdout))
	})
	for _, code := range allCodes() {
		e, _, _ := explanationOf(code)
		cmd.ValidArgs = append(cmd.ValidArgs, code+"\t"+e.Meaning)
	}
	return cmd
}

// explain prints the meaning of a code with the advice.
func explain(w io.Writer, code string, width int) error {
	code = strings.ToLower(strings.TrimSpace(code))
	e, group, ok := explanationOf(code)
	if !ok {
		fix := "muster explain lists all codes"
		if near := text.Closest(code, allCodes(), 0.5); near != "" {
			fix = "muster explain " + near
		}
		if _, err := outcome.Parse(code); err == nil {
			return usageError(fmt.Sprintf("%q is a status of a row, not a code", code), "muster help results says what each status means")
		}
		return usageError(fmt.Sprintf("there is no code %q", code), fix)
	}
	fmt.Fprintf(w, "%s (%s)\n%s%s", code, group, paragraph(e.Meaning, "  ", width), paragraph("try: "+e.Fix, "  ", width))
	return nil
}

// listCodes prints all codes by group.
func listCodes(w io.Writer, width int) {
	for i, g := range codeGroups() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n%s", g.Group, paragraph(strings.Join(g.sorted(), ", "), "  ", width))
	}
}
