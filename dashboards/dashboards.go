// Package dashboards has the Grafana boards as Go values, and renders them. A
// board is a list of rows, a row a list of panels, and each panel is made by one
// function that is named after what it shows. Names, limits and tiers are those
// of internal/kpi and of the recorded series in rules; texts are in the words of
// each language.
//
// To add a panel, write its function, list it in its board, and add its texts to
// internal/words: the tests say what is missing.
package dashboards

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// File is a rendered board, its name relative to the folder that it goes into.
type File struct {
	Name    string
	Content []byte
}

// boards are the boards, in the order of the links between them.
func boards() []board {
	return []board{serviceLevel(), onCall(), demand(), team(), exporter()}
}

// Files are the boards in a language, ready to be written.
func Files(w words.Words) ([]File, error) {
	var files []File
	for _, b := range boards() {
		built, err := b.build(w)
		if err != nil {
			return nil, fmt.Errorf("build the board %s: %w", b.name, err)
		}
		var text bytes.Buffer
		e := json.NewEncoder(&text)
		e.SetEscapeHTML(false)
		e.SetIndent("", "  ")
		if err := e.Encode(built); err != nil {
			return nil, fmt.Errorf("render the board %s: %w", b.name, err)
		}
		files = append(files, File{Name: "helpdesk-" + b.name + ".json", Content: text.Bytes()})
	}
	return files, nil
}

// Generated are the files in dashboards/generated: a folder a language.
func Generated() ([]File, error) {
	var all []File
	for _, l := range words.Langs {
		files, err := Files(words.In(l))
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			all = append(all, File{Name: path.Join(string(l), f.Name), Content: f.Content})
		}
	}
	return all, nil
}
