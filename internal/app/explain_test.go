package app

import (
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// sinceStart replaces instants by the time since the desk's start.
func sinceStart(t *testing.T, text string) string {
	t.Helper()
	began := now.Add(-72 * time.Hour)
	return regexp.MustCompile(`\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC`).ReplaceAllStringFunc(text, func(s string) string {
		at, err := time.Parse("2006-01-02 15:04:05 UTC", s)
		if err != nil {
			t.Fatal(err)
		}
		return at.Sub(began).String()
	})
}

func TestExplain(t *testing.T) {
	t.Parallel()
	waiting := simulator.Scripted{Channel: helpdesk.ChannelChat, Lines: []simulator.Line{simulator.Says(time.Hour, helpdesk.AuthorCustomer)}}
	lately := simulator.Scripted{Channel: helpdesk.ChannelEmail, Lines: []simulator.Line{
		simulator.Says(71*time.Hour, helpdesk.AuthorCustomer),
		simulator.Replies(71*time.Hour+30*time.Minute, 0),
		simulator.Does(71*time.Hour+50*time.Minute, 0, simulator.Happening{What: simulator.Closed}),
	}}
	url := serve(t, gorgias(simulated(0, false, handedOver, waiting, lately)))
	config := t.TempDir() + "/config.yaml"
	write(t, config, global+"sources:\n"+gorgiasSource("shop", url, gorgiasKey))
	explain := func(source, id string) (string, error) {
		var b strings.Builder
		err := Explain(t.Context(), &b, config, source, id)
		return b.String(), err
	}
	for file, id := range map[string]string{
		"testdata/explain_closed.golden": "82000001", "testdata/explain_waiting.golden": "82000002", "testdata/explain_lately.golden": "82000003",
	} {
		got, err := explain("shop", id)
		if err != nil {
			t.Fatal(err)
		}
		golden(t, file, sinceStart(t, got))
	}
	always := `
schedules: [{name: always, timezone: UTC, weekly: {mon-sun: ["00:00-24:00"]}}]
promise: {time: business}
`
	write(t, config, global+always+"sources:\n"+strings.Replace(gorgiasSource("shop", url, gorgiasKey), "{name", "{schedule: always, name", 1))
	got, err := explain("shop", "82000001")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/explain_business.golden", sinceStart(t, got))
	for _, tc := range []struct{ name, source, id, want string }{
		{"a source that is not configured", "store", "1", config + `: no source is named "store": sources are shop`},
		{"no id", "shop", " ", "the conversation has no id: give it as the helpdesk shows it"},
		{"a conversation that is not there", "shop", "4711", "source shop has no conversation 4711"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := explain(tc.source, tc.id)
			if err == nil || err.Error() != tc.want {
				t.Errorf("%v, want %s", err, tc.want)
			}
		})
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/config.yaml"
	write(t, file, `
state: {path: /var/lib/helpdesk.db}
sources:
- {name: shop, gorgias: {url: "https://acme.gorgias.com", basic_auth: {username: a, password: b}}}
- {name: it, requesttracker: {url: "https://rt.example.com", authorization: {type: token, credentials: c}}}
`)
	var b strings.Builder
	if err := Check(&b, file); err != nil {
		t.Fatal(err)
	}
	lines := strings.SplitAfter(b.String(), "\n")
	if want := file + " is valid: 2 source(s), ledger /var/lib/helpdesk.db\n"; lines[0] != want {
		t.Errorf("%q, want %q", lines[0], want)
	}
	for i, want := range []string{`^  shop \(gorgias\): `, `^  it \(requesttracker\): `} {
		want += `\d+ series, and \d+ for each combination of channel and team that is met; with 4 channels and 5 teams about \d+\n$`
		if !regexp.MustCompile(want).MatchString(lines[i+1]) {
			t.Errorf("%q, want %s", lines[i+1], want)
		}
	}
	write(t, file+".dsn", "postgres://helpdesk:hunter2@db.example/helpdesk")
	write(t, file, "state: {postgres: {dsn_file: config.yaml.dsn}}\nsources: [{name: shop, gorgias: {url: \"https://acme.gorgias.com\", bearer_token: b}}]")
	b.Reset()
	if err := Check(&b, file); err != nil || !strings.Contains(b.String(), "\n  warning: state.postgres.dsn_file: the server db.example may be spoken to in the clear") || strings.Contains(b.String(), "hunter2") {
		t.Errorf("a database that anybody could pose as: %v\n%s", err, b.String())
	}
	write(t, file, "sources: []")
	if err := Check(&b, file); err == nil || !strings.HasPrefix(err.Error(), file+":") {
		t.Errorf("a bad one: %v", err)
	}
}

// TestExpectedSeries compares what --config.check prints with a scrape.
func TestExpectedSeries(t *testing.T) {
	t.Parallel()
	waiting := simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Hour, helpdesk.AuthorCustomer)}}
	e := start(t, one("shop", serve(t, requestTracker(simulated(0, true, waiting)))))
	e.ready()
	var b strings.Builder
	if err := Check(&b, e.dir+"/config.yaml"); err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`shop \(requesttracker\): (\d+) series, and (\d+) for each`).FindStringSubmatch(b.String())
	if m == nil {
		t.Fatalf("%s", b.String())
	}
	conversation, source := 0, 0
	for line := range strings.Lines(e.get("/metrics").body) {
		switch {
		case !strings.Contains(line, `source="shop"`), regexp.MustCompile(`^helpdesk_(api_requests|api_request_duration|source_clock)`).MatchString(line):
		case strings.Contains(line, `team="`+simulator.GeneralQueue+`"`):
			conversation++
		case strings.Contains(line, `team="`): // the teams of the directory
		default:
			source++
		}
	}
	if d := cmp.Diff([]int{atoi(t, m[1]), atoi(t, m[2])}, []int{source, conversation}); d != "" {
		t.Errorf("fixed series, and those of one combination (-printed +scraped)\n%s", d)
	}
}

func atoi(t *testing.T, s string) int {
	t.Helper()
	n, err := strconv.Atoi(s)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func TestExplainShowsTheHelpdesksOwnDueTimes(t *testing.T) {
	at := func(h int) int64 { return time.Date(2026, time.March, 2, h, 0, 0, 0, time.UTC).UnixNano() }
	for _, c := range []struct {
		due  kpi.Due
		want string
	}{
		{kpi.Due{}, ""},
		{kpi.Due{FirstResponse: at(9), Resolution: at(18)}, `
Due by the helpdesk's own service levels, as last told: shown, not counted
  first_response  2026-03-02 09:00:00 UTC
  resolution      2026-03-02 18:00:00 UTC
`},
	} {
		var b strings.Builder
		if err := (explanation{w: &b, c: &kpi.Conversation{Row: &kpi.Row{Due: c.due}}}).due(); err != nil {
			t.Fatal(err)
		}
		if b.String() != c.want {
			t.Errorf("got %q, want %q", b.String(), c.want)
		}
	}
}
