package simulator_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"muster/importer/procore/simulator"
)

func TestRefusedCreates(t *testing.T) {
	t.Parallel()
	person := func(fields string) string { return `{"person":{"last_name":"Doe",` + fields + `}}` }
	long := strings.Repeat("é", 256)
	for _, test := range []struct {
		name   string
		config simulator.Config
		body   string
		header string
		status int
		want   string
	}{
		{"no company header", simulator.Config{}, jane, "Procore-Company-Id:", 400, "Missing Procore-Company-Id header!"},
		{"odd company header", simulator.Config{}, jane, "Procore-Company-Id: acme", 400, "not a number"},
		{"other company", simulator.Config{}, jane, "Procore-Company-Id: 2", 403, "not connected"},
		{"no token", simulator.Config{}, jane, "Authorization:", 401, "access token"},
		{"basic", simulator.Config{}, jane, "Authorization: Basic bWU6bWluZQ==", 401, "access token"},
		{"form", simulator.Config{}, jane, "Content-Type: application/x-www-form-urlencoded", 406, "Content-Type"},
		{"not for HTML", simulator.Config{}, jane, "Accept: text/html", 406, "application/json"},
		{"cut JSON", simulator.Config{}, jane[:20], "", 400, "JSON"},
		{"not UTF-8", simulator.Config{}, "{\"person\":{\"last_name\":\"Lef\xe8vre\"}}", "", 400, "JSON"},
		{"no person", simulator.Config{}, `{"first_name":"Jane","last_name":"Doe"}`, "", 400, "param is missing"},
		{"other case", simulator.Config{}, `{"Person":{"last_name":"Doe"}}`, "", 400, "param is missing"},
		{"person is text", simulator.Config{}, `{"person":"Jane"}`, "", 400, "param is missing"},
		{"no last name", simulator.Config{}, `{"person":{"first_name":"Jane","Last_Name":"Doe"}}`, "", 422, `{"errors":{"last_name":["can't be blank"]}}`},
		{"blank last name", simulator.Config{}, `{"person":{"last_name":" "}}`, "", 422, "can't be blank"},
		{"first name wanted", simulator.Config{Answers: simulator.Answers{RequireFirstName: true}}, person(`"job_title":null`), "", 422, `{"errors":{"first_name":["can't be blank"]}}`},
		{"number for text", simulator.Config{}, person(`"employee_id":123`), "", 422, `{"errors":{"employee_id":["must be a string"]}}`},
		{"text for boolean", simulator.Config{}, person(`"is_employee":"true"`), "", 422, "must be a boolean"},
		{"text for ID", simulator.Config{}, person(`"work_classification_id":"562949953421401"`), "", 422, "must be an integer"},
		{"float for ID", simulator.Config{}, person(`"work_classification_id":5.6e14`), "", 422, "must be an integer"},
		{"unknown trade", simulator.Config{}, person(`"work_classification_id":8`), "", 422, `{"errors":{"work_classification_id":[`},
		{"too long", simulator.Config{}, person(`"job_title":"` + long + `"`), "", 422, `{"errors":{"job_title":["is too long (maximum is 255 characters)"]}}`},
		{"origin taken", simulator.Config{}, person(`"origin_id":"taken"`), "", 422, `{"errors":{"origin_id":["has already been taken"]}}`},
		{"origin taken, 409", simulator.Config{Answers: simulator.Answers{OriginTakenStatus: 409}}, person(`"origin_id":"taken"`), "", 409, "has already been taken"},
		{"two problems", simulator.Config{}, `{"person":{"last_name":"","work_classification_id":8}}`, "", 422, `{"errors":{"last_name":["can't be blank"],"work_classification_id":[`},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s := simulator.New(test.config)
			s.Add(simulator.Person{LastName: "Holder", OriginID: "taken", Projects: []int64{}})
			c := dial(t, s)
			var header []string
			if test.header != "" {
				header = append(header, test.header)
			}
			r := c.create(test.body, header...)
			if r.status != test.status || !strings.Contains(r.body, test.want) {
				t.Errorf("got %d %s, want %d %s", r.status, r.body, test.status, test.want)
			}
			if got := names(s.People()); got != "Holder" {
				t.Errorf("stored: %s", got)
			}
			if got := r.header.Get("X-Rate-Limit-Remaining"); got != "24" {
				t.Errorf("a refused call uses quota: %q left, want 24", got)
			}
		})
	}
}

func TestAcceptedCreates(t *testing.T) {
	t.Parallel()
	s := simulator.New(unlimited(simulator.Config{}))
	c := dial(t, s)
	for name, body := range map[string]string{
		"255 letters":     `{"person":{"last_name":"` + strings.Repeat("é", 255) + `"}}`,
		"nulls":           `{"person":{"last_name":"Null","first_name":null,"is_employee":null,"work_classification_id":null,"origin_id":null}}`,
		"real trade":      `{"person":{"last_name":"Trade","work_classification_id":562949953421404}}`,
		"namesake":        `{"person":{"last_name":"Null"}}`,
		"leading zeros":   `{"person":{"last_name":"Zero","employee_id":"00123"}}`,
		"origin for once": `{"person":{"last_name":"Origin","origin_id":"X"}}`,
	} {
		if r := c.create(body); r.status != 201 {
			t.Errorf("%s: got %d %s", name, r.status, r.body)
		}
	}
	// An update may keep its own origin ID, and gives it free by changing it.
	for _, p := range s.People() {
		if p.OriginID != "X" {
			continue
		}
		path := peoplePath + "/" + strconv.FormatInt(p.ID, 10)
		if r := c.do("PATCH", path, `{"person":{"last_name":"Origin","origin_id":"X"}}`); r.status != 200 {
			t.Errorf("same origin: got %d %s", r.status, r.body)
		}
		if r := c.do("PATCH", path, `{"person":{"last_name":"Origin","origin_id":"Y"}}`); r.status != 200 {
			t.Errorf("new origin: got %d %s", r.status, r.body)
		}
	}
	for origin, status := range map[string]int{"X": 201, "Y": 422} {
		if r := c.create(`{"person":{"last_name":"After","origin_id":"` + origin + `"}}`); r.status != status {
			t.Errorf("origin %s: got %d %s", origin, r.status, r.body)
		}
	}
}

