package kpi

// The alerts that the exporter pushes to Alertmanager itself.
const (
	AlertDueSoon  = "HelpdeskConversationDueSoon"
	AlertBreached = "HelpdeskConversationBreached"
	// AlertBreachedMany is the summary of breaches that are too many, or too
	// late, to be pushed one by one.
	AlertBreachedMany = "HelpdeskConversationsBreached"
)

// Runbook is the address of what to do about an alert.
func Runbook(alert string) string {
	return "https://github.com/helpdesk-exporter/helpdesk_exporter/blob/main/docs/runbooks/" + alert + ".md"
}
