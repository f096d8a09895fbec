package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"muster/importer/text"
)

func (a *app) newExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain [CODE]",
		Short: "What a code means, and what to do about it",
		Long: `Say what a code means and what to do about it: one of import_code in a results
file, of "problems" in --json, or of muster runs RUN. Without a code all of
them are listed.`,
		Example: `  muster explain id_damaged
  muster explain`,
		Args: optionalArgument("code"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			var codes []string
			for _, e := range catalogue() {
				if len(args) == 0 {
					codes = append(codes, e.code+"\t"+e.meaning)
				}
			}
			return codes, cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) == 0 {
				return listCodes(a.stdout, width(a.stdout))
			}
			return explain(a.stdout, args[0], width(a.stdout))
		},
	}
}

func explain(w io.Writer, code string, width int) error {
	code = strings.ToLower(strings.TrimSpace(code))
	e, ok := explanationOf(code)
	if !ok {
		var codes []string
		for _, e := range catalogue() {
			codes = append(codes, e.code)
		}
		fix := "muster explain lists all codes"
		if near := text.Closest(code, codes, 0.5); near != "" {
			fix = "muster explain " + near
		}
		return usageError(fmt.Sprintf("there is no code %q", code), fix)
	}
	fmt.Fprintf(w, "%s (%s)\n", e.code, e.group)
	fmt.Fprintf(w, "%s%s", paragraph(e.meaning, "  ", width), paragraph("try: "+e.fix, "  ", width))
	return nil
}

func explanationOf(code string) (explanation, bool) {
	all := catalogue()
	at := slices.IndexFunc(all, func(e explanation) bool { return e.code == code })
	if at < 0 {
		return explanation{}, false
	}
	return all[at], true
}

// listCodes prints all codes by group.
func listCodes(w io.Writer, width int) error {
	for i, g := range groups() {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s\n%s", g, paragraph(strings.Join(codesAbout(g), ", "), "  ", width))
	}
	return nil
}

func codesAbout(g group) []string {
	var codes []string
	for _, e := range catalogue() {
		if e.group == g {
			codes = append(codes, e.code)
		}
	}
	slices.Sort(codes)
	return codes
}
