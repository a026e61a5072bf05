package collectors_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// paths matches what a page calls a file or folder of the project: in backticks,
// with a slash or an ending.
var paths = regexp.MustCompile("`([A-Za-z_.-]+(?:/[A-Za-z_.-]+)+|[A-Za-z_.]+\\.(?:go|md|yaml))`")

func TestThePageOnAddingAVendorNamesOnlyFilesThatExist(t *testing.T) {
	page, err := os.ReadFile("../docs/adding-a-vendor.md")
	if err != nil {
		t.Fatal(err)
	}
	named := paths.FindAllStringSubmatch(string(page), -1)
	if len(named) < 20 {
		t.Errorf("the page names %d files: too few to be followed", len(named))
	}
	for _, m := range named {
		if _, err := os.Stat(filepath.Join("..", m[1])); err != nil {
			t.Errorf("the page names %s: %v", m[1], err)
		}
	}
}
