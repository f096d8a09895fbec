package workbook

import (
	"errors"
	"io"
	"slices"
)

// order is how the elements of a sheet follow one another. Programs refuse a sheet in
// any other order.
var order = []string{
	"sheetPr", "dimension", "sheetViews", "sheetFormatPr", "cols", "sheetData", "sheetCalcPr", "sheetProtection",
	"protectedRanges", "scenarios", "autoFilter", "sortState", "dataConsolidate", "customSheetViews", "mergeCells",
	"phoneticPr", "conditionalFormatting", "dataValidations", "hyperlinks", "printOptions", "pageMargins", "pageSetup",
	"headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches", "ignoredErrors", "smartTags", "drawing",
	"legacyDrawing", "legacyDrawingHF", "drawingHF", "picture", "AlternateContent", "oleObjects", "controls",
	"webPublishItems", "tableParts", "extLst",
}

// change is a change to an element of the sheet. The argument is nil if the sheet has no
// such element, and the result is nil for nothing.
type change func(old *element) (*element, error)

// sheetCopier copies a sheet with changes.
type sheetCopier struct {
	in      *scanner
	out     io.Writer
	changes map[string]change // by the name of the element
	place   int               // in the order; the changes before were made
}

// copy copies the sheet. copyRows copies the content of the rows' element.
func (c *sheetCopier) copy(copyRows func(*scanner) error) error {
	x := c.in
	for {
		err := x.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		case x.kind == endToken: // of the whole
			if err = c.advance(len(order)); err == nil {
				err = c.write(x.raw)
			}
		case x.kind == startToken && len(x.open) == 2:
			err = c.copyElement(copyRows)
		default:
			err = c.write(x.raw)
		}
		if err != nil {
			return err
		}
	}
}

func (c *sheetCopier) write(b []byte) error {
	_, err := c.out.Write(b)
	return err
}

// advance adds the elements that belong in front of a place and that the sheet does not
// have.
func (c *sheetCopier) advance(place int) error {
	for ; c.place < place; c.place++ {
		if err := c.change(order[c.place], nil); err != nil {
			return err
		}
	}
	return nil
}

// change writes an element with the change of a name, if there is such a change.
func (c *sheetCopier) change(name string, old *element) error {
	apply := c.changes[name]
	if apply == nil {
		return nil
	}
	e, err := apply(old)
	if err != nil || e == nil {
		return err
	}
	return c.write(e.append(nil))
}

// copyElement copies the current element with the change to the element. Elements that
// the order does not know stay where they are.
func (c *sheetCopier) copyElement(copyRows func(*scanner) error) error {
	x := c.in
	if place := slices.Index(order, x.name); place >= 0 {
		if err := c.advance(place); err != nil {
			return err
		}
		c.place = place + 1
	}
	if c.changes[x.name] != nil {
		e, err := x.element()
		if err != nil {
			return err
		}
		return c.change(e.name, e)
	}
	err := c.write(x.raw)
	if err == nil && x.name == "sheetData" {
		if err = copyRows(x); err == nil {
			err = c.write(x.raw) // the last tag
		}
		return err
	}
	if err != nil {
		return err
	}
	return x.within(func() error { return c.write(x.raw) })
}
