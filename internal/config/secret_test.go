package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"gopkg.in/yaml.v3"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
)

// secretive has a secret wherever one may be written.
const secretive = `
alerting: {alertmanagers: ["https://am.example"], basic_auth: {username: bot, password: hunter2}}
sidecar: {rules_dir: rules, prometheus_reload_url: "https://p.example", basic_auth: {username: bot, password: hunter2}}
sources:
  - name: a
    gorgias:
      url: https://a.gorgias.com
      basic_auth: {username: bot, password: hunter2}
      proxy_url: http://proxyuser:hunter2@proxy:8080
      proxy_connect_header: {X-Key: [hunter2]}
      http_headers: {X-Key: {secrets: [hunter2]}}
      tls_config: {cert: pem, key: hunter2}
  - name: b
    requesttracker:
      url: https://rt.example.com
      authorization: {type: token, credentials: hunter2}
  - name: c
    requesttracker:
      url: https://rt.example.com
      oauth2: {client_id: me, client_secret: hunter2, token_url: https://rt.example.com/token}
  - name: d
    gorgias:
      url: https://d.gorgias.com
      bearer_token: hunter2
`

func TestNothingPrintsASecret(t *testing.T) {
	v := parse(t, secretive)
	if p := v.Sources[0].HTTP.BasicAuth.Password; p != "hunter2" {
		t.Fatalf("the password was read as %q", p)
	}
	things := map[string]any{
		"configuration": v, "its value": *v, "sources": v.Sources, "a source": v.Sources[0], "a pointer to one": &v.Sources[0], "alerting": v.Alerting, "a pointer to it": &v.Alerting,
		"sidecar": v.Sidecar, "a pointer to that": &v.Sidecar,
	}
	for _, s := range v.Sources {
		things["block of "+s.Name] = s.Block
	}
	for name, thing := range things {
		for how, print := range printers {
			t.Run(name+" by "+how, func(t *testing.T) {
				out, err := print(thing)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(out, "hunter2") || out == "" {
					t.Errorf("printed %s", out)
				}
			})
		}
	}
}

var printers = map[string]func(any) (string, error){
	"%v":  func(v any) (string, error) { return fmt.Sprintf("%v", v), nil },
	"%+v": func(v any) (string, error) { return fmt.Sprintf("%+v", v), nil },
	"%#v": func(v any) (string, error) { return fmt.Sprintf("%#v", v), nil },
	"%s":  func(v any) (string, error) { return fmt.Sprintf("%s", v), nil },
	"YAML": func(v any) (string, error) {
		b, err := yaml.Marshal(v)
		return string(b), err
	},
	"JSON": func(v any) (string, error) {
		b, err := json.Marshal(v)
		return string(b), err
	},
	"the text log": func(v any) (string, error) {
		var b bytes.Buffer
		slog.New(slog.NewTextHandler(&b, nil)).Info("loaded", "v", v)
		return b.String(), nil
	},
	"the JSON log": func(v any) (string, error) {
		var b bytes.Buffer
		slog.New(slog.NewJSONHandler(&b, nil)).Info("loaded", "v", v)
		return b.String(), nil
	},
}

func TestHiddenSecretsAreMarked(t *testing.T) {
	golden(t, "testdata/secretive.golden", parse(t, secretive).String())
}

func TestSourceIsPrintedByNameVendorAndURL(t *testing.T) {
	s := parse(t, secretive).Sources[1]
	if got, want := s.String(), "source b (requesttracker, https://rt.example.com)"; got != want {
		t.Errorf("printed %q, want %q", got, want)
	}
}

var _ fmt.Stringer = config.Validated{}
