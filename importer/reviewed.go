package importer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Reviewed is a plan that somebody has looked at: a small file by which an
// import does exactly what a check has shown, or nothing. It holds counts and
// digests, and neither names nor IDs of people.
//
// The last digest alone would do to keep an import to its plan; the others say
// what has changed.
type Reviewed struct {
	Format  int       `json:"muster_plan"` // reviewedFormat
	Made    time.Time `json:"made"`
	API     string    `json:"api"` // the host
	Company int64     `json:"company"`
	Project int64     `json:"project"`

	AllowNamesakes bool `json:"allow_namesakes"`
	Update         bool `json:"update"`
	Recreate       bool `json:"recreate_removed"`

	Rows     int `json:"rows"` // the sum of the following
	Create   int `json:"create"`
	Existing int `json:"existing"`
	Skipped  int `json:"skipped"`
	Invalid  int `json:"invalid"`
	Unknown  int `json:"unknown"`
	People   int `json:"people"` // in the project; 0 if nobody is to be created

	RosterDigest    string `json:"roster_sha256"`
	MappingDigest   string `json:"mapping_sha256"`
	PeopleDigest    string `json:"people_sha256"`
	DecisionsDigest string `json:"decisions_sha256"`
}

const (
	reviewedFormat = 1
	maxReviewed    = 64 << 10 // bytes; a plan takes less than one KiB
)

// The codes of a ReviewedError.
const (
	CodePlanUnreadable = "plan_unreadable"
	CodePlanUnwritable = "plan_unwritable"
	CodePlanChanged    = "plan_changed"
)

// ReviewedError is what is wrong with the file of a plan.
type ReviewedError struct {
	Path    string
	Code    string
	Message string // what is wrong
	Fix     string // what to do
	Err     error  // the cause; may be nil
}

func (e *ReviewedError) Error() string { return e.Path + ": " + e.Message }

// Unwrap returns the cause.
func (e *ReviewedError) Unwrap() error { return e.Err }

