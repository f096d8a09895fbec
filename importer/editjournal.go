package importer

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
)

// EditJournal is the durable record of a person's edits of a roster. Each step is a
// line of a file, which is open only while a step is written. A step that a crash has
// cut short never happened. An EditJournal is safe for concurrent use.
type EditJournal struct {
	path  string
	mutex sync.Mutex
	size  int64 // of the whole steps in the file
	steps [][]Change
	edits Edits
}

// Change is the new text of a cell, or the new decision on a row.
type Change struct {
	Line   int       `json:"line"`             // in the file
	Column int       `json:"column,omitempty"` // from 0; without a meaning for a decision
	Text   string    `json:"text,omitempty"`
	Decide *Decision `json:"decide,omitempty"` // nil for a cell
}

// journalStep is a line of the file.
type journalStep struct {
	Changes []Change `json:"changes,omitempty"` // none takes the last step back
}

// OpenEditJournal reads the journal at path. Without a file the journal is empty.
func OpenEditJournal(path string) (*EditJournal, error) {
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the edits: %w", err)
	}
	j := &EditJournal{path: path}
	for line := range bytes.Lines(content) {
		var step journalStep
		if !bytes.HasSuffix(line, []byte("\n")) || json.Unmarshal(line, &step) != nil {
			break // cut short
		}
		j.size += int64(len(line))
		j.take(step)
	}
	j.edits = editsOf(j.steps)
	return j, nil
}

// take adds a step, or takes the last one back.
func (j *EditJournal) take(step journalStep) {
	if len(step.Changes) > 0 {
		j.steps = append(j.steps, step.Changes)
	} else if len(j.steps) > 0 {
		j.steps = j.steps[:len(j.steps)-1]
	}
}

// editsOf returns the edits that steps make.
func editsOf(steps [][]Change) Edits {
	edits := Edits{}
	for _, c := range slices.Concat(steps...) {
		edit := edits[c.Line]
		switch {
		case c.Decide != nil:
			edit.Decision = *c.Decide
		case edit.Cells == nil:
			edit.Cells = map[int]string{c.Column: c.Text}
		default:
			edit.Cells[c.Column] = c.Text
		}
		edits[c.Line] = edit
	}
	return edits
}

// linesOf returns the lines that changes are about, in order.
func linesOf(changes []Change) []int {
	lines := make([]int, len(changes))
	for i, c := range changes {
		lines[i] = c.Line
	}
	slices.Sort(lines)
	return slices.Compact(lines)
}

// Add records changes as a step, durably, before they count.
func (j *EditJournal) Add(changes []Change) error {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if len(changes) == 0 {
		return nil
	}
	return j.write(journalStep{slices.Clone(changes)})
}

// Undo takes the last step back, durably, and returns the lines of the step. There are
// none if nothing is left to take back.
func (j *EditJournal) Undo() ([]int, error) {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	if len(j.steps) == 0 {
		return nil, nil
	}
	lines := linesOf(j.steps[len(j.steps)-1])
	return lines, j.write(journalStep{})
}

// write adds a step to the file, in place of what a crash or a failure has left behind
// the whole steps, and carries the step out.
func (j *EditJournal) write(step journalStep) error {
	line, err := json.Marshal(step)
	if err == nil {
		err = j.append(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("keep the edit: %w", err)
	}
	j.size += int64(len(line)) + 1
	j.take(step)
	j.edits = editsOf(j.steps)
	return nil
}

func (j *EditJournal) append(line []byte) error {
	file, err := os.OpenFile(j.path, os.O_WRONLY|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	if err = file.Truncate(j.size); err == nil {
		if _, err = file.WriteAt(line, j.size); err == nil {
			err = file.Sync()
		}
	}
	return errors.Join(err, file.Close())
}

// Edits returns the edits so far. Later steps do not change the result.
func (j *EditJournal) Edits() Edits {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return j.edits
}

// Steps returns how many steps Undo can take back.
func (j *EditJournal) Steps() int {
	j.mutex.Lock()
	defer j.mutex.Unlock()
	return len(j.steps)
}
