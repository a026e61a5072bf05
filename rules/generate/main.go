// Command generate writes rules/generated: the rules of a configuration that
// sets nothing.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/helpdesk-exporter/helpdesk_exporter/rules"
)

//go:generate go run . ../generated

func main() {
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	files, err := rules.Generated()
	if err != nil {
		return err
	}
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
