package app

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/alert"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/sidecar"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/words"
)

func TestStatusPage(t *testing.T) {
	t.Parallel()
	waiting := simulator.Scripted{Lines: []simulator.Line{simulator.Says(71*time.Hour, helpdesk.AuthorCustomer)}}
	url := serve(t, gorgias(simulated(0, false, handedOver, waiting)))
	e := start(t, global+"sources:\n"+gorgiasSource("shop", url, gorgiasKey))
	e.ready()
	for path, wants := range map[string][]string{
		"/": {
			`<html lang="en">`, "<h2>shop", "gorgias", ">fresh<", "Next deadlines of the promise", "/app/ticket/82000002", "60 min", `href="/metrics"`,
			`http-equiv="refresh"`, `href="?lang=ru"`, `href="?refresh=off"`, ">First response<", ">Above average<", ">Email<",
		},
		"/?lang=pt-BR": {
			`<html lang="pt-BR">`, "Próximos prazos da promessa", "/app/ticket/82000002", "60 min", ">em dia<", `href="?lang=pt-BR&amp;refresh=off"`, ">Primeira resposta<",
		},
		"/?lang=ru&refresh=off": {
			`<html lang="ru">`, "Ближайшие сроки по обещанию", "/app/ticket/82000002", "60 мин", ">данные свежие<", `href="?lang=ru"`, `href="?lang=en&amp;refresh=off"`, ">Первый ответ<",
		},
		"/?lang=%3Cscript%3E": {`<html lang="en">`},
	} {
		a := e.get(path)
		for _, want := range wants {
			if !strings.Contains(a.body, want) {
				t.Errorf("no %q on %s:\n%s", want, path, a.body)
			}
		}
		if a.code != http.StatusOK || strings.Contains(a.body, "<script") || strings.Contains(a.body, " style=") {
			t.Errorf("%s: %d, or a script or a style of an element on the page", path, a.code)
		}
		if strings.Contains(path, "off") == strings.Contains(a.body, "http-equiv") {
			t.Errorf("%s refreshes itself, or does not", path)
		}
	}
	for header, want := range map[string]string{
		"Content-Type": "text/html; charset=utf-8", "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY",
		"Cache-Control": "no-store", "Referrer-Policy": "no-referrer", "Content-Language": "en",
		"Content-Security-Policy": "default-src 'none'; style-src " + styleHash + "; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
	} {
		if got := e.get("/").header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
}

// TestTheStyleOfTheStatusPageIsTheOneThatBrowsersTake hashes what is served.
func TestTheStyleOfTheStatusPageIsTheOneThatBrowsersTake(t *testing.T) {
	t.Parallel()
	page := rendered(t, words.English, statusView{Now: now, Started: now})
	_, style, _ := strings.Cut(page, "<style>")
	style, _, found := strings.Cut(style, "</style>")
	sum := sha256.Sum256([]byte(style))
	if have := "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"; !found || have != styleHash {
		t.Errorf("the style has the hash %s, the policy allows %s", have, styleHash)
	}
}

func TestTheExporterSpeaksTheLanguageOfItsFlag(t *testing.T) {
	t.Parallel()
	url := serve(t, gorgias(simulated(0, false, handedOver)))
	e := start(t, global+"sources:\n"+gorgiasSource("shop", url, gorgiasKey), func(o *Options) { o.Lang = words.Russian })
	e.ready()
	for path, want := range map[string]string{"/": `<html lang="ru">`, "/?lang=en": `<html lang="en">`} {
		if body := e.get(path).body; !strings.Contains(body, want) {
			t.Errorf("%s lacks %s:\n%s", path, want, body)
		}
	}
}

func rendered(t *testing.T, lang words.Lang, v statusView) string {
	t.Helper()
	var b strings.Builder
	if err := statusTemplates[v.links(nil, words.In(lang)).Lang()].Execute(&b, v); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// everything is a page of all that may be on it: a source in each state, and
// everything that fails.
func everything() statusView {
	reading := func(name string, change func(*sourceView)) sourceView {
		s := sourceView{Status: engine.Status{Now: now, Name: name, Vendor: "gorgias", Synced: true, Progress: 1, Watermark: now.Add(-5 * time.Second), Good: now.Add(-3 * time.Second), Conversations: 1234}}
		change(&s)
		return s
	}
	v := statusView{
		Now: now, Version: "1.2.3", Started: now.Add(-90 * time.Hour), Telemetry: "/metrics", Columns: []string{"channel", "team"},
		Sources: []sourceView{
			reading("shop", func(s *sourceView) {
				s.Fresh, s.SkewKnown, s.Skew, s.Quota, s.Firing = true, true, -90*time.Second, &quotaView{"page.quota.left", 28, 40}, 3
				s.Queues = []engine.Queue{
					{Channel: "chat", Open: 9, Unassigned: 2, Waiting: 6, Oldest: now.Add(-75 * time.Minute), OldestURL: "https://desk.example/17", Past: 3, Due: [2]int{1, 2}, Levels: [6]int{0, 1, 1, 1, 1, 2}},
					{Channel: "email", Open: 4},
				}
			}),
			reading("blind", func(s *sourceView) {
				s.Quota = &quotaView{"page.quota.last", 0, 40}
				for reason, r := range remedies {
					s.Failures = append(s.Failures, failure{helpdesk.StreamMessages, r, "/api/messages: " + string(reason)})
				}
				s.Failures = append(s.Failures, failure{helpdesk.StreamEvents, remedyOf(io.EOF), io.EOF.Error()})
			}),
			reading("behind", func(s *sourceView) { s.SkewKnown, s.Skew = true, 5*time.Second }),
			reading("new", func(s *sourceView) {
				s.Synced, s.Progress, s.Fetching, s.Watermark, s.Good, s.SkewKnown = false, 0.42, 17, time.Time{}, time.Time{}, true
			}),
			reading("stuck", func(s *sourceView) { s.Synced, s.Hopeless = false, true }),
			reading("idle", func(s *sourceView) { s.Fresh = true }),
		},
		Alertmanagers: []alert.AlertmanagerStatus{{URL: "http://one:9093", Accepted: now}, {URL: "http://two:9093", Err: io.EOF, Waiting: 2}},
		Rules:         &sidecar.Status{Dir: "/etc/prometheus/helpdesk", Written: now, Reload: &url.URL{}},
		Deadlines: []deadlineView{
			{Source: "shop", Now: now, Deadline: engine.Deadline{Conversation: "17", URL: "https://desk.example/17", Values: []string{"chat", "Sales"}, Clock: kpi.FirstResponse, Tier: kpi.Stellar, At: now.Add(40 * time.Second)}},
			{Source: "shop", Now: now, Deadline: engine.Deadline{Conversation: "18", Values: []string{"email", ""}, Clock: kpi.Resolution, Tier: kpi.AboveAverage, At: now.Add(150 * time.Minute)}},
		},
	}
	v.Overview = sumUp(v.Sources)
	return v
}

// TestTheStatusPageIsWholeInEveryLanguage looks for keys and placeholders that
// were not filled in, and for English on other pages.
func TestTheStatusPageIsWholeInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := prose(rendered(t, words.English, everything()))
	for _, lang := range words.Langs {
		page := rendered(t, lang, everything())
		if left := regexp.MustCompile(`\b(page|names|alert)\.[a-z.]+|\{[a-z]+\}`).FindString(strings.ReplaceAll(page, statusCSS, "")); left != "" {
			t.Errorf("%q is left in %s", left, lang)
		}
		if lang == words.English {
			continue
		}
		for text := range prose(page) {
			if english[text] && strings.Contains(text, " ") && !strings.ContainsAny(text[:1], "0123456789") {
				t.Errorf("%q is on the page in %s as in English", text, lang)
			}
		}
	}
}

// prose are the texts of a page between tags, except what is marked as English.
func prose(page string) map[string]bool {
	page = strings.ReplaceAll(page, statusCSS, "")
	page = regexp.MustCompile(`<(\w+)[^>]* lang="en"[^>]*>[^<]*</`).ReplaceAllString(page, "</")
	texts := map[string]bool{}
	for _, text := range regexp.MustCompile(`<[^>]*>`).Split(page, -1) {
		texts[strings.TrimSpace(text)] = true
	}
	return texts
}

func TestASourceThatIsNotReadShowsNoQueue(t *testing.T) {
	t.Parallel()
	page := rendered(t, words.English, everything())
	for _, want := range []string{
		"Not counted, since it is not known what waits there: blind, behind, new, stuck.",
		"The helpdesk cannot be read: what waits there is not known.", "Not everything is read yet: what waits there now is not known.",
		"The queue shows when the first sync is complete.", "No conversation seen yet.", ">first sync, 42 %<", ">the first sync cannot go on<", ">catching up<", ">blind<",
		"0 of 40 calls left when last heard of", "90 s behind ours", "5 s ahead of ours", "as ours", "Conversations to read one by one: 17",
		`<span class="level unacceptable">Unacceptable <b>1</b></span>`, `<span class="level stellar">Stellar <b>2</b></span>`,
		`<td class="warn" data-label="Time left">40 s</td>`, `<td class="" data-label="Time left">2.5 h</td>`,
		"Renew them in the configuration and reload it: this does not heal by itself. <a href=\"" + kpi.Runbook("HelpdeskCredentialsRejected"), kpi.Runbook("HelpdeskSourceBlind"), kpi.Runbook("HelpdeskQuotaExhausted"),
	} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page:\n%s", want, strings.ReplaceAll(page, statusCSS, ""))
		}
	}
	if n := strings.Count(page, "Waiting longest</th>"); n != 1 {
		t.Errorf("%d queues are shown, want that of the shop", n)
	}
	if o := everything().Overview; *o != (overview{Known: 2, Unknown: "blind, behind, new, stuck", Waiting: 6, Past: 3, Due15: 1, Due60: 2, Open: 13}) {
		t.Errorf("%+v", o)
	}
}

