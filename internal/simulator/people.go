package simulator

import (
	"fmt"
	"strings"
)

// The planted words: every customer's name, address, subject and text has one.
const (
	plantedName    = "Quibblesworth"
	plantedDomain  = "customers.invalid"
	plantedSubject = "Zephyrquest"
	plantedText    = "lorembrandt"
	plantedPhone   = "+1 555 010 7733"
)

// Planted returns words of which at least one is in every customer's name and
// address, and in every subject and text, which end with a phone number: none of
// them may ever be found in what an exporter stores, logs or shows.
func Planted() []string {
	return []string{plantedName, plantedDomain, plantedSubject, plantedText, plantedPhone}
}

var (
	firstNames = []string{"Amina", "Bruno", "Chiara", "Dmitri", "Elena", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kira", "Luis"}
	agentNames = []string{"Ada Lindqvist", "Ben Okafor", "Cora Mendes", "Dan Petrov", "Eva Sato", "Finn Castell", "Gil Moreau", "Hana Weiss"}
	teamNames  = []string{"Support", "Returns", "Social"}
	wordStock  = strings.Fields("dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua")
)

// hire fills the directory: agents in two day shifts, one of them at the
// weekend too, one at night, and the bots.
func (d *Desk) hire() {
	for i, n := range teamNames {
		d.books.Teams = append(d.books.Teams, Team{ID: firstTeam + int64(i), Name: n})
	}
	d.books.Users = append(d.books.Users,
		User{ID: firstUser, Name: "Desk Bot", Bot: true},
		User{ID: firstUser + 1, Name: "Assistant", Bot: true})
	for i, n := range agentNames {
		u := User{ID: firstUser + 2 + int64(i), Name: n, Team: firstTeam + int64(i%len(teamNames)), From: 8, To: 16, Weekends: i%4 == 0}
		switch {
		case i == len(agentNames)-1:
			u.From, u.To = 22, 30
		case i%2 == 1:
			u.From, u.To = 12, 20
		}
		d.books.Users = append(d.books.Users, u)
	}
}

// Bot is the user that answers chats.
func (b *Books) Bot() int64 { return firstUser + 1 }

// customer is somebody new, or one who has written before.
func (d *Desk) customer() *Customer {
	if n := len(d.books.Customers); n > 0 && d.likely(d.mix.Known) {
		return &d.books.Customers[d.rnd.IntN(n)]
	}
	n := len(d.books.Customers)
	c := Customer{ID: firstCustomer + int64(n), First: firstNames[d.rnd.IntN(len(firstNames))], Last: plantedName}
	c.Email = fmt.Sprintf("%s.%d@%s", strings.ToLower(c.First), n, plantedDomain)
	d.books.Customers = append(d.books.Customers, c)
	return &d.books.Customers[n]
}

func (d *Desk) words(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = wordStock[d.rnd.IntN(len(wordStock))]
	}
	return strings.Join(out, " ")
}

func (d *Desk) subject() string { return plantedSubject + " " + d.words(3) }

// text is what a message says; it names the customer, as real ones do.
func (d *Desk) text(t *Ticket) string {
	c := d.books.Customer(t.Customer)
	return fmt.Sprintf("%s %s, %s. %s %s <%s> %s", plantedText, d.words(4+d.rnd.IntN(20)), d.words(3), c.First, c.Last, c.Email, plantedPhone)
}
