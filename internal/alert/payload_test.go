package alert_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

// body is the alert of a request that has the name, as it is on the wire.
func body(t *testing.T, a *alertmanager, name string) map[string]any {
	t.Helper()
	for _, b := range a.bodies {
		var list []map[string]any
		if err := json.Unmarshal([]byte(b), &list); err != nil {
			t.Fatal(err)
		}
		for _, p := range list {
			if p["labels"].(map[string]any)["alertname"] == name {
				return p
			}
		}
	}
	t.Fatalf("no %s was sent", name)
	return nil
}

func TestTheAlertsOnTheWire(t *testing.T) {
	in(t, func(w *world) {
		w.desk.asks("late", chat, w.at(-hour))
		w.desk.asks("17", chat, w.at(mins))
		w.until(7 * mins)
		labels := func(name, severity string) map[string]any {
			return map[string]any{
				"alertname": name, "source": "shop", "channel": "chat", "team": "Sales", "conversation": "17",
				"clock": "first_response", "tier": "above_average", "severity": severity,
			}
		}
		const runbooks = "https://github.com/helpdesk-exporter/helpdesk_exporter/blob/main/docs/runbooks/"
		for name, want := range map[string]map[string]any{
			kpi.AlertDueSoon: {
				"labels": labels(kpi.AlertDueSoon, "info"),
				"annotations": map[string]any{
					"summary": "shop: the first reply of conversation 17 (chat) is due at 00:06:00 UTC",
					"description": "A customer has been waiting for a reply since 2000-01-01 00:01:00 UTC. The promise for the clock first_response on chat is " +
						"the tier above_average, within 5m, which ends at 2000-01-01 00:06:00 UTC.",
					"runbook_url": runbooks + "HelpdeskConversationDueSoon.md", "url": "https://desk.example/tickets/17",
				},
				"startsAt": "2000-01-01T00:04:45Z", "endsAt": "2000-01-01T01:19:45.05Z", "generatorURL": "https://desk.example/tickets/17",
			},
			kpi.AlertBreached: {
				"labels": labels(kpi.AlertBreached, "warning"),
				"annotations": map[string]any{
					"summary": "shop: the first reply of conversation 17 (chat) was due at 00:06:00 UTC",
					"description": "A customer has been waiting for a reply since 2000-01-01 00:01:00 UTC. The promise for the clock first_response on chat is " +
						"the tier above_average, within 5m, which ended at 2000-01-01 00:06:00 UTC.",
					"runbook_url": runbooks + "HelpdeskConversationBreached.md", "url": "https://desk.example/tickets/17",
				},
				"startsAt": "2000-01-01T00:06:00Z", "endsAt": "2000-01-01T01:21:00.15Z", "generatorURL": "https://desk.example/tickets/17",
			},
			kpi.AlertBreachedMany: {
				"labels": map[string]any{
					"alertname": kpi.AlertBreachedMany, "source": "shop", "channel": "chat", "clock": "first_response", "tier": "above_average", "severity": "warning",
				},
				"annotations": map[string]any{
					"summary": "shop: 1 conversations on chat are past the deadline of the clock first_response",
					"description": "1 clocks first_response on chat have passed the limit of the promised tier above_average, and are not pushed one by one: they were " +
						"too many in a minute, or past their deadline before this exporter could know of it. The status page and the boards list what waits.",
					"runbook_url": runbooks + "HelpdeskConversationsBreached.md", "count": "1",
				},
				"startsAt": "2000-01-01T00:00:00.15Z", "endsAt": "2000-01-01T01:15:00.15Z", "generatorURL": "http://exporter:9877/",
			},
		} {
			if diff := cmp.Diff(want, body(t, w.ams[0], name)); diff != "" {
				t.Errorf("%s (-want +got)\n%s", name, diff)
			}
		}
	})
}

