package ledger_test

import (
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"muster/importer/ledger"
)

// limitFiles lets this process write no file beyond a size, until it is called
// again.
var limitFiles = func(size uint64) error {
	signal.Ignore(syscall.SIGXFSZ) // the write fails instead
	return syscall.Setrlimit(syscall.RLIMIT_FSIZE, &syscall.Rlimit{Cur: size, Max: 1 << 40})
}

// On a disk that is really full, where the test may mount one.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size=512k"); err != nil {
		t.Skipf("no small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(folder, "ledger.db")
	l := open(t, path)
	run := begin(t, l)
	n := 0
	for ; ; n++ {
		if _, err := l.Intend(t.Context(), run, ledger.Request{Key: l.Key(fmt.Sprint(n)), Row: n}); err != nil {
			wantCode(t, err, ledger.CodeFull, path)
			break
		}
	}
	if n == 0 {
		t.Error("nothing was written at all")
	}
	for row := range n {
		if got := lookup(t, l, l.Key(fmt.Sprint(row)))[0].State; got != ledger.Intended {
			t.Errorf("row %d is %v", row, got)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "rest"), []byte(strings.Repeat("x", 1<<20)), 0o600); err == nil {
		t.Error("the disk is not full")
	}
	second := filepath.Join(folder, "second", "ledger.db")
	_, err := ledger.Open(t.Context(), second)
	wantCode(t, err, ledger.CodeFull, second)
}