func TestOriginForms(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		form   simulator.OriginForm
		origin string
		want   []string
	}{
		{"text", simulator.OriginText, "42", []string{`"42"`, `"42"`}},
		{"number", simulator.OriginNumber, "9007199254740993", []string{"9007199254740993", "9007199254740993"}},
		{"leading zero", simulator.OriginNumber, "042", []string{`"042"`, `"042"`}},
		{"not a number", simulator.OriginNumber, "A-1", []string{`"A-1"`, `"A-1"`}},
		{"alternating", simulator.OriginAlternating, "42", []string{`"42"`, "42"}},
	} {
		s := simulator.New(simulator.Config{Answers: simulator.Answers{OriginID: test.form}})
		c := dial(t, s)
		s.Add(simulator.Person{LastName: "Doe", OriginID: test.origin})
		for i, want := range test.want {
			var people []struct {
				OriginID json.RawMessage `json:"origin_id"`
			}
			c.get(peoplePath).decode(t, &people)
			if got := string(people[0].OriginID); got != want {
				t.Errorf("%s, answer %d: got %s, want %s", test.name, i, got, want)
			}
		}
	}
}

func TestIdempotencyToken(t *testing.T) {
	t.Parallel()
	for honoured, want := range map[bool]struct{ again, people int }{
		false: {201, 2},
		true:  {200, 1},
	} {
		s := simulator.New(simulator.Config{Answers: simulator.Answers{HonourTokens: honoured}})
		c := dial(t, s)
		first := c.create(jane, "Idempotency-Token: a")
		again := c.create(jane, "Idempotency-Token: a")
		if again.status != want.again || len(s.People()) != want.people || (again.body == first.body) != honoured {
			t.Errorf("honoured %v: got %d and %d people", honoured, again.status, len(s.People()))
		}
		if r := c.create(jane, "Idempotency-Token: b"); r.status != 201 {
			t.Errorf("honoured %v: a new token got %d", honoured, r.status)
		}
	}
}

func TestBodyShapes(t *testing.T) {
	t.Parallel()
	const text = "has already been taken"
	want := map[simulator.BodyShape]string{
		simulator.DefaultBodies:    `{"errors":{"origin_id":["` + text + `"]}}`,
		simulator.FieldErrors:      `{"errors":{"origin_id":["` + text + `"]}}`,
		simulator.BaseErrors:       `{"errors":{"base":["origin_id ` + text + `"]}}`,
		simulator.ErrorsText:       `{"errors":"origin_id ` + text + `"}`,
		simulator.ErrorsList:       `{"errors":["origin_id ` + text + `"]}`,
		simulator.ErrorText:        `{"error":"origin_id ` + text + `"}`,
		simulator.ErrorDescription: `{"error":"conflict","error_description":"origin_id ` + text + `"}`,
		simulator.MessageException: `{"exception":"Simulated::Conflict","message":"origin_id ` + text + `"}`,
		simulator.CodeFields:       `{"code":409,"fields":{"origin_id":["` + text + `"]},"message":"origin_id ` + text + `","reason":"conflict"}`,
		simulator.V2Error: `{"error":{"code":"conflict","details":[{"code":"conflict","message":"` + text +
			`","source":"origin_id"}],"message":"origin_id ` + text + `"}}`,
		simulator.PlainText: "origin_id " + text + "\n",
		simulator.HTMLPage: "<!DOCTYPE html>\n<html>\n<head><title>409 Conflict</title></head>\n<body>\n" +
			"<center><h1>409 Conflict</h1></center>\n<p>origin_id " + text + "</p>\n</body>\n</html>\n",
		simulator.EmptyBody: "",
	}
	refuse := func(c *client) reply { return c.create(`{"person":{"last_name":"Doe","origin_id":"taken"}}`) }
	serve := func(shape simulator.BodyShape) *client {
		s := simulator.New(unlimited(simulator.Config{Answers: simulator.Answers{Bodies: shape, OriginTakenStatus: 409}}))
		s.Add(simulator.Person{LastName: "Holder", OriginID: "taken"})
		return dial(t, s)
	}
	for shape, body := range want {
		if r := refuse(serve(shape)); r.status != 409 || r.body != body {
			t.Errorf("%q: got %d %s, want %s", shape, r.status, r.body, body)
		}
	}
	mixed := serve(simulator.MixedBodies)
	for _, shape := range append(simulator.BodyShapes(), simulator.FieldErrors) {
		if r := refuse(mixed); r.body != want[shape] {
			t.Errorf("mixed, %q: got %s, want %s", shape, r.body, want[shape])
		}
	}
	if len(simulator.BodyShapes()) != len(want)-1 {
		t.Error("a shape is not tested")
	}
}
