package roster_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/fault"
	"muster/importer/roster"
	"muster/importer/workbook"
	"muster/mapping"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestGolden reads every roster of testdata with the program's own dictionary and
// compares what it gives, cell by cell. Rosters in made are by LibreOffice, by
// excelize and by hand; rosters in programs are named for the program that wrote them.
func TestGolden(t *testing.T) {
	t.Parallel()
	paths, err := filepath.Glob("testdata/*.*")
	made, _ := filepath.Glob("testdata/made/*.*")
	programs, _ := filepath.Glob("testdata/programs/*.*")
	if err != nil || len(paths) == 0 || len(made) == 0 || len(programs) < 30 {
		t.Fatalf("no rosters: %v", err)
	}
	paths = slices.Concat(paths, made, programs)
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			t.Parallel()
			got := render(t, path)
			golden := filepath.Join("testdata", "golden", filepath.Base(path)+".txt")
			if *update {
				if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, []byte(got), 0o644)); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", path, diff)
			}
		})
	}
}

func render(t *testing.T, path string) string {
	t.Helper()
	var b strings.Builder
	r, err := roster.Open(path, roster.Options{Heading: mapping.Heading})
	if err != nil {
		var e *fault.Error
		if !errors.As(err, &e) {
			t.Fatalf("error is %T", err)
		}
		fmt.Fprintf(&b, "%s\n  try: %s\ncode: %s\n", e, e.Fix, e.Code)
		return b.String()
	}
	defer r.Close()
	fmt.Fprintf(&b, "format: %s\nsheet: %s\nheader row: %d\nheader: %q\n", r.Format(), r.Sheet(), r.HeaderRow(), r.Header())
	for _, remark := range r.Remarks() {
		fmt.Fprintf(&b, "remark: %s\n", remark)
	}
	kinds := "tndbe"
	for row, err := range r.Rows() {
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&b, "%3d %q", row.Number, row.Cells)
		if row.Kinds != nil {
			b.WriteByte(' ')
			for _, k := range row.Kinds {
				b.WriteByte(kinds[k])
			}
		}
		for i, struck := range row.Struck {
			if struck {
				fmt.Fprintf(&b, " struck: %s", workbook.CellName(row.Number, i))
			}
		}
		if row.SkipReason != "" {
			fmt.Fprintf(&b, " note: %s", row.SkipReason)
		}
		if row.Err != nil {
			fmt.Fprintf(&b, " damage: %s (%s)", row.Err, row.Err.Code)
		}
		b.WriteByte('\n')
	}
	return b.String()
}
