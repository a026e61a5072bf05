package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

const root = "../.."

func TestTheCatalogueIsUpToDate(t *testing.T) {
	got, err := os.ReadFile(filepath.Join(root, "docs/metrics.md"))
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(catalogue(), string(got)); d != "" {
		t.Errorf("run go generate ./internal/catalogue (-want +got)\n%s", d)
	}
}

// pages are the documents that people read: path in the repository to text.
func pages(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata"):
			return fs.SkipDir
		case !strings.HasSuffix(path, ".md"):
			return nil
		}
		text, err := os.ReadFile(path)
		found[strings.TrimPrefix(path, root+"/")] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(found) < 10 {
		t.Fatalf("only %d documents were found", len(found))
	}
	return found
}

// TestNamedMetricsExist looks for names of metrics in the documents.
func TestNamedMetricsExist(t *testing.T) {
	known := map[string]bool{"helpdesk_exporter": true}
	for _, f := range slices.Concat(kpi.FactFamilies, kpi.LiveFamilies, kpi.SourceFamilies, kpi.OperationalFamilies) {
		known[f.Name] = true
		if f.Type == kpi.Histogram || f.Type == kpi.Summary {
			known[f.Name+"_sum"], known[f.Name+"_count"], known[f.Name+"_bucket"] = true, true, true
		}
	}
	name := regexp.MustCompile(`\bhelpdesk_[a-z_]+\b`)
	recorded := regexp.MustCompile(`\b[a-z_]+:helpdesk_[a-z_]+:[a-z_0-9]+`) // the rules' tests look for these
	for page, text := range pages(t) {
		for _, n := range name.FindAllString(recorded.ReplaceAllString(text, ""), -1) {
			if !known[n] {
				t.Errorf("%s names %s, which no source has", page, n)
			}
		}
	}
}

// TestNamedPathsExist looks for files and folders of this repository in the
// documents: in backticks, and as links.
func TestNamedPathsExist(t *testing.T) {
	tops, err := os.ReadDir(root)
	if err != nil {
		t.Fatal(err)
	}
	top := map[string]bool{}
	for _, e := range tops {
		top[e.Name()] = e.Name() != "bin" // what is built may not be there yet
	}
	quoted := regexp.MustCompile("`([A-Za-z0-9_./-]+)`")
	link := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`)
	checked := 0
	for page, text := range pages(t) {
		for _, m := range quoted.FindAllStringSubmatch(text, -1) {
			first, _, inside := strings.Cut(m[1], "/")
			if !inside || !top[first] {
				continue
			}
			checked++
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s, which is not there", page, m[1])
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			checked++
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(page), m[1])); err != nil {
				t.Errorf("%s links to %s, which is not there", page, m[1])
			}
		}
	}
	if checked < 20 {
		t.Errorf("only %d paths were found", checked)
	}
}
