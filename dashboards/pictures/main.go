// Pictures draws the boards as SVG files, from their JSON and from the results of
// their queries on the simulated month of rules/proof. It is no Grafana: places,
// titles, numbers, units and colours are those of the boards, the rest is a sketch.
//
//	pictures results.json docs/images
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/dashboards/generated"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// results are what the queries of the boards answered: by board, panel and query.
type results struct {
	End    time.Time
	Boards map[string]map[string]map[string][]series
}

// series is a label set and its values, with their times in seconds.
type series struct {
	Labels map[string]string
	Points [][2]float64
}

// last is the newest value.
func (s *series) last() float64 { return s.Points[len(s.Points)-1][1] }

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: pictures RESULTS DIRECTORY")
		os.Exit(2)
	}
	if err := draw(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "pictures:", err)
		os.Exit(1)
	}
}

func draw(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	var all results
	if err := json.Unmarshal(content, &all); err != nil {
		return fmt.Errorf("results %s: %w", from, err)
	}
	files, err := generated.Files(words.English)
	if err != nil {
		return err
	}
	for _, f := range files {
		var b board
		if err := json.Unmarshal(f.Content, &b); err != nil {
			return fmt.Errorf("board %s: %w", f.Name, err)
		}
		name := "board-" + strings.TrimPrefix(b.UID, "helpdesk-") + ".svg"
		if err := os.WriteFile(filepath.Join(to, name), b.picture(all), 0o644); err != nil {
			return err
		}
	}
	return nil
}
