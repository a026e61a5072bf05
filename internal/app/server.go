package app

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"log"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/prometheus/exporter-toolkit/web"
	"gopkg.in/yaml.v3"
)

// Bounds of what a stranger can make the server hold or wait for. No answer is a
// stream: the largest, a scrape of a hundred thousand series, takes seconds, and
// a reload may wait for a ledger.
const (
	headerTimeout  = 10 * time.Second
	requestTimeout = 30 * time.Second // header and body
	answerTimeout  = 2 * time.Minute  // from the end of the header
	idleTimeout    = 2 * time.Minute
	headerBytes    = 64 << 10
	// scrapesAtOnce bounds the memory of scrapes; more are answered 503.
	scrapesAtOnce = 40
)

// server is the web server around the handler of the endpoints.
func (a *App) server(h http.Handler) *http.Server {
	return &http.Server{
		Handler: h, ErrorLog: log.New(serverLog{a.log}, "", 0), MaxHeaderBytes: headerBytes,
		ReadHeaderTimeout: headerTimeout, ReadTimeout: requestTimeout, WriteTimeout: answerTimeout, IdleTimeout: idleTimeout,
	}
}

// serverLog lets the web server log through slog. What clients do wrong, such as
// a TLS handshake that a port scanner breaks off, is for who looks closely:
// else strangers write the log.
type serverLog struct{ log *slog.Logger }

// Write implements io.Writer.
func (l serverLog) Write(line []byte) (int, error) {
	level := slog.LevelDebug
	if bytes.HasPrefix(line, []byte("http: panic serving")) {
		level = slog.LevelError
	}
	l.log.Log(context.Background(), level, "web server", "message", string(bytes.TrimSpace(line)))
	return len(line), nil
}

// CheckWeb refuses a --web.config.file that cannot be used, or that lets
// versions of TLS in that are known to be broken. An empty name is none.
func CheckWeb(file string) error {
	if file == "" {
		return nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("--web.config.file: %w", err)
	}
	var doc struct {
		TLS struct {
			Min string `yaml:"min_version"`
			Max string `yaml:"max_version"`
		} `yaml:"tls_server_config"`
	}
	unread := yaml.Unmarshal(text, &doc) // of which Validate says more
	for key, version := range map[string]string{"min_version": doc.TLS.Min, "max_version": doc.TLS.Max} {
		if version == "TLS10" || version == "TLS11" {
			return fmt.Errorf("--web.config.file=%s: tls_server_config.%s: %s is known to be broken: leave it out, or set TLS12 or TLS13", file, key, version)
		}
	}
	if err := cmp.Or(web.Validate(file), unread); err != nil {
		return fmt.Errorf("--web.config.file=%s: %w", file, err)
	}
	return nil
}
