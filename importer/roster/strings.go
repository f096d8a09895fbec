package roster

import (
	"bufio"
	"encoding/binary"
	"errors"
	"os"
	"slices"
	"sort"
)

// How the shared strings of a workbook are kept: in memory as long as they are
// few, and then in a temporary file of which some blocks are remembered. Rows
// mostly name them in the order in which they were written.
const (
	stringsInMemory = 32 << 20
	stringsBlock    = 64 << 10
	stringsBlocks   = 16
)

var errNoString = errors.New("a cell names a text that the workbook doesn't hold")

// sharedStrings is the table of texts that the cells of a workbook name.
type sharedStrings struct {
	count  int
	struck map[int]bool // texts of which a part is struck through

	text string // while they are in memory
	ends []uint32
	data []byte // being filled

	file   *os.File
	out    *bufio.Writer
	blocks []stringBlock
	size   int64
	cached [stringsBlocks]cachedBlock
}

// stringBlock is where a block begins: each text has its length in front.
type stringBlock struct {
	first  int
	offset int64
}

type cachedBlock struct {
	index int // one more than the block's, 0 is none
	texts []string
}

// add appends a text. Past the limit a temporary file takes all of them.
func (s *sharedStrings) add(text []byte, temp func() (*os.File, error)) error {
	if s.file == nil && len(s.data)+len(text)+4*len(s.ends) > stringsInMemory {
		file, err := temp()
		if err != nil {
			return err
		}
		s.file, s.out = file, bufio.NewWriterSize(file, chunk)
		data, start := s.data, uint32(0)
		s.data, s.count = nil, 0
		for _, end := range s.ends {
			if err := s.store(data[start:end]); err != nil {
				return err
			}
			start = end
		}
		s.ends = nil
	}
	if s.file != nil {
		return s.store(text)
	}
	s.data = append(s.data, text...)
	s.ends = append(s.ends, uint32(len(s.data)))
	s.count++
	return nil
}

func (s *sharedStrings) store(text []byte) error {
	if last := len(s.blocks) - 1; last < 0 || s.size-s.blocks[last].offset >= stringsBlock {
		s.blocks = append(s.blocks, stringBlock{first: s.count, offset: s.size})
	}
	var length [binary.MaxVarintLen64]byte
	n := binary.PutUvarint(length[:], uint64(len(text)))
	if _, err := s.out.Write(length[:n]); err != nil {
		return err
	}
	if _, err := s.out.Write(text); err != nil {
		return err
	}
	s.size += int64(n + len(text))
	s.count++
	return nil
}

// finish ends the adding.
func (s *sharedStrings) finish() error {
	s.text, s.data = string(s.data), nil
	s.ends = slices.Clip(s.ends)
	if s.out == nil {
		return nil
	}
	return s.out.Flush()
}

// at returns a text by its number.
func (s *sharedStrings) at(i int) (string, error) {
	if i < 0 || i >= s.count {
		return "", errNoString
	}
	if s.file == nil {
		start := uint32(0)
		if i > 0 {
			start = s.ends[i-1]
		}
		return s.text[start:s.ends[i]], nil
	}
	block := sort.Search(len(s.blocks), func(b int) bool { return s.blocks[b].first > i }) - 1
	texts, err := s.load(block)
	if err != nil {
		return "", err
	}
	return texts[i-s.blocks[block].first], nil
}

func (s *sharedStrings) load(block int) ([]string, error) {
	c := &s.cached[block%stringsBlocks]
	if c.index == block+1 {
		return c.texts, nil
	}
	end, next := s.size, s.count
	if block+1 < len(s.blocks) {
		end, next = s.blocks[block+1].offset, s.blocks[block+1].first
	}
	start := s.blocks[block]
	b := make([]byte, end-start.offset)
	if _, err := s.file.ReadAt(b, start.offset); err != nil {
		return nil, err
	}
	texts := make([]string, 0, next-start.first)
	for all := string(b); len(b) > 0; {
		length, n := binary.Uvarint(b)
		if n <= 0 || length > uint64(len(b)-n) {
			return nil, errNoString
		}
		from := len(all) - len(b) + n
		texts = append(texts, all[from:from+int(length)])
		b = b[n+int(length):]
	}
	if len(texts) != next-start.first {
		return nil, errNoString
	}
	*c = cachedBlock{index: block + 1, texts: texts}
	return texts, nil
}

