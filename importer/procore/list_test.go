package procore_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
)

// listing serves n people, size on a page whatever is asked for.
type listing struct {
	n, size int
	link    func(page, last int) string // nil: no Link header
	total   bool
	told    string // the Total header, in the place of n
	asked   []string
}

func (l *listing) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.asked = append(l.asked, r.Host+r.URL.Path+"?"+r.URL.RawQuery)
	page, _ := strconv.Atoi(r.URL.Query().Get("page"))
	last := max((l.n+l.size-1)/l.size, 1)
	if l.link != nil {
		w.Header().Set("Link", l.link(page, last))
	}
	if l.total {
		w.Header().Set("Total", strconv.Itoa(l.n))
	}
	if l.told != "" {
		w.Header().Set("Total", l.told)
	}
	w.Header().Set("Per-Page", strconv.Itoa(l.size))
	var items []string
	for i := (page-1)*l.size + 1; i <= min(page*l.size, l.n); i++ {
		items = append(items, fmt.Sprintf(`{"id":%d,"last_name":"P%d","employee_id":"%05d"}`, i, i, i))
	}
	fmt.Fprint(w, "["+strings.Join(items, ",")+"]")
}

func linkTo(base string) func(page, last int) string {
	return func(page, last int) string {
		links := []string{fmt.Sprintf(`<%s?page=1>; rel="first"`, base), fmt.Sprintf(`<%s?page=%d>; rel="last"`, base, last)}
		if page < last {
			links = append(links, fmt.Sprintf(`<%s?per_page=3&page=%d>; rel="next"`, base, page+1))
		}
		return strings.Join(links, ", ")
	}
}

func ids(t *testing.T, c *procore.Client) ([]int64, *procore.Error) {
	t.Helper()
	var all []int64
	for p, err := range c.People(t.Context()) {
		if err != nil {
			return all, as(t, err)
		}
		all = append(all, p.ID)
	}
	return all, nil
}

func TestPeopleIsWhole(t *testing.T) {
	t.Parallel()
	base := "https://" + apiHost + people
	for _, tt := range []struct {
		name string
		list listing
		asks int // for one reading; a list of several pages is read twice
	}{
		{"links", listing{n: 8, size: 3, link: linkTo(base)}, 4},
		{"links and total", listing{n: 9, size: 3, link: linkTo(base), total: true}, 3},
		{"links to another host are not followed", listing{n: 8, size: 3, link: linkTo("http://elsewhere.example.com/x")}, 4},
		{"links without numbers", listing{n: 4, size: 3, link: func(page, last int) string {
			if page >= last {
				return `<x>; rel=prev`
			}
			return `<x>; REL="last next"`
		}}, 3},
		{"total alone", listing{n: 8, size: 3, total: true}, 3},
		{"links that forget a page that Total knows", listing{n: 6, size: 3, total: true, link: func(int, int) string { return `<x>; rel="first"` }}, 2},
		{"neither", listing{n: 8, size: 3}, 4},
		{"a total of 0 that is wrong", listing{n: 8, size: 3, told: "0"}, 4},
		{"neither, the last page full", listing{n: 6, size: 3}, 3},
		{"a total of the page alone", listing{n: 8, size: 3, told: "3"}, 3},
		{"one full page", listing{n: 3, size: 3, total: true}, 2},
		{"nobody, without a total", listing{n: 0, size: 3}, 1},
		{"nobody", listing{n: 0, size: 3, total: true, link: linkTo(base)}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, _ := client(t, &fake{api: tt.list.ServeHTTP})
			got, e := ids(t, c)
			if e != nil {
				t.Fatal(e)
			}
			var want []int64
			for i := range tt.list.n {
				want = append(want, int64(i+1))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			all := 2 * tt.asks
			if tt.list.total && tt.list.n <= tt.list.size {
				all = tt.asks
			}
			if len(tt.list.asked) != all {
				t.Errorf("%d requests, want %d: %v", len(tt.list.asked), all, tt.list.asked)
			}
			for i, asked := range tt.list.asked {
				if want := fmt.Sprintf("%s%s?page=%d&per_page=2000&view=normal", apiHost, people, i%tt.asks+1); asked != want {
					t.Errorf("asked for %s, want %s", asked, want)
				}
			}
		})
	}
}

