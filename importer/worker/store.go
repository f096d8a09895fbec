package worker

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	"github.com/riverqueue/river/rivertype"
	"github.com/rs/zerolog"
	_ "modernc.org/sqlite" // the driver

	"muster/importer/fault"
	"muster/importer/ledger"
)

// errNoStore says that no worker and no start has made the tables yet.
var errNoStore = errors.New("there is no record of jobs yet")

// CodeUnreadable is the code of a record of jobs in a file that can't be used.
const CodeUnreadable = "jobs_unreadable"

// client is the part of a River client that does not depend on the database.
type client interface {
	ID() string
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
	Insert(ctx context.Context, args river.JobArgs, opts *river.InsertOpts) (*rivertype.JobInsertResult, error)
	InsertMany(ctx context.Context, params []river.InsertManyParams) ([]*rivertype.JobInsertResult, error)
	JobDelete(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobGet(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobList(ctx context.Context, params *river.JobListParams) (*river.JobListResult, error)
	JobRetry(ctx context.Context, id int64) (*rivertype.JobRow, error)
	JobUpdate(ctx context.Context, id int64, params *river.JobUpdateParams) (*rivertype.JobRow, error)
}

// store holds River's tables: in the database of the ledger, or in a file beside the
// ledger's file.
type store struct {
	client
	alive func(ctx context.Context, id int64) error // shows the rescuer that a record's process is alive
	close func()
}

// storePath returns the path of River's tables beside a ledger in a file.
func storePath(location string) string { return strings.TrimSuffix(location, ".db") + ".jobs.db" }

// openStore opens the store for a ledger at a location. Without create, a store without
// tables is errNoStore.
func openStore(ctx context.Context, location string, config *river.Config, create bool) (*store, error) {
	if ledger.IsURL(location) {
		return openPostgres(ctx, location, config, create)
	}
	return openSQLite(ctx, storePath(location), config, create)
}

func openPostgres(ctx context.Context, location string, config *river.Config, create bool) (*store, error) {
	settings, err := ledger.PostgresConfig(location)
	if err != nil {
		return nil, err
	}
	if create {
		if err := checkRights(ctx, location); err != nil {
			return nil, err
		}
	}
	pool, err := pgxpool.NewWithConfig(ctx, settings)
	if err != nil {
		return nil, fmt.Errorf("open the record of jobs: %w", err)
	}
	s, err := newStore(ctx, riverpgxv5.New(pool), config, create)
	if err != nil {
		pool.Close()
		return nil, ledger.ExplainPostgres(settings, "open", err)
	}
	s.close = pool.Close
	return s, nil
}

// checkRights refuses a user of the database who may not write the tables there are.
func checkRights(ctx context.Context, location string) error {
	server, err := ledger.InspectServer(ctx, location)
	if err != nil || len(server.Missing) == 0 {
		return err
	}
	return fault.InFile(server.Location, ledger.CodeUnwritable, "this user lacks "+strings.Join(server.Missing, "; "),
		"connect as the owner of the schema, or have the administrator grant this")
}

func openSQLite(ctx context.Context, path string, config *river.Config, create bool) (*store, error) {
	if err := ensureFile(path, create); err != nil {
		return nil, err
	}
	whole, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("open the record of jobs %s: %w", path, err)
	}
	slashed := filepath.ToSlash(whole)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed
	}
	query := url.Values{
		"mode": {"rw"}, "_txlock": {"immediate"},
		"_pragma": {"busy_timeout(30000)", "journal_mode(WAL)", "synchronous(FULL)", "trusted_schema(0)"},
	}
	db, err := sql.Open("sqlite", "file://"+(&url.URL{Path: slashed}).EscapedPath()+"?"+query.Encode())
	if err != nil {
		return nil, fmt.Errorf("open the record of jobs %s: %w", path, err)
	}
	db.SetMaxOpenConns(1) // a transaction of River excludes every other
	s, err := newStore(ctx, riversqlite.New(db), config, create)
	if err != nil {
		_ = db.Close()
		if errors.Is(err, errNoStore) {
			return nil, err
		}
		return nil, fault.InFile(path, CodeUnreadable, "the record of jobs can't be used: "+err.Error(), "check the file's permissions and the disk; without the file, the worker starts a new record")
	}
	s.close = func() { _ = db.Close() } // every commit is durable
	return s, nil
}

// ensureFile makes the file and its folder, or reports errNoStore without create.
func ensureFile(path string, create bool) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if !create {
		return errNoStore
	}
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if err == nil {
		var file *os.File
		if file, err = os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600); err == nil {
			err = file.Close()
		}
	}
	if err != nil {
		return fault.InFile(path, CodeUnreadable, "the record of jobs can't be made: "+fault.Cause(err).Error(), "check the permissions of the ledger's folder")
	}
	return nil
}

// newStore migrates River's tables if create is set, and makes a client.
func newStore[T any](ctx context.Context, driver riverdriver.Driver[T], config *river.Config, create bool) (*store, error) {
	if err := migrate(ctx, driver, config.Logger, create); err != nil {
		return nil, err
	}
	c, err := river.NewClient(driver, config)
	if err != nil {
		return nil, fmt.Errorf("open the record of jobs: %w", err)
	}
	tables := driver.GetExecutor()
	alive := func(ctx context.Context, id int64) error {
		now := time.Now().UTC()
		_, err := tables.JobUpdateFull(ctx, &riverdriver.JobUpdateFullParams{ID: id, AttemptedAtDoUpdate: true, AttemptedAt: &now})
		return err
	}
	return &store{client: c, alive: alive}, nil
}

// migrations is how often a host tries to migrate the tables while another host may be
// doing the same.
const migrations = 3

func migrate[T any](ctx context.Context, driver riverdriver.Driver[T], log *slog.Logger, create bool) error {
	migrator, err := rivermigrate.New(driver, &rivermigrate.Config{Logger: log})
	if err != nil {
		return fmt.Errorf("open the record of jobs: %w", err)
	}
	if !create {
		versions, err := migrator.ExistingVersions(ctx)
		if err == nil && len(versions) == 0 {
			err = errNoStore
		}
		return err
	}
	for range migrations {
		if _, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil); err == nil || !wait(ctx, time.Second) {
			break
		}
	}
	if err != nil {
		return fmt.Errorf("prepare the tables of jobs: %w", err)
	}
	return nil
}

// wait reports whether d went by before ctx ended.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// riverLog returns a logger for River: warnings and errors, or all if log takes debug
// messages.
func riverLog(log zerolog.Logger) *slog.Logger {
	if log.GetLevel() > zerolog.DebugLevel && log.GetLevel() < zerolog.WarnLevel {
		log = log.Level(zerolog.WarnLevel)
	}
	return slog.New(zerolog.NewSlogHandler(log))
}
