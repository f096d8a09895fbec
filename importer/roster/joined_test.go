package roster_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"muster/importer/roster"
)

// The mark of a file that was copied behind another is found wherever the pieces
// end in which the file is read, and one that is part of a cell stays.
func TestMarkBetweenPieces(t *testing.T) {
	t.Parallel()
	const header, piece = "\"First Name\",\"Last Name\"\n", 64 << 10
	for _, whole := range []int{piece / 16, piece, 4 * piece} {
		for before := range 8 {
			filler := strings.Repeat("\"Bo\",\"Li\"\n", (whole-len(header))/10-10)
			last := "Bo,L"
			last += strings.Repeat("i", whole-before-len(header)-len(filler)-len(last)-1) + "\n"
			r := open(t, write(t, "crew.csv", header+filler+last+"\uFEFF\"Ana\",\"Sil,va\"\n\uFEFFCy,Ray\nDee,\uFEFF\n"), roster.Options{Delimiter: ","})
			all := lines(t, r)
			number := strings.Count(filler, "\n") + 3
			want := []line{{number, "Ana|Sil,va", ""}, {number + 1, "\uFEFFCy|Ray", ""}, {number + 2, "Dee|\uFEFF", ""}}
			if diff := cmp.Diff(want, all[max(0, len(all)-3):]); diff != "" {
				t.Errorf("%d bytes before a piece of %d ends (-want +got):\n%s", before, whole, diff)
			}
		}
	}
}
