// Package servers tests the exporter, its rules and its configuration of
// Alertmanager with real servers: a Prometheus and an Alertmanager as they are
// built today, and Debian's as the oldest that are supported.
//
// The test has a build tag, since it needs the servers, which scripts/prometheus
// gets once:
//
//	scripts/prometheus current
//	scripts/prometheus oldest
//	go test -tags servers ./test/servers
//
// It runs with each generation that is there.
package servers
