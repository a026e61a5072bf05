package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"
)

const webPassword = "planted-web-password"

// selfSigned is a certificate for 127.0.0.1, and its key.
func selfSigned(t *testing.T) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "me"}, NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return pemOf("CERTIFICATE", der), pemOf("PRIVATE KEY", pkcs8)
}

func pemOf(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// webConfig writes a --web.config.file with TLS and one user, and returns who
// trusts its certificate.
func webConfig(t *testing.T, dir string) (file string, trusting *x509.CertPool) {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(webPassword), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := selfSigned(t)
	write(t, filepath.Join(dir, "cert.pem"), cert)
	write(t, filepath.Join(dir, "key.pem"), key)
	file = filepath.Join(dir, "web.yaml")
	write(t, file, "tls_server_config: {cert_file: cert.pem, key_file: key.pem}\nbasic_auth_users: {prometheus: \""+string(hash)+"\"}\n")
	trusting = x509.NewCertPool()
	trusting.AppendCertsFromPEM([]byte(cert))
	return file, trusting
}

func TestTheWebConfigurationGuardsEveryPath(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, trusting := webConfig(t, dir)
	write(t, filepath.Join(dir, "config.yaml"), global+"sources:\n"+rtSource("shop", serve(t, requestTracker(simulated(0, true))), rtToken))
	e := startIn(t, dir, withLifecycle, func(o *Options) { o.Web.WebConfigFile = &file })
	plain := e.base
	e.base = strings.Replace(e.base, "http:", "https:", 1)
	e.client.Transport = &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{RootCAs: trusting}}

	for _, tc := range []struct{ method, path string }{
		{http.MethodGet, "/"}, {http.MethodGet, "/metrics"}, {http.MethodGet, "/-/healthy"}, {http.MethodGet, "/-/ready"},
		{http.MethodPost, "/-/reload"}, {http.MethodPost, "/webhook/shop"}, {http.MethodGet, "/nowhere"},
	} {
		for name, set := range map[string]func(*http.Request){
			"nobody":         func(*http.Request) {},
			"wrong password": func(r *http.Request) { r.SetBasicAuth("prometheus", "guess") },
			"wrong user":     func(r *http.Request) { r.SetBasicAuth("root", webPassword) },
		} {
			if code := ask(t, e, tc.method, e.base+tc.path, set); code != http.StatusUnauthorized {
				t.Errorf("%s %s: %s gets %d", tc.method, tc.path, name, code)
			}
		}
	}
	known := func(r *http.Request) { r.SetBasicAuth("prometheus", webPassword) }
	if code := ask(t, e, http.MethodGet, e.base+"/metrics", known); code != http.StatusOK {
		t.Errorf("who is known gets %d", code)
	}
	if code := ask(t, e, http.MethodGet, plain+"/metrics", known); code != http.StatusBadRequest {
		t.Errorf("without TLS: %d", code)
	}
	old := &tls.Config{RootCAs: trusting, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	if c, err := (&tls.Dialer{Config: old}).DialContext(t.Context(), "tcp", strings.TrimPrefix(plain, "http://")); err == nil {
		c.Close()
		t.Error("TLS 1.1 is spoken")
	}

	e.stop()
	said := e.logs.String()
	if !regexp.MustCompile(`level=DEBUG msg="web server" message="http: TLS handshake error[^\n]*`).MatchString(said) {
		t.Errorf("no handshake that failed is told at level debug:\n%s", said)
	}
	if strings.Contains(said, webPassword) || strings.Contains(said, "$2a$") {
		t.Errorf("the password, or what it is compared with, is logged:\n%s", said)
	}
}

func ask(t *testing.T, e *exporter, method, url string, set func(*http.Request)) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	set(r)
	res, err := e.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

func TestAWebConfigurationThatOpensOldHolesIsRefused(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, _ := webConfig(t, dir)
	for name, tc := range map[string]struct{ text, want string }{
		"TLS 1.2":     {"tls_server_config: {cert_file: cert.pem, key_file: key.pem, min_version: TLS12}", ""},
		"nothing":     {"", ""},
		"TLS 1.0":     {"tls_server_config: {cert_file: cert.pem, key_file: key.pem, min_version: TLS10}", "tls_server_config.min_version: TLS10 is known to be broken: leave it out, or set TLS12 or TLS13"},
		"TLS 1.1":     {"tls_server_config: {cert_file: cert.pem, key_file: key.pem, min_version: TLS11}", "tls_server_config.min_version: TLS11 is known to be broken: leave it out, or set TLS12 or TLS13"},
		"unknown key": {"tls: {}", "yaml: unmarshal errors:\n  line 1: field tls not found in type web.Config"},
	} {
		t.Run(name, func(t *testing.T) {
			write(t, file, tc.text)
			got := ""
			if err := CheckWeb(file); err != nil {
				got = strings.TrimPrefix(err.Error(), "--web.config.file="+file+": ")
			}
			if got != tc.want {
				t.Errorf("got  %q\nwant %q", got, tc.want)
			}
		})
	}
	if err := CheckWeb(""); err != nil {
		t.Error(err)
	}
	if err := CheckWeb(filepath.Join(dir, "none")); err == nil || !strings.HasPrefix(err.Error(), "--web.config.file: open ") {
		t.Errorf("got %v", err)
	}
}
