package roster

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// maxEncrypted is how large a workbook with a password may be. It is decrypted
// in memory, which takes about four times its size for a moment, so that what
// the password protects is never on the disk.
const maxEncrypted = 64 << 20

// encryptedStream is where the container of a protected workbook holds it.
const encryptedStream = "EncryptedPackage"

// compound reports a container of Office, in which a protected workbook stands,
// or a document of before 2007.
func compound(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
}

// decrypt puts the workbook itself in the place of the container that holds it
// (ECMA-376 agile or standard encryption).
func (s *source) decrypt(password string) error {
	if s.size > maxEncrypted {
		return s.fail(CodeWorkbookTooLarge, "a workbook with a password can have 64 MiB at most", "save it without the password, or as CSV", nil)
	}
	raw, err := io.ReadAll(s.bytes(0))
	if err != nil {
		return s.unreadable(err)
	}
	plain, err := decryptPackage(raw, password)
	if err != nil {
		return s.fail(CodeWorkbookDamaged, "the workbook is damaged, or protected in a way that can't be read here", "open it in Excel and save it without the password", nil)
	}
	// Nothing but the beginning of an archive tells a right password: of the
	// verifier that the container holds excelize makes no use.
	if !bytes.HasPrefix(plain, []byte("PK")) {
		return s.fail(CodePasswordWrong, "the password does not open this workbook", "check the file that --password-file names: it holds the password in one line, as it is typed in Excel", nil)
	}
	s.content, s.size = bytes.NewReader(plain), int64(len(plain))
	return nil
}

// decryptPackage keeps a hostile container from ending the program: excelize
// checks much of what it reads, and not all.
func decryptPackage(raw []byte, password string) (plain []byte, err error) {
	defer func() {
		if broken := recover(); broken != nil {
			err = fmt.Errorf("the container is damaged: %v", broken)
		}
	}()
	plain, err = excelize.Decrypt(raw, &excelize.Options{Password: password})
	if err == nil && len(plain) == 0 {
		err = errors.New("the container is empty")
	}
	return plain, err
}
