package importer_test

import (
	"bytes"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"testing"
	"testing/synctest"

	"muster/importer"
	"muster/importer/outcome"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

// sameID answers every create with one person ID: the first one created, unless an ID is given.
type sameID struct {
	next http.RoundTripper
	id   string
}

var firstID = regexp.MustCompile(`"id":(\d+)`)

func (s *sameID) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if err != nil || r.Method != http.MethodPost || resp.StatusCode != http.StatusCreated {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if s.id == "" {
		s.id = string(firstID.FindSubmatch(body)[1])
	}
	body = firstID.ReplaceAll(body, []byte(`"id":`+s.id))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return resp, err
}

// A server that answers several creates with one ID never makes several rows one person. The next
// run finds the people by listing.
func TestOneIDForSeveralCreates(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ there, created int }{
		"of this run":      {0, 1},
		"listed before":    {1, 0},
		"inactive before ": {2, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				repeat := &sameID{next: b.server.Transport()}
				if c.there > 0 {
					id := b.server.Add(simulator.Person{FirstName: "Bo", LastName: "Day", Account: simulator.Account{Inactive: c.there == 2}})
					repeat.id = strconv.FormatInt(id, 10)
				}
				r := b.run(t.Context(), b.crew(6), func(im *importer.Import) {
					im.Workers = 1
					im.API = b.client(im.Pace, repeat)
				})
				ids := map[int64]int{}
				for _, row := range r.rows {
					ids[row.Outcome.PersonID]++
					if row.Outcome.Status == outcome.Unknown && (row.Outcome.PersonID != 0 || row.Outcome.Problems[0].Code != "person_taken") {
						t.Errorf("%+v", row.Outcome)
					}
				}
				if r.err != nil || r.Counts.Created != c.created || r.Counts.Unknown != 6-c.created || ids[0] != 6-c.created {
					t.Errorf("%+v, %v, %v", r.Counts, ids, r.err)
				}
				r = b.run(t.Context(), b.crew(6), func(im *importer.Import) { im.Pace = ratelimit.New(ratelimit.Options{}) })
				if got := r.Counts.Existing + r.Counts.Created; r.err != nil || got != 6 || b.server.Requests().Stored != 6 {
					t.Errorf("afterwards: %+v, %v, %d people", r.Counts, r.err, b.server.Requests().Stored)
				}
			})
		})
	}
}
