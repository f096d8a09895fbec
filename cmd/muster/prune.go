package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"muster/importer/ledger"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newPruneCommand() *cobra.Command {
	var age time.Duration
	cmd := a.command("prune", func(ctx context.Context, _ []string) error { return a.pruneRuns(ctx, age) }, recordGroups()...)
	cmd.Flags().Var(newParsed(&age, "age", parseAge), "older-than", "`AGE` in days or hours, such as 400d or 36h")
	return cmd
}

// prunedJSON is the JSON of a prune: a contract with other programs.
type prunedJSON struct {
	Runs     int `json:"runs"`
	Attempts int `json:"attempts"`
	Kept     int `json:"kept"`
}

func (a *app) pruneRuns(ctx context.Context, age time.Duration) (err error) {
	if age == 0 {
		return usageError("--older-than is not set: how old must a run be to be forgotten?", "muster runs prune --older-than 400d")
	}
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	var pruned ledger.Pruned
	if book == nil {
		a.talk("There is no ledger %s yet.", report.Clean(path))
	} else if pruned, err = book.Prune(ctx, time.Now().Add(-age)); err != nil {
		return err
	}
	sentence := fmt.Sprintf("Forgotten: %s with %s. The ledger still knows all created people.",
		text.Plural(pruned.Runs, "run", "runs"), text.Plural(pruned.Attempts, "request", "requests"))
	if pruned.Kept > 0 {
		sentence += fmt.Sprintf(" Kept: %s as old, still running or with unsettled requests.", text.Plural(pruned.Kept, "run", "runs"))
	}
	return a.print(prunedJSON(pruned), func(p *report.Page) { p.Line("", "", sentence) })
}
