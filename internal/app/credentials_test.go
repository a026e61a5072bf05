package app

import (
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// credential is one way to get in at a server, as a configuration has it.
type credential struct {
	config string                   // below the block of the source
	files  map[string]string        // secrets in files
	given  func(*http.Request) bool // reports whether a request carries it
	serve  func(*testing.T) string  // starts a server that is needed, and returns config
}

func header(name, value string) func(*http.Request) bool {
	return func(r *http.Request) bool { return r.Header.Get(name) == value }
}

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

// secretOf is the secret of a kind of credentials.
func secretOf(kind string) string { return "planted-" + kind + "-secret" }

// webHash is that of the secret of web.
const webHash = "$2a$04$29X6fhDDNidgsnHsRMhrY.JC6tHC1EJgj4NJuthtaXRxMksc/XySy"

// credentials are all kinds that a configuration can hold, but client
// certificates and proxies, which have servers of their own.
func credentials() map[string]credential {
	bearer := func(kind string) func(*http.Request) bool { return header("Authorization", "Bearer "+secretOf(kind)) }
	in := func(kind, file string) map[string]string { return map[string]string{file: secretOf(kind) + "\n"} }
	token := header("Authorization", "Bearer "+secretOf("access-token"))
	return map[string]credential{
		"password":           {config: "basic_auth: {username: me, password: " + secretOf("password") + "}", given: header("Authorization", basic("me", secretOf("password")))},
		"password-file":      {config: "basic_auth: {username: me, password_file: password}", files: in("password-file", "password"), given: header("Authorization", basic("me", secretOf("password-file")))},
		"authorization":      {config: "authorization: {type: token, credentials: " + secretOf("authorization") + "}", given: header("Authorization", "token "+secretOf("authorization"))},
		"authorization-file": {config: "authorization: {credentials_file: credentials}", files: in("authorization-file", "credentials"), given: bearer("authorization-file")},
		"bearer":             {config: "bearer_token: " + secretOf("bearer"), given: bearer("bearer")},
		"bearer-file":        {config: "bearer_token_file: bearer", files: in("bearer-file", "bearer"), given: bearer("bearer-file")},
		"header":             {config: "http_headers: {X-Key: {secrets: [" + secretOf("header") + "]}}", given: header("X-Key", secretOf("header"))},
		"header-file":        {config: "http_headers: {X-Key: {files: [header]}}", files: in("header-file", "header"), given: header("X-Key", secretOf("header-file"))},
		"oauth2": {given: token, serve: func(t *testing.T) string {
			return "oauth2: {client_id: me, client_secret: " + secretOf("oauth2") + ", token_url: " + tokens(t, "oauth2") + "}"
		}},
		"oauth2-file": {given: token, files: in("oauth2-file", "oauth2"), serve: func(t *testing.T) string {
			return "oauth2: {client_id: me, client_secret_file: oauth2, token_url: " + tokens(t, "oauth2-file") + "}"
		}},
		"environment": {given: header("Authorization", basic("me", secretOf("environment"))), serve: func(t *testing.T) string {
			const name = "HELPDESK_EXPORTER_PLANTED_SECRET" // of the whole process: tests that run in parallel may not use t.Setenv
			if err := os.Setenv(name, secretOf("environment")); err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { os.Unsetenv(name) })
			return "basic_auth: {username: me, password: \"${env:" + name + "}\"}"
		}},
		"proxy": {given: header("X-Through", "the proxy"), serve: func(t *testing.T) string {
			return strings.Replace("proxy_url: "+proxy(t), "http://", "http://me:"+secretOf("proxy")+"@", 1)
		}},
	}
}

// tokens is a token endpoint of OAuth 2.
func tokens(t *testing.T, kind string) string {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "me" || password != secretOf(kind) {
			body, _ := io.ReadAll(r.Body)
			say(w, 401, jsonType, fmt.Sprintf(`{"error":"invalid_client","error_description":%q}`, fmt.Sprint(r.Header)+string(body)))
			return
		}
		say(w, 200, jsonType, `{"access_token":"`+secretOf("access-token")+`","token_type":"Bearer","expires_in":3600}`)
	}))
}

// proxy passes on what comes with the right password.
func proxy(t *testing.T) string {
	return serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != basic("me", secretOf("proxy")) {
			say(w, http.StatusProxyAuthRequired, "text/plain", fmt.Sprint(r.Header))
			return
		}
		on := r.Clone(r.Context())
		on.RequestURI = ""
		on.Header.Set("X-Through", "the proxy")
		res, err := http.DefaultTransport.RoundTrip(on)
		if err != nil {
			say(w, http.StatusBadGateway, "text/plain", err.Error())
			return
		}
		defer res.Body.Close()
		maps.Copy(w.Header(), res.Header)
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body) // the client may be gone
	}))
}

// door lets in who has the credential, and tells everybody else what they sent.
type door struct {
	desk  http.Handler
	given func(*http.Request) bool
	open  atomic.Bool
	let   atomic.Int64
}

