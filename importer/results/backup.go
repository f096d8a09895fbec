package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strconv"

	"muster/importer/atomicfile"
)

// replace renames part to target and keeps the previous target as a backup. At
// every moment target exists, old or new.
func replace(part, target string) error {
	if err := backUp(target); err != nil {
		return fmt.Errorf("keep the previous file: %w", err)
	}
	return atomicfile.Rename(part, target)
}

// backUp gives an existing target a second name, target.bak.
func backUp(target string) error {
	if _, err := os.Lstat(target); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	backup, err := backupName(target)
	if err != nil {
		return err
	}
	if err := os.Remove(backup); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if os.Link(target, backup) == nil {
		return nil
	}
	copied, err := copyFile(target, backup) // memory sticks have no hard links
	if err != nil {
		return err
	}
	return errors.Join(copied.Sync(), copied.Close())
}

// backupName returns the name for a backup: target.bak, or target.bak2 and so on
// while the name belongs to a file that is not a results file. An earlier backup
// is replaced: the newer results file holds its rows, too.
func backupName(target string) (string, error) {
	for n := 1; ; n++ {
		name := target + ".bak"
		if n > 1 {
			name += strconv.Itoa(n)
		}
		info, err := os.Lstat(name)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return name, nil
		case err != nil:
			return "", err
		case info.Mode().IsRegular() && (info.Size() == 0 || whyNotResults(name) == nil):
			return name, nil
		}
	}
}

// copyFile copies a file to a new file, which stays open.
func copyFile(from, to string) (*os.File, error) {
	in, err := os.Open(from)
	if err != nil {
		return nil, unreadable(from, err)
	}
	defer func() { _ = in.Close() }() // only read
	out, err := os.OpenFile(to, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close() // the first error is the useful one
		return nil, err
	}
	return out, nil
}
