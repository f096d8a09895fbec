package procore_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"muster/importer/procore"
)

type meaning struct {
	Kind   procore.Kind
	Effect procore.Effect
	Code   string
}

// A 503 with Retry-After means "not now" only if it comes from Procore's API.
func TestWhoseUnavailable(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name    string
		headers []string
		body    string
		effect  procore.Effect
	}{
		{"a request ID", []string{"X-Request-Id: r"}, "", procore.DidNotHappen},
		{"rate headers", []string{"X-Rate-Limit-Limit: 25"}, "", procore.DidNotHappen},
		{"neither", nil, "", procore.MayHaveHappened},
		{"a request ID on an HTML page", []string{"X-Request-Id: r", "Content-Type: text/html; charset=utf-8"}, "", procore.MayHaveHappened},
		{"a request ID on an HTML page that is called text", []string{"X-Request-Id: r", "Content-Type: text/plain"}, " <!DOCTYPE html>", procore.MayHaveHappened},
	} {
		c, p := client(t, &fake{api: answer(503, tt.body, append(tt.headers, "Retry-After: 3")...)})
		if _, e := create(t, c, p); e == nil || e.Effect != tt.effect {
			t.Errorf("%s: got %+v", tt.name, e)
		}
	}
}

func TestCreateIsClassified(t *testing.T) {
	t.Parallel()
	const (
		no    = procore.DidNotHappen
		maybe = procore.MayHaveHappened
	)
	wait := "Retry-After: 3"
	for _, tt := range []struct {
		name    string
		status  int
		headers []string
		want    meaning
	}{
		{"bad request", 400, nil, meaning{procore.Refused, no, "refused"}},
		{"unauthorized", 401, nil, meaning{procore.Unauthorized, no, "unauthorized"}},
		{"forbidden", 403, nil, meaning{procore.Forbidden, no, "forbidden"}},
		{"not found", 404, nil, meaning{procore.NotFound, no, "not_found"}},
		{"not acceptable", 406, nil, meaning{procore.Refused, no, "refused"}},
		{"request timeout", 408, nil, meaning{procore.Fault, maybe, "server_timeout"}},
		{"conflict", 409, nil, meaning{procore.Refused, no, "conflict"}},
		{"too large", 413, nil, meaning{procore.Refused, no, "refused"}},
		{"unprocessable", 422, nil, meaning{procore.Refused, no, "refused"}},
		{"throttled", 429, nil, meaning{procore.Throttled, no, "throttled"}},
		{"client went away", 499, nil, meaning{procore.Fault, maybe, "fault"}},
		{"server error", 500, nil, meaning{procore.Fault, maybe, "fault"}},
		{"server error that says when", 500, []string{wait}, meaning{procore.Fault, maybe, "fault"}},
		{"bad gateway", 502, nil, meaning{procore.Fault, maybe, "fault"}},
		{"unavailable", 503, nil, meaning{procore.Fault, maybe, "fault"}},
		{"unavailable that says when", 503, []string{wait}, meaning{procore.Throttled, no, "throttled"}},
		{"a proxy's page that says when", 503, []string{wait, "Content-Type: text/html"}, meaning{procore.Fault, maybe, "fault"}},
		{"gateway timeout", 504, nil, meaning{procore.Fault, maybe, "fault"}},
		{"unknown 5xx", 520, nil, meaning{procore.Fault, maybe, "fault"}},
		{"see other", 303, []string{"Location: https://elsewhere.example.com/"}, meaning{procore.Malformed, maybe, "redirected"}},
		{"temporary redirect", 307, []string{"Location: ::not a url::"}, meaning{procore.Malformed, maybe, "redirected"}},
		{"no content", 204, nil, meaning{procore.Malformed, maybe, "malformed"}},
		{"created without a body", 201, nil, meaning{procore.Malformed, maybe, "malformed"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				sent := 0
				reply := answer(tt.status, "", append(tt.headers, "X-Request-Id: req-9")...)
				c, p := client(t, &fake{api: func(w http.ResponseWriter, r *http.Request) { sent++; reply(w, r) }})
				_, e := create(t, c, p)
				if e == nil {
					t.Fatal("no error")
				}
				if diff := cmp.Diff(tt.want, meaning{e.Kind, e.Effect, e.Code}); diff != "" {
					t.Error(diff)
				}
				if e.Status != tt.status || e.RequestID != "req-9" || e.Hint == "" || e.Message == "" {
					t.Errorf("status %d, request ID %q, hint %q, message %q", e.Status, e.RequestID, e.Hint, e.Message)
				}
				if sent != 1 {
					t.Errorf("%d requests, want 1", sent)
				}
				take(t, p) // hangs, unless the slot was released
			})
		})
	}
}

