// Package generated holds the boards as they are written, by language, for the
// exporter, which links no library of Grafana's.
package generated

import (
	"embed"
	"fmt"
	"io/fs"
	"path"

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
