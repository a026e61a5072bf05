package requesttracker

import (
	"context"
	"net/url"
	"strings"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

const (
	systemUser = "RT_System" // acts for scrips: automation
	nobodyUser = "Nobody"    // owns what nobody owns
)

// maxUsers bounds the keys under which users are kept in memory, two for each.
// Beyond it all are forgotten before the next page, and asked again.
const maxUsers = 20000

// maxForeign bounds the remembered numbers of reminders and approvals.
const maxForeign = 20000

// user is what the directory knows of an account. The name stays in memory.
type user struct {
	number     string // "" when the account is gone
	name       string
	realName   string
	privileged bool
	bot        bool
}

func (u user) nobody() bool { return u.name == nobodyUser }

// person reports whether u is one of the support team, bots included.
func (u user) person() bool {
	return u.number != "" && u.name != systemUser && u.name != nobodyUser && (u.privileged || u.bot)
}

// directory remembers what numbers and names stand for: users, queues, custom
// fields, and the statuses of custom lifecycles. It is a cache: a restart
// costs calls and loses nothing.
type directory struct {
	bots     map[string]bool   // lower-case names
	users    map[string]user   // by number, and by lower-case name
	queues   map[string]queue  // by number
	unseen   map[string]bool   // numbers of queues that the account may not see
	foreign  map[string]bool   // numbers of reminders and approvals
	fields   map[string]string // names of custom fields by number
	statuses map[statusKey]activity
	group    string // the number of the system group Privileged
}

func newDirectory(bots []string) *directory {
	d := &directory{
		bots:     make(map[string]bool, len(bots)),
		users:    map[string]user{},
		queues:   map[string]queue{},
		unseen:   map[string]bool{},
		foreign:  map[string]bool{},
		fields:   map[string]string{},
		statuses: map[statusKey]activity{},
	}
	for _, b := range bots {
		d.bots[strings.ToLower(b)] = true
	}
	return d
}

// user returns what is known of the user that r points to. Of RT_System and
// Nobody the name alone tells enough.
func (d *directory) user(r ref) (user, bool) {
	if n := r.userName(); n == systemUser || n == nobodyUser {
		return user{name: n}, true
	}
	if n := r.userNumber(); n != "" {
		u, ok := d.users[n]
		return u, ok
	}
	u, ok := d.users[strings.ToLower(r.userName())]
	return u, ok
}

// userByNumber is user for the numbers in owner changes.
func (d *directory) userByNumber(n string) (user, bool) {
	u, ok := d.users[n]
	return u, ok
}

func (d *directory) remember(key string, u user) {
	d.users[strings.ToLower(key)] = u
	if u.number != "" {
		d.users[u.number] = u
		if u.name != "" {
			d.users[strings.ToLower(u.name)] = u
		}
	}
}

// team lists the known people and bots of the support team.
func (d *directory) team() []user {
	var team []user
	for key, u := range d.users {
		if key == u.number && u.person() {
			team = append(team, u)
		}
	}
	return team
}

// learnUsers asks for users that are not known yet, a call each: only the
// single-user call tells who is privileged. It returns the new ones.
func (c *Collector) learnUsers(ctx context.Context, keys []string, p rest.Priority) ([]user, error) {
	var fresh []user
	if len(c.dir.users) > maxUsers {
		clear(c.dir.users)
	}
	for _, key := range keys {
		if _, ok := c.dir.users[strings.ToLower(key)]; ok || key == "" {
			continue
		}
		u, err := c.askUser(ctx, key, p)
		if err != nil {
			return nil, err
		}
		c.dir.remember(key, u)
		fresh = append(fresh, u)
	}
	return fresh, nil
}

// askUser reads one account by number or name. One that is gone (shredded) is
// a user without rights: a customer.
func (c *Collector) askUser(ctx context.Context, key string, p rest.Priority) (user, error) {
	var a account
	err := c.api.Do(ctx, rest.Request{
		Endpoint: api + "/user/{id}",
		Path:     api + "/user/" + url.PathEscape(key),
		Priority: p,
	}, &a)
	if rest.ReasonOf(err) == rest.ReasonGone {
		return user{}, nil
	}
	if err != nil {
		return user{}, err
	}
	u := user{name: string(a.Name), realName: string(a.RealName), privileged: a.Privileged == "1" || a.Privileged == "true"}
	u.number = accountNumber(&a, key)
	if u.name == "" && !isNumber(key) {
		u.name = key
	}
	u.bot = c.dir.bots[strings.ToLower(u.name)]
	return u, nil
}

// accountNumber is the user's number: only administrators are told it as a field.
func accountNumber(a *account, key string) string {
	if isNumber(string(a.ID)) {
		return string(a.ID)
	}
	for _, l := range a.Links {
		if l.Type == "user" && isNumber(string(l.ID)) {
			return string(l.ID)
		}
	}
	if isNumber(key) {
		return key
	}
	return ""
}
