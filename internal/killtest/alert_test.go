package killtest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// alertmanager takes alerts, and sees when it would have to notify people twice
// of the same.
type alertmanager struct {
	t      *testing.T
	server *httptest.Server

	mu       sync.Mutex
	alerts   map[string]posted // the last of each set of labels
	notified int               // alerts by conversation that began to fire
	resolved int
}

type posted struct {
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
	StartsAt    time.Time         `json:"startsAt"`
	EndsAt      time.Time         `json:"endsAt"`
}

func (p posted) fires() bool { return p.EndsAt.After(time.Now()) }

func newAlertmanager(t *testing.T) *alertmanager {
	a := &alertmanager{t: t, alerts: map[string]posted{}}
	a.server = httptest.NewServer(a)
	t.Cleanup(a.server.Close)
	return a
}

func (a *alertmanager) ServeHTTP(_ http.ResponseWriter, r *http.Request) {
	var list []posted
	if json.NewDecoder(r.Body).Decode(&list) != nil {
		return // the child was killed while it wrote
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, p := range list {
		a.take(p)
	}
}

func (a *alertmanager) take(p posted) {
	id := fmt.Sprint(p.Labels) // sorted
	old, known := a.alerts[id]
	a.alerts[id] = p
	switch {
	case known && p.fires() && old.fires() && !p.StartsAt.Equal(old.StartsAt):
		a.t.Errorf("%s starts at %s, and did at %s: that is another alert", id, p.StartsAt, old.StartsAt)
	case known && p.fires() && !old.fires() && p.StartsAt.Equal(old.StartsAt):
		a.t.Errorf("%s from %s fires again after it was resolved: people are told twice", id, p.StartsAt)
	case p.fires() && !old.fires() && p.Labels["conversation"] != "":
		a.notified++
	case !p.fires() && old.fires():
		a.resolved++
	}
}

// breached counts what is past its deadline by what fires, by channel and clock.
func (a *alertmanager) breached() map[string]int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n := map[string]int{}
	for _, p := range a.alerts {
		k := p.Labels["channel"] + " " + p.Labels["clock"]
		switch p.Labels["alertname"] {
		case kpi.AlertBreached:
			if p.fires() {
				n[k]++
			}
		case kpi.AlertBreachedMany:
			if count, _ := strconv.Atoi(p.Annotations["count"]); p.fires() {
				n[k] += count
			}
		}
	}
	return n
}

// past counts the same by the exporter's gauges; nil while there are none.
func past(families []*dto.MetricFamily) map[string]int {
	var n map[string]int
	for _, f := range families {
		if f.GetName() != kpi.PastTier.Name {
			continue
		}
		n = map[string]int{}
		for _, m := range f.GetMetric() {
			l := map[string]string{}
			for _, p := range m.GetLabel() {
				l[p.GetName()] = p.GetValue()
			}
			if count := int(m.GetGauge().GetValue()); l["tier"] == kpi.AboveAverage.String() && count > 0 {
				n[l["channel"]+" "+l["clock"]] += count
			}
		}
	}
	return n
}

// settled waits until what fires is what is past its deadline.
func (a *alertmanager) settled(t *testing.T, v *victim) {
	t.Helper()
	left, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var want, got map[string]int
	v.gathered(left, func(families []*dto.MetricFamily) bool {
		want, got = past(families), a.breached()
		return want != nil && maps.Equal(want, got)
	})
	if diff := cmp.Diff(want, got); diff != "" || len(want) == 0 {
		t.Fatalf("what fires is not what is past its deadline (-gauges +alerts, of channels and clocks):\n%s", diff)
	}
}

func TestKillsForgetNoAlertAndNotifyNobodyTwice(t *testing.T) { eachLedger(t, killWhilePushing) }

func killWhilePushing(t *testing.T, p place) {
	kills := p.alertKills
	w, am := newWorld(t), newAlertmanager(t)
	ledger := p.fresh(t)
	r := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 2))
	at, inside := opens.Add(history), 0
	for i := range kills {
		at = at.Add(time.Duration(1+r.IntN(10)) * time.Minute) // what falls due meanwhile is not late
		w.jump(at)
		switch i % 4 {
		case 0:
			v := birth(t, ledger, w.server.URL, am.server.URL, 0)
			v.lives(t, r, 0, p.life, func(context.Context) {})
		case 3:
			v := birth(t, ledger, w.server.URL, am.server.URL, 0)
			am.settled(t, v)
			v.kill(t)
		default:
			n := 1 + r.IntN(mostSteps)
			v := birth(t, ledger, w.server.URL, am.server.URL, n)
			v.lives(t, r, n, p.life, func(context.Context) {})
			if v.pipe.inside {
				inside++
			}
		}
	}
	t.Logf("%d kills, %d of them in a transaction; %d alerts by conversation, %d resolutions", kills, inside, am.notified, am.resolved)
	if least := max(1, kills/20); am.notified < least || am.resolved < least || inside < least {
		t.Error("that is too little for a proof")
	}
}
