//go:build servers

package servers

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"gopkg.in/yaml.v3"
)

// notified is an alert that a receiver was told of, with its last status.
type notified struct {
	Status      string
	Labels      labels
	Annotations map[string]string
}

// people are the receivers of the notifications, by a webhook each.
type people struct {
	url  string
	mu   sync.Mutex
	told map[string][]notified // by receiver, in the order in which they came
}

func newPeople(t *testing.T) *people {
	t.Helper()
	p := &people{told: map[string][]notified{}}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	p.url = s.URL
	return p
}

func (p *people) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Receiver string
		Alerts   []notified
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.told[message.Receiver] = append(p.told[message.Receiver], message.Alerts...)
}

// latest is the last that a receiver was told of an alert.
func (p *people) latest(receiver string, is func(labels) bool) (notified, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	told := p.told[receiver]
	for i := len(told) - 1; i >= 0; i-- {
		if is(told[i].Labels) {
			return told[i], true
		}
	}
	return notified{}, false
}

// await waits until the last that a receiver heard of an alert has a status.
func (p *people) await(t *testing.T, receiver, status, alertname string) notified {
	t.Helper()
	var got notified
	eventually(t, func() string {
		a, ok := p.latest(receiver, func(l labels) bool { return l["alertname"] == alertname })
		if got = a; !ok || a.Status != status {
			p.mu.Lock()
			defer p.mu.Unlock()
			return fmt.Sprintf("%s was not told that %s is %s, but: %v", receiver, alertname, status, p.told)
		}
		return ""
	})
	return got
}

// heard are the alerts that anybody was told of.
func (p *people) heard() map[string]bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	names := map[string]bool{}
	for _, told := range p.told {
		for _, a := range told {
			names[a.Labels["alertname"]] = true
		}
	}
	return names
}

// hastened is the configuration of Alertmanager as it is shipped, with webhooks
// as receivers, and without pauses between notifications.
func hastened(t *testing.T, people string) string {
	t.Helper()
	var config map[string]any
	if err := yaml.Unmarshal([]byte(read(t, alertmanagerFile)), &config); err != nil {
		t.Fatal(err)
	}
	templates, err := filepath.Abs(filepath.Join(filepath.Dir(alertmanagerFile), "templates/*.tmpl"))
	if err != nil {
		t.Fatal(err)
	}
	config["templates"] = []string{templates}
	var receivers []any
	for _, r := range config["receivers"].([]any) {
		receivers = append(receivers, map[string]any{
			"name": r.(map[string]any)["name"], "webhook_configs": []any{map[string]any{"url": people, "send_resolved": true}},
		})
	}
	config["receivers"] = receivers
	route := config["route"].(map[string]any)
	for _, r := range append(route["routes"].([]any), route) {
		r := r.(map[string]any)
		r["group_wait"], r["group_interval"] = "1s", "1s"
	}
	text, err := yaml.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	return write(t, filepath.Join(t.TempDir(), "alertmanager.yml"), string(text))
}

func (l labels) String() string {
	text, _ := json.Marshal(map[string]string(l)) // of strings: it cannot fail
	return strings.ReplaceAll(string(text), `"`, "")
}
