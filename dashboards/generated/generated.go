// Package generated holds the boards as they are written, by language, for the
// exporter, which links no library of Grafana's.
package generated

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// Mark is in the description of every board, and in no other file: the board
// was made by us, and may be written anew or removed.
const Mark = "Made by helpdesk_exporter"

//go:embed */*.json
var boards embed.FS

// File is a board.
type File struct {
	Name    string
	Content []byte
}

// Files are the boards in a language.
func Files(lang words.Lang) ([]File, error) {
	entries, err := fs.ReadDir(boards, string(lang))
	if err != nil {
		return nil, fmt.Errorf("there are no boards in the language %q", lang)
	}
	files := make([]File, 0, len(entries))
	for _, e := range entries {
		content, err := fs.ReadFile(boards, path.Join(string(lang), e.Name()))
		if err != nil {
			return nil, fmt.Errorf("read the board %s: %w", e.Name(), err)
		}
		files = append(files, File{e.Name(), content})
	}
	return files, nil
}

// team is the board of agents.
const team = "helpdesk-team.json"

// link is a link of a board, as Grafana writes it.
type link struct {
	Title       string   `json:"title"`
	Type        string   `json:"type"`
	Icon        string   `json:"icon"`
	Tooltip     string   `json:"tooltip"`
	URL         string   `json:"url"`
	Tags        []string `json:"tags"`
	AsDropdown  bool     `json:"asDropdown"`
	TargetBlank bool     `json:"targetBlank"`
	IncludeVars bool     `json:"includeVars"`
	KeepTime    bool     `json:"keepTime"`
}

// For are the boards of a configuration: they lead to its helpdesks, and the one
// of agents is only among them where the configuration shows agents.
func For(cfg *config.Validated, lang words.Lang) ([]File, error) {
	files, err := Files(lang)
	if err != nil {
		return nil, err
	}
	agents := slices.ContainsFunc(cfg.Sources, func(s config.Source) bool { return s.Agents != config.AgentsOff })
	var ours []File
	for _, f := range files {
		if f.Name == team && !agents {
			continue
		}
		if f.Content, err = leading(f.Content, cfg.Sources); err != nil {
			return nil, fmt.Errorf("the board %s: %w", f.Name, err)
		}
		ours = append(ours, f)
	}
	return ours, nil
}

// leading is a board with links to the helpdesks of sources.
func leading(board []byte, sources []config.Source) ([]byte, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(board, &fields); err != nil {
		return nil, err
	}
	var links []any
	if err := json.Unmarshal(fields["links"], &links); err != nil {
		return nil, err
	}
	for _, s := range sources {
		if site := s.Site(); site != "" {
			links = append(links, link{Title: s.Name, Type: "link", Icon: "external link", URL: site, Tags: []string{}, TargetBlank: true})
		}
	}
	var err error
	if fields["links"], err = json.Marshal(links); err != nil {
		return nil, err
	}
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err = e.Encode(fields)
	return text.Bytes(), err
}
