package app

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// hunt looks for words wherever they must not be.
type hunt struct {
	t      *testing.T
	places map[string]string
}

// through looks at everything that an exporter has shown and written, and stops it.
func (h *hunt) through(e *exporter) {
	h.t.Helper()
	h.places["the text"] = e.get("/metrics").body
	h.places["OpenMetrics"] = e.do(http.MethodGet, "/metrics", openMetrics).body
	h.places["protobuf"] = e.do(http.MethodGet, "/metrics", protobuf).body
	for _, lang := range []string{"en", "pt", "ru"} {
		h.places["the status page: "+lang] = e.get("/?lang=" + lang).body
	}
	h.places["readiness"] = e.get("/-/ready").body
	e.stop()
	h.places["the logs"] = e.logs.String()
	h.places["the ledger"] = read(h.t, filepath.Join(e.dir, "ledger.db"))
}

// tools runs the commands that read a helpdesk, for each source.
func (h *hunt) tools(file string, sources ...string) {
	h.t.Helper()
	commands := map[string]func(io.Writer, string) error{
		"explain":  func(w io.Writer, s string) error { return Explain(h.t.Context(), w, file, s, "82000001") },
		"probe":    func(w io.Writer, s string) error { return Probe(h.t.Context(), w, file, s) },
		"schedule": func(w io.Writer, s string) error { return Schedule(h.t.Context(), w, file, s) },
		"check":    func(w io.Writer, _ string) error { return Check(w, file) },
	}
	var running sync.WaitGroup
	var mu sync.Mutex
	for name, run := range commands {
		for _, s := range sources {
			if name == "schedule" && s == "garbled" {
				continue // the words of business hours are what it is asked for
			}
			running.Go(func() {
				var b bytes.Buffer
				err := run(&b, s)
				mu.Lock()
				defer mu.Unlock()
				h.places[name+" "+s] = fmt.Sprintf("%s\n%v", &b, err)
			})
		}
	}
	running.Wait()
}

func (h *hunt) finds(words ...string) {
	h.t.Helper()
	for where, text := range h.places {
		if text == "" {
			h.t.Errorf("%s is empty", where)
		}
		low := lower(text)
		for _, word := range words {
			if i := strings.Index(low, lower(word)); i >= 0 {
				around := text[max(0, i-100):min(len(text), i+300)]
				h.t.Errorf("%q is in %s: %q", word, where, strings.ReplaceAll(around, "\x00", ""))
			}
		}
	}
}

// lower leaves what is no ASCII as it is, so that places stay what they are.
func lower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] += 'a' - 'A'
		}
	}
	return string(b)
}

func read(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// delivered pushes what is no delivery, in every way, and returns what is said to it.
func (e *exporter) delivered(path, secret, said string) string {
	e.t.Helper()
	var answers strings.Builder
	for _, header := range []string{"X-Helpdesk-Secret", "X-Hub-Signature", "X-Callbell-Signature", "X-Zendesk-Webhook-Signature", "Authorization"} {
		for _, value := range []string{secret, secret + "x", said, "sha256=" + said} {
			for _, body := range []string{said, `{"ticket_id": "` + said + `"}`, `{"` + said, ""} {
				r, err := http.NewRequestWithContext(e.t.Context(), http.MethodPost, e.base+path+"?"+url.QueryEscape(said), strings.NewReader(body))
				if err != nil {
					e.t.Fatal(err)
				}
				r.Header.Set(header, value)
				res, err := e.client.Do(r)
				if err != nil {
					e.t.Fatal(err)
				}
				text, _ := io.ReadAll(res.Body)
				res.Body.Close()
				fmt.Fprintln(&answers, res.Status, res.Header, string(text))
			}
		}
	}
	return answers.String()
}

// spellings are the ways in which a secret may come out again.
func spellings(user, secret string) []string {
	return []string{
		secret, url.QueryEscape(secret), base64.StdEncoding.EncodeToString([]byte(secret)),
		base64.StdEncoding.EncodeToString([]byte(user + ":" + secret)), fmt.Sprintf("%x", secret),
	}
}

var angrySources = []string{"angry0", "angry1", "angry2", "angry3"}

// agentNames are those of the desk, which the configuration does not ask for.
var agentNames = []string{"Lindqvist", "Okafor", "Mendes"}

// neverAnswered is a customer who waits for days.
var neverAnswered = simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Hour, helpdesk.AuthorCustomer)}}

