package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"muster/importer/doctor"
	"muster/importer/ledger"
	"muster/importer/report"
	"muster/importer/text"
)

func (a *app) newLedgerCommand() *cobra.Command {
	cmd := newCommand("ledger", func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return usageError("muster ledger has no command "+args[0], "muster ledger --help")
		}
		return cmd.Help()
	})
	cmd.Args = nil // which the function checks
	cmd.AddCommand(a.newLedgerCheckCommand(), a.newLedgerCopyCommand())
	return cmd
}

func (a *app) newLedgerCheckCommand() *cobra.Command {
	return a.command("ledger check", func(ctx context.Context, _ []string) error { return a.checkLedger(ctx) }, recordGroups()...)
}

// healthJSON is the JSON of a ledger's state: a contract with other programs.
type healthJSON struct {
	Runs   int   `json:"runs"`
	People int   `json:"people"`
	Bytes  int64 `json:"bytes"`
	Open   int   `json:"open"` // requests without a known outcome
}

func newHealthJSON(h ledger.Health) healthJSON {
	j := healthJSON{Runs: h.Runs, People: h.People, Bytes: h.Bytes}
	for _, o := range h.Open {
		j.Open += o.Requests
	}
	return j
}

// checkLedger reads everything in the ledger and prints the state.
func (a *app) checkLedger(ctx context.Context) (err error) {
	book, path, err := a.openRecord(ctx)
	if err != nil {
		return err
	}
	if book == nil {
		return usageError("there is no ledger "+path, "check --ledger")
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	health, err := book.Check(ctx)
	if err != nil {
		return err
	}
	return a.print(newHealthJSON(health), func(p *report.Page) {
		p.Line("", "", report.Clean("The ledger is "+doctor.HealthSentence(health, path)+"."))
		for _, o := range health.Open {
			f := doctor.NewDoubt(o)
			p.Line("", "", report.Clean(report.WithFix(text.Capital(f.Text), f.Fix)))
		}
	})
}