func TestEndlessListsAreNotReadForEver(t *testing.T) {
	t.Parallel()
	next := func(format string) func(int, int) string {
		return func(page, _ int) string { return fmt.Sprintf("<x?page="+format+`>; rel="next"`, page+1) }
	}
	for _, tt := range []struct {
		name string
		api  http.Handler
		want string
	}{
		{"a next that goes back", &listing{n: 9, size: 3, link: func(int, int) string { return `<x?page=1>; rel="next"` }}, "not a later one"},
		{"a next that is no number", &listing{n: 9, size: 3, link: next("%[1]dx")}, "not a later one"},
		{"empty pages for ever", &listing{n: 3, size: 3, link: next("%d")}, "incomplete"},
		{"one page for ever", answer(200, `[{"id":1},{"id":2}]`, `Link: <x>; rel="next"`), "incomplete"},
		{"one page, whatever page is asked for", answer(200, `[{"id":1},{"id":2}]`), "incomplete"},
		{"a total that is never reached", &listing{n: 8, size: 3, told: "9"}, "there are 9"},
		{"a full page of a capped list", &listing{n: 6, size: 3, told: "600", link: linkTo("x")}, "there are 600"},
		{"not a list", answer(200, `{"id":1}`), "not a list"},
		{"a part of the list", answer(206, `[]`, "Total: 0"), "status 206"},
		{"a list and an error", answer(200, `[]{"error":"timeout"}`, "Total: 0"), "followed by more"},
		{"somebody without an ID", answer(200, `[{"id":1},{"last_name":"x"}]`), "no ID"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				c, _ := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) { sent++; tt.api.ServeHTTP(w, r) }})
				_, e := ids(t, c)
				if e == nil || e.Kind != procore.Malformed || !strings.Contains(e.Message, tt.want) {
					t.Errorf("got %+v", e)
				}
				if sent > 8 {
					t.Errorf("%d requests", sent)
				}
			})
		})
	}
}

func TestReadsAreTriedAgain(t *testing.T) {
	t.Parallel()
	cut := func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }
	half := answer(200, `[{"id":1,"last_n`)
	for _, tt := range []struct {
		name  string
		first []http.HandlerFunc // then it goes well
		kind  procore.Kind       // "": it goes well in the end
		least time.Duration
	}{
		{"faults", []http.HandlerFunc{answer(500, ""), answer(502, "<html>"), cut}, "", 500 * time.Millisecond},
		{"a page cut off", []http.HandlerFunc{half}, "", 0},
		{"throttled", []http.HandlerFunc{answer(429, "", "Retry-After: 30"), answer(503, "", "Retry-After: 40", "X-Request-Id: r")}, "", 70 * time.Second},
		{"a refused token", []http.HandlerFunc{answer(401, "")}, "", 0},
		{"two refused tokens", []http.HandlerFunc{answer(401, ""), answer(401, "")}, procore.Unauthorized, 0},
		{"forbidden", []http.HandlerFunc{answer(403, "")}, procore.Forbidden, 0},
		{"not found", []http.HandlerFunc{answer(404, "")}, procore.NotFound, 0},
		{"a redirect", []http.HandlerFunc{answer(301, "", "Location: https://elsewhere.example.com/")}, procore.Malformed, 0},
		{"maintenance for hours", []http.HandlerFunc{answer(503, "<html>", "Retry-After: 7200")}, procore.Fault, 0},
		{"faults without end", slices.Repeat([]http.HandlerFunc{answer(500, "")}, 17), procore.Fault, 10 * time.Second},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				n := 0
				c, _ := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
					if n++; n <= len(tt.first) {
						tt.first[n-1](w, r)
						return
					}
					answer(200, `[{"id":1},{"id":2}]`, "Total: 2")(w, r)
				}})
				began := time.Now()
				got, e := ids(t, c)
				if took := time.Since(began); took < tt.least || took > 2*time.Minute {
					t.Errorf("took %s, want at least %s", took, tt.least)
				}
				if tt.kind != "" {
					if e == nil || e.Kind != tt.kind || n != len(tt.first) {
						t.Errorf("got %v after %d requests, want %s after %d", e, n, tt.kind, len(tt.first))
					}
					return
				}
				if diff := cmp.Diff([]int64{1, 2}, got); e != nil || diff != "" {
					t.Errorf("%v %s", e, diff)
				}
			})
		})
	}
}

