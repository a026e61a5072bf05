// Package groove reads a Groove account, a shared inbox: its conversations,
// their history, agents and teams, as the records of internal/helpdesk.
package groove