func (s *sharedStrings) close() error {
	if s.file == nil {
		return nil
	}
	file := s.file
	s.file = nil
	return file.Close()
}

// readStrings reads the part of a workbook that holds its shared strings.
func readStrings(x *xmlScanner, s *sharedStrings, temp func() (*os.File, error)) error {
	if err := x.root("sst"); err != nil {
		return err
	}
	var text []byte
	for {
		more, err := x.child()
		if err != nil {
			return err
		}
		if !more {
			if err := s.finish(); err != nil {
				return err
			}
			return x.ended()
		}
		if string(x.name) != "si" {
			err = x.skip()
		} else if text, err = x.richText(text[:0]); err == nil {
			err = s.add(unescapeExcel(text), temp)
			if x.struck {
				if s.struck == nil {
					s.struck = map[int]bool{}
				}
				s.struck[s.count-1] = true
			}
		}
		if err != nil {
			return err
		}
	}
}

// richText appends the text of the element that was started last, without what
// tells how it is pronounced, and learns whether a part of it is struck through.
func (x *xmlScanner) richText(dst []byte) ([]byte, error) {
	x.struck = false
	for depth, inText := len(x.marks), 0; ; {
		kind, err := x.next()
		if err != nil {
			return dst, err
		}
		switch kind {
		case xmlStart:
			switch string(x.name) {
			case "rPh", "phoneticPr":
				err = x.skip()
			case "rPr":
				err = x.runProperties()
			case "t":
				inText = len(x.marks)
			}
		case xmlEnd:
			if len(x.marks) < depth {
				return dst, nil
			}
			if len(x.marks) < inText {
				inText = 0
			}
		case xmlText:
			if inText > 0 {
				dst, err = appendText(dst, x.text, x.literal)
			} else if !blankXML(x.text) {
				err = errXMLToken
			}
		case xmlEOF:
			err = errXMLCut
		}
		if err != nil {
			return dst, err
		}
		if len(dst) > maxToken {
			return dst, errXMLTooLong
		}
	}
}

// runProperties reads how a part of a text looks.
func (x *xmlScanner) runProperties() error {
	for {
		more, err := x.child()
		if err != nil || !more {
			return err
		}
		if string(x.name) == "strike" {
			on, err := x.isOn()
			if err != nil {
				return err
			}
			x.struck = x.struck || on
		}
		if err := x.skip(); err != nil {
			return err
		}
	}
}

// isOn reads an element such as <strike/>, which is on unless it says otherwise.
func (x *xmlScanner) isOn() (bool, error) {
	v, err := x.attribute("val", false)
	return v != "0" && v != "false", err
}

// unescapeExcel replaces _x000D_ and its like, by which Excel writes what XML
// can't hold. It works in place.
func unescapeExcel(b []byte) []byte {
	out := 0
	for i := 0; i < len(b); {
		if r, ok := excelEscape(b[i:]); ok {
			out += copy(b[out:], string(r))
			i += len("_x000D_")
			continue
		}
		b[out] = b[i]
		out++
		i++
	}
	return b[:out]
}

func excelEscape(b []byte) (rune, bool) {
	if len(b) < 7 || b[0] != '_' || b[1] != 'x' || b[6] != '_' {
		return 0, false
	}
	var r rune
	for _, c := range b[2:6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		default:
			return 0, false
		}
	}
	return r, r < 0xD800 || r > 0xDFFF
}
