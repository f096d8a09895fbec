package workbook

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// The namespaces and the kinds of parts, as the format's transitional variant,
// which everybody writes, names them.
const (
	mainSpace     = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
	relationSpace = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
	packageSpace  = "http://schemas.openxmlformats.org/package/2006/"
	contentTypes  = "[Content_Types].xml"
	kindPrefix    = "application/vnd.openxmlformats-officedocument."
	mainKind      = kindPrefix + "spreadsheetml.sheet.main+xml"
)

// parts are the parts of a workbook, by name in lower case, as the format
// compares them, and those that are written anew.
type parts struct {
	archive *zip.Reader
	old     map[string]*zip.File
	new     map[string][]byte // by the name as it is to be written
}

func openParts(file io.ReaderAt, size int64) (*parts, error) {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return nil, &UnfitError{"it is protected by a password, or otherwise no plain archive"}
	}
	p := &parts{archive: archive, old: map[string]*zip.File{}, new: map[string][]byte{}}
	for _, f := range archive.File {
		name := plainName(f.Name)
		switch {
		case strings.HasPrefix(name, "_xmlsignatures/"):
			return nil, &UnfitError{"it is signed, and a change would break the signature"}
		case strings.HasSuffix(name, "vbaproject.bin"):
			return nil, &UnfitError{"it holds macros"}
		}
		p.old[name] = f
	}
	return p, nil
}

// has reports whether a part is there, old or new.
func (p *parts) has(name string) bool {
	if p.old[plainName(name)] != nil {
		return true
	}
	_, found := p.new[p.nameOf(name)]
	return found
}

// nameOf returns a part's name as it is spelled in the archive.
func (p *parts) nameOf(name string) string {
	if f := p.old[plainName(name)]; f != nil {
		return f.Name
	}
	return name
}

// read returns a part as it is by now, nil if there is none of this name.
func (p *parts) read(name string) ([]byte, error) {
	if content, found := p.new[p.nameOf(name)]; found {
		return content, nil
	}
	f := p.old[plainName(name)]
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
	defer func() { _ = in.Close() }() // it is only read
	content, err := io.ReadAll(io.LimitReader(in, maxSmallPart))
	if err != nil {
		return nil, err
	}
	return content, plainText(f.Name, content)
}

var encoding = regexp.MustCompile(`encoding\s*=\s*["']([^"']*)`)

// plainText refuses what is not UTF-8 by its beginning.
func plainText(name string, head []byte) error {
	head = head[:min(len(head), 200)]
	declared := encoding.FindSubmatch(head)
	if bytes.IndexByte(head, 0) >= 0 || declared != nil && !strings.EqualFold(string(declared[1]), "utf-8") && !strings.EqualFold(string(declared[1]), "us-ascii") {
		return &UnfitError{"its part " + strconv.Quote(name) + " is not written in UTF-8"}
	}
	return nil
}

// write gives a part a new content.
func (p *parts) write(name string, content []byte) { p.new[p.nameOf(name)] = content }

// free returns a name that no part has, with a number in it.
func (p *parts) free(pattern string) string {
	for n := 1; ; n++ {
		if name := fmt.Sprintf(pattern, n); !p.has(name) {
			return name
		}
	}
}

// copyTo writes all parts but those that were written by other means.
func (p *parts) copyTo(out *zip.Writer, done string) error {
	for _, f := range p.archive.File {
		if _, changed := p.new[f.Name]; changed || f.Name == done {
			continue
		}
		if err := out.Copy(f); err != nil {
			return err
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.new)) {
		w, err := out.Create(name)
		if err != nil {
			return err
		}
		if _, err := w.Write(p.new[name]); err != nil {
			return err
		}
	}
	return nil
}

// relations returns the links of a part.
func (p *parts) relations(of string) ([]relation, error) {
	content, err := p.read(relationsPart(of))
	if err != nil || content == nil {
		return nil, err
	}
	return readRelations(newScanner(bytes.NewReader(content)), of)
}

