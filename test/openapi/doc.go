// Package openapi holds what the collectors ask, and what the simulated desk
// answers in the vendors' places, to the OpenAPI descriptions that vendors
// publish. It is a module of its own, so that nothing else depends on a reader of
// such descriptions:
//
//	go -C test/openapi test ./...
package openapi
