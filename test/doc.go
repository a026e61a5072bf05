// Package e2e tests the programs as they are built, against a real helpdesk.
//
// The test needs a Request Tracker 5 that it may write to, so it has a build
// tag; scripts/request-tracker installs one, starts it and runs the test:
//
//	scripts/request-tracker install
//	scripts/request-tracker run go test -tags requesttracker ./test
//
// People write to the desk through its mail gateway and work at it through its
// REST API (desk_test.go, stories_test.go), the exporter watches
// (exporter_test.go), and Request Tracker's own database says what really
// happened (database_test.go). What follows from it by the definitions of the
// metrics is worked out once more, by the plainest means (truth_test.go): no
// package of the exporter is used.
package e2e
