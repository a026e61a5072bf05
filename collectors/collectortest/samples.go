package collectortest

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Samples holds a collector to its samples: each is read in one of the files of
// tests, by its name, or named with a reason among those that are not read.
func Samples(t *testing.T, pattern string, notRead map[string]string, tests ...string) {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no samples: %v", err)
	}
	source := ""
	for _, name := range tests {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source += string(b)
	}
	missing := maps.Clone(notRead)
	for _, f := range files {
		name := filepath.Base(f)
		mentions := strings.Count(source, `"`+name+`"`)
		switch {
		case mentions == 0:
			t.Errorf("%s is neither read by a test nor named with a reason", name)
		case notRead[name] != "" && mentions > 1:
			t.Errorf("%s is read, and named as one that is not", name)
		case notRead[name] == "" && !strings.Contains(source, `, "`+name+`")`) && !strings.Contains(source, `"`+name+`":`):
			t.Errorf("%s is not read", name)
		}
		delete(missing, name)
	}
	if len(missing) > 0 {
		t.Errorf("no such samples: %v", missing)
	}
}
