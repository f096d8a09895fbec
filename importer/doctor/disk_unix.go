//go:build unix

package doctor

import "golang.org/x/sys/unix"

// freeBytes returns how much an ordinary user can still write on a folder's disk.
func freeBytes(folder string) (uint64, error) {
	var s unix.Statfs_t
	if err := unix.Statfs(folder, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // their types differ between systems
}
