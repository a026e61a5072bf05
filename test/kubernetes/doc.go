// Package kubernetes proves that the manifests of deploy/kubernetes are what the
// types of Kubernetes and of Prometheus' operator say, and fit this program. It is
// a module of its own, for those types need many others.
package kubernetes
