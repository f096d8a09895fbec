package importer

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"muster/importer/atomicfile"
	"muster/importer/fault"
	"muster/importer/ledger"
	"muster/mapping"
)

// SavedMappings is the location of the mappings that a person has confirmed: a folder
// with a file for each list of headings, or the URL of a ledger that hosts share. A
// saved mapping applies to later rosters with exactly these headings. Headings are no
// personal data; no cells are saved.
type SavedMappings string

const (
	savedMappingComment = "# What the headings of a roster mean, as confirmed in muster.\n"
	savedMappingEnd     = ".yaml" // of a file's name
)

// shared reports whether the mappings are in a ledger that hosts share.
func (s SavedMappings) shared() bool { return ledger.IsURL(string(s)) }

// path returns the path of the mapping for a header, or a name for messages.
func (s SavedMappings) path(header []string) string {
	name := headingsHash(header) + savedMappingEnd
	if s.shared() {
		return "mapping " + name
	}
	return filepath.Join(string(s), name)
}

// headingsHash is the same for headings that are equal after folding. The order
// counts only if a heading is empty or occurs twice, so that a column must be
// told by its place: columns of a results file may be moved.
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

// load returns the saved mapping for a header, or an empty mapping.
func (s SavedMappings) load(ctx context.Context, header []string) (used usedMapping, err error) {
	if s == "" {
		return used, nil
	}
	path := s.path(header)
	if used.content, used.confirmed, err = s.read(ctx, header); used.content == nil && err == nil {
		return used, nil
	}
	if err == nil {
		used.file, err = mapping.Confirmed(path, used.content)
	}
	switch {
	case fault.CodeOf(err) != "":
		return used, err
	case err != nil && s.shared():
		return used, fault.Usage("make muster forget it: muster map ROSTER --forget", "the mapping that was confirmed for these headings can't be used: %v", err)
	case err != nil:
		return used, fault.Usage("delete the file "+path, "the mapping that was confirmed for these headings can't be used: %v", err)
	}
	used.content = bytes.TrimPrefix(used.content, []byte(savedMappingComment))
	return used, nil
}

// read returns the saved mapping for a header, and when the mapping was confirmed. The
// content is nil if there is none.
func (s SavedMappings) read(ctx context.Context, header []string) (content []byte, confirmed time.Time, err error) {
	if s.shared() {
		return ledger.LoadMapping(ctx, string(s), headingsHash(header))
	}
	info, err := os.Stat(s.path(header))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, confirmed, nil
	}
	if err == nil {
		confirmed = info.ModTime()
		content, err = os.ReadFile(s.path(header))
	}
	return content, confirmed, err
}

// Save keeps the mapping of a roster for later rosters with the same headings. Only
// this user can read a file.
func (s SavedMappings) Save(ctx context.Context, r *Roster) error {
	err := s.write(ctx, headingsHash(r.Header), append([]byte(savedMappingComment), r.used.content...))
	if err != nil {
		return fmt.Errorf("remember the mapping: %w", err)
	}
	return nil
}

// write keeps the content of a mapping for the hash of headings.
func (s SavedMappings) write(ctx context.Context, headings string, content []byte) error {
	if s.shared() {
		return ledger.SaveMapping(ctx, string(s), headings, content)
	}
	if err := os.MkdirAll(string(s), 0o700); err != nil {
		return err
	}
	return atomicfile.Write(filepath.Join(string(s), headings+savedMappingEnd), func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// CopyTo copies all mappings to another place.
func (s SavedMappings) CopyTo(ctx context.Context, to SavedMappings) error {
	all, err := s.all(ctx)
	for headings, content := range all {
		err = errors.Join(err, to.write(ctx, headings, content))
	}
	if err != nil {
		return fmt.Errorf("copy the saved mappings: %w", err)
	}
	return nil
}

// all returns the contents of all mappings by the hash of the headings.
func (s SavedMappings) all(ctx context.Context) (map[string][]byte, error) {
	if s.shared() {
		return ledger.LoadMappings(ctx, string(s))
	}
	paths, err := filepath.Glob(filepath.Join(string(s), "*"+savedMappingEnd))
	all := make(map[string][]byte, len(paths))
	for _, path := range paths {
		content, e := os.ReadFile(path)
		err = errors.Join(err, e)
		all[strings.TrimSuffix(filepath.Base(path), savedMappingEnd)] = content
	}
	return all, err
}

// remove deletes the mapping for a header.
func (s SavedMappings) remove(ctx context.Context, header []string) (deleted bool, err error) {
	if s.shared() {
		return ledger.RemoveMapping(ctx, string(s), headingsHash(header))
	}
	path := s.path(header)
	switch err := os.Remove(path); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fault.Usage("remove it yourself", "%s can't be removed: %v", path, fault.Cause(err))
	}
	return true, nil
}
