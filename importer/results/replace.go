package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"muster/importer/atomicfile"
)

// replace gives part the name target and keeps a file of that name under another.
// Target is there, old or new, at every moment.
func replace(part, target string) error {
	switch _, err := os.Lstat(target); {
	case err == nil:
		if err := keep(target); err != nil {
			return fmt.Errorf("keep the previous file: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	return atomicfile.Rename(part, target)
}

// keep makes target.bak of target, which stays.
func keep(target string) error {
	backup, err := backupOf(target)
	if err != nil {
		return err
	}
	// A folder of our own, since a name that is free now need not be free then.
	folder, err := os.MkdirTemp(filepath.Dir(target), filepath.Base(target)+".bak.*")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(folder) }() // renaming one link of a file over another leaves it there
	temporary := filepath.Join(folder, "results")
	if err := os.Link(target, temporary); err != nil {
		// Not every file system has hard links: memory sticks, some network drives.
		if err := duplicate(target, temporary); err != nil {
			return err
		}
	}
	return os.Rename(temporary, backup)
}

// backupOf returns the name under which a file is kept: its own with .bak behind
// it, or .bak2 and so on if that is somebody else's. An earlier results file
// gives way; what is in it is in the newer one, too.
func backupOf(target string) (string, error) {
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
		case info.Mode().IsRegular() && (info.Size() == 0 || ours(name) == nil):
			return name, nil
		}
	}
}

func duplicate(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer func() { _ = in.Close() }()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		_ = out.Close()
		return err
	}
	if err := out.Sync(); err != nil {
		_ = out.Close()
		return err
	}
	return out.Close()
}
