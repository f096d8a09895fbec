package ledger

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/jackc/pgx/v5"

	"muster/importer/atomicfile"
	"muster/importer/fault"
)

// CodeSecret says that the secret of the ledger is in another place, or is another.
const CodeSecret = "ledger_secret"

// forProof begins the text whose hash proves that a secret is the ledger's.
const forProof = 'p'

// findSecret reads the secret of the ledger: from the database, or from a file if one
// is named. A new ledger gets the secret in the file, or a new secret.
func (s *postgresStore) findSecret(ctx context.Context, file string) error {
	s.secretFile = file
	err := s.whole(ctx, func(tx pgx.Tx) error {
		var proof []byte
		if err := tx.QueryRow(ctx, "SELECT secret, proof FROM muster_ledger").Scan(&s.secret, &proof); err != nil {
			return err
		}
		switch {
		case s.secret == nil && proof == nil:
			return s.newSecret(ctx, tx)
		case file == "" && s.secret == nil:
			return fileError(CodeSecret, s.location, nil, "the secret of this ledger is in a file, not in the database",
				"name the file with --ledger-secret-file; copy it from a host that uses the ledger")
		case file == "":
			return nil
		case s.secret != nil:
			return fileError(CodeSecret, s.location, nil, "this ledger has its secret in the database",
				"leave out --ledger-secret-file, or begin a ledger in an empty schema (search_path in --ledger)")
		}
		var err error
		if s.secret, err = readSecret(file); err != nil {
			return err
		}
		if !hmac.Equal(proofOf(s.secret), proof) {
			return fileError(CodeSecret, file, nil, "this is the secret of another ledger", "copy the file from a host that uses the ledger "+s.location)
		}
		return nil
	})
	return explainPostgres(s.location, "open", err)
}

// newSecret gives a new ledger its secret.
func (s *postgresStore) newSecret(ctx context.Context, tx pgx.Tx) (err error) {
	if s.secretFile != "" {
		if s.secret, err = readSecret(s.secretFile); !errors.Is(err, fs.ErrNotExist) {
			if err != nil {
				return err
			}
			return s.keepSecret(ctx, tx, s.secret)
		}
	}
	s.secret = make([]byte, sha256.Size)
	rand.Read(s.secret) // has no error; the program ends instead
	return s.keepSecret(ctx, tx, s.secret)
}

// keepSecret stores a secret in the database, or in the file if one is named. A file
// with another secret is an error.
func (s *postgresStore) keepSecret(ctx context.Context, tx pgx.Tx, secret []byte) error {
	if s.secretFile == "" {
		_, err := tx.Exec(ctx, "UPDATE muster_ledger SET secret = $1, proof = NULL", secret)
		return err
	}
	known, err := readSecret(s.secretFile)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && s.madeFile:
		s.madeFile = true
		err = atomicfile.Write(s.secretFile, func(w io.Writer) error {
			_, err := fmt.Fprintln(w, hex.EncodeToString(secret))
			return err
		})
		if err != nil {
			return unreadableSecret(s.secretFile, err)
		}
	case err != nil:
		return err
	case !hmac.Equal(known, secret):
		return fileError(CodeSecret, s.secretFile, nil, "this is the secret of another ledger", "name a file that does not exist with --ledger-secret-file")
	}
	_, err = tx.Exec(ctx, "UPDATE muster_ledger SET secret = NULL, proof = $1", proofOf(secret))
	return err
}

// NotFilled removes the secret file that this store made, so that a copy can be tried again.
func (s *postgresStore) NotFilled(ctx context.Context) error {
	if !s.madeFile {
		return nil
	}
	s.madeFile = false
	err := s.whole(ctx, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, "UPDATE muster_ledger SET secret = NULL, proof = NULL")
		return err
	})
	if err != nil {
		return explainPostgres(s.location, "write", err)
	}
	return os.Remove(s.secretFile)
}

// readSecret reads a secret from a file, in hexadecimal digits.
func readSecret(path string) ([]byte, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, unreadableSecret(path, err)
	}
	secret, err := hex.DecodeString(strings.TrimSpace(string(content)))
	if err != nil || len(secret) != sha256.Size {
		return nil, fileError(CodeSecret, path, nil, "this file does not hold the secret of a ledger", "copy the file from a host that uses the ledger")
	}
	return secret, nil
}

func unreadableSecret(path string, err error) error {
	return fileError(CodeSecret, path, fault.Cause(err), "the secret of the ledger can't be read or written",
		"check the path in --ledger-secret-file; copy the file from a host that uses the ledger")
}

// proofOf returns a hash that tells secrets apart.
func proofOf(secret []byte) []byte {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte{forProof}) // a hash never returns an error
	return mac.Sum(nil)
}
