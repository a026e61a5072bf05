// Package kpi measures conversations: pure functions of what happened and of
// the policy, with the time passed in and no input or output. The definitions
// are those of docs/definitions.md; each KPI is one value here, read by the
// exporter, the rules, the boards and the documentation.
package kpi
