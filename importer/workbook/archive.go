package workbook

import (
	"archive/zip"
	"errors"
	"io"
	"path"
	"strings"
)

// The limits of an archive. A sheet of 1,048,576 rows of ten cells is about half a
// gigabyte of XML. Deflate packs up to 1 to 1,032; sheets of nothing but styled blank
// cells reach about 1 to 100.
const (
	maxDirectory  = 4 << 20
	maxParts      = 10000
	maxPart       = 1 << 30
	maxAllParts   = 2 << 30
	maxSmallPart  = 64 << 20 // every part but sheets and shared strings
	maxRatio      = 300
	ratioFromSize = 64 << 20
)

// archive is the archive that holds the parts of a workbook.
type archive struct {
	files []*zip.File
	parts map[string]*zip.File // by plainName
	read  map[*zip.File]bool   // the parts whose checksum was compared
}

// directoryReader limits what reading the archive's directory may take, memory
// included.
type directoryReader struct {
	in   io.ReaderAt
	left int64
}

var errDirectory = errors.New("its table of contents is too large")

func (d *directoryReader) ReadAt(p []byte, at int64) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, errDirectory
	}
	return d.in.ReadAt(p, at)
}

// openArchive opens an archive, unless the archive unpacks to more than a workbook can
// be.
func openArchive(file io.ReaderAt, size int64) (*archive, error) {
	directory := &directoryReader{file, maxDirectory}
	z, err := zip.NewReader(directory, size)
	directory.left = 1 << 62
	switch {
	case errors.Is(err, errDirectory):
		return nil, &Error{Reason: TooLarge, Err: err}
	case err != nil:
		return nil, damaged("", errors.New("the file is not complete"))
	case len(z.File) > maxParts:
		return nil, tooLarge("it has more than %d parts", maxParts)
	}
	a := &archive{files: z.File, parts: map[string]*zip.File{}, read: map[*zip.File]bool{}}
	var total uint64
	for _, f := range z.File {
		name := plainName(f.Name)
		total += f.UncompressedSize64
		switch {
		case f.Flags&1 != 0:
			return nil, &Error{Reason: Protected, Err: errors.New("the archive is protected by a password")}
		case f.UncompressedSize64 > maxPart, f.UncompressedSize64 > ratioFromSize && f.UncompressedSize64/maxRatio > f.CompressedSize64:
			return nil, tooLarge("its part %q unpacks to more than a roster can be", name)
		case total > maxAllParts:
			return nil, tooLarge("it unpacks to more than 2 GiB")
		case a.parts[name] != nil:
			return nil, damaged(name, errors.New("it is there twice"))
		}
		a.parts[name] = f
	}
	return a, nil
}

// plainName returns the name of a part in lower case, as the format compares names.
func plainName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// scan calls read with a scanner for a part, and compares the part's checksum.
func (a *archive) scan(f *zip.File, limit uint64, read func(*scanner) error) error {
	if f.UncompressedSize64 > limit {
		return tooLarge("its part %q is too long", f.Name)
	}
	in, err := f.Open()
	if err != nil {
		return damaged(f.Name, err)
	}
	defer func() { _ = in.Close() }() // only read
	x := newScanner(in)
	if err = read(x); err == nil {
		err = x.finish()
	}
	if errors.Is(err, errStopped) {
		return err
	}
	if err != nil {
		return damaged(f.Name, err)
	}
	a.read[f] = true
	return nil
}

// readRest compares the checksums of the parts that were not scanned.
func (a *archive) readRest() error {
	for _, f := range a.files {
		if a.read[f] || strings.HasSuffix(f.Name, "/") {
			continue
		}
		in, err := f.Open()
		if err == nil {
			_, err = io.CopyN(io.Discard, in, int64(f.UncompressedSize64)+1)
			_ = in.Close() // only read
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return damaged(f.Name, err)
		}
	}
	return nil
}

// relation is a link between two parts. The target is a part name.
type relation struct{ id, kind, target string }

// relationsPart returns the name of the part that holds the links of a part, or of the
// whole workbook if the name is "".
func relationsPart(of string) string {
	return path.Join(path.Dir(of), "_rels", path.Base("/"+of)+".rels")
}

// relations returns the links of a part. A part may have none.
func (a *archive) relations(of string) (list []relation, err error) {
	f := a.parts[plainName(relationsPart(of))]
	if f == nil {
		return nil, nil
	}
	err = a.scan(f, maxSmallPart, func(x *scanner) error {
		list, err = readRelations(x, of)
		return err
	})
	return list, err
}

func readRelations(x *scanner, of string) (list []relation, err error) {
	err = x.elements("Relationships", func() error {
		if x.name == "Relationship" && x.attr("TargetMode") != "External" {
			list = append(list, relation{x.attr("Id"), x.attr("Type"), resolve(of, x.attr("Target"))})
		}
		return nil
	})
	return list, err
}

// resolve returns the name of the part that a link of another part leads to.
func resolve(of, target string) string {
	target = strings.ReplaceAll(target, `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = path.Join(path.Dir(of), target)
	}
	return strings.TrimPrefix(path.Clean(target), "/")
}

// target returns the part that a link of this kind leads to, or "".
func target(links []relation, kind string) string {
	for _, link := range links {
		if strings.HasSuffix(link.kind, "/"+kind) {
			return link.target
		}
	}
	return ""
}