func (d *door) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !d.given(r) || !d.open.Load() {
		said := fmt.Sprint(r.Header, r.URL)
		w.Header().Set("WWW-Authenticate", said)
		say(w, 401, jsonType, fmt.Sprintf(`{"message":%q}`, said))
		return
	}
	d.let.Add(1)
	r.Header.Set("Authorization", "token "+rtToken)
	d.desk.ServeHTTP(w, r)
}

// mutual is a server that wants the certificate of a client, and that certificate.
func mutual(t *testing.T, h http.Handler) (url, config, key string) {
	t.Helper()
	cert, key := selfSigned(t)
	s := httptest.NewUnstartedServer(h)
	s.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL, fmt.Sprintf("tls_config: {ca: %q, cert: %q, key: %q}", pemOf("CERTIFICATE", s.Certificate().Raw), cert, key), key
}

// TestNoCredentialIsSeen gets in with every kind of credentials, at helpdesks,
// token endpoints, proxies, Alertmanager and Prometheus, first refused and then
// let in, and behind the exporter's own password. Nothing that the program shows
// or writes holds a secret, however it is spelt.
func TestNoCredentialIsSeen(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	desk := requestTracker(simulated(0, true, handedOver, neverAnswered))
	doors, sources, secrets := map[string]*door{}, "", []string{rtToken, secretOf("access-token"), base64.StdEncoding.EncodeToString([]byte(rtToken))}
	add := func(kind, url, login string, d *door) {
		doors[kind] = d
		sources += fmt.Sprintf("- {name: %s, requesttracker: {url: %q, %s}}\n", kind, url, login)
	}
	all := credentials()
	for _, kind := range slices.Sorted(maps.Keys(all)) {
		c := all[kind]
		for file, text := range c.files {
			write(t, filepath.Join(dir, file), text)
		}
		d := &door{desk: desk, given: c.given}
		url := serve(t, d)
		login := c.config
		if c.serve != nil {
			login = c.serve(t)
		}
		add(kind, url, login, d)
		secrets = append(secrets, spellings("me", secretOf(kind))...)
	}
	certified := &door{desk: desk, given: func(r *http.Request) bool { return len(r.TLS.PeerCertificates) == 1 }}
	url, login, key := mutual(t, certified)
	add("certificate", url, login, certified)
	secrets = append(secrets, strings.Split(strings.TrimSpace(key), "\n")[1])

	neighbour := func(kind string) string {
		secrets = append(secrets, spellings("me", secretOf(kind))...)
		d := &door{desk: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}), given: header("Authorization", basic("me", secretOf(kind)))}
		doors[kind] = d
		return serve(t, d)
	}
	config := global +
		"alerting: {alertmanagers: [" + neighbour("alertmanager") + "], basic_auth: {username: me, password: " + secretOf("alertmanager") + "}}\n" +
		"sidecar: {rules_dir: rules, prometheus_reload_url: " + neighbour("prometheus") + "/-/reload, basic_auth: {username: me, password: " + secretOf("prometheus") + "}}\n" +
		"sources:\n" + sources
	write(t, filepath.Join(dir, "config.yaml"), config)
	if err := os.Mkdir(filepath.Join(dir, "rules"), 0o700); err != nil {
		t.Fatal(err)
	}
	web := filepath.Join(dir, "web.yaml")
	write(t, web, fmt.Sprintf("basic_auth_users: {me: %q}\n", webHash))
	secrets = append(append(secrets, webHash), spellings("me", secretOf("web"))...)

	e := startIn(t, dir, withLifecycle, func(o *Options) { o.Web.WebConfigFile = &web })
	h := &hunt{t, map[string]string{}}
	if a := e.get("/metrics"); a.code != http.StatusUnauthorized {
		t.Errorf("without the password of the exporter: code %d", a.code)
	}
	e.client.Transport = &speaking{secretOf("web"), e.client.Transport}
	for kind := range doors {
		if kind != "alertmanager" && kind != "prometheus" {
			e.wait("/-/ready", "the refusal of "+kind, holds("source "+kind+": the first sync cannot go on"))
		}
	}
	e.wait("/metrics", "a reload that Prometheus refuses", holds(`helpdesk_sidecar_last_reload_successful{output="rules"} 0`))
	h.places["the refusals"] = e.get("/").body + e.get("/-/ready").body + e.get("/metrics").body
	h.tools(filepath.Join(dir, "config.yaml"), slices.Sorted(maps.Keys(all))...)
	for _, d := range doors {
		d.open.Store(true)
	}
	// Alertmanager is told when the first source is let in.
	for kind, d := range doors {
		e.wait("/-/healthy", "that "+kind+" is let in", func(answer) bool { return d.let.Load() > 0 })
	}
	e.wait("/-/ready", "200 and no complaint", func(a answer) bool { return a.code == http.StatusOK && !strings.Contains(a.body, "source ") })
	e.configure(strings.Replace(config, "alerting:", "alarming:", 1))
	h.places["a failing reload"] = e.do(http.MethodPost, "/-/reload", "").body
	h.through(e)
	h.finds(append(secrets, simulator.Planted()...)...)
}

// speaking adds the password of the exporter to requests.
type speaking struct {
	password string
	next     http.RoundTripper
}

func (s *speaking) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.SetBasicAuth("me", s.password)
	return s.next.RoundTrip(r)
}
