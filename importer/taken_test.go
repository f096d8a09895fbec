package importer_test

import (
	"bytes"
	"cmp"
	"fmt"
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

// rewritten replaces a part of every good answer to a method, by its first match if to is "".
type rewritten struct {
	next   http.RoundTripper
	method string // "": POST
	from   *regexp.Regexp
	to     string
	hits   int
}

var personID = regexp.MustCompile(`"id":\d+`)

func (s *rewritten) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := s.next.RoundTrip(r)
	if err != nil || r.Method != cmp.Or(s.method, http.MethodPost) || resp.StatusCode > http.StatusCreated {
		return resp, err
	}
	body, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if s.to == "" {
		s.to = string(s.from.Find(body))
	}
	s.hits += len(s.from.FindAll(body, -1))
	body = s.from.ReplaceAllLiteral(body, []byte(s.to))
	resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	resp.Header.Set("Content-Length", strconv.Itoa(len(body)))
	return resp, err
}

// An answer that names another person than the row is no success, also with an ID that
// no row has. Characters that Procore drops, adds or cuts make no other person.
func TestAnswerNamesAnotherPerson(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		sent, answered, status string
	}{
		{"Ann,Lee", `"first_name":"Bo","last_name":"Day"`, "unknown"},
		{"Ann,Lee", `"first_name":"Bo","last_name":"Lee"`, "unknown"},
		{"Ann,Lee", `"first_name":"ANN","last_name":"LEE"`, "created"},
		{"Ann,Lee", `"first_name":null,"last_name":null`, "created"},
		{"Zoë,O'Brien", `"first_name":"Zoe","last_name":"O&#39;Brien"`, "created"},
		{"Ann Quill,Leerstad", `"first_name":"Ann","last_name":"Leer"`, "created"},
	} {
		t.Run(c.answered, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := newBench(t, simulator.Config{Windows: noLimits})
				rename := &rewritten{next: b.server.Transport(), from: regexp.MustCompile(`"first_name":"[^"]*","last_name":"[^"]*"`), to: c.answered}
				roster := "First Name,Last Name\n" + c.sent + "\n"
				r := b.run(t.Context(), b.roster(roster), func(im *importer.Import) { im.API = b.client(im.Pace, rename) })
				if got := string(r.rows[0].Outcome.Status); got != c.status || rename.hits != 1 {
					t.Errorf("%s, want %s; %d answers changed", got, c.status, rename.hits)
				}
				r = b.run(t.Context(), b.roster(roster), func(im *importer.Import) { im.Pace = ratelimit.New(ratelimit.Options{}) })
				if r.Counts.Existing != 1 || b.server.Requests().Stored != 1 {
					t.Errorf("afterwards: %+v, %d people", r.Counts, b.server.Requests().Stored)
				}
			})
		})
	}
}

// A list of people without names recognises no person, and so proves no absence.
func TestListWithoutNames(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := newBench(t, simulator.Config{Windows: noLimits})
		b.run(t.Context(), b.crew(6), nil)
		b.forget()
		nameless := &rewritten{next: b.server.Transport(), method: http.MethodGet, from: regexp.MustCompile(`"(first|last)_name":"[^"]*"`), to: `"name":"hidden"`}
		r := b.run(t.Context(), b.crew(8), func(im *importer.Import) { im.API = b.client(im.Pace, nameless) })
		if r.Stopped == nil || r.Stopped.Code != "listing_incomplete" || r.Counts.Pending != 8 || len(b.server.People()) != 6 {
			t.Errorf("%+v, stopped by %v, %d people", r.Counts, r.Stopped, len(b.server.People()))
		}
	})
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
				repeat := &rewritten{next: b.server.Transport(), from: personID}
				if c.there > 0 {
					id := b.server.Add(simulator.Person{FirstName: "Bo", LastName: "Day", Account: simulator.Account{Inactive: c.there == 2}})
					repeat.to = fmt.Sprintf(`"id":%d`, id)
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
