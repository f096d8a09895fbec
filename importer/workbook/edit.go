package workbook

// UnfitError says why a workbook cannot be edited.
type UnfitError struct{ Why string }

// Error returns the reason as a sentence.
func (e *UnfitError) Error() string { return "this workbook cannot be written into: " + e.Why }

var errVariant = &UnfitError{"it is of a variant of the format that cannot be written into"}

// Edit says what an Editor writes.
type Edit struct {
	Sheet     string // the name of the sheet
	HeaderRow int    // the number of the headings' row
	Width     int    // how many columns the table has
	Columns   []Column
	At        []int    // the places of the columns, from 0, if an earlier writing has added the columns
	Author    string   // of the notes on cells
	Property  string   // the custom property that marks the workbook
	Summary   string   // the name of the sheet that is added
	Titles    []string // in the first cell of the sheet that an earlier writing has added, which is written anew
}

// Column is a column that an Editor writes.
type Column struct {
	Heading string
	Width   float64 // in characters, for a new column
	Wrap    bool
	Toned   bool // the cells have the tone of the result
}

// Result is what an Editor writes into a row of the sheet.
type Result struct {
	Number int      // of the row
	Cells  []string // of Edit.Columns
	Tone   Tone
	Marks  []Mark
	Typed  []Typed // cells of the table that get another text
}

// Mark is a cell with a problem.
type Mark struct {
	Column int // from 0
	Note   string
}

// Typed is a cell of the table that gets another text.
type Typed struct {
	Column int // from 0
	Text   string
}

// Line is a line of the sheet that an Editor adds.
type Line struct {
	Cells []any // texts and whole numbers
	Bold  bool
	Tone  Tone // of the first cell
}
