package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"

	"muster/importer/atomicfile"
	"muster/importer/fault"
)

// createFile writes a new file, and never replaces a file.
func createFile(path string, mode fs.FileMode, fix string, write func(io.Writer) error) error {
	err := atomicfile.Create(path, mode, write)
	switch {
	case errors.Is(err, fs.ErrExist):
		return usageError(path+" exists already; nothing was written", fix)
	case err != nil:
		return usageError(fmt.Sprintf("%s can't be written: %v", path, fault.Cause(err)), fix)
	}
	return nil
}