// Reviewed returns what is to be kept of what was foreseen. The mapping file's
// content is part of the mapping; it is nil without one.
func (j *Job) Reviewed(f *Foreseen, mappingFile []byte) *Reviewed {
	headings := sha256.New()
	for _, m := range j.Mapper.Columns() {
		fmt.Fprintf(headings, "%s %d %q\n", m.Field, m.Column, m.Heading)
	}
	headings.Write(mappingFile)
	return &Reviewed{
		Format: reviewedFormat, Made: time.Now().UTC().Truncate(time.Second),
		API: j.Scope.API, Company: j.Scope.Company, Project: j.Scope.Project,
		AllowNamesakes: j.AllowNamesakes, Update: j.Update, Recreate: j.RecreateRemoved,
		Rows: f.Counts.Rows(), Create: f.Counts.Pending, Existing: f.Counts.Created + f.Counts.Existing, Skipped: f.Counts.Skipped,
		Invalid: f.Counts.Invalid, Unknown: f.Counts.Unknown + f.Counts.Failed, People: f.people,
		RosterDigest: sum(f.rows), MappingDigest: sum(headings), PeopleDigest: hex.EncodeToString(f.listed[:]), DecisionsDigest: sum(f.decisions),
	}
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// Changed says what of a plan is no longer as it was, in the order in which a
// person would look for it; nothing if all of it is.
func (r *Reviewed) Changed(now *Reviewed) []string {
	var changed []string
	say := func(different bool, format string, args ...any) {
		if different {
			changed = append(changed, fmt.Sprintf(format, args...))
		}
	}
	say(r.API != now.API || r.Company != now.Company || r.Project != now.Project,
		"the project (company %d, project %d at %s then; company %d, project %d at %s now)", r.Company, r.Project, r.API, now.Company, now.Project, now.API)
	say(r.AllowNamesakes != now.AllowNamesakes, "--allow-namesakes (%s then, %s now)", onOff(r.AllowNamesakes), onOff(now.AllowNamesakes))
	say(r.Update != now.Update, "--update (%s then, %s now)", onOff(r.Update), onOff(now.Update))
	say(r.Recreate != now.Recreate, "--recreate-removed (%s then, %s now)", onOff(r.Recreate), onOff(now.Recreate))
	say(r.RosterDigest != now.RosterDigest, "the roster%s", thenAndNow(r.Rows, now.Rows, "rows"))
	say(r.MappingDigest != now.MappingDigest, "the mapping")
	say(r.PeopleDigest != now.PeopleDigest, "the project's people%s", thenAndNow(r.People, now.People, "people"))
	say(len(changed) == 0 && r.DecisionsDigest != now.DecisionsDigest,
		"what is to be done (to create: %d then, %d now), by job titles or work classifications in Procore, by the ledger, or by another version of muster", r.Create, now.Create)
	return changed
}

func onOff(b bool) string {
	if b {
		return "on"
	}
	return "off"
}

func thenAndNow(then, now int, what string) string {
	if then == now {
		return fmt.Sprintf(" (as many %s as before, but not the same)", what)
	}
	return fmt.Sprintf(" (%s: %d then, %d now)", what, then, now)
}

// LoadReviewed reads the file of a plan. The error is a *ReviewedError.
func LoadReviewed(path string) (*Reviewed, error) {
	const fix = "make one with muster check ROSTER --plan FILE"
	refuse := func(message string, err error) (*Reviewed, error) {
		return nil, &ReviewedError{Path: path, Code: CodePlanUnreadable, Message: message, Fix: fix, Err: err}
	}
	file, err := os.Open(path)
	if err != nil {
		return refuse("the plan can't be read: "+machine(err), err)
	}
	defer func() { _ = file.Close() }() // it is only read
	content, err := io.ReadAll(io.LimitReader(file, maxReviewed+1))
	if err != nil {
		return refuse("the plan can't be read: "+machine(err), err)
	}
	r := new(Reviewed)
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(r); {
	case len(content) > maxReviewed || err != nil && !strings.Contains(string(content), `"muster_plan"`) || err == nil && r.Format == 0:
		return refuse("this is not a plan", err)
	case err == nil && r.Format != reviewedFormat:
		return refuse(fmt.Sprintf("another muster made this plan (format %d; this one knows format %d)", r.Format, reviewedFormat), nil)
	case err != nil:
		return refuse("the plan is damaged", err)
	}
	return r, nil
}

// Vacant reports, before any work is done for a plan, why it could not be saved
// at path: a file that is not a plan is never replaced. The error is a
// *ReviewedError.
func Vacant(path string) error {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if folder, err := os.Stat(filepath.Dir(path)); err != nil || !folder.IsDir() {
			return unsaved(path, "there is no folder "+filepath.Dir(path), err)
		}
		return nil
	case err != nil:
		return unsaved(path, "it can't be looked at: "+machine(err), err)
	case !info.Mode().IsRegular():
		return unsaved(path, "this is not an ordinary file", nil)
	case info.Size() == 0:
		return nil
	}
	if _, err := LoadReviewed(path); err != nil {
		return unsaved(path, "there is a file of this name already, and it is not a plan, so it is left as it is", err)
	}
	return nil
}

// Save writes the plan to path, whole or not at all, readable by its owner
// alone. The error is a *ReviewedError.
func (r *Reviewed) Save(path string) (err error) {
	if err := Vacant(path); err != nil {
		return err
	}
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	part, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".part*") // mode 0600
	if err != nil {
		return unsaved(path, "it can't be written: "+machine(err), err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(part.Name()) // why it could not be written says more
		}
	}()
	_, err = part.Write(append(content, '\n'))
	if err == nil {
		err = part.Sync()
	}
	if err = errors.Join(err, part.Close()); err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return unsaved(path, "it can't be written: "+machine(err), err)
	}
	if folder, err := os.Open(filepath.Dir(path)); err == nil {
		_ = folder.Sync() // a plan that gets lost is made again
		_ = folder.Close()
	}
	return nil
}

func unsaved(path, message string, err error) error {
	return &ReviewedError{Path: path, Code: CodePlanUnwritable, Message: message, Fix: "name another file with --plan", Err: err}
}

// machine takes the path, which the message has already, out of what the
// machine said.
func machine(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err.Error()
	}
	return err.Error()
}
