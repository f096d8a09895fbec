package roster

import (
	"archive/zip"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"strings"

	"muster/importer/fault"
)

// What a workbook may be at most. A sheet of 1,048,576 rows of ten cells is
// about half a gigabyte of XML. Deflate packs 1 to 1,032 at best; sheets of
// nothing but styled blanks reach about 1 to 100.
const (
	maxDirectory  = 4 << 20
	maxParts      = 10000
	maxPart       = 1 << 30
	maxAllParts   = 2 << 30
	maxSmallPart  = 64 << 20 // workbook, relations, styles
	maxRatio      = 300
	ratioFromSize = 64 << 20
)

// workbook is an open XLSX file whose parts have all been read once.
type workbook struct {
	source    *source
	format    Format
	parts     map[string]*zip.File // by name in lower case, as the format compares them
	checked   map[*zip.File]bool
	since1904 bool
	formats   []*numberFormat // by cell style; nil without styles
	struck    []bool          // by cell style: its font is struck through
	struckODS map[string]bool // the same, by the names of styles
	strings   sharedStrings
	sheets    []*sheet
	headSize  int // of the rows that surveys keep
}

// sheet is a worksheet and what is known of it after it was read once.
type sheet struct {
	name   string
	hidden bool
	part   *zip.File
	table  int // its number among the tables of the part, from 1; 0 if it has the part to itself
	survey survey
}

// directoryReader bounds what the directory of an archive may take to read, and
// with it the memory.
type directoryReader struct {
	from io.ReaderAt
	left int64
}

func (d *directoryReader) ReadAt(p []byte, at int64) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, errDirectory
	}
	return d.from.ReadAt(p, at)
}

var errDirectory = errors.New("its table of contents is too large")

// openWorkbook reads every part of a workbook once.
func openWorkbook(s *source) (*workbook, error) {
	directory := &directoryReader{from: s.content, left: maxDirectory}
	z, err := zip.NewReader(directory, s.size)
	directory.left = 1 << 62
	b := &workbook{source: s, format: XLSX, parts: map[string]*zip.File{}, checked: map[*zip.File]bool{}}
	switch {
	case errors.Is(err, errDirectory):
		return nil, b.tooLarge("its table of contents is too large")
	case err != nil:
		return nil, b.damaged("", err)
	}
	if err := b.admit(z); err != nil {
		return nil, err
	}
	main := b.target("_rels/.rels", "", "/officeDocument")
	if b.parts[main] == nil {
		main = "xl/workbook.xml"
	}
	if strings.HasSuffix(main, ".bin") {
		return nil, s.refuseZip(z)
	}
	read := func() error { return b.readMain(main) }
	if b.parts[main] == nil {
		if !b.isODS() {
			return nil, s.refuseZip(z)
		}
		read, b.format = b.readODS, ODS
	}
	if err := read(); err != nil {
		_ = b.strings.close()
		return nil, err
	}
	for _, f := range z.File {
		if err := b.readThrough(f); err != nil {
			_ = b.strings.close()
			return nil, err
		}
	}
	return b, nil
}