func TestPeopleMayBeLeftEarlyAndReadAgain(t *testing.T) {
	t.Parallel()
	l := &listing{n: 8, size: 3, total: true}
	c, _ := client(t, &fake{api: l.ServeHTTP})
	all := c.People(t.Context())
	for range all {
		break
	}
	n := 0
	for _, err := range all {
		if err != nil {
			t.Fatal(err)
		}
		n++
	}
	if n != 8 || len(l.asked) != 7 {
		t.Errorf("%d people in %d requests, want 8 in 1 and 2 times 3", n, len(l.asked))
	}
}

func TestLookups(t *testing.T) {
	t.Parallel()
	known := map[string]string{
		"/rest/v1.0/me":                                `{"id":9007199254740993,"login":"crew@example.com","name":"Crew Import"}`,
		"/rest/v1.0/projects/7?company_id=42":          `{"id":7,"name":"Harbour","company":{"id":42}}`,
		"/rest/v1.0/companies/42/work_classifications": `[{"id":1,"name":"Electrician","abbreviation":"ELEC"},{"id":2,"name":"Welder","abbreviation":null}]`,
	}
	c, _ := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
		q, _ := url.ParseQuery(r.URL.RawQuery)
		q.Del("page")
		q.Del("per_page")
		path := strings.TrimSuffix(r.URL.Path+"?"+q.Encode(), "?")
		if body, ok := known[path]; ok {
			answer(200, body)(w, r)
			return
		}
		answer(404, "")(w, r)
	}})
	me, err := c.Me(t.Context())
	if want := (procore.Named{ID: 9007199254740993, Name: "Crew Import"}); err != nil || me != want {
		t.Errorf("got %+v, %v; want %+v", me, err, want)
	}
	project, err := c.Project(t.Context())
	if want := (procore.Named{ID: 7, Name: "Harbour"}); err != nil || project != want {
		t.Errorf("got %+v, %v; want %+v", project, err, want)
	}
	trades, err := c.WorkClassifications(t.Context()) // the project's are a 404 here
	want := []procore.WorkClassification{{ID: 1, Name: "Electrician", Abbreviation: "ELEC"}, {ID: 2, Name: "Welder"}}
	if diff := cmp.Diff(want, trades); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func FuzzLink(f *testing.F) {
	for _, seed := range []string{`<x?page=2>; rel="next"`, `<>;rel=next`, `<`, `<a>,<b>`, `<x?page=99999999999999999999>; rel="next"`, `, ;;= <`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, link string) {
		if strings.ContainsAny(link, "\r\n") {
			t.Skip()
		}
		sent := 0
		c, _ := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
			sent++
			page, _ := strconv.Atoi(r.URL.Query().Get("page"))
			if page > 2 {
				answer(200, `[]`)(w, r)
				return
			}
			w.Header().Set("Link", link)
			fmt.Fprintf(w, `[{"id":%d}]`, page)
		}})
		_, _ = ids(t, c)
		if sent > 6 {
			t.Errorf("%q: %d requests", link, sent)
		}
	})
}

