package web

import (
	"math"
	"strconv"
	"strings"
	"time"

	"muster/importer/fault"
	"muster/importer/report"
	"muster/importer/text"
)

// findings are problems or notes under a title.
type findings struct {
	Title    string // the key of the text
	Problems []runProblem
}

func newFindings(title string, problems []runProblem) findings { return findings{title, problems} }

// Mood returns the class of the result, which is coloured by what a person has to do.
func (d runData) Mood() string {
	switch {
	case d.Result.Stop != nil || d.Status == statusRefused:
		return "stopped"
	case d.Status != statusFinished || d.Result.Counts.NeedLook() > 0 || len(d.Result.Problems) > 0:
		return "look"
	}
	return ""
}

// Undoable reports whether people of the run may be on the project.
func (d runData) Undoable() bool { return d.Kind == kindImport }

// Over reports whether the roster was removed.
func (d runData) Over() bool { return !d.HasRoster }

// headline says what became of a run.
func (s *Server) headline(r *runRecord) string {
	c := r.Result.Counts
	var words []string
	switch {
	case r.Status == statusRefused:
		return s.text("run.head.refused." + string(r.Kind))
	case r.Result.Undone != nil:
		return s.pages.texts.count("run.head.undone", r.Result.Undone.Removed, r.Project.Name)
	case c.Rows() == 0:
		return s.text("run.head.interrupted")
	case r.Kind == kindRehearsal:
		words = append(words, s.pages.texts.count("run.head.rehearsed", c.Created))
	case c.Created == 0:
		words = append(words, s.text("run.head.none", r.Project.Name))
	default:
		words = append(words, s.pages.texts.count("run.head.created", c.Created, r.Project.Name))
	}
	if n := c.NeedLook(); n > 0 {
		words = append(words, s.pages.texts.count("run.head.look", n))
	}
	if c.Pending > 0 {
		words = append(words, s.pages.texts.count("run.head.pending", c.Pending))
	}
	return strings.Join(words, " ")
}

// fix says what to do about the end of a run, in words for the page.
func (s *Server) fix(stop *fault.Error) string {
	if stop == nil {
		return ""
	}
	if advice := s.pages.texts.advice(stop.Code, stop.Fix); advice != "" {
		return text.Sentence(advice)
	}
	return s.text("advice.other")
}

// progressView is the state of a run under way for the page.
type progressView struct {
	Stage    stage
	Stopping bool
	report.Snapshot
	Done      int
	Waits     string    // the reason in the table of texts; "" while nothing is waited for
	WaitUntil time.Time // zero while nothing is waited for
	Said      string    // the latest sentence for screen readers
}

// view returns the state of the run at a moment.
func (one *liveRun) view(now time.Time) progressView {
	one.mu.Lock()
	defer one.mu.Unlock()
	v := progressView{Stage: one.stage, Stopping: one.stopping}
	v.Now = now
	if one.progress != nil {
		v.Snapshot = one.progress.Snapshot(now)
		v.Done = v.Counts.Rows()
	}
	const worthSaying = 2 * time.Second
	switch {
	case one.waiting.Until.Sub(now) > worthSaying && one.waiting.Reason != "":
		v.Waits, v.WaitUntil = string(one.waiting.Reason), one.waiting.Until
	case one.unsettled.Rows > 0 && one.unsettled.Until.Sub(now) > worthSaying && v.Done+one.unsettled.Rows >= v.Total:
		v.Waits, v.WaitUntil = "settling", one.unsettled.Until
	}
	return v
}

// Speed returns the rate of a run in words, or "" while the rate is not known.
func (v progressView) Speed() string {
	switch {
	case v.Rate <= 0 || v.Done == 0:
		return ""
	case v.Rate >= 1:
		return strconv.FormatFloat(math.Round(v.Rate*10)/10, 'f', -1, 64) + " a second"
	}
	return strconv.Itoa(int(math.Ceil(v.Rate*60))) + " a minute"
}
