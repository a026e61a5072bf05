package config

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"slices"

	promconfig "github.com/prometheus/common/config"
)

// Warnings are what is allowed and yet hardly meant: a source without
// credentials, with some that its vendor is about to refuse, a server whose
// certificate is not verified, or a file that cannot be read now or is empty.
// Files are read again for each request, so they may come later.
func (v *Validated) Warnings() []string {
	var warnings []string
	for _, s := range v.Sources {
		for _, text := range s.Warnings() {
			warnings = append(warnings, fmt.Sprintf("source %s: %s: %s", s.Name, s.Vendor, text))
		}
	}
	for _, b := range []struct {
		name string
		http *promconfig.HTTPClientConfig
	}{{"alerting", &v.Alerting.HTTP}, {"sidecar", &v.Sidecar.HTTP}} {
		for _, text := range slices.Concat(incomplete(b.http), unverified(b.http), unreadable(b.http)) {
			warnings = append(warnings, b.name+": "+text)
		}
	}
	return append(warnings, unreadFiles(map[string]string{"state.postgres.dsn_file": v.State.DSNFile})...)
}

// Warnings are those of one source.
func (s Source) Warnings() []string {
	var own []string
	if w, ok := s.Block.(warned); ok {
		own = w.warnings()
	}
	files := map[string]string{"webhook.secret_file": s.WebhookSecretFile}
	return slices.Concat(uncredited(&s.HTTP), unverified(&s.HTTP), unreadable(&s.HTTP), unreadFiles(files), own)
}

// uncredited tells that there are no credentials, or what is missing of them.
func uncredited(h *promconfig.HTTPClientConfig) []string {
	if h.BasicAuth == nil && h.Authorization == nil && h.OAuth2 == nil && h.HTTPHeaders == nil && cmp.Or(h.TLSConfig.Cert, h.TLSConfig.CertFile) == "" {
		return []string{"there are no credentials: set basic_auth, authorization or oauth2"}
	}
	return incomplete(h)
}

// incomplete tells what is missing of the credentials.
func incomplete(h *promconfig.HTTPClientConfig) []string {
	b, a := h.BasicAuth, h.Authorization
	switch {
	case b != nil && cmp.Or(b.Username, b.UsernameFile) == "":
		return []string{"basic_auth has no username: set username or username_file"}
	case b != nil && cmp.Or(string(b.Password), b.PasswordFile) == "":
		return []string{"basic_auth has no password: set password_file or password"}
	case a != nil && cmp.Or(string(a.Credentials), a.CredentialsFile) == "":
		return []string{"authorization has no credentials: set credentials_file or credentials"}
	}
	return nil
}

// unverified tells where anybody could pose as the server.
func unverified(h *promconfig.HTTPClientConfig) []string {
	const text = "tls_config.insecure_skip_verify: whoever is on the way can pose as the server, and gets the credentials: set ca_file to the certificate of who signed the server's"
	var texts []string
	if h.TLSConfig.InsecureSkipVerify {
		texts = append(texts, text)
	}
	if h.OAuth2 != nil && h.OAuth2.TLSConfig.InsecureSkipVerify {
		texts = append(texts, "oauth2."+text)
	}
	return texts
}

// unreadable tells which of the files that are named cannot be read, or hold nothing.
func unreadable(h *promconfig.HTTPClientConfig) []string {
	files := map[string]string{}
	tls := func(at string, t *promconfig.TLSConfig) {
		files[at+"ca_file"], files[at+"cert_file"], files[at+"key_file"] = t.CAFile, t.CertFile, t.KeyFile
	}
	tls("tls_config.", &h.TLSConfig)
	if b := h.BasicAuth; b != nil {
		files["basic_auth.username_file"], files["basic_auth.password_file"] = b.UsernameFile, b.PasswordFile
	}
	if a := h.Authorization; a != nil {
		files["authorization.credentials_file"] = a.CredentialsFile
	}
	if o := h.OAuth2; o != nil {
		files["oauth2.client_secret_file"] = o.ClientSecretFile
		tls("oauth2.tls_config.", &o.TLSConfig)
	}
	if h.HTTPHeaders != nil {
		for name, header := range h.HTTPHeaders.Headers {
			for i, file := range header.Files {
				files[index("http_headers."+name+".files", i)] = file
			}
		}
	}
	return unreadFiles(files)
}

// unreadFiles is unreadable of files by the path of their keys.
func unreadFiles(files map[string]string) []string {
	var texts []string
	for path, file := range files {
		if file == "" {
			continue
		}
		switch text, err := os.ReadFile(file); {
		case err != nil:
			texts = append(texts, fmt.Sprintf("%s: %v", path, err))
		case len(bytes.TrimSpace(text)) == 0:
			texts = append(texts, fmt.Sprintf("%s: %s is empty", path, file))
		}
	}
	slices.Sort(texts)
	return texts
}
