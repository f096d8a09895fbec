package roster

import (
	"bytes"
	"errors"
	"fmt"
	"io"

	"github.com/xuri/excelize/v2"
)

// maxEncrypted limits the size of a workbook with a password. Decryption takes about four
// times the size in memory, so that what the password protects is never on the disk.
const maxEncrypted = 64 << 20

// encryptedStream is the name of the stream that holds an encrypted workbook.
const encryptedStream = "EncryptedPackage"

// compound reports whether a file is an Office container, which holds an encrypted
// workbook or a document from before 2007.
func compound(head []byte) bool {
	return bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"))
}

// encrypted reports whether a container holds a protected workbook.
func (s *source) encrypted() bool { return s.contains(utf16le(encryptedStream)) }

// decrypt makes the source read the workbook in an encrypted container (ECMA-376 agile or
// standard encryption).
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
	// Only the beginning of an archive shows that the password is right: excelize does not
	// use the container's verifier.
	if !bytes.HasPrefix(plain, []byte("PK")) {
		return s.fail(CodePasswordWrong, "the password does not open this workbook", "check the file that --password-file names: it holds the password in one line, exactly as you type it in Excel", nil)
	}
	s.content, s.size = bytes.NewReader(plain), int64(len(plain))
	return nil
}

// decryptPackage decrypts a container. A panic of excelize about a hostile container
// becomes an error.
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
