package mapping_test

import (
	"testing"

	"muster/mapping"
)

// An ID that has fewer digits than those that begin with zeros may have lost its own.
func TestIDsThatMayHaveLostZeros(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		others []string
		id     string
		want   int
	}{
		"others begin with zeros":         {[]string{"00101", "00104"}, "102", 5},
		"it is as long as they are":       {[]string{"00101", "00104"}, "10200", 0},
		"it begins with zeros":            {[]string{"00101", "00104"}, "0102", 0},
		"it is no number":                 {[]string{"00101", "00104"}, "T12", 0},
		"one begins with zeros":           {[]string{"00101", "104"}, "102", 0},
		"those with zeros differ":         {[]string{"00101", "0104"}, "102", 0},
		"another is longer":               {[]string{"00101", "00104", "123456"}, "102", 0},
		"others are words":                {[]string{"00101", "00104", "TEMP"}, "102", 5},
		"nobody begins with a zero":       {[]string{"10101", "10104"}, "102", 0},
		"longer than those with zeros in": {[]string{"001", "004"}, "1020", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var rows []string
			for _, id := range test.others {
				rows = append(rows, "Ann|Lee|"+id)
			}
			var p mapping.Person
			if problems := detect(t, mapping.Options{}, "First Name|Last Name|Employee ID", rows...).Map([]string{"Bo", "Li", test.id}, nil, &p); problems != nil {
				t.Fatal(problems)
			}
			if p.IDDigits != test.want {
				t.Errorf("got %d, want %d", p.IDDigits, test.want)
			}
		})
	}
}
