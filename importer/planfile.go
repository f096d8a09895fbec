package importer

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"io"
	"os"
	"strings"
	"time"

	"muster/importer/atomicfile"
	"muster/importer/fault"
)

// PlanFile is a reviewed dry run: a small file by which an import does exactly
// what a check has shown, or nothing. It holds counts and digests, and neither
// names nor IDs of people. DecisionsDigest alone would bind an import to the
// plan; the other digests say what changed.
type PlanFile struct {
	Format  int       `json:"muster_plan"` // planFileFormat
	Made    time.Time `json:"made"`
	API     string    `json:"api"` // the host
	Company int64     `json:"company"`
	Project int64     `json:"project"`
	Policy
	planCounts
	planDigests

	path string // where the plan was read
}

// planCounts counts the rows of a plan. Rows is the sum of the next five counts.
type planCounts struct {
	Rows     int `json:"rows"`
	Create   int `json:"create"`
	Existing int `json:"existing"`
	Skipped  int `json:"skipped"`
	Invalid  int `json:"invalid"`
	Unknown  int `json:"unknown"`
	People   int `json:"people"` // in the project; 0 if no row would be sent
}

// planDigests are hashes of what a plan was made from, in hex.
type planDigests struct {
	RosterDigest    string `json:"roster_sha256"`
	MappingDigest   string `json:"mapping_sha256"`
	PeopleDigest    string `json:"people_sha256"`
	DecisionsDigest string `json:"decisions_sha256"`
}

const (
	planFileFormat = 1
	maxPlanFile    = 64 << 10 // bytes; a plan takes less than one KiB
)

// The codes of errors about plan files.
const (
	CodePlanUnreadable = "plan_unreadable"
	CodePlanUnwritable = "plan_unwritable"
	CodePlanChanged    = "plan_changed"
)

// PlanFile returns the plan file of a dry run.
func (im *Import) PlanFile(f *DryRunResult) *PlanFile {
	headings := sha256.New()
	for _, m := range im.roster.Mapper.Columns() {
		fmt.Fprintf(headings, "%s %d %q\n", m.Field, m.Column, m.Heading)
	}
	headings.Write(im.roster.used.content)
	scope := im.parts[0].Scope
	return &PlanFile{
		Format: planFileFormat, Made: time.Now().UTC().Truncate(time.Second),
		API: scope.API, Company: scope.Company, Project: scope.Project, Policy: im.Policy,
		planCounts: planCounts{
			Rows: f.Counts.Rows(), Create: f.Counts.Pending, Existing: f.Counts.Created + f.Counts.Existing, Skipped: f.Counts.Skipped,
			Invalid: f.Counts.Invalid, Unknown: f.Counts.Unknown + f.Counts.Failed, People: f.people,
		},
		planDigests: planDigests{
			RosterDigest: sum(f.rows), MappingDigest: sum(headings), PeopleDigest: hex.EncodeToString(f.listed[:]), DecisionsDigest: sum(f.decisions),
		},
	}
}

func sum(h hash.Hash) string { return hex.EncodeToString(h.Sum(nil)) }

// compare returns an error that lists what differs from the plan.
func (r *PlanFile) compare(now *PlanFile) error {
	changed := r.changed(now)
	if len(changed) == 0 {
		return nil
	}
	return fault.InFile(r.path, CodePlanChanged, fmt.Sprintf("nothing was sent, because since this plan was made (%s) something has changed: %s",
		r.Made.Local().Format("2006-01-02 15:04"), strings.Join(changed, "; ")), "look at what would be done now with muster check")
}

// changed lists the differences from the plan, the largest causes first.
func (r *PlanFile) changed(now *PlanFile) []string {
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
	say(r.Reactivate != now.Reactivate, "--reactivate (%s then, %s now)", onOff(r.Reactivate), onOff(now.Reactivate))
	say(r.IgnoreInactive != now.IgnoreInactive, "--ignore-inactive (%s then, %s now)", onOff(r.IgnoreInactive), onOff(now.IgnoreInactive))
	say(r.RecreateRemoved != now.RecreateRemoved, "--recreate-removed (%s then, %s now)", onOff(r.RecreateRemoved), onOff(now.RecreateRemoved))
	say(r.RosterDigest != now.RosterDigest, "the roster%s", thenAndNow(r.Rows, now.Rows, "rows"))
	say(r.MappingDigest != now.MappingDigest, "the mapping")
	say(r.PeopleDigest != now.PeopleDigest, "the project's people%s", thenAndNow(r.People, now.People, "people"))
	say(len(changed) == 0 && r.DecisionsDigest != now.DecisionsDigest,
		"what an import would do (create: %d then, %d now), because of job titles or work classifications in Procore, the ledger, or another version of muster", r.Create, now.Create)
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

// LoadPlanFile reads a plan file. The error is a *fault.Error.
func LoadPlanFile(path string) (*PlanFile, error) {
	const fix = "make one with muster check ROSTER --plan FILE"
	refuse := func(message string) (*PlanFile, error) {
		return nil, fault.InFile(path, CodePlanUnreadable, message, fix)
	}
	file, err := os.Open(path)
	if err != nil {
		return refuse("the plan can't be read: " + fault.Cause(err).Error())
	}
	defer func() { _ = file.Close() }() // it is only read
	content, err := io.ReadAll(io.LimitReader(file, maxPlanFile+1))
	if err != nil {
		return refuse("the plan can't be read: " + fault.Cause(err).Error())
	}
	r := &PlanFile{path: path}
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	switch err := decoder.Decode(r); {
	case len(content) > maxPlanFile || err != nil && !strings.Contains(string(content), `"muster_plan"`) || err == nil && r.Format == 0:
		return refuse("this is not a plan")
	case err == nil && r.Format != planFileFormat:
		return refuse(fmt.Sprintf("another muster made this plan (format %d; this one knows format %d)", r.Format, planFileFormat))
	case err != nil:
		return refuse("the plan is damaged")
	}
	return r, nil
}

// CheckWritable returns why a plan can't be written to path. A file that is not a
// plan is never replaced. The error is a *fault.Error.
func CheckWritable(path string) error {
	_, err := planFiles().Target(path)
	return err
}

func planFiles() atomicfile.Kind {
	return atomicfile.Kind{
		Name: "plan", Flag: "--plan", WhyNot: func(path string) error { _, err := LoadPlanFile(path); return err },
		Codes: atomicfile.Codes{
			IsFolder: CodePlanUnwritable, NotFile: CodePlanUnwritable, NoFolder: CodePlanUnwritable,
			NotOurs: CodePlanUnwritable, Unwritable: CodePlanUnwritable,
		},
	}
}

// Save writes the plan to path, readable by the owner alone. The error is a
// *fault.Error.
func (r *PlanFile) Save(path string) error {
	target, err := planFiles().Target(path)
	if err != nil {
		return err
	}
	content, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	err = atomicfile.Write(target, func(w io.Writer) error {
		_, err := w.Write(append(content, '\n'))
		return err
	})
	if err != nil {
		return planFiles().Unwritable(path, err)
	}
	return nil
}