// relate adds a link, and returns its ID.
func (p *parts) relate(of, kind, target string) (string, error) {
	content, err := p.read(relationsPart(of))
	if err != nil {
		return "", err
	}
	if content == nil {
		content = []byte(xmlHead + `<Relationships xmlns="` + packageSpace + `relationships"></Relationships>`)
	}
	id := ""
	for n := 1; id == "" || bytes.Contains(content, []byte(`"`+id+`"`)); n++ {
		id = "rIdM" + strconv.Itoa(n)
	}
	link := fmt.Sprintf(`<{p}Relationship Id="%s" Type="%s" Target="%s"/>`, id, kind, escape("/"+target))
	content, err = appendChild(content, "Relationships", link)
	if err != nil {
		return "", err
	}
	p.write(relationsPart(of), content)
	return id, nil
}

const xmlHead = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"

// declare says of which kind a part is. Some programs say so of parts that
// they then don't write, and twice of one part is once too often for Excel.
func (p *parts) declare(name, kind string) error {
	content, err := p.read(contentTypes)
	if err != nil {
		return err
	}
	if content, err = without(content, func(tag []byte) bool {
		declared, found := attribute(tag, "PartName")
		return found && plainName(declared) == plainName(name)
	}); err != nil {
		return err
	}
	content, err = appendChild(content, "Types", fmt.Sprintf(`<{p}Override PartName="%s" ContentType="%s"/>`, escape("/"+name), kind))
	p.write(contentTypes, content)
	return err
}

// declareExtension says of which kind all parts with such names are.
func (p *parts) declareExtension(extension, kind string) error {
	content, err := p.read(contentTypes)
	if err != nil {
		return err
	}
	known := false
	err = tags(content, func(t token) {
		if e, _ := attribute(t.raw, "Extension"); string(t.name) == "Default" && strings.EqualFold(e, extension) {
			known = true
		}
	})
	if err != nil || known {
		return err
	}
	content, err = appendChild(content, "Types", fmt.Sprintf(`<{p}Default Extension="%s" ContentType="%s"/>`, extension, kind))
	p.write(contentTypes, content)
	return err
}

// forget takes a part out of the workbook, with the links to it.
func (p *parts) forget(name, of string) error {
	f := p.old[plainName(name)]
	if f == nil {
		return nil
	}
	for _, list := range []string{contentTypes, relationsPart(of)} {
		content, err := p.read(list)
		if err != nil {
			return err
		}
		kept, err := without(content, func(tag []byte) bool {
			target, found := attribute(tag, "PartName")
			if !found {
				target, found = attribute(tag, "Target")
				target = resolve(of, target)
			}
			return found && plainName(target) == plainName(name)
		})
		if err != nil {
			return err
		}
		p.write(list, kept)
	}
	p.archive.File = slices.DeleteFunc(p.archive.File, func(other *zip.File) bool { return other == f })
	delete(p.old, plainName(name))
	return nil
}

// tags calls visit with every token of a part.
func tags(content []byte, visit func(token)) error {
	s := newTagScanner(bytes.NewReader(content))
	for {
		t, err := s.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		visit(t)
	}
}

// without takes the elements out of a part that are unwanted by their tag. They
// hold no others.
func without(content []byte, unwanted func(tag []byte) bool) ([]byte, error) {
	var kept []byte
	inside := false
	err := tags(content, func(t token) {
		switch {
		case inside:
			inside = t.kind != end
		case (t.kind == start || t.kind == empty) && unwanted(t.raw):
			inside = t.kind == start
		default:
			kept = append(kept, t.raw...)
		}
	})
	return kept, err
}

var errNoElement = errors.New("an element is missing")

// appendChild puts an element at the end of the first one that bears a name. In
// the child {p} stands for its parent's namespace prefix.
func appendChild(content []byte, parent, child string) ([]byte, error) {
	var out []byte
	depth, inside, done := 0, 0, false
	err := tags(content, func(t token) {
		switch {
		case done:
		case t.kind == empty && inside == 0 && string(t.name) == parent:
			name := prefix(t.raw) + parent
			t.raw, done = join(opened(t.raw), strings.ReplaceAll(child, "{p}", prefix(t.raw))+"</"+name+">", nil), true
		case t.kind == start:
			if depth++; inside == 0 && string(t.name) == parent {
				inside = depth
			}
		case t.kind == end:
			if depth == inside {
				out, done = append(out, strings.ReplaceAll(child, "{p}", prefix(t.raw))...), true
			}
			depth--
		}
		out = append(out, t.raw...)
	})
	if err == nil && !done {
		err = errNoElement
	}
	return out, err
}
