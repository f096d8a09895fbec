package roster_test

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha512"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/xuri/excelize/v2"

	"muster/importer/roster"
)

const password = "Öl & Gas 7"

func TestPassword(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	plain := single(sheetXML(headings + rowXML(2, "Ana", "Silva"))).bytes(t)
	standard := filepath.Join(t.TempDir(), "crew.xlsx")
	f := excelize.NewFile()
	if err := errors.Join(f.SetSheetRow("Sheet1", "A1", &[]string{"First Name", "Last Name"}), f.SetSheetRow("Sheet1", "A2", &[]string{"Ana", "Silva"}),
		f.SaveAs(standard, excelize.Options{Password: password}), f.Close()); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, first string }{
		"agile":                   {write(t, "crew.xlsx", string(agile(plain, password, 1000))), "Ana"},
		"standard":                {standard, "Ana"},
		"standard by LibreOffice": {"testdata/made/libreoffice-password.xlsx", "1"},
	} {
		t.Run(name, func(t *testing.T) {
			r := open(t, test.path, roster.Options{Password: password})
			for row, err := range r.Rows() {
				if err != nil || row.Cells[0] != test.first {
					t.Errorf("row %q, error %v", row.Cells, err)
				}
				break
			}
			if got := strings.Join(r.Remarks(), "; "); got != "opened by its password; the results file will have none" {
				t.Errorf("remarks %q", got)
			}
			for given, want := range map[string]string{"": roster.CodeWorkbookEncrypted, "other": roster.CodePasswordWrong} {
				_, err := roster.Open(test.path, roster.Options{Password: given, Heading: heading})
				if got := code(t, err); got != want {
					t.Errorf("with the password %q: code %s, want %s: %v", given, got, want, err)
				}
			}
			nothingLeft(t, dir)
		})
	}
}

// TestPasswordNotNeeded holds that a password given for every roster does no
// harm to those without one.
func TestPasswordNotNeeded(t *testing.T) {
	t.Parallel()
	r := open(t, single(sheetXML(headings+rowXML(2, "Ana", "Silva"))).write(t), roster.Options{Password: password})
	if got := lines(t, r); len(got) != 1 || len(r.Remarks()) > 0 {
		t.Errorf("rows %v, remarks %q", got, r.Remarks())
	}
	old := "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + strings.Repeat("\x00", 600) + "W\x00o\x00r\x00k\x00b\x00o\x00o\x00k\x00"
	_, err := roster.Open(write(t, "crew.xls", old), roster.Options{Password: password})
	if got := code(t, err); got != roster.CodeUnsupportedFormat {
		t.Errorf("code %s: %v", got, err)
	}
}

// TestDamagedContainer breaks the container of a protected workbook byte by byte,
// and cuts it.
func TestDamagedContainer(t *testing.T) {
	t.Parallel()
	whole := agile(single(sheetXML(headings+rowXML(2, "Ana", "Silva"))).bytes(t), password, 1)
	path := filepath.Join(t.TempDir(), "crew.xlsx")
	opens := func(what string, at int, content []byte) {
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := roster.Open(path, roster.Options{Password: password, Heading: heading})
		if err == nil {
			err = r.Close()
		} else {
			code(t, err)
			err = nil
		}
		if err != nil {
			t.Errorf("%s at %d: %v", what, at, err)
		}
	}
	for at := 0; at < len(whole); at += every(7) {
		switch sector, place := at/512, at%512; {
		case sector < 2 && place > 96, sector == 2 && place > 3*128, sector > 2 && (place%4 > 0 || sector > 6):
			continue // what is filled up, or encrypted
		}
		broken := bytes.Clone(whole)
		broken[at] ^= byte(1 + at%255)
		opens("byte", at, broken)
	}
	for at := 0; at < len(whole); at += 256 {
		opens("cut", at, whole[:at])
	}
}

