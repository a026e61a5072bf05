// Command generate writes what is made of the rules: rules/generated, the rules
// of a configuration that sets nothing; their tests for promtool, in rules/tests;
// and docs/alerts.md.
package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
	"github.com/helpdesk-exporter/helpdesk_exporter/rules/tests"
)

//go:generate go run . ../..

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

// write writes all files; root is the folder of the module.
func write(root string) error {
	generated, err := rules.Generated()
	if err != nil {
		return err
	}
	promtool, err := tests.Files()
	if err != nil {
		return err
	}
	page, err := rules.AlertsPage()
	if err != nil {
		return err
	}
	return errors.Join(
		writeAll(filepath.Join(root, "rules/generated"), generated),
		writeAll(filepath.Join(root, "rules/tests"), promtool),
		os.WriteFile(filepath.Join(root, "docs/alerts.md"), page, 0o644),
	)
}

func writeAll(folder string, files []rules.File) error {
	for _, f := range files {
		name := filepath.Join(folder, filepath.FromSlash(f.Name))
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, f.Content, 0o644); err != nil {
			return err
		}
	}
	return nil
}
