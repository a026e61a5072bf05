package config_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/config"
)

func TestWhatAlertmanagersAndPrometheusWantIsChecked(t *testing.T) {
	v := parse(t, minimal+"\nalerting: {alertmanagers: [\"https://am.example\"], basic_auth: {username: me, password_file: none}, tls_config: {ca_file: ca}}\n"+
		"sidecar: {rules_dir: rules, prometheus_reload_url: \"https://p.example\", basic_auth: {username: me}}\n")
	const shop = `source shop: gorgias: there are no credentials: set basic_auth, authorization or oauth2`
	want := []string{
		shop,
		`alerting: basic_auth.password_file: open /etc/helpdesk/none: no such file or directory`,
		`alerting: tls_config.ca_file: open /etc/helpdesk/ca: no such file or directory`,
		`sidecar: basic_auth has no password: set password_file or password`,
	}
	if diff := cmp.Diff(want, v.Warnings()); diff != "" {
		t.Errorf("warnings (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{shop}, parse(t, minimal).Warnings()); diff != "" {
		t.Errorf("warnings, without credentials for others (-want +got):\n%s", diff)
	}
}

func TestWhatIsAllowedAndHardlyMeantIsSaid(t *testing.T) {
	const anybody = "whoever is on the way can pose as the server, and gets the credentials: set ca_file to the certificate of who signed the server's"
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "key"), []byte("hunter2"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "empty"), []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name, way string
		want      []string
	}{
		{"a password", `basic_auth: {username: bot, password: hunter2}`, nil},
		{"a file that is there", `basic_auth: {username: bot, password_file: key}`, nil},
		{"a token", `authorization: {type: token, credentials_file: key}`, nil},
		{"the older spelling", `bearer_token: hunter2`, nil},
		{"a client certificate", `tls_config: {cert_file: key, key_file: key}`, nil},
		{"a header", `http_headers: {X-Key: {files: [key]}}`, nil},
		{"nothing", ``, []string{`source shop: gorgias: there are no credentials: set basic_auth, authorization or oauth2`}},
		{"no user", `basic_auth: {password: hunter2}`, []string{`source shop: gorgias: basic_auth has no username: set username or username_file`}},
		{"no password", `basic_auth: {username: bot}`, []string{`source shop: gorgias: basic_auth has no password: set password_file or password`}},
		{"no token", `authorization: {type: token}`, []string{`source shop: gorgias: authorization has no credentials: set credentials_file or credentials`}},
		{"a file that is missing", `basic_auth: {username: bot, password_file: secrets/key}`, []string{
			`source shop: gorgias: basic_auth.password_file: open ` + dir + `/secrets/key: no such file or directory`,
		}},
		{"a file with nothing in it", `authorization: {credentials_file: empty}`, []string{
			`source shop: gorgias: authorization.credentials_file: ` + dir + `/empty is empty`,
		}},
		{"no secret of webhooks", `bearer_token: hunter2, webhook: {secret_file: hook}`, []string{
			`source shop: gorgias: webhook.secret_file: open ` + dir + `/hook: no such file or directory`,
		}},
		{"a certificate that is not verified", `bearer_token: hunter2, tls_config: {insecure_skip_verify: true}`, []string{
			`source shop: gorgias: tls_config.insecure_skip_verify: ` + anybody,
		}},
		{"one of the token's server", `oauth2: {client_id: me, client_secret_file: key, token_url: "https://x/token", tls_config: {insecure_skip_verify: true}}`, []string{
			`source shop: gorgias: oauth2.tls_config.insecure_skip_verify: ` + anybody,
		}},
		{"several files that are missing", `oauth2: {client_id: me, client_secret_file: secret, token_url: "https://x/token", tls_config: {ca_file: ca}}, http_headers: {X-Key: {files: [key, other]}}`, []string{
			`source shop: gorgias: http_headers.X-Key.files[1]: open ` + dir + `/other: no such file or directory`,
			`source shop: gorgias: oauth2.client_secret_file: open ` + dir + `/secret: no such file or directory`,
			`source shop: gorgias: oauth2.tls_config.ca_file: open ` + dir + `/ca: no such file or directory`,
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v, err := config.Parse([]byte("sources: [{name: shop, gorgias: {url: \"https://acme.gorgias.com\", "+tc.way+"}}]"), dir)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, v.Warnings()); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestZendesksCredentialsThatShouldNotStayAreNamed(t *testing.T) {
	for _, tc := range []struct{ way, want string }{
		{`oauth2: {client_id: me, client_secret: hunter2, token_url: "https://acme.zendesk.com/oauth/tokens"}`, ""},
		{`authorization: {credentials: hunter2}`, ""},
		{`basic_auth: {username: bot@acme.com/token, password: hunter2}`,
			`basic_auth: Zendesk ends API tokens on 30 April 2027: use oauth2 with client credentials`},
		{`basic_auth: {username: bot@acme.com, password: hunter2}`,
			`basic_auth: Zendesk takes no passwords: use oauth2, or an API token with the username address/token`},
	} {
		v := parse(t, "sources: [{name: shop, zendesk: {url: \"https://acme.zendesk.com\", "+tc.way+"}}]")
		var want []string
		if tc.want != "" {
			want = []string{tc.want}
		}
		if diff := cmp.Diff(want, v.Sources[0].Warnings()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tc.way, diff)
		}
	}
}
