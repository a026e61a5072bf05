package state

import (
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// PostgresWarnings are what is hardly meant in a connection string: that anybody
// on the way to another machine could read along, or pose as the database. A file
// that cannot be read, or holds no connection string, has none.
func PostgresWarnings(dsnFile string) []string {
	cfg, err := connection(dsnFile)
	if err != nil {
		return nil
	}
	c := &cfg.ConnConfig.Config
	targets := append([]*pgconn.FallbackConfig{{Host: c.Host, TLSConfig: c.TLSConfig}}, c.Fallbacks...)
	// sslmode=prefer has a target of either kind: the worse one is told.
	var unverified string
	for _, t := range targets {
		switch {
		case local(t.Host):
		case t.TLSConfig == nil:
			return []string{postgresWarning(t.Host, "may be spoken to in the clear: whoever is on the way reads the password")}
		case poses(t.TLSConfig):
			unverified = t.Host
		}
	}
	if unverified == "" {
		return nil
	}
	return []string{postgresWarning(unverified, "is not verified: whoever is on the way can pose as the database, and gets the password")}
}

func postgresWarning(host, what string) string {
	return fmt.Sprintf("state.postgres.dsn_file: the server %s %s: write sslmode=verify-full, and sslrootcert where the system does not know its CA", host, what)
}

// local reports whether a host is this machine, or a socket in its file system.
func local(host string) bool {
	ip := net.ParseIP(host)
	return strings.HasPrefix(host, "/") || strings.HasPrefix(host, "@") || host == "localhost" || ip != nil && ip.IsLoopback()
}

// poses reports whether any certificate is accepted.
func poses(c *tls.Config) bool {
	return c.InsecureSkipVerify && c.VerifyPeerCertificate == nil && c.VerifyConnection == nil
}
