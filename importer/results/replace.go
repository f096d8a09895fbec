package results

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
)

// replace gives part the name target and keeps a file of that name as
// target.bak. Target is there, old or new, at every moment.
func replace(part, target string) error {
	switch _, err := os.Lstat(target); {
	case err == nil:
		if err := keep(target); err != nil {
			return fmt.Errorf("keep the previous file: %w", err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := os.Rename(part, target); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(target))
}

// keep makes target.bak of target, which stays.
func keep(target string) error {
	backup := target + ".bak"
	temporary := backup + ".tmp"
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := os.Link(target, temporary); err != nil {
		// Not every file system has hard links: memory sticks, some network drives.
		if err := duplicate(target, temporary); err != nil {
			_ = os.Remove(temporary)
			return err
		}
	}
	if err := os.Rename(temporary, backup); err != nil {
		_ = os.Remove(temporary)
		return err
	}
	// Renaming one link of a file over another does nothing at all.
	if err := os.Remove(temporary); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
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

// syncFolder makes a renaming durable.
func syncFolder(path string) error {
	if runtime.GOOS == "windows" { // which can't, and needn't: NTFS logs it
		return nil
	}
	folder, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = folder.Close() }()
	return folder.Sync()
}