// TestStatusPageTrustsNobody renders what a helpdesk's administrator, or somebody
// in his name, could have written.
func TestStatusPageTrustsNobody(t *testing.T) {
	t.Parallel()
	const evil = `<script>alert(1)</script>`
	v := statusView{
		Now: now, Started: now, Telemetry: "/metrics", Columns: []string{"channel", "team"},
		Sources: []sourceView{{
			Status: engine.Status{Now: now,
				Name: "shop", Vendor: "gorgias", Fresh: true, Synced: true, Watermark: now, Good: now,
				Queues: []engine.Queue{{Channel: evil, Open: 1, Waiting: 1, Oldest: now, OldestURL: "javascript:alert(1)"}},
			},
			Failures: []failure{{helpdesk.Stream(evil), remedyOf(errors.New(evil)), evil}},
		}},
		Alertmanagers: []alert.AlertmanagerStatus{{URL: evil, Err: errors.New(evil)}},
		Deadlines: []deadlineView{{Source: "shop", Now: now, Deadline: engine.Deadline{
			Conversation: evil, URL: `https://x/"onmouseover="alert(1)`, Values: []string{"email", evil}, Clock: kpi.FirstResponse, At: now,
		}}},
	}
	page := rendered(t, words.English, v)
	for _, never := range []string{"<script", "javascript:", `"onmouseover`} {
		if strings.Contains(page, never) {
			t.Errorf("%s on the page:\n%s", never, page)
		}
	}
	if !strings.Contains(page, "&lt;script&gt;") {
		t.Error("it is not shown as text either")
	}
}

