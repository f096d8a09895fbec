package workbook

import (
	"archive/zip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The namespaces and the kinds of parts in the format's transitional variant, which all
// programs write.
const (
	mainSpace     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relationSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageSpace  = "http://schemas.openxmlformats.org/package/2006/"
	contentTypes  = "[Content_Types].xml"
	kindPrefix    = "application/vnd.openxmlformats-officedocument."
	mainKind      = kindPrefix + "spreadsheetml.sheet.main+xml"
	xmlHead       = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
)

// parts are the parts of a workbook that is edited.
type parts struct {
	*archive
	changed map[string][]byte // by the name in the spelling of the archive
}

// openParts opens the archive of a workbook, unless a change would break the workbook.
func openParts(file io.ReaderAt, size int64) (*parts, error) {
	a, err := openArchive(file, size)
	if err != nil {
		return nil, &UnfitError{"it is protected by a password, or otherwise no plain archive"}
	}
	for name := range a.parts {
		switch {
		case strings.HasPrefix(name, "_xmlsignatures/"):
			return nil, &UnfitError{"it is signed, and a change would break the signature"}
		case strings.HasSuffix(name, "vbaproject.bin"):
			return nil, &UnfitError{"it holds macros"}
		}
	}
	return &parts{a, map[string][]byte{}}, nil
}

// nameOf returns the name of a part in the spelling of the archive.
func (p *parts) nameOf(name string) string {
	if f := p.parts[plainName(name)]; f != nil {
		return f.Name
	}
	return name
}

// has reports whether there is a part, old or new.
func (p *parts) has(name string) bool {
	_, found := p.changed[p.nameOf(name)]
	return found || p.parts[plainName(name)] != nil
}

// free returns a name that no part has, with a number in the place of %d.
func (p *parts) free(pattern string) string {
	for n := 1; ; n++ {
		if name := fmt.Sprintf(pattern, n); !p.has(name) {
			return name
		}
	}
}

// content returns a part with the changes so far, or nil if the workbook has no such part.
func (p *parts) content(name string) ([]byte, error) {
	if content, found := p.changed[p.nameOf(name)]; found {
		return content, nil
	}
	f := p.parts[plainName(name)]
	if f == nil {
		return nil, nil
	}
	if f.UncompressedSize64 > maxSmallPart {
		return nil, &UnfitError{"its part " + strconv.Quote(f.Name) + " is too long"}
	}
	in, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = in.Close() }() // only read
	return io.ReadAll(io.LimitReader(in, maxSmallPart))
}

// document returns a part as XML with the changes so far, or what otherwise says if
// there is no such part.
func (p *parts) document(name, otherwise string) (*element, error) {
	content, err := p.content(name)
	if err != nil {
		return nil, err
	}
	if content == nil {
		content = []byte(otherwise)
	}
	document, err := parse(content)
	if err != nil {
		return nil, &UnfitError{fmt.Sprintf("its part %q cannot be changed: %v", p.nameOf(name), err)}
	}
	return document, nil
}

// write gives a part new content.
func (p *parts) write(name string, document *element) {
	p.changed[p.nameOf(name)] = document.append(nil)
}

// change changes the outermost element of a part that exists, or that otherwise says.
func (p *parts) change(name, otherwise string, change func(root *element)) error {
	document, err := p.document(name, otherwise)
	if err != nil {
		return err
	}
	change(document.root())
	p.write(name, document)
	return nil
}

// copyTo writes all parts except the named part.
func (p *parts) copyTo(out *zip.Writer, except string) error {
	for _, f := range p.files {
		if _, changed := p.changed[f.Name]; changed || f.Name == except {
			continue
		}
		if err := out.Copy(f); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.changed)) {
		w, err := out.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(p.changed[name]); err != nil {
			return err
		}
	}
	return nil
}

// relate adds a link between two parts, and returns the ID of the link.
func (p *parts) relate(of, kind, target string) (string, error) {
	id := ""
	list := relationsPart(of)
	err := p.change(list, xmlHead+`<Relationships xmlns="`+packageSpace+`relationships"></Relationships>`, func(root *element) {
		taken := map[string]bool{"": true}
		for _, link := range root.elements() {
			taken[link.attr("Id")] = true
		}
		for n := 1; taken[id]; n++ {
			id = "rIdM" + strconv.Itoa(n)
		}
		root.add("Relationship", "Id", id, "Type", kind, "Target", "/"+target)
	})
	return id, err
}

// add declares a new part, and relates another part to the new part by a link whose ID is
// returned.
func (p *parts) add(of, link, part, kind string) (id string, err error) {
	if err := p.declare(part, kindPrefix+kind); err != nil {
		return "", err
	}
	return p.relate(of, relationSpace+"/"+link, part)
}

// declare adds the kind of a part to the content types. Some programs declare parts that
// they do not write, and Excel does not open a workbook that declares a part twice.
func (p *parts) declare(name, kind string) error {
	return p.change(contentTypes, "", func(root *element) {
		undeclare(root, name)
		root.add("Override", "PartName", "/"+name, "ContentType", kind)
	})
}

// declareExtension adds the kind of all parts with an extension to the content types.
func (p *parts) declareExtension(extension, kind string) error {
	return p.change(contentTypes, "", func(root *element) {
		for _, e := range root.all("Default") {
			if strings.EqualFold(e.attr("Extension"), extension) {
				return
			}
		}
		root.insert(0, newElement(root.prefix, "Default", "Extension", extension, "ContentType", kind))
	})
}

// undeclare removes a part from the content types.
func undeclare(types *element, name string) {
	types.remove(func(e *element) bool {
		return e.name == "Override" && plainName(e.attr("PartName")) == plainName(name)
	})
}

// forget removes a part from the workbook, with the links that another part has.
func (p *parts) forget(name, of string) error {
	f := p.parts[plainName(name)]
	if f == nil {
		return nil
	}
	p.files = slices.DeleteFunc(p.files, func(other *zip.File) bool { return other == f })
	delete(p.parts, plainName(name))
	if err := p.change(contentTypes, "", func(root *element) { undeclare(root, name) }); err != nil {
		return err
	}
	return p.change(relationsPart(of), "", func(root *element) {
		root.remove(func(e *element) bool { return e.name == "Relationship" && resolve(of, e.attr("Target")) == name })
	})
}
