package procore_test

import (
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
	"muster/importer/procore/simulator"
	"muster/ratelimit"
)

func TestBulkRequestIsExact(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name string
		do   func(*procore.Client, *ratelimit.Slot, []int64) error
		want string
	}{
		{
			"remove",
			func(c *procore.Client, slot *ratelimit.Slot, ids []int64) error {
				_, err := c.RemovePeople(t.Context(), slot, ids)
				return err
			},
			`DELETE /rest/v2.0/companies/42/projects/7/project_memberships/bulk_remove {"party_ids":[9007199254740993,2]} application/json`,
		},
		{
			"deactivate",
			func(c *procore.Client, slot *ratelimit.Slot, ids []int64) error {
				_, err := c.DeactivatePeople(t.Context(), slot, ids)
				return err
			},
			`POST /rest/v2.0/companies/42/people/bulk_deactivate {"ids":[9007199254740993,2]} application/json`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got []string
			c, p := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = append(got, fmt.Sprintf("%s %s %s %s", r.Method, r.URL.RequestURI(), body, r.Header.Get("Content-Type")))
				answer(200, `{"data":{}}`)(w, r)
			}})
			if err := tt.do(c, take(t, p), []int64{9007199254740993, 2}); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{tt.want}, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRemovePeopleAnswers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		answer  http.HandlerFunc
		want    procore.Removal
		meaning meaning
	}{
		{
			"some of each", answer(200, `{"data":{"processed_ids":[1,"9007199254740993"],"skipped_ids":[3]}}`, "X-Request-Id: r-1"),
			procore.Removal{Removed: []int64{1, 9007199254740993}, Answer: procore.Answer{Status: 200, RequestID: "r-1"}},
			meaning{},
		},
		{"no person", answer(200, `{"data":{"processed_ids":[],"skipped_ids":null}}`), procore.Removal{Answer: procore.Answer{Status: 200}}, meaning{}},
		{"without data", answer(200, `{}`), procore.Removal{}, meaning{procore.Malformed, procore.MayHaveHappened, "malformed"}},
		{"of another kind", answer(200, `{"data":[1]}`), procore.Removal{}, meaning{procore.Malformed, procore.MayHaveHappened, "malformed"}},
		{"cut", answer(200, `{"data":{"proc`), procore.Removal{}, meaning{procore.Malformed, procore.MayHaveHappened, "malformed"}},
		{"refused", answer(422, `{"error":{"code":"X","message":"No"}}`), procore.Removal{}, meaning{procore.Refused, procore.DidNotHappen, "refused"}},
		{"forbidden", answer(403, ``), procore.Removal{}, meaning{procore.Forbidden, procore.DidNotHappen, "forbidden"}},
		{"fault", answer(502, `<html>`), procore.Removal{}, meaning{procore.Fault, procore.MayHaveHappened, "fault"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			requests := 0
			c, p := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
				requests++
				tt.answer(w, r)
			}})
			got, err := c.RemovePeople(t.Context(), take(t, p), []int64{1, 9007199254740993, 3})
			var v meaning
			if e := as(t, err); e != nil {
				v = meaning{e.Kind, e.Effect, e.Code}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.meaning, v); diff != "" {
				t.Error(diff)
			}
			if requests != 1 {
				t.Errorf("%d requests", requests)
			}
		})
	}
}

// What Procore would silently ignore is not sent at all.
func TestBulkHasACap(t *testing.T) {
	t.Parallel()
	c, p := client(t, &fake{api: func(http.ResponseWriter, *http.Request) { t.Error("a request was sent") }})
	for _, ids := range [][]int64{nil, make([]int64, procore.MostRemoved+1)} {
		_, err := c.RemovePeople(t.Context(), take(t, p), ids)
		if e := as(t, err); e == nil || e.Effect != procore.DidNotHappen {
			t.Errorf("%d people: %v", len(ids), err)
		}
	}
	if c.Requests() != 0 {
		t.Errorf("%d requests", c.Requests())
	}
}

// Against the simulated Procore, which has its own reading of the documents.
func TestMembershipsOfTheSimulator(t *testing.T) {
	t.Parallel()
	c, p, s := simulated(t, simulator.Config{Windows: []simulator.Window{}})
	created := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	member := s.Add(simulator.Person{LastName: "Lee", Trace: simulator.Trace{Created: created, Updated: created.Add(time.Hour)}})
	user := s.Add(simulator.Person{LastName: "Fox", Account: simulator.Account{UserID: 5}, Trace: simulator.Trace{Created: created}})
	var times []procore.Times
	for one, err := range c.Times(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		times = append(times, one)
	}
	if diff := cmp.Diff([]procore.Times{{member, created, created.Add(time.Hour)}, {user, created, created}}, times); diff != "" {
		t.Errorf("times (-want +got):\n%s", diff)
	}
	for n, want := range []procore.Removal{
		{Removed: []int64{member}, Answer: procore.Answer{Status: 200}},
		{Answer: procore.Answer{Status: 200}},
	} {
		got, err := c.RemovePeople(t.Context(), take(t, p), []int64{member, user})
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(got.RequestID, "simulated-") {
			t.Errorf("request ID %q", got.RequestID)
		}
		got.RequestID = ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("time %d (-want +got):\n%s", n+1, diff)
		}
	}
	for n, want := range [][]int64{{member}, nil} {
		got, err := c.DeactivatePeople(t.Context(), take(t, p), []int64{member})
		if err != nil || !slices.Equal(got.Removed, want) {
			t.Errorf("time %d: deactivated %v, %v", n+1, got, err)
		}
	}
	s.SetDenied(simulator.DenyWebView)
	for one, err := range c.Times(t.Context()) {
		if err != nil || one.ID != user || !one.Created.IsZero() || !one.Updated.IsZero() {
			t.Errorf("without permission: %+v, %v", one, err)
		}
	}
}
