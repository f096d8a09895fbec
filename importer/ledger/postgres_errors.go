package ledger

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"muster/importer/fault"
)

// The codes of a *fault.Error about a database.
const (
	CodeUnreachable = "ledger_unreachable" // the server does not answer
	CodeRefused     = "ledger_refused"     // the server refuses the user, the password or the database
	CodeUnsuitable  = "ledger_unsuitable"  // the server can't keep a ledger
	CodeLost        = "ledger_lost"        // the connection that writes has ended
)

// ExplainPostgres turns an error of the database of a ledger into a *fault.Error; doing
// says what failed.
func ExplainPostgres(config *pgxpool.Config, doing string, err error) error {
	return explainPostgres(publicURL(config), doing, err)
}

// explainPostgres turns an error of the database into a *fault.Error; doing says what
// failed ("open", "write"). Errors of the rules only get the location.
func explainPostgres(location, doing string, err error) error {
	var known *fault.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	switch {
	case err == nil || errors.As(err, &known):
		return err
	case errors.As(err, &server):
		var e error
		if errors.As(err, &connect) {
			e = explainRefusal(location, server)
		}
		if e = cmp.Or(e, explainState(location, server)); e != nil {
			return e
		}
	case errors.As(err, &connect) && isTLS(innermost(err)):
		return fileError(CodeUnreachable, location, innermost(err), "the database server and this machine can't agree on TLS",
			"check sslmode and sslrootcert in --ledger, or ask the administrator of the database to turn TLS on")
	case errors.As(err, &connect), errors.As(err, &network) && !errors.Is(err, context.Canceled), errors.Is(err, io.ErrUnexpectedEOF):
		return fileError(CodeUnreachable, location, innermost(err), "the database server can't be reached",
			"check the host and the port in --ledger, that the server runs, and that it accepts connections from this machine")
	}
	return fmt.Errorf("%s ledger %s: %w", doing, location, err)
}

// isTLS reports whether an error of a connection is about TLS or a certificate.
func isTLS(err error) bool {
	return strings.Contains(strings.ToLower(err.Error()), "tls") || strings.HasPrefix(err.Error(), "x509")
}

// explainRefusal explains an SQLSTATE that means something else before the connection has
// begun, or returns nil.
func explainRefusal(location string, err *pgconn.PgError) error {
	cause := errors.New(err.Message)
	switch err.Code {
	case "42501":
		return fileError(CodeRefused, location, cause, "this user may not connect to the database",
			"ask the administrator of the database for GRANT CONNECT ON DATABASE, or correct the user in --ledger")
	case "42704", "22023":
		return fileError(CodeRefused, location, cause, "the database server does not take a setting in the URL", "correct what follows the ? in --ledger")
	}
	return nil
}

// IsFull reports whether the disk of a database server is full.
func IsFull(err error) bool {
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == "53100"
}

// explainState explains an SQLSTATE of the server, or returns nil.
func explainState(location string, err *pgconn.PgError) error {
	cause := errors.New(err.Message)
	switch {
	case err.Code == "08P01" && strings.Contains(err.Message, "startup parameter"), err.Code == "26000", err.Code == "42P05":
		return pooled(location, cause)
	case strings.HasPrefix(err.Code, "28"): // invalid authorization
		return fileError(CodeRefused, location, cause, "the database server refuses this user or password",
			"check the user in --ledger and the password in PGPASSWORD or PGPASSFILE, or ask the administrator of the database")
	case err.Code == "3D000":
		return fileError(CodeRefused, location, cause, "the server has no such database", "check the name of the database in --ledger, or create the database with createdb")
	case err.Code == "3F000":
		return fileError(CodeRefused, location, cause, "the schema of the ledger does not exist", "create the schema with CREATE SCHEMA, or correct search_path in --ledger")
	case err.Code == "42501":
		return fileError(CodeUnwritable, location, cause, "this user may not use the ledger's tables",
			"let the user create tables in the schema (GRANT USAGE, CREATE ON SCHEMA), or connect as the owner of the tables")
	case err.Code == "25006":
		return standby(location, cause)
	case err.Code == "53100":
		return fileError(CodeFull, location, cause, "the disk of the database server is full",
			"make room on that disk, then run the same command again: muster continues where this run stopped")
	case err.Code == "53300":
		return fileError(CodeUnreachable, location, cause, "the database server has no connection left", "raise max_connections of the server, or end other programs that use it")
	case strings.HasPrefix(err.Code, "57P"), strings.HasPrefix(err.Code, "08"), err.Code == "25P03": // shutdown, crash, starting up, cut off
		return fileError(CodeUnreachable, location, cause, "the database server is not available", "see that the server runs, then run the same command again")
	case strings.HasPrefix(err.Code, "42"), strings.HasPrefix(err.Code, "XX"): // the statements are right, so the tables are not
		return fileError(CodeDamaged, location, cause, "the tables of the ledger are damaged or were changed", "restore the database from a backup, or name an empty schema with search_path in --ledger")
	}
	return nil
}

func pooled(location string, err error) error {
	return fileError(CodeUnsuitable, location, err, "a connection pooler such as PgBouncer is in front of the database, and would lose the locks of runs",
		"name the host and port of the PostgreSQL server itself in --ledger")
}

func standby(location string, err error) error {
	return fileError(CodeUnsuitable, location, err, "the database can only be read: it is a standby, or read-only",
		"name the primary server in --ledger (several hosts with target_session_attrs=read-write find it)")
}

func lost(location string, err error) error {
	return fileError(CodeLost, location, innermost(err), "the connection to the ledger was lost, and with it the lock of the project",
		"see that the database server runs, then run the same command again: muster continues where this run stopped")
}

// innermost returns the first cause of an error, or of the last of several errors.
func innermost(err error) error {
	for {
		next := errors.Unwrap(err)
		if several, ok := err.(interface{ Unwrap() []error }); ok && len(several.Unwrap()) > 0 {
			next = several.Unwrap()[len(several.Unwrap())-1]
		}
		if next == nil {
			return err
		}
		err = next
	}
}