// A server that refuses large pages gets smaller ones, and the size is kept. A
// throttled page is asked for again as it was.
func TestPagesAreHalved(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		refuse http.HandlerFunc // of pages above most
		most   int
		sizes  []int // asked for
	}{
		{"408 above 500", answer(408, "Request timeout"), 500, []int{2000, 1000, 500}},
		{"400 above 1,000", answer(400, `{"errors":"per_page must be less than or equal to 1000"}`), 1000, []int{2000, 1000}},
		{"422 above 100", answer(422, `{"errors":"per_page"}`), 100, []int{2000, 1000, 500, 250, 125, 100}},
		{"502 above 1,500", answer(502, "<html>"), 1500, []int{2000, 2000, 1000}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var sizes []int
				people := &listing{n: 250, size: 100, total: true}
				c, _ := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
					size, _ := strconv.Atoi(r.URL.Query().Get("per_page"))
					sizes = append(sizes, size)
					if size > tt.most {
						tt.refuse(w, r)
						return
					}
					people.ServeHTTP(w, r)
				}})
				for range 2 {
					if got, e := ids(t, c); e != nil || len(got) != 250 {
						t.Fatalf("%d people, %v", len(got), e)
					}
				}
				last := tt.sizes[len(tt.sizes)-1]
				want := append(slices.Clone(tt.sizes), slices.Repeat([]int{last}, 11)...) // two lists of 3 pages, each read twice
				if diff := cmp.Diff(want, sizes); diff != "" {
					t.Error(diff)
				}
			})
		})
	}
}

// A list that changes while it is read, with and without Total: nobody is missed, and nobody comes twice.
func TestListsThatChange(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func([]int) []int{
		"somebody is taken off":    func(all []int) []int { return all[1:] },
		"a page is taken off":      func(all []int) []int { return all[4:] },
		"somebody is added":        func(all []int) []int { return append([]int{99}, all...) },
		"somebody at the end goes": func(all []int) []int { return all[:len(all)-1] },
		"one goes and one comes":   func(all []int) []int { return append(slices.Clone(all[1:]), 99) },
		"two change places":        func(all []int) []int { all = slices.Clone(all); all[2], all[3] = all[3], all[2]; return all },
	} {
		for at := 2; at <= 8; at++ {
			t.Run(fmt.Sprintf("%s before page %d", name, at/2+1), func(t *testing.T) {
				t.Parallel()
				all := []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11}
				changed := false
				got := readChanging(t, at%2 == 0, func(page int) []int {
					if page == at/2+1 && !changed {
						all, changed = change(all), true
					}
					return all
				})
				for _, id := range all {
					if !slices.Contains(got, int64(id)) {
						t.Errorf("%d is missed in %v", id, got)
					}
				}
				slices.Sort(got)
				if n := len(slices.Compact(slices.Clone(got))); n != len(got) {
					t.Errorf("some come twice: %v", got)
				}
			})
		}
	}
}

// readChanging lists people in pages of 3. list returns all people before a page is served.
func readChanging(t *testing.T, total bool, list func(page int) []int) []int64 {
	t.Helper()
	c, _ := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
		const size = 3
		page, _ := strconv.Atoi(r.URL.Query().Get("page"))
		all := list(page)
		if total {
			w.Header().Set("Total", strconv.Itoa(len(all)))
			w.Header().Set("Per-Page", strconv.Itoa(size))
		}
		items := []string{}
		for i := (page - 1) * size; i < min(page*size, len(all)); i++ {
			items = append(items, fmt.Sprintf(`{"id":%d,"last_name":"P"}`, all[i]))
		}
		fmt.Fprint(w, "["+strings.Join(items, ",")+"]")
	}})
	got, e := ids(t, c)
	if e != nil && e.Code != procore.CodeIncomplete {
		t.Fatal(e)
	}
	if e != nil {
		return nil
	}
	return got
}

// A list without an order is no list of all people; one that grows is, as soon as a
// reading brings no more people than have come.
func TestListsThatKeepChanging(t *testing.T) {
	t.Parallel()
	var all []int
	for i := range 60 {
		all = append(all, i+1)
	}
	for _, total := range []bool{false, true} {
		turn := 0
		if got := readChanging(t, total, func(int) []int {
			turn += 7
			return append(slices.Clone(all[turn%60:]), all[:turn%60]...)
		}); got != nil {
			t.Errorf("total %t: a list without an order is complete with %d people", total, len(got))
		}
		next := 100
		if got := readChanging(t, total, func(int) []int {
			next++
			all = append(all, next)
			return all
		}); len(got) < 60 {
			t.Errorf("total %t: a list that grows has %d people", total, len(got))
		}
		all = all[:60]
	}
}
