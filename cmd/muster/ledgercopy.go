package main

import (
	"context"
	"errors"
	"os"

	"github.com/spf13/cobra"

	"muster/importer/doctor"
	"muster/importer/ledger"
	"muster/importer/report"
)

func (a *app) newLedgerCopyCommand() *cobra.Command {
	cmd := a.command("ledger copy", func(ctx context.Context, args []string) error { return a.copyLedger(ctx, args[0], args[1]) }, recordGroups()...)
	cmd.Args = func(_ *cobra.Command, args []string) error {
		if len(args) != 2 {
			return usageError("copy takes two ledgers: which one, and where to", "muster ledger copy FROM TO")
		}
		return nil
	}
	return cmd
}

// copyLedger copies a ledger into a new file or an empty database, and checks the copy.
func (a *app) copyLedger(ctx context.Context, from, to string) error {
	if !ledger.IsURL(from) && missing(from) {
		return usageError("there is no ledger "+from, "name the file or the URL of the ledger to copy first")
	}
	newFile := !ledger.IsURL(to)
	if newFile && !missing(to) {
		return usageError(to+" exists already; a ledger is copied into a new file or an empty database", "name a file that does not exist")
	}
	if err := a.copyBetween(ctx, from, to); err != nil {
		if newFile {
			removeLedger(to)
		}
		return err
	}
	if err := mappingsOf(from).CopyTo(ctx, mappingsOf(to)); err != nil {
		return err
	}
	health, location, err := a.healthOf(ctx, to)
	if err != nil {
		return err
	}
	return a.print(newHealthJSON(health), func(p *report.Page) {
		p.Line("", "", report.Clean("Copied. The copy is "+doctor.HealthSentence(health, location)+". From now on use only one of the two ledgers, "+
			"for all runs and on every host: a run with the other one would not know what was sent meanwhile."))
	})
}

// openEither opens a ledger at a location. Only a ledger in a database can have the secret
// in a file.
func (a *app) openEither(ctx context.Context, location string) (*ledger.Ledger, error) {
	if ledger.IsURL(location) {
		return a.openAt(ctx, location)
	}
	return ledger.Open(ctx, location)
}

// copyBetween copies between two locations.
func (a *app) copyBetween(ctx context.Context, from, to string) (err error) {
	source, err := a.openEither(ctx, from)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, source.Close()) }()
	target, err := a.openEither(ctx, to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, target.Close()) }()
	return ledger.Copy(ctx, source, target)
}

// healthOf reads everything in the ledger at a location.
func (a *app) healthOf(ctx context.Context, location string) (health ledger.Health, shown string, err error) {
	book, err := a.openEither(ctx, location)
	if err != nil {
		return health, "", err
	}
	defer func() { err = errors.Join(err, book.Close()) }()
	health, err = book.Check(ctx)
	return health, book.Location(), err
}

// removeLedger removes a file that a failed copy left.
func removeLedger(path string) {
	for _, end := range []string{"", "-wal", "-shm", ".lock"} {
		_ = os.Remove(path + end) // the copy's error says more
	}
}
