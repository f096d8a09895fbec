package simulator

import (
	"net/http"
	"time"
)

// Config describes the Procore to simulate. The zero Config has company 1, project
// 100, any credentials, 3,600 requests an hour and 25 in 10 seconds, and no faults.
type Config struct {
	Company
	OtherProjects []Project // projects of the company besides ProjectID

	Credentials
	Denied []Denial // what the account may not do

	Windows []Window // nil: 3,600 an hour and 25 in 10 seconds; empty: no limits, no rate headers
	QuotaRules

	Lists ListOptions
	Answers
	Faults []Fault
	Seed   uint64 // of everything random; the same requests in the same order get the same answers

	// OnRequest is called for every request after the body has arrived and before
	// anything is done. The hook may read the body, may run concurrently, and may
	// panic with http.ErrAbortHandler to cut the connection.
	OnRequest func(r *http.Request)
	// OnCreate is called before (stored false) and after (stored true) the nth valid
	// create is stored, n from 1. The hook may run concurrently and may panic with
	// http.ErrAbortHandler to cut the connection. There is no second call if the
	// create has become invalid during the first.
	OnCreate func(n int, stored bool)
}

// ListOptions describes the lists of people and of other things.
type ListOptions struct {
	MaxPerPage   int         // whatever per_page says; default 2,000
	RefuseAbove  int         // a per_page above is refused by 408; 0: any is allowed
	Headers      ListHeaders // of a page
	LastPage     int         // pages above are empty; 0: only pages beyond the end
	NoInactive   bool        // there is no list of inactive people: 404
	ShowInactive bool        // inactive people stay in the normal list, with is_active false
}

// ListHeaders says which headers come with a page of a list.
type ListHeaders string

// The choices of ListHeaders.
const (
	AllListHeaders ListHeaders = ""      // Link, Total and Per-Page
	OnlyLink       ListHeaders = "link"  // Link
	OnlyTotal      ListHeaders = "total" // Total
	ZeroTotal      ListHeaders = "zero"  // a Total of 0, which is wrong
	NoListHeaders  ListHeaders = "none"
)

// Company describes the company and the content of the Directory.
type Company struct {
	CompanyID int64 // default 1
	ProjectID int64 // default 100

	// FirstPersonID is the ID of the first person; each next ID is higher by two. The
	// default is odd and above 2^53, so that no ID survives a float.
	FirstPersonID       int64
	WorkClassifications []WorkClassification // nil: a dozen trades
}

// Credentials are what the login host accepts.
type Credentials struct {
	ClientID     string        // "": any non-empty text is accepted
	ClientSecret string        // "": any non-empty text is accepted
	TokenLife    time.Duration // default 90 minutes
}

// QuotaRules are the open questions about counting and reporting requests.
type QuotaRules struct {
	ThrottledFree    bool // a request answered by 429 uses no quota
	ResetAtFirstFree bool // a rolling window's reset is when its first place is free
	ResetRoundsDown  bool // a reset is rounded down to the second
	HourlyOnceUsedUp bool // windows of an hour are reported only once they are used up
}

// Answers are the open questions about the answers to calls.
type Answers struct {
	ClockSkew         time.Duration // the server's clock minus the real time
	RetryAfter        bool          // a 429 carries Retry-After: when the first place is free
	Bodies            BodyShape     // of refusals
	OriginID          OriginForm    // of origin_id in answers
	OriginTakenStatus int           // 409 or 422 (default) when an origin_id is taken in the company
	RequireFirstName  bool          // refuse people without first_name
	HonourTokens      bool          // a repeated Idempotency-Token answers 200 with the same person
	TextIDs           bool          // version 2 calls answer IDs as text
}

// Project is a project of the company.
type Project struct {
	ID   int64
	Name string
}

// OriginForm is the JSON type of origin_id in answers. Only a plain whole number can
// be sent as a number.
type OriginForm string

// The forms of an origin_id in answers.
const (
	OriginText        OriginForm = ""
	OriginNumber      OriginForm = "number"
	OriginAlternating OriginForm = "alternating" // every second origin_id a number
)

// Denial is something that the account may not do.
type Denial string

// What can be denied.
const (
	DenyCredentials     Denial = "credentials"     // no token is given or accepted: 401
	DenyCompany         Denial = "company"         // the app is not connected to the company: 403
	DenyProject         Denial = "project"         // the project is not permitted: 403
	DenyWrite           Denial = "write"           // no "Create Contacts" on Directory: 403
	DenyList            Denial = "list"            // the people may not be listed: 403
	DenyInactive        Denial = "inactive"        // the inactive people may not be listed: 403
	DenyWebView         Denial = "web-view"        // view=web falls back to normal
	DenyClassifications Denial = "classifications" // the project's work classifications: 403
)
