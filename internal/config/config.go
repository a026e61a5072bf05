// Package config reads the configuration file: strict YAML, defaults that are
// values, and one report of everything that is wrong with it. What the program
// runs on is [Validated], which nothing but [Load] and [Parse] makes, so no
// configuration goes unchecked.
//
// An error names the file, the line, the path of the key, its value and the
// remedy, and never holds a secret.
package config

import (
	"fmt"
	"os"
	"path/filepath"

	// Time zones of schedules, for machines and images that have none of their own.
	_ "time/tzdata"
)

// Load reads and checks a configuration file. Files that it names are relative
// to its own folder. The error joins one [Problem] for each thing that is wrong.
func Load(path string) (*Validated, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the configuration: %w", err)
	}
	return parse(data, path, filepath.Dir(path))
}

// Parse is [Load] for a configuration that is at hand; files that it names are
// relative to dir.
func Parse(data []byte, dir string) (*Validated, error) {
	return parse(data, "", dir)
}

func parse(data []byte, file, dir string) (*Validated, error) {
	r := newReport(file)
	doc := defaults()
	if !decode(data, &doc, r) {
		return nil, r.err()
	}
	v := check(&doc, dir, r)
	if err := r.err(); err != nil {
		return nil, err
	}
	return v, nil
}