// agile encrypts a package as [MS-OFFCRYPTO] 2.3.4.10 says, with AES-256 and
// SHA-512, which is what Excel takes.
func agile(plain []byte, password string, spin int) []byte {
	salt, dataSalt, key := []byte("0123456789abcdef"), []byte("fedcba9876543210"), []byte("an AES key has 32 bytes of this!")
	hash := func(parts ...[]byte) []byte {
		h := sha512.Sum512(bytes.Join(parts, nil))
		return h[:]
	}
	number := func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }
	encrypt := func(key, iv, text []byte) []byte {
		block, err := aes.NewCipher(key)
		if err != nil {
			panic(err)
		}
		text = append(bytes.Clone(text), make([]byte, (16-len(text)%16)%16)...)
		cipher.NewCBCEncrypter(block, iv).CryptBlocks(text, text)
		return text
	}
	var typed []byte
	for _, unit := range utf16.Encode([]rune(password)) {
		typed = binary.LittleEndian.AppendUint16(typed, unit)
	}
	h := hash(salt, typed)
	for i := range spin {
		h = hash(number(i), h)
	}
	keyOfKey := hash(h, []byte{0x14, 0x6e, 0x0b, 0xe7, 0xab, 0xac, 0xd0, 0xd6})[:32]
	encoded := base64.StdEncoding.EncodeToString
	parameters := `blockSize="16" keyBits="256" hashSize="64" cipherAlgorithm="AES" cipherChaining="ChainingModeCBC" hashAlgorithm="SHA512" saltSize="16"`
	info := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8" standalone="yes"?><encryption xmlns="http://schemas.microsoft.com/office/2006/encryption" xmlns:p="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><keyData %s saltValue="%s"/><keyEncryptors><keyEncryptor uri="http://schemas.microsoft.com/office/2006/keyEncryptor/password"><p:encryptedKey spinCount="%d" %[1]s saltValue="%[4]s" encryptedKeyValue="%[5]s"/></keyEncryptor></keyEncryptors></encryption>`,
		parameters, encoded(dataSalt), spin, encoded(salt), encoded(encrypt(keyOfKey, salt, key)))
	pack := binary.LittleEndian.AppendUint64(nil, uint64(len(plain)))
	for i := 0; len(plain) > 0; i++ {
		n := min(4096, len(plain))
		pack = append(pack, encrypt(key, hash(dataSalt, number(i))[:16], plain[:n])...)
		plain = plain[n:]
	}
	return compoundFile([]string{"EncryptionInfo", "EncryptedPackage"}, append([]byte{4, 0, 4, 0, 0x40, 0, 0, 0}, info...), pack)
}

// compoundFile writes the container that [MS-CFB] describes, version 3: a sector
// of its table, one of its directory, then the streams, filled up to the size
// from which a stream has sectors of its own.
func compoundFile(names []string, streams ...[]byte) []byte {
	const sector, free, end, fat, none = 512, 0xffffffff, 0xfffffffe, 0xfffffffd, 0xffffffff
	table := []uint32{fat, end}
	directory := entry("Root Entry", 5, 1, end, 0)
	var body []byte
	for i, s := range streams {
		size := max(len(s), 4096+8)
		start := len(table)
		s = append(bytes.Clone(s), make([]byte, (size+sector-1)/sector*sector-len(s))...)
		for n := len(s) / sector; n > 1; n-- {
			table = append(table, uint32(len(table)+1))
		}
		table = append(table, end)
		directory = append(directory, entry(names[i], 2, none, uint32(start), uint64(size))...)
		body = append(body, s...)
	}
	// The tree of the root: the first stream, with the second one to its left or right.
	binary.LittleEndian.PutUint32(directory[128+72:], 2)
	directory = append(directory, make([]byte, 4*128-len(directory))...)
	header := append([]byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"), make([]byte, 16)...)
	for _, v := range []uint16{0x3e, 3, 0xfffe, 9, 6, 0, 0, 0} {
		header = binary.LittleEndian.AppendUint16(header, v)
	}
	for _, v := range []uint32{0, 1, 1, 0, 4096, end, 0, end, 0, 0} {
		header = binary.LittleEndian.AppendUint32(header, v)
	}
	for len(header) < sector {
		header = binary.LittleEndian.AppendUint32(header, free)
	}
	for len(table) < sector/4 {
		table = append(table, free)
	}
	for _, v := range table {
		header = binary.LittleEndian.AppendUint32(header, v)
	}
	return append(append(header, directory...), body...)
}

func entry(name string, kind byte, child, start uint32, size uint64) []byte {
	e := make([]byte, 64, 128)
	units := utf16.Encode([]rune(name))
	for i, u := range units {
		binary.LittleEndian.PutUint16(e[2*i:], u)
	}
	e = binary.LittleEndian.AppendUint16(e, uint16(2*len(units)+2))
	e = append(e, kind, 1)
	for _, v := range []uint32{0xffffffff, 0xffffffff, child} {
		e = binary.LittleEndian.AppendUint32(e, v)
	}
	e = append(e, make([]byte, 36)...)
	e = binary.LittleEndian.AppendUint32(e, start)
	return binary.LittleEndian.AppendUint64(e, size)
}
