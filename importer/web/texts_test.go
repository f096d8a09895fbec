package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// usedText finds the keys that templates and handlers name as a whole.
var usedText = regexp.MustCompile(`(?:\{\{-? ?|\()(?:t|n) "([a-z_.]+)"|\.text\("([a-z_.]+)"|\.texts\.(?:say|count)\("([a-z_.]+)"`)

func TestEveryUsedTextExists(t *testing.T) {
	table, err := loadTexts("en")
	if err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, pattern := range []string{"*.go", "pages/*.html"} {
		files, err := fs.Glob(os.DirFS("."), pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			content, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, found := range usedText.FindAllStringSubmatch(string(content), -1) {
				key := strings.Join(found[1:], "")
				if strings.HasSuffix(key, ".") || strings.HasSuffix(key, "_") { // the rest of the key is data
					continue
				}
				seen++
				if table[key].Other == "" {
					t.Errorf("%s: there is no text %s", file, key)
				}
			}
		}
	}
	if seen < 20 {
		t.Errorf("only %d texts were found", seen)
	}
	for _, environment := range []string{"production", "sandbox", "monthly", "federal"} {
		if table["environment."+environment].Other == "" {
			t.Errorf("there is no text environment.%s", environment)
		}
	}
}

// TestVendoredFiles compares the files of others with the checksums that npm's packages
// had.
func TestVendoredFiles(t *testing.T) {
	sums, err := os.ReadFile("assets/vendor/SHA256SUMS")
	if err != nil {
		t.Fatal(err)
	}
	bytes := 0
	for line := range strings.Lines(string(sums)) {
		want, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		content, err := os.ReadFile("assets/vendor/" + name)
		if err != nil {
			t.Fatal(err)
		}
		bytes += len(content)
		if sum := sha256.Sum256(content); hex.EncodeToString(sum[:]) != want {
			t.Errorf("%s is not the file that npm gave", name)
		}
	}
	if entries, err := os.ReadDir("assets/vendor"); err != nil || len(entries) != strings.Count(string(sums), "\n")+5 {
		t.Errorf("the folder has %d files, %v", len(entries), err)
	}
	if bytes > 600_000 {
		t.Errorf("the files have %d bytes together", bytes)
	}
}

// TestBillOfMaterials compares the bill of materials of a release with what npm fetches.
func TestBillOfMaterials(t *testing.T) {
	t.Parallel()
	var bill struct {
		Components []struct {
			Name, Version string
			Hashes        []struct{ Alg, Content string }
			Licenses      []any
		}
	}
	var lock struct {
		Packages map[string]struct{ Version, Integrity string }
	}
	for path, into := range map[string]any{"page.cdx.json": &bill, "package-lock.json": &lock} {
		content, err := os.ReadFile(filepath.Join("assets", "vendor", path))
		if err == nil {
			err = json.Unmarshal(content, into)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(bill.Components) != len(lock.Packages)-1 { // without the top of the lock
		t.Errorf("the bill has %d components", len(bill.Components))
	}
	for _, c := range bill.Components {
		fetched := lock.Packages["node_modules/"+c.Name]
		sum, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(fetched.Integrity, "sha512-"))
		if err != nil || fetched.Version != c.Version || len(c.Hashes) != 1 || c.Hashes[0].Content != hex.EncodeToString(sum) || len(c.Licenses) == 0 {
			t.Errorf("%s: the bill says %+v, and the lock %+v", c.Name, c, fetched)
		}
		short, _, _ := strings.Cut(c.Name, ".")
		short, _, _ = strings.Cut(short, "-")
		if _, err := os.Stat(filepath.Join("assets", "vendor", short+".LICENSE")); err != nil {
			t.Errorf("%s has no licence: %v", c.Name, err)
		}
	}
}
