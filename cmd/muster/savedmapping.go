package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"muster/importer/atomicfile"
	"muster/importer/text"
	"muster/mapping"
)

// A mapping that a person has confirmed at a terminal is kept as a mapping file
// beside the ledger, under a hash of the roster's headings. It counts for this
// user's later runs over exactly these headings, at a terminal or not. Headings are no personal data; cells are not kept.

const confirmedComment = "# What the headings of a roster mean, as confirmed in muster.\n"

// confirmedPath is where the confirmed mapping of these headings is, or would be.
func (a *app) confirmedPath(header []string) (string, error) {
	book := a.settings.ledger
	if book == "" {
		book = a.getenv(environmentOf["ledger"]) // of a command that has no --ledger
	}
	if book == "" {
		var err error
		if book, err = defaultLedger(a.getenv); err != nil {
			return "", err
		}
	}
	return filepath.Join(filepath.Dir(book), "mappings", headingsHash(header)+".yaml"), nil
}

// headingsHash is the same for headings that are equal after folding. Their
// order counts only where a column may have to be told by its place: columns
// of a results file may be moved.
func headingsHash(header []string) string {
	var keys []string
	for _, h := range header {
		keys = append(keys, mapping.Fold(h))
	}
	for len(keys) > 0 && keys[len(keys)-1] == "" {
		keys = keys[:len(keys)-1]
	}
	sorted := slices.Sorted(slices.Values(keys))
	if distinct := slices.Compact(slices.Clone(sorted)); len(distinct) == len(keys) && !slices.Contains(keys, "") {
		keys = sorted
	}
	sum := sha256.New()
	for _, k := range keys {
		sum.Write([]byte(k + "\n")) // a folded heading has no line break
	}
	return hex.EncodeToString(sum.Sum(nil)[:16])
}

// recall takes the mapping that was confirmed for the input's headings, if the
// user names none.
func (a *app) recall(in *input) error {
	if in.file != nil {
		return nil
	}
	path, err := a.confirmedPath(in.header)
	if err != nil {
		return nil //nolint:nilerr // no folder for it: nothing was confirmed
	}
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	fix := a.mapCommand(in.path, "--forget")
	if err != nil {
		return usageError(fmt.Sprintf("the mapping that was confirmed for these headings can't be read: %v", err), fix)
	}
	if in.text, err = os.ReadFile(path); err == nil {
		in.file, err = mapping.Confirmed(path, in.text)
	}
	if err != nil {
		return usageError(fmt.Sprintf("the mapping that was confirmed for these headings is damaged: %v", err), fix)
	}
	in.text = bytes.TrimPrefix(in.text, []byte(confirmedComment))
	in.confirmed = info.ModTime()
	return nil
}

// sayConfirmed reports that a saved mapping is used: at once, or in the summary with
// --quiet or --json.
func (a *app) sayConfirmed(in *input) {
	if in.confirmed.IsZero() {
		return
	}
	sentence := fmt.Sprintf("the headings are mapped as you confirmed on %s; %s undoes that",
		in.confirmed.Local().Format(time.DateOnly), a.mapCommand(in.path, "--forget"))
	if a.settings.quiet || a.settings.json {
		in.remarks = append(in.remarks, sentence)
		return
	}
	a.talk("%s.", text.Capital(sentence))
}

// remember keeps a mapping file for the input's headings.
func (a *app) remember(in *input, text []byte) error {
	path, err := a.confirmedPath(in.header)
	if err != nil {
		return err
	}
	if err := writePrivately(path, append([]byte(confirmedComment), text...)); err != nil {
		return fmt.Errorf("remember the mapping: %w", err)
	}
	return nil
}

// forget drops the mapping that was confirmed for the input's headings.
func (a *app) forget(in *input) error {
	path, err := a.confirmedPath(in.header)
	if err != nil {
		return err
	}
	switch err := os.Remove(path); {
	case errors.Is(err, fs.ErrNotExist):
		a.talk("There is no saved mapping for these headings.")
	case err != nil:
		return usageError(fmt.Sprintf("%s can't be removed: %v", path, pathCause(err)), "remove it yourself")
	default:
		a.talk("The saved mapping for these headings was deleted.")
	}
	return nil
}

// writePrivately writes a file that only this user can read, and makes its folder.
func writePrivately(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(path, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// writeNew writes a new file. An existing file with the same content is fine.
func writeNew(path string, content []byte) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o644) //nolint:gosec // headings are no secret, and a mapping file is for others too
	if errors.Is(err, fs.ErrExist) {
		if old, err := os.ReadFile(path); err == nil && bytes.Equal(old, content) {
			return nil
		}
		return usageError(path+" exists already with other content", "name another file with -o, or move that one away")
	}
	if err == nil {
		_, err = file.Write(content)
		if err = errors.Join(err, file.Close()); err != nil {
			_ = os.Remove(path) // half a mapping is worse than none
		}
	}
	if err != nil {
		return usageError(fmt.Sprintf("%s can't be written: %v", path, pathCause(err)), "name another file with -o")
	}
	return nil
}
