package ledger_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/jackc/pgx/v5"

	"muster/importer/ledger"
	"muster/importer/pgtest"
)

// A secret in a file is not in the database, and only a host with the same file opens the
// ledger.
func TestPostgresSecretFile(t *testing.T) {
	t.Parallel()
	location, folder := pgtest.URL(t), t.TempDir()
	file := filepath.Join(folder, "secret")
	// A mapping may be saved first.
	if err := ledger.SaveMapping(t.Context(), location, "0123", []byte("fields: {}\n")); err != nil {
		t.Fatal(err)
	}
	key := keyWith(t, location, file)
	if again := keyWith(t, location, file); again != key {
		t.Error("the same file gives other keys")
	}
	if stored := storedSecret(t, location); stored != nil {
		t.Error("the database has the secret")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm()&0o077 != 0 {
		t.Errorf("others can read the file: %v, %v", info, err)
	}
	for name, content := range map[string]string{
		"other":    "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n",
		"nonsense": "secret\n",
	} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"other", "nonsense", "missing"} {
		_, err := ledger.OpenWithSecret(t.Context(), location, filepath.Join(folder, name))
		wantFault(t, err, ledger.CodeSecret)
	}
	_, err := ledger.Open(t.Context(), location)
	wantFault(t, err, ledger.CodeSecret)

	inside := pgtest.URL(t)
	closeLedger(t, open(t, inside))
	_, err = ledger.OpenWithSecret(t.Context(), inside, file)
	wantFault(t, err, ledger.CodeSecret)
	_, err = ledger.OpenWithSecret(t.Context(), filepath.Join(folder, "ledger.db"), file)
	wantFault(t, err, "usage")
}

// A copy takes the secret of the ledger along into a new file, and refuses another one.
func TestCopyWithSecretFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from := open(t, filepath.Join(folder, "ledger.db"))
	key := from.Key("origin", "1")
	to, file := pgtest.URL(t), filepath.Join(folder, "secret")
	target, err := ledger.OpenWithSecret(t.Context(), to, file)
	if err != nil {
		t.Fatal(err)
	}
	if err := ledger.Copy(t.Context(), from, target); err != nil {
		t.Fatal(err)
	}
	closeLedger(t, target)
	if keyWith(t, to, file) != key {
		t.Error("the copy has other keys")
	}
	if stored := storedSecret(t, to); stored != nil {
		t.Error("the database has the secret")
	}

	other := open(t, filepath.Join(folder, "other.db"))
	target, err = ledger.OpenWithSecret(t.Context(), pgtest.URL(t), file)
	if err != nil {
		t.Fatal(err)
	}
	defer closeLedger(t, target)
	wantFault(t, ledger.Copy(t.Context(), other, target), ledger.CodeSecret)
}

// A copy that failed leaves no secret file behind, and can be tried again.
func TestFailedCopyWithSecretFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	from := open(t, filepath.Join(folder, "ledger.db"))
	scope := ledger.Scope{API: "https://api.procore.com", Company: 1, Project: 2}
	running := open(t, filepath.Join(folder, "ledger.db"))
	release, err := running.Lock(t.Context(), scope)
	if err == nil {
		_, err = running.Begin(t.Context(), ledger.Run{Scope: scope, Command: "import"})
	}
	if err != nil {
		t.Fatal(err)
	}
	to, file := pgtest.URL(t), filepath.Join(folder, "secret")
	duplicate := func() error {
		target, err := ledger.OpenWithSecret(t.Context(), to, file)
		if err != nil {
			t.Fatal(err)
		}
		defer closeLedger(t, target)
		return ledger.Copy(t.Context(), from, target)
	}
	if err := duplicate(); !errors.Is(err, ledger.ErrLocked) {
		t.Errorf("during a run: %v", err)
	}
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the secret file is there: %v", err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if err := duplicate(); err != nil {
		t.Fatal(err)
	}
	if keyWith(t, to, file) != from.Key("origin", "1") {
		t.Error("the copy has other keys")
	}
}

func keyWith(t *testing.T, location, file string) ledger.Key {
	t.Helper()
	l, err := ledger.OpenWithSecret(t.Context(), location, file)
	if err != nil {
		t.Fatal(err)
	}
	defer closeLedger(t, l)
	return l.Key("origin", "1")
}

func storedSecret(t *testing.T, location string) (secret []byte) {
	t.Helper()
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, location)
	if err == nil {
		err = errors.Join(conn.QueryRow(ctx, "SELECT secret FROM muster_ledger").Scan(&secret), conn.Close(ctx))
	}
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

// A mapping that a host saved is another host's, too, until it is removed.
func TestPostgresMappings(t *testing.T) {
	t.Parallel()
	location := pgtest.URL(t)
	load := func(want string) {
		t.Helper()
		content, confirmed, err := ledger.LoadMapping(t.Context(), location, "0123")
		if err != nil || string(content) != want || confirmed.IsZero() != (want == "") {
			t.Errorf("loaded %q of %s, %v", content, confirmed, err)
		}
	}
	load("")
	for _, text := range []string{"one\n", "two\n"} {
		if err := ledger.SaveMapping(t.Context(), location, "0123", []byte(text)); err != nil {
			t.Fatal(err)
		}
		load(text)
	}
	for _, want := range []bool{true, false} {
		if deleted, err := ledger.RemoveMapping(t.Context(), location, "0123"); err != nil || deleted != want {
			t.Errorf("removed: %t, %v", deleted, err)
		}
	}
	load("")
}