func TestClocksForPeople(t *testing.T) {
	t.Parallel()
	for skew, want := range map[time.Duration]string{
		0: "as ours", -200 * time.Millisecond: "as ours", 5 * time.Second: "5 s ahead of ours", -90 * time.Minute: "90 min behind ours",
		math.MinInt64: "106752.0 d behind ours",
	} {
		if got := clock(words.In(words.English), skew, true); got != want {
			t.Errorf("%s: %s, want %s", skew, got, want)
		}
	}
}

func TestSpansForPeople(t *testing.T) {
	t.Parallel()
	for d, want := range map[time.Duration]string{
		90 * time.Second: "90 s", 5 * time.Minute: "5 min", -5 * time.Minute: "-5 min", math.MinInt64: "-106752.0 d", 3 * time.Hour: "3.0 h", 72 * time.Hour: "3.0 d",
	} {
		if got := span(words.In(words.English), d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

func TestSpansInOtherLanguages(t *testing.T) {
	t.Parallel()
	for lang, want := range map[words.Lang]string{words.English: "2.5 h", words.Portuguese: "2,5 h", words.Russian: "2,5 ч"} {
		if got := span(words.In(lang), 150*time.Minute); got != want {
			t.Errorf("%s: %s, want %s", lang, got, want)
		}
	}
}

func TestEveryReasonOfAFailureHasARemedy(t *testing.T) {
	t.Parallel()
	for _, r := range rest.Reasons {
		if have := remedyOf(fmt.Errorf("walk: %w", &rest.Error{Reason: r})); have.Do == "page.do.other" {
			t.Errorf("nobody is told what to do about %s", r)
		}
	}
}
