package roster_test

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/traditionalchinese"
	"golang.org/x/text/encoding/unicode"

	"muster/importer/roster"
)

const (
	western = "First Name,Last Name\nFrançois,Lefèvre\nZoë,Muñoz\nJosé,García\nMaría,Peña\nAndré,O’Neill\n“Bo”,MÜLLER\n"
	polish  = "First Name,Last Name\nŁukasz,Wójcik\nPaweł,Święcicki\nGrażyna,Zając\n"
)

func TestEncodings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		text     string
		encoding encoding.Encoding
		option   string
		remark   string
	}{
		"UTF-8":                     {western, encoding.Nop, "", ""},
		"UTF-8 with BOM":            {western, unicode.UTF8BOM, "", ""},
		"UTF-8 with BOM, given":     {western, unicode.UTF8BOM, "utf-8", ""},
		"UTF-16LE":                  {western, unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM), "", "read as UTF-16LE"},
		"UTF-16BE":                  {western, unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM), "", "read as UTF-16BE"},
		"UTF-16LE with BOM":         {western, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "", "read as UTF-16LE"},
		"UTF-16BE with BOM":         {western, unicode.UTF16(unicode.BigEndian, unicode.UseBOM), "", "read as UTF-16BE"},
		"UTF-16LE with BOM, given":  {western, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM), "utf-16le", ""},
		"Windows-1252":              {western, charmap.Windows1252, "", "read as Windows-1252, because it is not UTF-8: François, Lefèvre, Zoë, Muñoz"},
		"MacRoman":                  {western, charmap.Macintosh, "", "read as Macintosh"},
		"IBM850":                    {strings.NewReplacer("’", "'", "“", "", "”", "").Replace(western), charmap.CodePage850, "", "read as IBM850"},
		"Windows-1250":              {polish, charmap.Windows1250, "", "read as Windows-1250"},
		"Windows-1250, given":       {polish, charmap.Windows1250, "windows-1250", ""},
		"ISO-8859-2, given":         {polish, charmap.ISO8859_2, "latin2", ""},
		"IBM850, given by IANA":     {strings.NewReplacer("’", "'", "“", "", "”", "").Replace(western), charmap.CodePage850, "IBM850", ""},
		"Windows-1251":              {"Имя,Фамилия\nИван,Петров\nСергей,Сидоров\nЕлена,Кузнецова\n", charmap.Windows1251, "", "read as Windows-1251"},
		"KOI8-R":                    {"Имя,Фамилия\nИван,Петров\nСергей,Сидоров\nЕлена,Кузнецова\n", charmap.KOI8R, "", "read as KOI8-U"},
		"Windows-1253":              {"Name,Title\nΓιώργος Παπαδόπουλος,Ηλεκτρολόγος\nΜαρία Νικολάου,Ξυλουργός\n", charmap.Windows1253, "", "read as Windows-1253"},
		"Shift_JIS":                 {"Name,Job\n山田太郎,電気工事士\n佐藤花子,さくら\n鈴木一郎,高橋\n", japanese.ShiftJIS, "", "read as Shift_JIS"},
		"GBK":                       {"Name,Job\n张伟,电工\n李芳,木匠\n王娜,工人\n刘洋,焊工\n", simplifiedchinese.GBK, "", "read as GBK"},
		"Big5":                      {"Name,Job\n陳志明,電工\n林春嬌,木匠\n王大同,工人\n", traditionalchinese.Big5, "", "read as Big5"},
		"EUC-KR":                    {"Name,Job\n김민수,전기공\n이지영,목수\n박영희,용접공\n최철수,배관공\n", korean.EUCKR, "", "read as EUC-KR"},
		"Windows-1252 with CR ends": {strings.ReplaceAll(western, "\n", "\r"), charmap.Windows1252, "", "read as Windows-1252"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content, err := test.encoding.NewEncoder().String(test.text)
			if err != nil {
				t.Fatal(err)
			}
			r := open(t, write(t, "crew.csv", content), roster.Options{Encoding: test.option})
			got := strings.Join(r.Header(), ",") + "\n"
			for _, l := range lines(t, r) {
				got += strings.ReplaceAll(l.Cells, "|", ",") + "\n"
				if l.What != "" {
					t.Errorf("row %d: %s", l.Number, l.What)
				}
			}
			if want := strings.ReplaceAll(test.text, "\r", "\n"); got != want {
				t.Errorf("read\n%s\nwant\n%s", got, want)
			}
			remarks := strings.Join(r.Remarks(), "; ")
			if !strings.HasPrefix(remarks, test.remark) || (test.remark == "") != (remarks == "") {
				t.Errorf("remarks %q, want %q", remarks, test.remark)
			}
		})
	}
}