func TestBodiesAreUnderstood(t *testing.T) {
	t.Parallel()
	type fields = map[string][]string
	for _, tt := range []struct {
		name, contentType, body string
		want                    string
		fields                  fields
	}{
		{
			"errors by field", "application/json", `{"errors":{"origin_id":["has already been taken"]}}`,
			"origin_id: has already been taken",
			fields{"origin_id": {"has already been taken"}},
		},
		{
			"errors of two fields", "application/json", `{"errors":{"last_name":["can't be blank","is too short"],"employee_id":["is taken"]}}`,
			"employee_id: is taken; last_name: can't be blank; last_name: is too short",
			fields{"last_name": {"can't be blank", "is too short"}, "employee_id": {"is taken"}},
		},
		{
			"errors below the person", "application/json", `{"errors":{"person":{"first_name":["is odd"]},"person.job_title":"is long"}}`,
			"first_name: is odd; job_title: is long",
			fields{"first_name": {"is odd"}, "job_title": {"is long"}},
		},
		{"errors of the whole", "application/json", `{"errors":{"base":["Person exists"]}}`, "Person exists", fields{"": {"Person exists"}}},
		{"errors as text", "application/json", `{"errors":"No such trade"}`, "No such trade", fields{"": {"No such trade"}}},
		{"errors as texts", "application/json", `{"errors":["One","Two","One"]}`, "One; Two", fields{"": {"One", "Two"}}},
		{"error as texts", "application/json", `{"error":["One","Two"]}`, "One; Two", fields{"": {"One", "Two"}}},
		{
			"a place in a list", "application/json", `{"errors":[{"detail":"is odd","source":{"pointer":"/person/last_name/0"}},{"detail":"is none","source":{"pointer":"/0"}}]}`,
			"last_name: is odd; is none",
			fields{"last_name": {"is odd"}, "": {"is none"}},
		},
		{
			"error as text", "application/json", `{"error":"Missing Procore-Company-Id header!"}`,
			"Missing Procore-Company-Id header!",
			fields{"": {"Missing Procore-Company-Id header!"}},
		},
		{
			"error with description", "application/json", `{"error":"invalid_scope","error_description":"The scope is unknown."}`,
			"invalid_scope; The scope is unknown.",
			fields{"": {"invalid_scope", "The scope is unknown."}},
		},
		{
			"message with exception", "application/json", `{"message":"Record invalid","exception":"ActiveRecord::RecordInvalid"}`,
			"Record invalid",
			fields{"": {"Record invalid"}},
		},
		{"exception alone", "application/json", `{"message":null,"exception":"NoMethodError"}`, "NoMethodError", fields{"": {"NoMethodError"}}},
		{
			"code with reason and fields", "application/json", `{"code":1,"message":"Bad input","fields":{"last_name":"is empty"},"reason":"validation"}`,
			"Bad input; validation; last_name: is empty",
			fields{"": {"Bad input", "validation"}, "last_name": {"is empty"}},
		},
		{"code with null fields", "application/json", `{"code":1,"message":"Bad input","fields":null,"reason":null}`, "Bad input", fields{"": {"Bad input"}}},
		{"code alone", "application/json", `{"code":17}`, "code 17", fields{"": {"code 17"}}},
		{
			"v2", "application/json", `{"error":{"code":"VALIDATION","message":"Invalid","details":[{"code":"TAKEN","message":"is taken","source":"person.origin_id"},{"code":"BLANK","source":{"pointer":"/person/last_name"}}]}}`,
			"Invalid; origin_id: is taken; last_name: code BLANK",
			fields{"": {"Invalid"}, "origin_id": {"is taken"}, "last_name": {"code BLANK"}},
		},
		{"v2 with a code alone", "application/json", `{"error":{"code":"VALIDATION"}}`, "code VALIDATION", fields{"": {"code VALIDATION"}}},
		{"fields without a frame", "application/json", `{"first_name":["can't be blank"]}`, "first_name: can't be blank", fields{"first_name": {"can't be blank"}}},
		{"a string", "application/json", `"Not today"`, "Not today", fields{"": {"Not today"}}},
		{"an empty object", "application/json", `{}`, "422 Unprocessable Entity", nil},
		{"null", "application/json", `null`, "422 Unprocessable Entity", nil},
		{"broken JSON", "application/json", `{"errors":{"orig`, `{"errors":{"orig`, fields{"": {`{"errors":{"orig`}}},
		{"plain text", "text/plain", "Try\nanother\tname\r\n", "Try another name", fields{"": {"Try another name"}}},
		{"control characters", "text/plain", "red\x1b[31m \u202etxt\x00", "red [31m txt", fields{"": {"red [31m txt"}}},
		{"HTML", "text/html", "<html><head><TITLE lang=en>502 Bad &amp; Gateway</TITLE></head><body>secret plans", `a firewall or proxy answered with an HTML page titled "502 Bad & Gateway"`, nil},
		{"HTML of another name", "application/json", " <!doctype html><p>x", "a firewall or proxy answered with an HTML page (422 Unprocessable Entity)", nil},
		{"HTML that ends in a tag", "text/html", "<title", "a firewall or proxy answered with an HTML page (422 Unprocessable Entity)", nil},
		{"HTML with an open title", "text/html", "<title>x", "a firewall or proxy answered with an HTML page (422 Unprocessable Entity)", nil},
		{"nothing", "", "", "422 Unprocessable Entity", nil},
		{"white space", "text/plain", " \r\n ", "422 Unprocessable Entity", nil},
		{"a byte order mark", "application/json", "\ufeff{\"error\":\"x\"}", "x", fields{"": {"x"}}},
		{"a very long text", "text/plain", strings.Repeat("ü", 600), strings.Repeat("ü", 499) + "…", fields{"": {strings.Repeat("ü", 499) + "…"}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c, p := client(t, &fake{api: answer(422, tt.body, "Content-Type: "+tt.contentType)})
			_, e := create(t, c, p)
			if e == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, e.Message); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(tt.fields, e.Fields); diff != "" {
				t.Error(diff)
			}
			if e.Kind != procore.Refused || e.Effect != procore.DidNotHappen {
				t.Errorf("got %v, %v", e.Kind, e.Effect)
			}
		})
	}
}