// admit refuses an archive that unpacks to more than a workbook can be.
func (b *workbook) admit(z *zip.Reader) error {
	if len(z.File) > maxParts {
		return b.tooLarge(fmt.Sprintf("it has more than %d parts", maxParts))
	}
	var total uint64
	for _, f := range z.File {
		name := strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(f.Name, `\`, "/"), "/"))
		switch {
		case f.Flags&1 != 0:
			return b.source.fail(CodeWorkbookEncrypted, "the archive is protected by a password", "unpack it with the password, and save the workbook without one", nil)
		case f.UncompressedSize64 > maxPart,
			f.UncompressedSize64 > ratioFromSize && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return b.tooLarge("its part " + strconv.Quote(name) + " unpacks to more than a roster can be")
		case b.parts[name] != nil:
			return b.damaged(name, errors.New("it is there twice"))
		}
		if total += f.UncompressedSize64; total > maxAllParts {
			return b.tooLarge("it unpacks to more than 2 GiB")
		}
		b.parts[name] = f
	}
	return nil
}

func (b *workbook) tooLarge(why string) *fault.Error {
	return b.source.fail(CodeWorkbookTooLarge, "the workbook is too large: "+why, "copy the list into a new workbook, or save it as CSV", nil)
}

// damaged says that a part can't be read, unless something else went wrong
// while it was read.
func (b *workbook) damaged(part string, err error) error {
	var known *fault.Error
	if errors.As(err, &known) {
		return known
	}
	message := "the workbook is damaged"
	switch {
	case part != "":
		message += fmt.Sprintf(" in its part %q: %v", part, err)
	case err != nil:
		message += ": it is no whole archive"
	}
	return b.source.fail(CodeWorkbookDamaged, message, "get the file again; or open it in Excel, let it be repaired, check that nobody is missing, and save it", nil)
}

// scanSheet makes one pass over a sheet.
func (b *workbook) scanSheet(sh *sheet, s *sheetScan) error {
	if sh.table == 0 {
		return b.scanPart(sh.part, maxPart, s.run)
	}
	return b.scanPart(sh.part, maxPart, func(x *xmlScanner) error { return s.runODS(x, sh.table) })
}

// scanPart scans one part to its end, which is where its checksum is compared.
func (b *workbook) scanPart(f *zip.File, limit uint64, read func(*xmlScanner) error) error {
	if f.UncompressedSize64 > limit {
		return b.tooLarge("its part " + strconv.Quote(f.Name) + " is too long")
	}
	in, err := f.Open()
	if err != nil {
		return b.damaged(f.Name, err)
	}
	defer func() { _ = in.Close() }() // it is only read
	x, err := newXML(in)
	if err == nil {
		err = read(x)
	}
	if err != nil {
		return b.damaged(f.Name, err)
	}
	b.checked[f] = true
	return nil
}

// readThrough compares the checksum of a part that nothing else was read of.
func (b *workbook) readThrough(f *zip.File) error {
	if b.checked[f] || strings.HasSuffix(f.Name, "/") {
		return nil
	}
	in, err := f.Open()
	if err != nil {
		return b.damaged(f.Name, err)
	}
	defer func() { _ = in.Close() }() // it is only read
	if _, err := io.CopyN(io.Discard, in, int64(f.UncompressedSize64)+1); err != nil && !errors.Is(err, io.EOF) {
		return b.damaged(f.Name, err)
	}
	return nil
}

// relation is a link from one part to another.
type relation struct{ id, kind, target string }

// relations reads the links of a part. A part need not have any.
func (b *workbook) relations(name, base string) ([]relation, error) {
	f := b.parts[name]
	if f == nil {
		return nil, nil
	}
	var all []relation
	err := b.scanPart(f, maxSmallPart, func(x *xmlScanner) error {
		return x.elements("Relationships", func() error {
			if string(x.name) != "Relationship" {
				return nil
			}
			var r relation
			var err error
			for _, a := range []struct {
				name string
				to   *string
			}{{"Id", &r.id}, {"Type", &r.kind}, {"Target", &r.target}} {
				if *a.to, err = x.attribute(a.name, false); err != nil {
					return err
				}
			}
			r.target = strings.ReplaceAll(r.target, `\`, "/")
			if !strings.HasPrefix(r.target, "/") {
				r.target = path.Join(base, r.target)
			}
			r.target = strings.ToLower(strings.TrimPrefix(path.Clean(r.target), "/"))
			all = append(all, r)
			return nil
		})
	})
	return all, err
}

// target returns the part that a link of this kind leads to, or "".
func (b *workbook) target(name, base, kind string) string {
	all, err := b.relations(name, base)
	if err != nil {
		return ""
	}
	for _, r := range all {
		if strings.HasSuffix(r.kind, kind) {
			return r.target
		}
	}
	return ""
}

// readMain reads the workbook's own part and those that it is made of.
func (b *workbook) readMain(main string) error {
	base := path.Dir(main)
	links, err := b.relations(path.Join(base, "_rels", path.Base(main)+".rels"), base)
	if err != nil {
		return err
	}
	byID := map[string]relation{}
	for _, r := range links {
		byID[r.id] = r
		f := b.parts[r.target]
		switch {
		case f == nil || b.checked[f]:
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			err = b.scanPart(f, maxPart, func(x *xmlScanner) error { return readStrings(x, &b.strings, b.source.tempFile) })
		case strings.HasSuffix(r.kind, "/styles"):
			err = b.scanPart(f, maxSmallPart, b.readStyles)
		}
		if err != nil {
			return err
		}
	}
	err = b.scanPart(b.parts[main], maxSmallPart, func(x *xmlScanner) error { return b.readSheetList(x, byID) })
	if err != nil {
		return err
	}
	for _, s := range b.sheets {
		if err := b.surveySheet(s); err != nil {
			return err
		}
	}
	return nil
}

func (b *workbook) readSheetList(x *xmlScanner, byID map[string]relation) error {
	return x.elements("workbook", func() error {
		switch string(x.name) {
		case "workbookPr":
			v, err := x.attribute("date1904", false)
			b.since1904 = v == "1" || v == "true"
			return err
		case "sheet":
			name, err := x.attribute("name", false)
			if err != nil {
				return err
			}
			state, err := x.attribute("state", false)
			if err != nil {
				return err
			}
			id, err := x.attribute("id", true)
			if err != nil {
				return err
			}
			link, ok := byID[id]
			if ok && !strings.HasSuffix(link.kind, "/worksheet") {
				return nil // a chart on a sheet of its own
			}
			f := b.parts[link.target]
			if f == nil {
				return fmt.Errorf("the sheet %q is missing", name)
			}
			b.sheets = append(b.sheets, &sheet{name: name, hidden: state == "hidden" || state == "veryHidden", part: f})
		}
		return nil
	})
}

// readStyles learns the number format of each cell style, and whether its font is
// struck through.
func (b *workbook) readStyles(x *xmlScanner) error {
	codes := map[int]*numberFormat{}
	var fonts []bool
	inCells, inFonts := 0, 0
	b.formats = []*numberFormat{}
	return x.elements("styleSheet", func() error {
		if len(x.marks) < inCells {
			inCells = 0
		}
		if len(x.marks) < inFonts {
			inFonts = 0
		}
		switch string(x.name) {
		case "fonts":
			inFonts = len(x.marks) + 1
		case "font":
			if inFonts > 0 {
				fonts = append(fonts, false)
			}
		case "strike":
			on, err := x.isOn()
			if inFonts > 0 && len(fonts) > 0 {
				fonts[len(fonts)-1] = on
			}
			return err
		case "numFmt":
			id, err := x.number("numFmtId")
			if err != nil {
				return err
			}
			code, err := x.attribute("formatCode", false)
			if codes[id] == nil { // a style for tables may come later with a number of its own
				codes[id] = parseFormat(code)
			}
			return err
		case "cellXfs":
			inCells = len(x.marks) + 1
		case "xf":
			if inCells == 0 || len(x.marks) != inCells {
				return nil
			}
			id, err := x.number("numFmtId")
			format := codes[id]
			if format == nil {
				format = builtinFormat(id)
			}
			b.formats = append(b.formats, format)
			if err != nil {
				return err
			}
			font, err := x.number("fontId")
			b.struck = append(b.struck, font >= 0 && font < len(fonts) && fonts[font])
			return err
		}
		return nil
	})
}