// TestThePushedTextsInOtherLanguages has the same story: labels are as they were.
func TestThePushedTextsInOtherLanguages(t *testing.T) {
	for lang, want := range map[words.Lang]map[string][2]string{
		words.Portuguese: {
			kpi.AlertDueSoon: {
				"shop: a primeira resposta da conversa 17 (chat) vence às 00:06:00 UTC",
				"Um cliente espera por uma resposta desde 2000-01-01 00:01:00 UTC. O nível prometido para “Primeira resposta” em chat é “Acima da média”, em até 5m; o prazo termina em 2000-01-01 00:06:00 UTC.",
			},
			kpi.AlertBreached: {
				"shop: a primeira resposta da conversa 17 (chat) venceu às 00:06:00 UTC",
				"Um cliente espera por uma resposta desde 2000-01-01 00:01:00 UTC. O nível prometido para “Primeira resposta” em chat é “Acima da média”, em até 5m; o prazo terminou em 2000-01-01 00:06:00 UTC.",
			},
			kpi.AlertBreachedMany: {
				"shop: conversas em chat fora do prazo de “Primeira resposta”: 1",
				"Prazos de “Primeira resposta” em chat que passaram do limite do nível prometido “Acima da média”: 1. Não são avisados um a um: " +
					"foram muitos em um minuto, ou já estavam vencidos antes que este exporter pudesse saber. A página de status e os painéis mostram o que está esperando.",
			},
		},
		words.Russian: {
			kpi.AlertDueSoon: {
				"shop: срок первого ответа на обращение 17 (chat) истекает в 00:06:00 UTC",
				"Клиент ждёт ответа с 2000-01-01 00:01:00 UTC. Обещанный уровень для «Первый ответ» в канале chat: «Выше среднего», в пределах 5m; срок истекает 2000-01-01 00:06:00 UTC.",
			},
			kpi.AlertBreached: {
				"shop: срок первого ответа на обращение 17 (chat) истёк в 00:06:00 UTC",
				"Клиент ждёт ответа с 2000-01-01 00:01:00 UTC. Обещанный уровень для «Первый ответ» в канале chat: «Выше среднего», в пределах 5m; срок истёк 2000-01-01 00:06:00 UTC.",
			},
			kpi.AlertBreachedMany: {
				"shop: просроченных обращений в канале chat по сроку «Первый ответ»: 1",
				"Сроков «Первый ответ» в канале chat, превысивших предел обещанного уровня «Выше среднего»: 1. По отдельности о них не сообщается: " +
					"их было слишком много за минуту, или они истекли прежде, чем экспортёр мог о них узнать. Кто ждёт, показывают страница состояния и панели.",
			},
		},
	} {
		in(t, func(w *world) {
			w.desk.asks("late", chat, w.at(-hour))
			w.desk.asks("17", chat, w.at(mins))
			w.until(7 * mins)
			for name, texts := range want {
				a := body(t, w.ams[0], name)
				annotations := a["annotations"].(map[string]any)
				if diff := cmp.Diff(texts, [2]string{annotations["summary"].(string), annotations["description"].(string)}); diff != "" {
					t.Errorf("%s in %s (-want +got)\n%s", name, lang, diff)
				}
				if l := a["labels"].(map[string]any); l["clock"] != "first_response" || l["tier"] != "above_average" {
					t.Errorf("%s in %s has the labels %v", name, lang, l)
				}
			}
		}, func(w *world) { w.words = words.In(lang) })
	}
}

// daytime is a schedule from nine to six, each day.
func daytime(t testing.TB) *kpi.Schedule {
	t.Helper()
	weekly := map[time.Weekday][]kpi.Interval{}
	for day := range time.Saturday + 1 {
		weekly[day] = []kpi.Interval{{From: 9 * hour, To: 18 * hour}}
	}
	schedule, err := kpi.NewSchedule(kpi.Spec{Name: "support", Timezone: "UTC", Weekly: weekly})
	if err != nil {
		t.Fatal(err)
	}
	return schedule
}

// TestBusinessTime has a customer ask before the evening: the four hours of an
// e-mail end on the next day.
func TestBusinessTime(t *testing.T) {
	schedule := daytime(t)
	in(t, func(w *world) {
		// The story begins at midnight.
		w.desk.asks("c", email, w.at(-7*hour-30*mins))
		w.until(12 * hour)
		w.told("11h15m0s firing DueSoon c first_response", "11h30m0s firing Breached c first_response", "11h30m0s resolved DueSoon c first_response")
		description, _ := body(t, w.ams[0], kpi.AlertBreached)["annotations"].(map[string]any)["description"].(string)
		if !strings.Contains(description, "within 4h of support hours, which ended at 2000-01-01 11:30:00 UTC") {
			t.Errorf("%q", description)
		}
	}, func(w *world) { w.policy.Schedule, w.policy.BusinessTime = schedule, true })
}

// TestHostileWords has ids, teams and links that no vendor should give.
func TestHostileWords(t *testing.T) {
	in(t, func(w *world) {
		w.desk.row("c\xff\n\"", chat, "té\x00am\xfe", helpdesk.StatusOpen, w.at(mins))
		w.desk.says("c\xff\n\"", helpdesk.AuthorCustomer, w.at(mins))
		for i, e := range w.desk.events {
			if r, ok := e.record.(helpdesk.Conversation); ok {
				r.URL = "javascript:alert(1)"
				w.desk.events[i].record = r
			}
		}
		w.ams[0].code = 200
		w.until(7 * mins)
		p := body(t, w.ams[0], kpi.AlertBreached)
		if l := p["labels"].(map[string]any); l["conversation"] != "c�\n\"" || l["team"] != "té\x00am�" {
			t.Errorf("labels %q", l)
		}
		if _, ok := p["annotations"].(map[string]any)["url"]; ok || p["generatorURL"] != "http://exporter:9877/" {
			t.Errorf("a link that is none: %v", p)
		}
		w.restart(0)
		w.until(8 * mins)
		if n := strings.Count(strings.Join(w.ams[0].bodies, ""), `"startsAt":"2000-01-01T00:06:00Z"`); n < 2 {
			t.Errorf("after a restart it is not the same alert")
		}
	})
}
