package simulator_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"muster/importer/procore/simulator"
)

// One client creates people over Transport, with and without windows to count.
func BenchmarkCreate(b *testing.B) {
	for _, bench := range []struct {
		name    string
		windows []simulator.Window
	}{
		{"unlimited", []simulator.Window{}},
		{"windows", []simulator.Window{
			{Length: time.Hour, Limit: 1 << 40},
			{Length: 10 * time.Second, Limit: 1 << 40, Rolling: true},
		}},
	} {
		b.Run(bench.name, func(b *testing.B) {
			s := simulator.New(simulator.Config{Windows: bench.windows})
			c := dial(b, s)
			b.ReportAllocs()
			for b.Loop() {
				if r := c.create(`{"person":{"first_name":"Jane","last_name":"Doe","employee_id":"00123","is_employee":true}}`); r.status != 201 {
					b.Fatalf("got %d %v", r.status, r.err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
		})
	}
}

// The last page of 100,000 people.
func BenchmarkList(b *testing.B) {
	s := simulator.New(simulator.Config{Windows: []simulator.Window{}})
	for i := range 100_000 {
		s.Add(simulator.Person{FirstName: "Jane", LastName: strconv.Itoa(i)})
	}
	c := dial(b, s)
	b.ReportAllocs()
	for b.Loop() {
		if r := c.do(http.MethodGet, peoplePath+"?page=50&per_page=2000", ""); r.status != 200 {
			b.Fatalf("got %d %v", r.status, r.err)
		}
	}
}
