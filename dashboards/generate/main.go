// Command generate writes dashboards/generated, the boards in each language.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards"
)

//go:generate go run . ../..

func main() {
	if err := write(filepath.Join(os.Args[1], "dashboards/generated")); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	files, err := dashboards.Generated()
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