func TestUnreadableCharacters(t *testing.T) {
	t.Parallel()
	mixed := strings.Replace(western, "María", "Mar\xeda", 1)
	for name, test := range map[string]struct{ content, option string }{
		"mostly UTF-8":    {mixed, ""},
		"given as UTF-8":  {mixed, "utf-8"},
		"given as UTF-16": {utf16With(western, "María"), "utf-16le"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := open(t, write(t, "crew.csv", test.content), roster.Options{Encoding: test.option})
			for _, l := range lines(t, r) {
				want := ""
				if l.Number == 5 {
					want = roster.CodeEncodingUnknown + " A5"
				}
				if l.What != want {
					t.Errorf("row %d: %q, want %q", l.Number, l.What, want)
				}
			}
		})
	}
}

// utf16With encodes text with a lone half of a pair at the end of a word.
func utf16With(text, word string) string {
	b, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(text))
	w, _ := unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM).NewEncoder().Bytes([]byte(word))
	return string(bytes.Replace(b, w, append(w[:len(w):len(w)], 0x00, 0xd8), 1))
}

func TestEncodingThatCanNotBeTold(t *testing.T) {
	t.Parallel()
	content, err := charmap.Windows1256.NewEncoder().String("Name,Job\nمحمد علي,كهربائي\nفاطمة حسن,نجار\n")
	if err != nil {
		t.Fatal(err)
	}
	path := write(t, "crew.csv", content)
	_, err = roster.Open(path, roster.Options{Heading: heading})
	if got := code(t, err); got != roster.CodeEncodingUnknown {
		t.Errorf("code %s", got)
	}
	if got := lines(t, open(t, path, roster.Options{Encoding: "windows-1256"})); got[0].Cells != "محمد علي|كهربائي" {
		t.Errorf("got %v", got)
	}
}

// TestCharactersAcrossChunks moves a character of each length over every
// border that the reading has.
func TestCharactersAcrossChunks(t *testing.T) {
	t.Parallel()
	for _, border := range []int{64 << 10, 256 << 10} {
		for shift := -5; shift <= 5; shift++ {
			cell := "é中𝄞\r\n"
			fill := strings.Repeat("x", border+shift-len("First Name,Last Name\nAna,\"")-len(cell))
			r := open(t, write(t, "crew.csv", "First Name,Last Name\nAna,\""+fill+cell+"z\"\nBo,Li\n"), roster.Options{})
			got := lines(t, r)
			if len(r.Remarks()) > 0 || len(got) != 2 || !strings.HasSuffix(got[0].Cells, "xé中𝄞\nz") || got[1].Cells != "Bo|Li" {
				t.Errorf("border %d%+d: %d rows, remarks %v", border, shift, len(got), r.Remarks())
			}
		}
	}
}

func TestLateBadByte(t *testing.T) {
	t.Parallel()
	content := "First Name,Last Name\n" + strings.Repeat("Ana,Silva\n", 100_000/every(5)) + "Jos\xe9,Garc\xeda\n"
	r := open(t, write(t, "crew.csv", content), roster.Options{})
	last := line{}
	for _, l := range lines(t, r) {
		last = l
	}
	if last.Cells != "José|García" || len(r.Remarks()) != 1 {
		t.Errorf("last row %v, remarks %v", last, r.Remarks())
	}
}
