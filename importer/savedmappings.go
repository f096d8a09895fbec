package importer

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

	"muster/importer/atomicfile"
	"muster/importer/fault"
	"muster/mapping"
)

// SavedMappings is the folder of the mappings that a person has confirmed, a file
// for each list of headings. A saved mapping applies to later rosters with exactly
// these headings. Headings are no personal data; the folder has no cells.
type SavedMappings string

const savedMappingComment = "# What the headings of a roster mean, as confirmed in muster.\n"

// path returns the path of the mapping for a header.
func (s SavedMappings) path(header []string) string {
	return filepath.Join(string(s), headingsHash(header)+".yaml")
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
func (s SavedMappings) load(header []string) (used usedMapping, err error) {
	if s == "" {
		return used, nil
	}
	path := s.path(header)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return used, nil
	}
	if err == nil {
		used.confirmed = info.ModTime()
		used.content, err = os.ReadFile(path)
	}
	if err == nil {
		used.file, err = mapping.Confirmed(path, used.content)
	}
	if err != nil {
		return used, fault.Usage("delete the file "+path, "the mapping that was confirmed for these headings can't be used: %v", err)
	}
	used.content = bytes.TrimPrefix(used.content, []byte(savedMappingComment))
	return used, nil
}

// Save keeps the mapping of a roster for later rosters with the same headings. Only
// this user can read the file.
func (s SavedMappings) Save(r *Roster) error {
	path := s.path(r.Header)
	err := os.MkdirAll(string(s), 0o700)
	if err == nil {
		err = atomicfile.Write(path, func(w io.Writer) error {
			_, err := w.Write(append([]byte(savedMappingComment), r.used.content...))
			return err
		})
	}
	if err != nil {
		return fmt.Errorf("remember the mapping: %w", err)
	}
	return nil
}

// remove deletes the mapping for a header.
func (s SavedMappings) remove(header []string) (deleted bool, err error) {
	path := s.path(header)
	switch err := os.Remove(path); {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, fault.Usage("remove it yourself", "%s can't be removed: %v", path, fault.Cause(err))
	}
	return true, nil
}
