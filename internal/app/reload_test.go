package app

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// one is a configuration with one source.
func one(name, url string) string {
	return global + "sources:\n" + rtSource(name, url, rtToken)
}

const (
	reloaded    = "helpdesk_config_last_reload_successful 1"
	notReloaded = "helpdesk_config_last_reload_successful 0"
)

// opened is the counter of the opened conversations of the script, with its value.
func opened(source string) string {
	return `helpdesk_conversations_opened_total{arrival="late",channel="email",source="` + source + `",started_by="customer",team="General"} 1`
}

func TestReloadByChannel(t *testing.T) {
	t.Parallel()
	url := serve(t, requestTracker(simulated(0, true, handedOver)))
	e := start(t, one("shop", url))
	e.ready()

	e.configure(one("store", url))
	e.reload <- struct{}{}
	text := e.wait("/metrics", "the source under its new name", holds(opened("store"))).body
	if strings.Contains(text, `source="shop"`) {
		t.Error("the old name is still there")
	}
	if !strings.Contains(text, reloaded) {
		t.Errorf("no %s", reloaded)
	}
}

func TestReloadOverHTTP(t *testing.T) {
	t.Parallel()
	url := serve(t, requestTracker(simulated(0, true, handedOver)))
	t.Run("it is off", func(t *testing.T) {
		t.Parallel()
		e := start(t, one("shop", url))
		e.ready()
		for _, method := range []string{http.MethodPost, http.MethodPut} {
			if a := e.do(method, "/-/reload", ""); a.code != http.StatusForbidden || !strings.Contains(a.body, "--web.enable-lifecycle") {
				t.Errorf("%s: %d %q", method, a.code, a.body)
			}
		}
	})
	t.Run("a configuration that cannot be used keeps the last good one", func(t *testing.T) {
		t.Parallel()
		e := start(t, one("shop", url), withLifecycle)
		e.ready()
		for _, bad := range []string{"sources: [{name: shop}]", "nonsense: true", one("shop", url) + "\nstate: {path: other.db}"} {
			e.configure(bad)
			a := e.do(http.MethodPost, "/-/reload", "")
			if a.code != http.StatusInternalServerError || !strings.Contains(a.body, "configuration not reloaded: ") {
				t.Errorf("%q: %d %q", bad, a.code, a.body)
			}
			text := e.wait("/metrics", "the source of the last good configuration", holds(`helpdesk_source_fresh{source="shop"} 1`)).body
			if !strings.Contains(text, notReloaded) {
				t.Errorf("%q: no %s", bad, notReloaded)
			}
		}
		e.configure(one("shop", url))
		if a := e.do(http.MethodPut, "/-/reload", ""); a.code != http.StatusOK {
			t.Errorf("a good one: %d %q", a.code, a.body)
		}
		if !strings.Contains(e.get("/metrics").body, reloaded) {
			t.Errorf("no %s", reloaded)
		}
	})
	t.Run("a running exporter keeps its ledger", func(t *testing.T) {
		t.Parallel()
		e := start(t, one("shop", url), withLifecycle)
		e.ready()
		e.configure(strings.Replace(one("shop", url), "ledger.db", "other.db", 1))
		if a := e.do(http.MethodPost, "/-/reload", ""); !strings.Contains(a.body, "a running exporter keeps its ledger; restart it to use another") {
			t.Errorf("%d %q", a.code, a.body)
		}
	})
}

func TestASourceThatIsRemovedAndComesBack(t *testing.T) {
	t.Parallel()
	shop, other := serve(t, requestTracker(simulated(0, true, handedOver))), serve(t, requestTracker(simulated(0, true)))
	both := global + "sources:\n" + rtSource("other", other, rtToken)
	e := start(t, both+rtSource("shop", shop, rtToken), withLifecycle, func(o *Options) { o.CreatedSamples = true })
	e.ready()
	born := regexp.MustCompile(`helpdesk_conversations_opened_created\{arrival="late",channel="email",source="shop",started_by="customer",team="General"\} (\S+)`)
	first := born.FindString(e.do(http.MethodGet, "/metrics", openMetrics).body)
	if first == "" {
		t.Fatal("the counter was never born")
	}

	e.configure(both)
	e.do(http.MethodPost, "/-/reload", "")
	if text := e.get("/metrics").body; strings.Contains(text, `source="shop"`) || !strings.Contains(text, `helpdesk_source_fresh{source="other"} 1`) {
		t.Error("a removed source leaves the metrics, the other one goes on")
	}

	e.configure(both + rtSource("shop", shop, rtToken))
	e.do(http.MethodPost, "/-/reload", "")
	if a := e.get("/-/ready"); a.code != http.StatusOK {
		t.Errorf("ready: %d %q", a.code, a.body)
	}
	if !strings.Contains(e.get("/metrics").body, opened("shop")) {
		t.Error("its counters do not go on where they were")
	}
	if again := born.FindString(e.do(http.MethodGet, "/metrics", openMetrics).body); again != first {
		t.Errorf("start timestamp %s, was %s", again, first)
	}
}

func TestASourceThatIsRemovedAndComesBackOverRestarts(t *testing.T) {
	t.Parallel()
	shop, other := serve(t, requestTracker(simulated(0, true, handedOver))), serve(t, requestTracker(simulated(0, true)))
	both := global + "sources:\n" + rtSource("other", other, rtToken)
	lives := func(e *exporter) []string {
		e.ready()
		var lines []string
		for line := range strings.Lines(e.get("/metrics").body) {
			if strings.Contains(line, `source="shop"`) && !regexp.MustCompile(`^helpdesk_(api|source|sync|collector|last)_`).MatchString(line) {
				lines = append(lines, line)
			}
		}
		e.stop()
		return lines
	}
	e := start(t, both+rtSource("shop", shop, rtToken))
	before := lives(e)
	if !slices.Contains(before, opened("shop")+"\n") {
		t.Fatalf("no %s in\n%s", opened("shop"), before)
	}
	e.configure(both)
	if lines := lives(startIn(t, e.dir)); len(lines) > 0 {
		t.Errorf("a source that was removed shows\n%s", lines)
	}
	e.configure(both + rtSource("shop", shop, rtToken))
	if diff := cmp.Diff(before, lives(startIn(t, e.dir))); diff != "" {
		t.Errorf("the source that came back (-before +after):\n%s", diff)
	}
}

func TestARestartIsNoReset(t *testing.T) {
	t.Parallel()
	url := serve(t, requestTracker(simulated(1, true, handedOver)))
	facts := func(e *exporter) string {
		var lines []string
		for line := range strings.Lines(e.do(http.MethodGet, "/metrics", openMetrics).body) {
			if regexp.MustCompile(`^helpdesk_(sla|messages|conversations_(opened|closed)|response_seconds|late)`).MatchString(line) {
				line, _, _ = strings.Cut(line, " # ") // exemplars are not kept
				lines = append(lines, strings.TrimSpace(line))
			}
		}
		return strings.Join(lines, "\n")
	}
	e := start(t, one("shop", url), func(o *Options) { o.CreatedSamples = true })
	e.ready()
	before := facts(e)
	e.stop()
	e = startIn(t, e.dir, func(o *Options) { o.CreatedSamples = true })
	if a := e.wait("/-/ready", "an answer", func(answer) bool { return true }); a.code != http.StatusOK {
		t.Errorf("a restarted exporter is ready at once: %d %q", a.code, a.body)
	}
	if before == "" || before != facts(e) {
		t.Errorf("before the restart:\n%s\nafter it:\n%s", before, facts(e))
	}
}
