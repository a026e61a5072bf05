package dashboards

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write dashboards/generated anew")

func TestTheGeneratedBoardsAreThoseOfTheCode(t *testing.T) {
	files, err := Generated()
	if err != nil {
		t.Fatal(err)
	}
	names := map[string]bool{}
	for _, f := range files {
		name := filepath.Join("generated", filepath.FromSlash(f.Name))
		names[name] = true
		if *update {
			if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, f.Content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		kept, err := os.ReadFile(name)
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(string(kept), string(f.Content)); diff != "" {
			t.Errorf("%s is not what the code makes; run go generate ./dashboards/... (-kept +made):\n%s", name, diff)
		}
	}
	kept, err := filepath.Glob("generated/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range kept {
		if !names[name] {
			t.Errorf("%s is of no board", name)
		}
	}
}
