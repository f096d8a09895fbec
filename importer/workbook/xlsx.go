package workbook

import (
	"fmt"
	"strings"
)

// xlsx is a workbook in the format of Excel.
type xlsx struct {
	archive   *archive
	main      string // the part that lists the sheets
	since1904 bool
	styles    []cellStyle // nil without a part for styles
	strings   sharedStrings
}

// cellStyle is what the reader needs of a cell's look.
type cellStyle struct {
	format *numberFormat
	struck bool // the font is struck through
}

// sheets reads the list of sheets, the shared strings and the styles.
func (b *xlsx) sheets() ([]*Sheet, error) {
	links, err := b.archive.relations(b.main)
	if err != nil {
		return nil, err
	}
	for kind, read := range map[string]func(*scanner) error{"sharedStrings": b.strings.read, "styles": b.readStyles} {
		limit := uint64(maxSmallPart)
		if kind == "sharedStrings" {
			limit = maxPart
		}
		if f := b.archive.parts[plainName(target(links, kind))]; f != nil {
			if err := b.archive.scan(f, limit, read); err != nil {
				return nil, err
			}
		}
	}
	var list []*Sheet
	err = b.archive.scan(b.archive.parts[plainName(b.main)], maxSmallPart, func(x *scanner) error {
		return x.elements("workbook", func() error {
			switch {
			case x.name == "workbookPr" && len(x.open) == 2: // extensions have elements of this name too
				b.since1904 = isTrue(x.attr("date1904"))
			case x.name == "sheet":
				sheet, err := b.sheet(x, links)
				if sheet != nil {
					list = append(list, sheet)
				}
				return err
			}
			return nil
		})
	})
	return list, err
}

// sheet reads an entry of the list of sheets. A chart that fills a sheet is no sheet.
func (b *xlsx) sheet(x *scanner, links []relation) (*Sheet, error) {
	id, state := x.prefixed("id"), x.attr("state")
	s := &Sheet{Name: x.attr("name"), Hidden: state == "hidden" || state == "veryHidden"}
	if id == "" {
		return nil, nil
	}
	for _, link := range links {
		if link.id != id {
			continue
		}
		if !strings.HasSuffix(link.kind, "/worksheet") {
			return nil, nil
		}
		s.part = b.archive.parts[plainName(link.target)]
	}
	if s.part == nil {
		return nil, fmt.Errorf("the sheet %q is missing", s.Name)
	}
	return s, nil
}

// isTrue reports whether an attribute says yes, in one of the ways that the format allows.
func isTrue(value string) bool {
	value = strings.TrimSpace(value)
	return value == "1" || value == "true" || value == "on"
}

// readStyles learns the number format of each cell style, and whether the font is
// struck through.
func (b *xlsx) readStyles(x *scanner) error {
	formats := map[int]*numberFormat{}
	var fonts []bool
	b.styles = []cellStyle{}
	if err := x.root("styleSheet"); err != nil {
		return err
	}
	return x.children(func() error {
		switch x.name {
		case "numFmts":
			return x.children(func() error {
				id, err := x.number("numFmtId")
				formats[id] = parseFormat(x.attr("formatCode"))
				return err
			})
		case "fonts":
			return x.children(func() error {
				fonts = append(fonts, false)
				return x.children(func() error {
					if x.name == "strike" {
						fonts[len(fonts)-1] = x.isOn()
					}
					return nil
				})
			})
		case "cellXfs":
			return x.children(func() error {
				id, err := x.number("numFmtId")
				if err != nil {
					return err
				}
				font, err := x.number("fontId")
				style := cellStyle{format: formats[id], struck: font >= 0 && font < len(fonts) && fonts[font]}
				if style.format == nil {
					style.format = builtinFormat(id)
				}
				b.styles = append(b.styles, style)
				return err
			})
		}
		return nil
	})
}

// rows reads the rows of a sheet.
func (b *xlsx) rows(sheet *Sheet, out *rowWriter) error {
	return b.archive.scan(sheet.part, maxPart, func(x *scanner) error {
		if err := x.root("worksheet"); err != nil {
			return err
		}
		number := 0
		return x.children(func() error {
			switch x.name {
			case "sheetData":
				return x.children(func() error {
					if x.name != "row" {
						return nil
					}
					var err error
					number, err = b.readRow(x, number+1, out)
					return err
				})
			case "mergeCells":
				return x.children(func() error {
					ref := x.attr("ref")
					area, ok := parseArea(ref)
					switch {
					case x.name != "mergeCell" || !strings.Contains(ref, ":"):
						return nil
					case !ok:
						return fmt.Errorf("the merged range %q cannot be read", ref)
					}
					return out.merge(area)
				})
			}
			return nil
		})
	})
}
