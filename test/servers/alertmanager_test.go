//go:build servers

package servers

import (
	"fmt"
	"maps"
	"net/http"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const alertmanagerFile = "../../deploy/alertmanager/alertmanager.yml"

// labels are those of an alert.
type labels map[string]string

func (l labels) arguments() []string {
	var args []string
	for k, v := range l {
		args = append(args, k+"="+v)
	}
	return args
}

func TestAlertmanagerReadsTheConfiguration(t *testing.T) {
	each(t, func(t *testing.T, g generation) {
		out := g.run(t, "amtool", "check-config", alertmanagerFile)
		if !strings.Contains(out, "SUCCESS") || strings.Contains(out, "FAILED") {
			t.Error(out)
		}
	})
}

func TestWhoIsTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g generation) {
		for _, c := range []struct {
			alert labels
			want  string
		}{
			{labels{"alertname": "HelpdeskSLABudgetBurnFast", "severity": "critical"}, "page"},
			{labels{"alertname": "HelpdeskExporterDown", "severity": "critical"}, "page"},
			{labels{"alertname": "HelpdeskSourceBlind", "severity": "warning"}, "ticket"},
			{labels{"alertname": "HelpdeskSLABudgetBurnSlow", "severity": "warning"}, "ticket"},
			{labels{"alertname": "HelpdeskConversationDueSoon", "severity": "info"}, "team"},
			{labels{"alertname": "HelpdeskConversationBreached", "severity": "warning"}, "team"},
			{labels{"alertname": "HelpdeskConversationBreached", "severity": "critical"}, "page"},
			{labels{"alertname": "HelpdeskConversationsBreached", "severity": "warning"}, "team"},
			{labels{"alertname": "HelpdeskQueueGrowing", "severity": "info"}, "team"},
			{labels{"alertname": "HelpdeskResponseRegression", "severity": "info"}, "team"},
			{labels{"alertname": "HelpdeskAbandonmentHigh", "severity": "warning"}, "ticket"},
			{labels{"alertname": "HelpdeskTierBelowPromise", "severity": "warning"}, "digest"},
			{labels{"alertname": "HelpdeskCSATLow", "severity": "warning"}, "digest"},
			{labels{"alertname": "HelpdeskCSATLow", "severity": "critical"}, "page"},
			{labels{"alertname": "SomethingElse"}, "ticket"},
		} {
			args := append([]string{"config", "routes", "test", "--config.file=" + alertmanagerFile}, c.alert.arguments()...)
			if got := strings.TrimSpace(g.run(t, "amtool", args...)); got != c.want {
				t.Errorf("%v goes to %s, want %s", c.alert, got, c.want)
			}
		}
	})
}

// alertmanager starts one with the configuration that is shipped.
func alertmanager(t *testing.T, g generation, file string) *server {
	t.Helper()
	return g.start(t, "alertmanager", "--config.file="+file, "--cluster.listen-address=", "--storage.path="+t.TempDir())
}

// name tells an alert of the test's from another.
func (l labels) name() string {
	words := []string{l["alertname"]}
	for _, k := range []string{"source", "channel", "clock", "conversation"} {
		if v := l[k]; v != "" {
			words = append(words, v)
		}
	}
	return strings.Join(words, " ")
}

// muted tells which of the alerts an Alertmanager keeps to itself.
func (s *server) muted(t *testing.T) map[string]bool {
	t.Helper()
	var alerts []struct {
		Labels labels
		Status struct{ InhibitedBy []string }
	}
	if err := s.get(t.Context(), "/api/v2/alerts", &alerts); err != nil {
		t.Fatal(err)
	}
	muted := map[string]bool{}
	for _, a := range alerts {
		muted[a.Labels.name()] = len(a.Status.InhibitedBy) > 0
	}
	return muted
}

