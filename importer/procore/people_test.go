package procore_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"muster/importer/procore"
	"muster/ratelimit"
)

func TestRequestIsExact(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	update := func(c *procore.Client, p *ratelimit.Pace, d procore.Draft) error {
		_, err := c.UpdatePerson(t.Context(), take(t, p), 9007199254740993, d, "intent-1")
		return err
	}
	create := func(c *procore.Client, p *ratelimit.Pace, d procore.Draft) error {
		_, err := c.CreatePerson(t.Context(), take(t, p), d, "intent-1")
		return err
	}
	for _, tt := range []struct {
		name  string
		view  string
		draft procore.Draft
		do    func(*procore.Client, *ratelimit.Pace, procore.Draft) error
		want  string
	}{
		{
			"sparse", "",
			procore.Draft{FirstName: "Ada", LastName: "Quist"},
			create,
			`POST /rest/v1.0/projects/7/people?view=normal {"person":{"first_name":"Ada","last_name":"Quist"}}`,
		},
		{
			"full", "extended",
			procore.Draft{
				FirstName: "Zoë", LastName: "O'Hara & Söhne <x>", JobTitle: "Foreman", EmployeeID: "00123",
				IsEmployee: &yes, OriginID: "0007", WorkClassificationID: 9007199254740993,
			},
			create,
			`POST /rest/v1.0/projects/7/people?view=extended {"person":{"first_name":"Zoë","last_name":"O'Hara \u0026 Söhne \u003cx\u003e","job_title":"Foreman","employee_id":"00123","is_employee":true,"origin_id":"0007","work_classification_id":9007199254740993}}`,
		},
		{
			"not an employee", "web",
			procore.Draft{FirstName: "A", LastName: "B", IsEmployee: &no},
			create,
			`POST /rest/v1.0/projects/7/people?view=web {"person":{"first_name":"A","last_name":"B","is_employee":false}}`,
		},
		{
			"update", "",
			procore.Draft{JobTitle: "Welder"},
			update,
			`PATCH /rest/v1.0/projects/7/people/9007199254740993?view=normal {"person":{"job_title":"Welder"}}`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			var got string
			var header http.Header
			c, p := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got, header = fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), body), r.Header
				answer(201, `{"id":1}`)(w, r)
			}}, func(o *procore.Options) { o.View, o.UserAgent = tt.view, "muster/1" })
			if err := tt.do(c, p, tt.draft); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
			want := http.Header{
				"Accept": {"application/json"}, "Authorization": {"Bearer token-1"}, "Content-Type": {"application/json"},
				"Idempotency-Token": {"intent-1"}, "Procore-Company-Id": {"42"}, "User-Agent": {"muster/1"},
			}
			if diff := cmp.Diff(want, header); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestPersonIsDecoded(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name   string
		status int
		body   string
		want   procore.Person // nil error expected if ID is set
	}{
		{
			"created", 201, `{"id":9223372036854775807,"first_name":"Ada","last_name":"Quist","employee_id":"00123","is_employee":true,"user_id":null,"work_classification_id":9007199254740993,"origin_id":"0007","contact":{"id":1,"is_active":true}}`,
			procore.Person{ID: 9223372036854775807, FirstName: "Ada", LastName: "Quist", EmployeeID: "00123", OriginID: "0007"},
		},
		{"repeated token", 200, `{"id":5}`, procore.Person{ID: 5}},
		{"origin ID as a number", 201, `{"id":5,"origin_id":9007199254740993}`, procore.Person{ID: 5, OriginID: "9007199254740993"}},
		{"origin ID too long for any number", 201, `{"id":5,"origin_id":123456789012345678901234567890}`, procore.Person{ID: 5, OriginID: "123456789012345678901234567890"}},
		{"everything null", 201, `{"id":5,"first_name":null,"last_name":null,"job_title":null,"employee_id":null,"origin_id":null,"is_employee":null,"work_classification_id":null,"work_classification":null,"contact":null}`, procore.Person{ID: 5}},
		{"extended view", 201, `{"id":5,"work_classification_id":null,"work_classification":{"id":77,"name":"Welder"},"vendor":{"id":1}}`, procore.Person{ID: 5}},
		{"ID as text", 201, `{"id":"9223372036854775807"}`, procore.Person{ID: 9223372036854775807}},
		{"fields of odd types", 201, `{"id":5,"job_title":{"x":1},"employee_id":123,"is_employee":"yes","work_classification":[1],"work_classification_id":"x"}`, procore.Person{ID: 5, EmployeeID: "123"}},
		{
			"escaped and plain text", 201, `{"id":5,"first_name":"Zo\u00eb \"Zo\"","last_name":"Ļīdums","job_title":"a\/b","employee_id":"","origin_id":"\u0030` + "\xff" + `"}`,
			procore.Person{ID: 5, FirstName: `Zoë "Zo"`, LastName: "Ļīdums", JobTitle: "a/b", OriginID: "0\uFFFD"},
		},
		{"text that is no UTF-8", 201, `{"id":5,"last_name":"` + "Qui\xffst" + `"}`, procore.Person{ID: 5, LastName: "Qui\uFFFDst"}},
		{"no ID", 201, `{"first_name":"Ada"}`, procore.Person{}},
		{"null ID", 201, `{"id":null}`, procore.Person{}},
		{"ID beyond 64 bits", 201, `{"id":9223372036854775808}`, procore.Person{}},
		{"ID with a fraction", 201, `{"id":1.5}`, procore.Person{}},
		{"a list", 201, `[{"id":5}]`, procore.Person{}},
		{"cut off", 201, `{"id":5,"first_na`, procore.Person{}},
		{"a sign-in page", 200, `<html><title>Sign in</title>`, procore.Person{}},
		{"endless", 201, `{"first_name":"` + strings.Repeat("x", 2<<20) + `","id":5}`, procore.Person{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, p := client(t, &fake{api: answer(tt.status, tt.body, "X-Request-Id: r-1")})
			got, e := create(t, c, p)
			if tt.want.ID == 0 {
				if e == nil || e.Kind != procore.Malformed || e.Effect != procore.MayHaveHappened || e.RequestID != "r-1" {
					t.Errorf("got %+v, %+v; want a malformed answer that may have happened", got, e)
				}
				return
			}
			if e != nil {
				t.Fatal(e)
			}
			tt.want.Status, tt.want.RequestID = tt.status, "r-1"
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func FuzzPerson(f *testing.F) {
	for _, seed := range []string{`{"id":1}`, `{"id":-1,"origin_id":1e9}`, `{"id":"x"}`, `[`, ``, `{"id":{},"work_classification":{"id":"2"}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, p := client(t, &fake{api: answer(201, body)})
		got, e := create(t, c, p)
		if (e == nil) != (got.ID != 0) {
			t.Errorf("%q: ID %d with error %v", body, got.ID, e)
		}
	})
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	done := func(w http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	for _, tt := range []struct {
		name   string
		api    http.HandlerFunc
		cancel bool // by the caller, after a second
		want   meaning
	}{
		{"the connection is cut", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, false, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
		{"no answer in time", done, false, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
		{"stopped while waiting", done, true, meaning{procore.Fault, procore.MayHaveHappened, "answer_lost"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, p := client(t, &fake{api: tt.api})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.cancel {
					time.AfterFunc(time.Second, cancel)
				}
				began := time.Now()
				_, e := createIn(ctx, t, c, p)
				if diff := cmp.Diff(tt.want, meaning{e.Kind, e.Effect, e.Code}); diff != "" {
					t.Error(diff)
				}
				if took := time.Since(began); took > 60*time.Second {
					t.Errorf("took %s, more than the time-out", took)
				}
				take(t, p)
			})
		})
	}
}

func TestEndedContextSendsNothing(t *testing.T) {
	t.Parallel()
	c, p := client(t, &fake{api: answer(201, `{"id":1}`)})
	if err := c.Renew(t.Context()); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, e := createIn(ctx, t, c, p)
	if e == nil || e.Effect != procore.DidNotHappen || e.Kind != procore.Unreachable {
		t.Errorf("got %+v", e)
	}
}

func TestNoSecretsNorPeopleInErrorsAndLogs(t *testing.T) {
	t.Parallel()
	echo := "Ada Quist " + secret + " token-1"
	for _, status := range []int{200, 303, 400, 401, 403, 404, 422, 429, 500, 503} {
		for _, body := range []string{
			echo, `{"errors":{"last_name":["` + echo + `"]}}`, `{"id":"` + echo + `"}`, "<title>" + echo + "</title>",
		} {
			t.Run(fmt.Sprintf("%d %.8s", status, body), func(t *testing.T) {
				t.Parallel()
				var log bytes.Buffer
				c, p := client(t, &fake{api: answer(status, body)}, func(o *procore.Options) { o.Logger = zerolog.New(&log).Level(zerolog.TraceLevel) })
				_, e := create(t, c, p)
				if e == nil {
					t.Fatal("no error")
				}
				all := fmt.Sprintf("%+v %v %s", *e, e, log.String())
				for _, word := range []string{secret, "token-1"} {
					if strings.Contains(all, word) {
						t.Errorf("%q is told: %s", word, all)
					}
				}
				personal := e.Kind == procore.Refused || e.Kind == procore.Fault || e.Kind == procore.Malformed
				if text := log.String(); strings.Contains(text, "Quist") || personal && strings.Contains(e.Error(), "Quist") {
					t.Errorf("the person's name is told: %s\n%s", e.Error(), text)
				}
				if !strings.Contains(log.String(), `"path":"/rest/v1.0/projects/{project}/people"`) {
					t.Errorf("the log does not say what was called: %s", log.String())
				}
			})
		}
	}
}

func TestErrorText(t *testing.T) {
	t.Parallel()
	c, p := client(t, &fake{api: answer(403, `{"error":"Directory tool is disabled"}`, "X-Request-Id: a-1")})
	_, e := create(t, c, p)
	if want := "create a person: Procore answered with status 403: Directory tool is disabled (request a-1)"; e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
	c, p = client(t, &fake{api: answer(403, "", "X-Request-Id: a \x7fb"+strings.Repeat("c", 200))})
	_, e = create(t, c, p)
	if want := "create a person: Procore answered with status 403: 403 Forbidden (request ab" + strings.Repeat("c", 96) + ")"; e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
	c, p = client(t, &fake{api: answer(422, `{"error":"Ada is known"}`)})
	_, e = create(t, c, p)
	if want := "create a person: Procore answered with status 422 (refused)"; e.Error() != want {
		t.Errorf("got %q, want %q", e.Error(), want)
	}
}
