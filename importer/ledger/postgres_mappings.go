package ledger

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// LoadMapping returns the mapping of a list of headings that a person confirmed, and
// when. The content is nil if the ledger in the database at a URL has none.
func LoadMapping(ctx context.Context, location, headings string) (content []byte, confirmed time.Time, err error) {
	var at millis
	err = withPostgres(ctx, location, func(s *postgresStore) error {
		err := s.pool.QueryRow(ctx, "SELECT content, confirmed FROM muster_mappings WHERE headings = $1", headings).Scan(&content, &at)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		return err
	})
	return content, at.time(), err
}

// LoadMappings returns the contents of all mappings by their headings.
func LoadMappings(ctx context.Context, location string) (all map[string][]byte, err error) {
	all = make(map[string][]byte)
	err = withPostgres(ctx, location, func(s *postgresStore) error {
		rows, err := s.pool.Query(ctx, "SELECT headings, content FROM muster_mappings")
		if err != nil {
			return err
		}
		var headings string
		var content []byte
		_, err = pgx.ForEachRow(rows, []any{&headings, &content}, func() error {
			all[headings] = bytes.Clone(content)
			return nil
		})
		return err
	})
	return all, err
}

// SaveMapping keeps the mapping of a list of headings for all hosts.
func SaveMapping(ctx context.Context, location, headings string, content []byte) error {
	return withPostgres(ctx, location, func(s *postgresStore) error {
		_, err := s.pool.Exec(ctx, `INSERT INTO muster_mappings (headings, content, confirmed)
			VALUES ($1, $2, extract(epoch FROM clock_timestamp()) * 1000)
			ON CONFLICT (headings) DO UPDATE SET content = excluded.content, confirmed = excluded.confirmed`, headings, content)
		return err
	})
}

// RemoveMapping deletes the mapping of a list of headings, and reports whether there
// was a mapping.
func RemoveMapping(ctx context.Context, location, headings string) (deleted bool, err error) {
	err = withPostgres(ctx, location, func(s *postgresStore) error {
		tag, err := s.pool.Exec(ctx, "DELETE FROM muster_mappings WHERE headings = $1", headings)
		deleted = err == nil && tag.RowsAffected() > 0
		return err
	})
	return deleted, err
}

// withPostgres runs do on the ledger at a URL.
func withPostgres(ctx context.Context, location string, do func(*postgresStore) error) (err error) {
	s, err := openPostgres(ctx, location)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return explainPostgres(s.location, "use", do(s))
}