func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		`{"errors":{"base":["x"]}}`, `{"error":{"details":[{"source":{"pointer":"/a/0"}}]}}`, "<title>x</title>", "<TITLEİ>x</title>", "", "[[[", `{"fields":[1,null,true]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		c, p := client(t, &fake{api: answer(422, body)})
		_, e := create(t, c, p)
		if e == nil || e.Message == "" || !utf8.ValidString(e.Message) || utf8.RuneCountInString(e.Message) > 500 || strings.ContainsAny(e.Message, "\n\r\x00\x1b") {
			t.Errorf("%q became %+v", body, e)
		}
	})
}

func TestWaitIsTheLaterOfBoth(t *testing.T) {
	t.Parallel()
	server := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC) // not our clock
	rate := func(remaining int, reset time.Duration) []string {
		return []string{
			date(server), "X-Rate-Limit-Limit: 25", fmt.Sprintf("X-Rate-Limit-Remaining: %d", remaining),
			fmt.Sprintf("X-Rate-Limit-Reset: %d", server.Add(reset).Unix()),
		}
	}
	for _, tt := range []struct {
		name    string
		status  int
		headers []string
		want    time.Duration
	}{
		{"seconds alone", 429, []string{"Retry-After: 7"}, 7 * time.Second},
		{"a date by the server's clock", 429, []string{date(server), "Retry-After: " + server.Add(90*time.Second).Format(http.TimeFormat)}, 90 * time.Second},
		{"reset alone", 429, rate(0, 8*time.Second), 8 * time.Second},
		{"reset is later", 429, append(rate(0, 40*time.Minute), "Retry-After: 10"), 40 * time.Minute},
		{"Retry-After is later", 429, append(rate(0, 4*time.Second), "Retry-After: 10"), 10 * time.Second},
		{"nothing said", 429, nil, 10 * time.Second},
		{"nonsense", 429, []string{"Retry-After: soon"}, 10 * time.Second},
		{"reset has passed", 429, rate(0, -5*time.Second), 10 * time.Second},
		{"beyond reason", 429, []string{"Retry-After: 99999999999999"}, 2 * time.Hour},
		{"a reset beyond reason", 429, rate(0, 61*time.Minute), 10 * time.Second},
		{"Retry-After and a reset beyond reason", 429, append(rate(0, 61*time.Minute), "Retry-After: 4"), 4 * time.Second},
		{"a reset in milliseconds", 429, append(rate(0, 0)[:3], fmt.Sprintf("X-Rate-Limit-Reset: %d", server.Add(8*time.Second).UnixMilli())), 8 * time.Second},
		{"load", 503, []string{"Retry-After: 3", "X-Request-Id: r"}, 3 * time.Second},
		{"load with quota left", 503, append(rate(5, 50*time.Minute), "Retry-After: 3"), 3 * time.Second},
		{"load with no quota left", 503, append(rate(0, 50*time.Minute), "Retry-After: 3"), 50 * time.Minute},
		{"load at once", 503, []string{"Retry-After: 0", "X-Request-Id: r"}, time.Second},
		{"refused", 422, rate(0, 8*time.Second), 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				c, p := client(t, &fake{api: answer(tt.status, "", tt.headers...)})
				began := time.Now()
				_, e := create(t, c, p)
				if e.RetryAfter != tt.want {
					t.Errorf("wait %s, want %s", e.RetryAfter, tt.want)
				}
				take(t, p)
				if e.Kind == procore.Throttled && time.Since(began) < tt.want {
					t.Errorf("the next slot came after %s: the pace was not paused", time.Since(began))
				}
			})
		})
	}
}

// Whoever waits does not go while the text of a 429 is still being read.
func TestPauseBeginsWithTheFirstLineOfTheAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c, p := client(t, nil, func(o *procore.Options) {
			o.Transport = roundTrip(func(r *http.Request) (*http.Response, error) {
				resp, err := inProcess{&fake{api: answer(429, "slow down", "Retry-After: 7")}}.RoundTrip(r)
				if err == nil && r.URL.Host == apiHost {
					resp.Body = slow{resp.Body}
				}
				return resp, err
			})
		})
		slot := take(t, p)
		began := time.Now()
		var next sync.WaitGroup
		next.Go(func() {
			_, err := p.Take(t.Context())
			if waited := time.Since(began); err != nil || waited < 7*time.Second {
				t.Errorf("the next request went after %v (%v), want 7s at least", waited, err)
			}
		})
		synctest.Wait()
		if _, err := c.CreatePerson(t.Context(), slot, procore.Draft{}, ""); err == nil {
			t.Error("a 429 was no error")
		}
		next.Wait()
	})
}

// slow is a body that takes a second to come.
type slow struct{ io.ReadCloser }

func (s slow) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return s.ReadCloser.Read(p)
}

func TestRateHeadersReachThePace(t *testing.T) {
	t.Parallel()
	for _, status := range []int{201, 400, 403, 404, 429, 500} {
		t.Run(fmt.Sprint(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				now := time.Now()
				c, p := client(t, &fake{api: answer(status, `{"id":1}`, date(now), "X-Rate-Limit-Limit: 25",
					"X-Rate-Limit-Remaining: 24", fmt.Sprintf("X-Rate-Limit-Reset: %d", now.Unix()+10))})
				_, _ = create(t, c, p)
				if _, known := p.Forecast(1); !known {
					t.Error("the pace knows no limit")
				}
			})
		})
	}
}

// A refusal names who refused and what to do: the app's administrator, or the IT department.
func TestHintsOfRefusals(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, body, kind string
		status           int
		blocked          bool
		hint             string
	}{
		{"an app that is not connected", `{"errors":["App is not connected to this company."]}`, "application/json", 403, false, "App Management"},
		{"a project that is not permitted", `{"errors":"Forbidden"}`, "application/json", 403, false, "an update of the app"},
		{"a project that is not there", `{"errors":"Not found"}`, "application/json", 404, false, "an update of the app"},
		{"a firewall", "<html><title>Blocked</title>", "text/html", 403, true, "IT department"},
		{"a firewall that calls its page JSON", "\ufeff<html>", "application/json", 404, true, "IT department"},
		{"a gateway", "<html>", "text/html", 502, false, "Check in Procore"},
		{"a sign-in page", "<html>", "text/html; charset=utf-8", 200, true, "Check in Procore"},
	} {
		c, p := client(t, &fake{api: answer(tt.status, tt.body, "Content-Type: "+tt.kind)})
		_, e := create(t, c, p)
		if e == nil || e.Blocked() != tt.blocked || !strings.Contains(e.Hint, tt.hint) {
			t.Errorf("%s: %+v", tt.name, e)
		}
	}
}
