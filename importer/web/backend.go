package web

import (
	"context"
	"fmt"

	"muster/importer"
	"muster/importer/account"
	"muster/importer/doctor"
	"muster/importer/ledger"
	"muster/importer/procore"
)

// Backend is what the command line supplies to the page.
type Backend interface {
	Accounts
	// Connect opens the way to the projects, the chosen project if none is named, or to a
	// simulated Procore in a rehearsal.
	Connect(ctx context.Context, rehearsal bool, projects ...int64) (importer.Connection, error)
	// Ledger opens the ledger. A rehearsal has its own, which Close removes.
	Ledger(ctx context.Context, rehearsal bool) (*ledger.Ledger, error)
	// Saved returns the mappings that a person has confirmed.
	Saved() importer.SavedMappings
	// Options returns policy and limits of imports, without events.
	Options() importer.Options
}

// Accounts is the part of the backend by which a person sets up the way to Procore.
type Accounts interface {
	// Account returns what is known of the way to Procore. It sends nothing.
	Account(ctx context.Context) Account
	// Environments returns the names of Procore's environments.
	Environments() []string
	// Keep tries credentials out, and keeps them if Procore takes them. The findings say
	// what is wrong.
	Keep(ctx context.Context, c Credentials) ([]doctor.Finding, error)
	// Forget removes the credentials that were kept.
	Forget(ctx context.Context) error
	// Companies returns the companies of the account.
	Companies(ctx context.Context) ([]procore.Named, error)
	// Projects returns the projects of a company that the account may see.
	Projects(ctx context.Context, company int64) ([]procore.Named, error)
	// Choose keeps the company and the project to import into.
	Choose(ctx context.Context, company, project procore.Named) error
	// Diagnose checks everything that an import needs of Procore.
	Diagnose(ctx context.Context) []doctor.Finding
}

// Credentials are what a person types to connect with Procore.
type Credentials struct{ Environment, ClientID, ClientSecret string }

// Account is the way to Procore, without any secret.
type Account struct {
	Environment string // such as "production"
	ClientID    string
	Company     procore.Named
	Project     procore.Named
	Source      Source // where the credentials are kept
}

// Connected reports whether a real import is possible.
func (a Account) Connected() bool {
	return a.Source != NoSource && a.Company.ID != 0 && a.Project.ID != 0
}

// Place returns the environment and the company in words that stay the same.
func (a Account) Place() string {
	return fmt.Sprintf("%s, company %d", a.Environment, a.Company.ID)
}

// Target returns the project with its place. What a person has confirmed for a target
// holds for no other.
func (a Account) Target() string { return fmt.Sprintf("%s, project %d", a.Place(), a.Project.ID) }

// Source is a place where credentials are kept.
type Source string

// The sources.
const (
	NoSource       Source = ""
	FromSettings   Source = "settings" // environment variables or config file
	FromKeyring    Source = Source(account.InKeyring)
	FromSecretFile Source = Source(account.InFile)
)
