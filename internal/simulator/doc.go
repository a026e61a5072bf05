// Package simulator is a simulated helpdesk: a support desk that lives on a
// virtual clock, and, in front of it, the HTTP APIs of vendors.
//
// The [Desk] is free of any vendor. Customers arrive by the hour of the day,
// agents work in shifts, a bot answers chats, rules acknowledge, things are
// snoozed, reopened, merged, trashed and rated days later. Everything that
// happens is kept as a [Happening], so the desk knows the truth about itself
// ([Desk.Conversations], [Desk.Truth]), and what anything was at any instant
// ([Ticket.At]). For a seed it always lives the same life.
//
// A dialect is an [net/http.Handler] that speaks one vendor's API over a desk:
// it reads a desk's [Books] and nothing else. [Faults] makes any of them fail.
//
// Customers' names, addresses, subjects and texts are made of planted words
// ([Planted]), so that a test can search for them wherever they must not be.
package simulator
