package doctor

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/dustin/go-humanize"

	"muster/importer/fault"
)

// The free bytes on a disk below which an import is likely to fail, and below which the
// doctor warns.
const (
	tooLittle = 10 << 20
	little    = 200 << 20
)

// Disk checks the free space of the folder for what, or of the nearest existing folder
// above.
func (x *Examination) Disk(what, folder string) { x.Found(checkDisk(what, folder)) }

func checkDisk(what, folder string) Finding {
	f := Finding{Check: "disk", State: Fine, Facts: Facts{"of": what}}
	if whole, err := filepath.Abs(folder); err == nil {
		folder = whole
	}
	for filepath.Dir(folder) != folder {
		if _, err := os.Stat(folder); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		folder = filepath.Dir(folder)
	}
	probe, err := os.CreateTemp(folder, ".muster-doctor-*")
	if err != nil {
		f.State, f.Text = Broken, fmt.Sprintf("muster can't write in %s: %v", folder, fault.Cause(err))
		f.Fix = "check that you may write there, or choose another folder with --" + what
		f.Facts["code"] = "unwritable"
		return f
	}
	_, _ = probe.Close(), os.Remove(probe.Name()) // an empty file
	free, err := freeBytes(folder)
	if err != nil {
		f.Text = fmt.Sprintf("the %s can be written in %s; the free space is not known", what, folder)
		return f
	}
	f.Text = fmt.Sprintf("%s are free for the %s in %s", humanize.IBytes(free), what, folder)
	f.Facts["free_bytes"] = free
	switch {
	case free < tooLittle:
		f.State = Broken
	case free < little:
		f.State = Doubted
	}
	if f.State != Fine {
		f.Fix = "free space on that disk, or choose another folder with --" + what
	}
	return f
}

// OpenToOthers reports whether users other than the owner and the group have a
// permission of mode.
func OpenToOthers(path string, mode fs.FileMode) bool {
	info, err := os.Stat(path)
	return err == nil && runtime.GOOS != "windows" && info.Mode().Perm()&mode != 0 // the modes of Windows do not tell
}
