package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"slices"
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

// spoilt are ways to get a line of a configuration wrong.
var spoilt = map[string]func(string) string{
	"without a colon": func(s string) string { return strings.Replace(s, ":", "", 1) },
	"without the last one": func(s string) string {
		if i := strings.LastIndexByte(s, ':'); i >= 0 {
			return s[:i] + s[i+1:]
		}
		return s
	},
	"deeper":      func(s string) string { return "    " + s },
	"not as deep": func(s string) string { return strings.Replace(s, "  ", "", 1) },
	"with a tab":  func(s string) string { return "\t" + s },
	"misspelt": func(s string) string {
		return strings.NewReplacer("password", "passwort", "credentials:", "creds:", "_url", "_uri", "secret", "sekret", "key", "kee", "token", "tokn").Replace(s)
	},
	"a list":            func(s string) string { return strings.ReplaceAll(s, "hunter2", "[hunter2]") },
	"a mapping":         func(s string) string { return strings.ReplaceAll(s, "hunter2", "{hunter2: hunter2}") },
	"an alias":          func(s string) string { return strings.ReplaceAll(s, "hunter2", "*hunter2") },
	"a tag":             func(s string) string { return strings.ReplaceAll(s, "hunter2", "!hunter2 x") },
	"an int":            func(s string) string { return strings.ReplaceAll(s, "hunter2", "!!int hunter2") },
	"a broken quote":    func(s string) string { return strings.ReplaceAll(s, "hunter2", `"hunter2`) },
	"a broken escape":   func(s string) string { return strings.ReplaceAll(s, "hunter2", `"\hunter2"`) },
	"a control letter":  func(s string) string { return strings.ReplaceAll(s, "hunter2", "hunter2\x01") },
	"no bracket":        func(s string) string { return strings.Replace(s, "{", "", 1) },
	"no second bracket": func(s string) string { return strings.Replace(s, "}", "", 1) },
	"in the URL":        func(s string) string { return strings.ReplaceAll(s, "https://", "https://me:hunter2@") },
	"behind the URL":    func(s string) string { return strings.ReplaceAll(s, ".com", ".com/?key=hunter2") },
	"no scheme":         func(s string) string { return strings.ReplaceAll(s, "://", ":") },
	"as the block": func(s string) string {
		if i := strings.IndexByte(s, '{'); i >= 0 && strings.Contains(s, "hunter2") {
			return s[:i] + "hunter2"
		}
		return s
	},
	"without its key": func(s string) string {
		return strings.NewReplacer("password: ", "", "credentials: ", "", "client_secret: ", "", ", key: ", ", ").Replace(s)
	},
	"an equals sign": func(s string) string {
		return strings.NewReplacer("password: ", "password=", "credentials: ", "credentials=", "key: ", "key=").Replace(s)
	},
	"in the other's place": func(s string) string { return strings.ReplaceAll(s, "password:", "password_file: [x], password:") },
	"twice":                func(s string) string { return s + "\n" + s },
	"both": func(s string) string {
		return strings.ReplaceAll(s, "credentials:", "credentials_file: x, credentials:")
	},
}

// TestNoErrorShowsASecret gets every line of a configuration wrong, in every way.
func TestNoErrorShowsASecret(t *testing.T) {
	lines := strings.Split(secretive, "\n")
	errors := 0
	for how, spoil := range spoilt {
		for i, line := range lines {
			wrong := slices.Clone(lines)
			wrong[i] = spoil(line)
			_, err := config.Parse([]byte(strings.Join(wrong, "\n")), "")
			if err == nil {
				continue
			}
			errors++
			if strings.Contains(err.Error(), "hunter2") {
				t.Errorf("%s: %q: %v", how, wrong[i], err)
			}
		}
	}
	if errors < 200 {
		t.Errorf("only %d errors", errors)
	}
}

// fromEnvironment has every key whose value may be in the environment.
const fromEnvironment = `
sources:
  - name: a
    gorgias:
      url: https://a.gorgias.com
      basic_auth: {username: "${env:DESK_USER}", password: "${env:DESK_SECRET}"}
      tls_config: {ca: "${env:DESK_SECRET}", cert: "${env:DESK_SECRET}", key: "${env:DESK_SECRET}"}
  - name: b
    requesttracker:
      url: https://rt.example.com
      authorization: {type: token, credentials: &same "${env:DESK_SECRET}"}
  - name: c
    requesttracker:
      url: https://rt.example.com
      oauth2: {client_id: me, client_secret: *same, token_url: https://rt.example.com/token}
  - name: d
    gorgias:
      url: https://d.gorgias.com
      bearer_token: ${env:DESK_SECRET}
`

func TestSecretsInTheEnvironmentAreRead(t *testing.T) {
	const secret = "012: {hunter2} # ${env:DESK_USER}" // it would be something else as YAML
	t.Setenv("DESK_USER", "bot")
	t.Setenv("DESK_SECRET", secret)
	v := parse(t, fromEnvironment)
	a, b, c, d := v.Sources[0].HTTP, v.Sources[1].HTTP, v.Sources[2].HTTP, v.Sources[3].HTTP
	got := []string{
		a.BasicAuth.Username, string(a.BasicAuth.Password), a.TLSConfig.CA, a.TLSConfig.Cert, string(a.TLSConfig.Key),
		string(b.Authorization.Credentials), string(c.OAuth2.ClientSecret), string(d.Authorization.Credentials),
	}
	if want := []string{"bot", secret, secret, secret, secret, secret, secret, secret}; !slices.Equal(got, want) {
		t.Errorf("read %q, want %q", got, want)
	}
}

// TestOnlySecretsAreReadFromTheEnvironment keeps what can be no file, and what
// only looks like a variable, as it is written.
func TestOnlySecretsAreReadFromTheEnvironment(t *testing.T) {
	t.Setenv("DESK_SECRET", "hunter2")
	for _, written := range []string{"${DESK_SECRET}", "$DESK_SECRET", "x${env:DESK_SECRET}", "${env:DESK_SECRET}x"} {
		v := parse(t, `sources: [{name: a, gorgias: {url: "https://a.gorgias.com", basic_auth: {username: bot, password: "`+written+`"}}}]`)
		if got := string(v.Sources[0].HTTP.BasicAuth.Password); got != written {
			t.Errorf("%s was read as %q", written, got)
		}
	}
	_, err := config.Parse([]byte(`sources: [{name: a, gorgias: {url: "${env:DESK_SECRET}", basic_auth: {username: bot, password: x}}}]`), "")
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("a URL was read from the environment: %v", err)
	}
}
