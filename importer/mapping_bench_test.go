package importer_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"muster/importer/roster"
	"muster/mapping"
)

// Mapping a row and validating it is to cost no more than reading it.
func BenchmarkMapping(b *testing.B) {
	const rows = 20_000
	for _, kind := range []struct{ name, header, row string }{
		{"two names", "First Name,Last Name,Job Title,Employee ID,Own Employee\n", "Maria,García López,Operating Engineer,%06d,yes\n"},
		{"one name", "Name,Job Title,Employee ID,Craft,Own Employee\n", "\"García López, Maria\",Operating Engineer,%06d,Electrician,yes\n"},
	} {
		path := filepath.Join(b.TempDir(), "crew.csv")
		content := []byte(kind.header)
		for i := range rows {
			content = fmt.Appendf(content, kind.row, i)
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		r, err := roster.Open(path, roster.Options{Heading: mapping.Heading})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { r.Close() })
		var sample [][]string
		for row, err := range r.Rows() {
			if err != nil {
				b.Fatal(err)
			}
			if sample = append(sample, slices.Clone(row.Cells)); len(sample) == 50 {
				break
			}
		}
		m, err := mapping.Detect(r.Header(), sample, mapping.Options{Classifications: []mapping.Classification{{ID: 1, Name: "Electrician"}}})
		if err != nil {
			b.Fatal(err)
		}
		for _, mapped := range []bool{false, true} {
			name := kind.name + ", read"
			if mapped {
				name = kind.name + ", read and mapped"
			}
			b.Run(name, func(b *testing.B) {
				var p mapping.Person
				for b.Loop() {
					for row, err := range r.Rows() {
						if err != nil {
							b.Fatal(err)
						}
						if mapped && len(m.Map(row.Cells, nil, &p)) > 0 {
							b.Fatal("a row has problems")
						}
					}
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*rows), "ns/row")
			})
		}
	}
}
