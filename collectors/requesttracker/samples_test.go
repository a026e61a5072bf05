package requesttracker

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/lenient"
)

// The files in testdata are answers of a running RT 5.0.3.

func sample(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func decode[T any](t *testing.T, name string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal(sample(t, name), &v); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return v
}

func at(s string) time.Time {
	t, err := time.Parse("15:04:05", s)
	if err != nil {
		panic(err)
	}
	return time.Date(2026, 11, 21, t.Hour(), t.Minute(), t.Second(), 0, time.UTC)
}

// rowOf is a row of a list, from its text.
func rowOf[T any](t *testing.T, raw []byte) *lenient.Row[T] {
	t.Helper()
	row := new(lenient.Row[T])
	if err := lenient.Unmarshal(raw, row); err != nil {
		t.Fatal(err)
	}
	return row
}

func sampleTransactions(t *testing.T, name string) []transaction {
	t.Helper()
	var txs []transaction
	page := decode[collection[transaction]](t, name)
	for i := range page.Items {
		x := transactionOf(&page.Items[i])
		if x.bad != nil {
			t.Fatalf("%s: transaction %d: %v", name, x.seq, x.bad)
		}
		txs = append(txs, x)
	}
	return txs
}

func TestTransactionSamples(t *testing.T) {
	for _, tc := range []struct {
		name         string
		rows         int
		first, last  uint64
		firstT, kind text
		at           time.Time
	}{
		{"transactions_by_id_reader.json", 20, 106, 0, "3", "Create", at("17:59:32")},
		{"history_ticket_1_reader.json", 22, 0, 78, "1", "Create", at("17:59:21")},
		{"history_ticket_1_root.json", 0, 0, 78, "1", "Create", at("17:59:21")},
	} {
		txs := sampleTransactions(t, tc.name)
		if tc.rows > 0 && len(txs) != tc.rows {
			t.Errorf("%s holds %d rows, not %d", tc.name, len(txs), tc.rows)
		}
		x := txs[0]
		if tc.first > 0 && x.seq != tc.first || tc.last > 0 && txs[len(txs)-1].seq != tc.last {
			t.Errorf("%s goes from %d to %d", tc.name, x.seq, txs[len(txs)-1].seq)
		}
		if x.ObjectID != tc.firstT || x.Type != tc.kind || !x.at.Equal(tc.at) {
			t.Errorf("%s begins with %s of ticket %s at %v", tc.name, x.Type, x.ObjectID, x.at)
		}
	}
}

func TestTransactionsAskedWithoutFieldsAreBadRowsWithANumber(t *testing.T) {
	for _, name := range []string{"transactions_short_page_hidden_rows.json"} {
		page := decode[collection[transaction]](t, name)
		if _, told := page.total(); told || len(page.Items) != 15 {
			t.Errorf("%s: %d items of 20, total told: %v", name, len(page.Items), told)
		}
		if x := transactionOf(&page.Items[0]); x.seq != 106 || x.bad == nil {
			t.Errorf("%s: row %d: %v", name, x.seq, x.bad)
		}
	}
	page := decode[collection[transaction]](t, "transactions_root_total.json")
	if total, told := page.total(); !told || total <= len(page.Items) {
		t.Errorf("an administrator is told the total: %d, %v", total, told)
	}
	if x := transactionOf(rowOf[transaction](t, sample(t, "transaction_one.json"))); x.seq != 56 || x.Type != "Correspond" || x.bad == nil {
		t.Errorf("a single transaction has its ticket in another place: %+v", x)
	}
}

// teamOf is a directory that knows the people of the samples.
func teamOf(o Options) reader {
	d := newDirectory(o.Bots)
	for _, u := range []user{
		{number: "29", name: "alice", realName: "Alice Agent", privileged: true},
		{number: "31", name: "bob", realName: "Bob Agent", privileged: true},
		{number: "14", name: "root", privileged: true},
		{number: "39", name: "carol@customer.test"},
		{number: "6", name: "Nobody"},
	} {
		u.bot = d.bots[u.name]
		d.remember(u.number, u)
	}
	d.queues = map[string]queue{"1": {"General", "default"}, "3": {"Billing", "default"}}
	return reader{&o, d}
}

func TestTicketSamples(t *testing.T) {
	r := teamOf(Options{BaseURL: "https://rt.example.test/rt", ChannelField: "channel", RejectIsClose: true})
	url := func(id string) string { return "https://rt.example.test/rt/Ticket/Display.html?id=" + id }
	for name, want := range map[string]helpdesk.Conversation{
		"ticket_1_resolved_csat.json": {
			ID: "1", Created: at("17:59:21"), Updated: at("17:59:30"), Closed: at("17:59:30"), Status: helpdesk.StatusClosed,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Team: "General", Priority: "0"},
			Agent:  "29", URL: url("1"), Messages: -1,
		},
		"ticket_3_new_sla.json": {
			ID: "3", Created: at("17:59:32"), Updated: at("17:59:32"), Status: helpdesk.StatusNew,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelPhone, Team: "General", Priority: "80"},
			URL:    url("3"), Messages: -1,
		},
		"ticket_7_merged_into_6.json": {
			ID: "6", Created: at("17:59:34"), Updated: at("17:59:39"), Status: helpdesk.StatusNew,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Team: "Billing", Priority: "0"},
			URL:    url("6"), Messages: -1,
		},
		"ticket_8_deleted.json": {
			ID: "8", Created: at("17:59:37"), Updated: at("17:59:45"), Status: helpdesk.StatusExcluded, Excluded: helpdesk.ExcludedDeleted,
			Labels: helpdesk.Labels{Channel: helpdesk.ChannelEmail, Team: "General", Priority: "0"},
			URL:    url("8"), Messages: -1,
		},
	} {
		row, err := ticketOf(rowOf[ticket](t, sample(t, name)))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, unknown := r.conversation(row)
		if d := cmp.Diff(want, got); d != "" || len(unknown) > 0 {
			t.Errorf("%s, unknown %v (-want +got):\n%s", name, unknown, d)
		}
	}
}