// TestNothingPlantedIsSeen has every vendor's desk tell secrets and customers'
// names, addresses, phone numbers, subjects and texts: in records, where they
// belong and where they don't, in errors, in broken JSON, and in what it pushes.
// None of it may be in anything that the program shows, sends or writes.
func TestNothingPlantedIsSeen(t *testing.T) {
	const hookSecret = "planted-webhook-secret"
	for vendor, v := range dialects {
		t.Run(vendor, func(t *testing.T) {
			t.Parallel()
			desk := v.opened(0.03, handedOver, neverAnswered)
			furious := &angry{next: desk, secret: v.key}
			strange := &garbled{next: desk, secret: v.key, lists: map[string]int{}}
			var pushed, asked logs
			am := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				_, _ = io.Copy(&pushed, r.Body) // cut off when the exporter stops
			}))
			prometheus := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				fmt.Fprintln(&asked, r.Method, r.URL, r.Header)
			}))
			dir := t.TempDir()
			write(t, filepath.Join(dir, "hook"), hookSecret)
			if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
				t.Fatal(err)
			}
			config := strings.Replace(global, "book: true}", "book: true}, labels: []", 1) +
				"alerting: {alertmanagers: [" + am + "]}\nsidecar: {rules_dir: rules, prometheus_reload_url: " + prometheus + "/-/reload}\nsources:\n"
			hook := ""
			if v.hook {
				hook = ", webhook: {secret_file: hook}"
			}
			source := func(name string, h http.Handler, key string) {
				config += fmt.Sprintf("- {name: %s, %s: {url: %q, %s%s}}\n", name, vendor, serve(t, h), v.login(key), hook)
			}
			source("calm", desk, v.key)
			source("locked", desk, wrongKey)
			for _, name := range angrySources {
				source(name, furious, v.key) // together they meet every failure soon
			}
			source("garbled", strange, v.key)
			write(t, filepath.Join(dir, "config.yaml"), config)
			e := startIn(t, dir, withLifecycle)
			e.wait("/-/ready", "the source that is locked out", holds("source locked"))
			e.wait("/-/ready", "the first sync of those that can", func(a answer) bool {
				return !strings.Contains(a.body, "source calm") && !strings.Contains(a.body, "source garbled")
			})
			e.wait("/-/healthy", "every failure", func(answer) bool { return furious.spent() })
			e.wait("/-/healthy", "alerts of the backlog", func(answer) bool { return strings.Contains(pushed.String(), "HelpdeskConversation") })
			if lists, fields := strange.fields(); lists < 2 || fields < 15 {
				t.Errorf("%d fields of %d lists were garbled: too few to prove anything", fields, lists)
			}
			h := &hunt{t, map[string]string{}}
			h.places["what is said to deliveries"] = e.delivered("/webhook/calm", hookSecret, quote(v.key))
			h.tools(filepath.Join(dir, "config.yaml"), "calm", "locked", "angry0", "garbled")
			e.configure(strings.Replace(config, "password: ", "passwrd: ", 1))
			h.places["a failing reload"] = e.do(http.MethodPost, "/-/reload", "").body
			h.through(e)
			h.places["the alerts"], h.places["the requests to Prometheus"] = pushed.String(), asked.String()
			h.places["the rules"] = rulesOf(t, e)
			words := append(append(simulator.Planted(), agentNames...), spellings("bot@demo.example", v.key)...)
			h.finds(append(words, wrongKey, hookSecret)...)
		})
	}
}