func TestWhatIsInhibited(t *testing.T) {
	t.Parallel()
	conversation := func(name, source, id, clock string) labels {
		return labels{"alertname": name, "source": source, "channel": "chat", "clock": clock, "conversation": id}
	}
	of := func(name, source string) labels { return labels{"alertname": name, "source": source} }
	burn := func(name, channel string) labels {
		return labels{"alertname": name, "source": "shop", "channel": channel, "clock": "first_response"}
	}
	const breached, due = "HelpdeskConversationBreached", "HelpdeskConversationDueSoon"
	for _, c := range []struct {
		name   string
		alerts []labels
		muted  []string
	}{
		{
			"a blind source mutes what rules say of it, and nothing else",
			[]labels{
				of("HelpdeskSourceBlind", "shop"), of("HelpdeskQueueGrowing", "shop"), of("HelpdeskCSATLow", "shop"),
				of("HelpdeskCustomersWaitingTooLong", "shop"), of("HelpdeskQueueGrowing", "desk"), of("HelpdeskExporterDown", ""),
				of("HelpdeskCredentialsRejected", "shop"), of("HelpdeskQuotaExhausted", "shop"), of("Other", "shop"),
				conversation(breached, "shop", "1", "first_response"), conversation(due, "shop", "2", "first_response"),
				of("HelpdeskConversationsBreached", "shop"),
			},
			[]string{"HelpdeskCSATLow shop", "HelpdeskCustomersWaitingTooLong shop", "HelpdeskQueueGrowing shop"},
		},
		{
			"a breach mutes that the same clock is due soon",
			[]labels{
				conversation(breached, "shop", "1", "first_response"), conversation(due, "shop", "1", "first_response"),
				conversation(due, "shop", "1", "resolution"), conversation(due, "shop", "2", "first_response"),
				conversation(due, "desk", "1", "first_response"),
			},
			[]string{due + " shop chat first_response 1"},
		},
		{
			"a budget that burns fast mutes that it burns slowly",
			[]labels{burn("HelpdeskSLABudgetBurnFast", "chat"), burn("HelpdeskSLABudgetBurnSlow", "chat"), burn("HelpdeskSLABudgetBurnSlow", "email")},
			[]string{"HelpdeskSLABudgetBurnSlow shop chat first_response"},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			each(t, func(t *testing.T, g generation) {
				am := alertmanager(t, g, alertmanagerFile)
				want := map[string]bool{}
				var posted []map[string]labels
				for _, l := range c.alerts {
					want[l.name()] = false
					posted = append(posted, map[string]labels{"labels": l})
				}
				for _, name := range c.muted {
					want[name] = true
				}
				if _, err := am.ask(t.Context(), http.MethodPost, "/api/v2/alerts", posted); err != nil {
					t.Fatal(err)
				}
				eventually(t, func() string {
					if got := am.muted(t); !maps.Equal(got, want) {
						return fmt.Sprintf("muted (-want +got)\n%s", cmp.Diff(want, got))
					}
					return ""
				})
			})
		})
	}
}

func TestWhatMessagesSay(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, g generation) {
		render := func(template, data string) string {
			return g.run(t, "amtool", "template", "render", "--template.glob=../../deploy/alertmanager/templates/*.tmpl",
				"--template.text="+fmt.Sprintf("{{ template %q . }}", template), "--template.data="+filepath.Join("testdata", data))
		}
		for _, c := range []struct{ template, data, want string }{
			{"helpdesk.title", "breached.json", "[2 firing] HelpdeskConversationBreached: shop chat first response"},
			{"helpdesk.link", "breached.json", "https://alertmanager.example.org"},
			{"helpdesk.text", "breached.json", `
The promised first response is overdue
  Conversation 82001109 on chat waits for an answer since 12:00; 5m was promised.
  team: Support
  https://acme.gorgias.com/app/ticket/82001109

HelpdeskConversationBreached

Resolved:
  The promised first response was overdue
`},
			{"helpdesk.title", "blind.json", "[1 firing] HelpdeskSourceBlind: shop"},
			{"helpdesk.link", "blind.json", "https://example.org/runbooks/HelpdeskSourceBlind.md"},
			{"helpdesk.title", "resolved.json", "[resolved] HelpdeskSourceBlind: shop"},
			{"helpdesk.digest.title", "digest.json", "Service levels of shop: 2 below what is promised"},
			{"helpdesk.digest.text", "digest.json", `
Resolutions by email are average, above_average is promised
  Over 28 days 84 % of 1200 resolutions met the limit of above_average; 90 % are promised.
  runbook: https://example.org/runbooks/HelpdeskTierBelowPromise.md

Customers rate chats lower
  runbook: https://example.org/runbooks/HelpdeskCSATLow.md
`},
			{"helpdesk.digest.title", "resolved.json", "Service levels of shop: all as promised again"},
		} {
			if d := cmp.Diff(c.want, render(c.template, c.data)); d != "" {
				t.Errorf("%s of %s (-want +got)\n%s", c.template, c.data, d)
			}
		}
	})
}