func TestTicketSearchSamples(t *testing.T) {
	r := teamOf(Options{BaseURL: "https://rt.example.test", ChannelField: "Channel", RejectIsClose: true})
	type line struct {
		ID, Team, Agent string
		Channel         helpdesk.Channel
		Status          helpdesk.Status
	}
	var got []line
	for _, name := range []string{"tickets_search_page1.json", "tickets_search_page2.json"} {
		page := decode[collection[ticket]](t, name)
		if total, told := page.total(); !told || total != 7 {
			t.Errorf("%s: total %d", name, total)
		}
		for i := range page.Items {
			row, err := ticketOf(&page.Items[i])
			if err != nil {
				t.Fatal(err)
			}
			c, _ := r.conversation(row)
			got = append(got, line{c.ID, c.Labels.Team, c.Agent, c.Labels.Channel, c.Status})
		}
	}
	want := []line{
		{"1", "General", "29", "email", helpdesk.StatusClosed},
		{"2", "Billing", "31", "email", helpdesk.StatusClosed},
		{"3", "General", "", "phone", helpdesk.StatusNew},
		{"4", "General", "29", "email", helpdesk.StatusOnHold},
		{"5", "General", "", "email", helpdesk.StatusClosed},
		{"6", "Billing", "", "email", helpdesk.StatusNew},
		{"9", "General", "29", "email", helpdesk.StatusOpen},
	}
	if d := cmp.Diff(want, got, cmp.Transformer("sort", byID[line](func(l line) string { return l.ID }))); d != "" {
		t.Errorf("rows (-want +got):\n%s", d)
	}
}

func byID[T any](id func(T) string) func([]T) map[string]T {
	return func(rows []T) map[string]T {
		m := map[string]T{}
		for _, r := range rows {
			m[id(r)] = r
		}
		return m
	}
}

func TestSmallSamples(t *testing.T) {
	for name, want := range map[string]struct {
		items, total int
		told         bool
	}{
		"tickets_active_count.json":                {1, 23, true},
		"tickets_empty.json":                       {0, 0, true},
		"tickets_minimal_no_fields.json":           {2, 2, true},
		"queues_all.json":                          {2, 2, true},
		"users.json":                               {11, 11, true},
		"groups_userdefined.json":                  {2, 2, true},
		"group_privileged_members_admin.json":      {4, 4, true},
		"queue_customfields.json":                  {4, 4, true},
		"transactions_root_total.json":             {len(decode[collection[transaction]](t, "transactions_root_total.json").Items), 0, true},
		"transactions_by_id_reader.json":           {20, 0, false},
		"history_ticket_1_reader.json":             {22, 0, false},
		"error_not_found.json":                     {0, 0, false},
		"error_unauthorized.json":                  {0, 0, false},
		"group_members_forbidden.json":             {0, 0, false},
		"rt_version.json":                          {0, 0, false},
		"transactions_short_page_hidden_rows.json": {15, 0, false},
	} {
		page := decode[collection[ref]](t, name)
		total, told := page.total()
		if len(page.Items) != want.items || told != want.told || want.total > 0 && total != want.total {
			t.Errorf("%s: %d items, total %d (told: %v)", name, len(page.Items), total, told)
		}
	}
}

func TestAccountSamples(t *testing.T) {
	for name, want := range map[string]struct {
		number, name, real string
		privileged         text
	}{
		"user_alice_as_admin.json":     {"29", "alice", "Alice Agent", "1"},
		"user_alice_as_reader.json":    {"29", "alice", "Alice Agent", "1"},
		"user_customer_as_reader.json": {"39", "carol@customer.test", "Carol Customer", "0"},
		"user_self.json":               {"33", "exporter", "Metrics reader", "1"},
	} {
		a := decode[account](t, name)
		if n := accountNumber(&a, "x"); n != want.number || string(a.Name) != want.name || string(a.RealName) != want.real || a.Privileged != want.privileged {
			t.Errorf("%s: %s, %+v", name, n, a)
		}
	}
	if f := decode[ref](t, "customfield_csat.json"); f.ID != "3" || f.Name != "CSAT" {
		t.Errorf("custom field: %+v", f)
	}
	if q := decode[ref](t, "queue_1.json"); q.ID != "1" || q.Name != "General" || q.Lifecycle != "default" {
		t.Errorf("queue: %+v", q)
	}
}

func TestEverySampleIsRead(t *testing.T) {
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 26 {
		t.Fatalf("%d samples, %v", len(files), err)
	}
	for _, f := range files {
		decode[ref](t, filepath.Base(f)) // any object of RT's decodes leniently
	}
}
