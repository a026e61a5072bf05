package alert_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/kpi"
)

// breachedC is what is told of a chat that asks at 1 min and gets no answer.
var breachedC = []string{
	"4m45s firing DueSoon c first_response", "6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
}

func TestARestartNotifiesNobodyTwiceAndForgetsNothing(t *testing.T) {
	for _, tc := range []struct {
		name string
		stop time.Duration // when the exporter stops
		down time.Duration // how long
	}{
		{"before the warning", 4 * mins, 10 * second},
		{"while it warns", 5 * mins, 10 * second},
		{"after the breach", 7 * mins, 10 * second},
		{"after the breach, for most of an hour", 7 * mins, 55 * mins},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				w.desk.asks("c", chat, w.at(mins))
				w.until(tc.stop)
				for range 3 {
					w.restart(tc.down / 3)
				}
				w.until(tc.stop + 3*hour)
				w.told(breachedC...)
				w.desk.replies("c", w.at(tc.stop+3*hour+second))
				w.until(tc.stop + 3*hour + mins)
				if firing := w.ams[0].firing(); len(firing) > 0 {
					t.Errorf("after the reply %v fires", firing)
				}
			})
		})
	}
}

// TestEveryInstantOfACrash stops the exporter within the moments around a
// deadline: before, while, and after the helpdesk is read, the ledger written,
// the alert sent and its acceptance heard.
func TestEveryInstantOfACrash(t *testing.T) {
	for step := range 30 {
		t.Run(fmt.Sprint(step), func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				w.ams[0].latency = 50 * time.Millisecond
				w.desk.asks("c", chat, w.at(mins))
				w.until(6*mins - 50*time.Millisecond + time.Duration(step)*10*time.Millisecond)
				w.restart(0)
				w.until(10 * mins)
				want := slices.Clone(breachedC)
				got := slices.Clone(w.ams[0].told)
				slices.Sort(want)
				slices.Sort(got)
				if diff := cmp.Diff(want, got); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestAReplyWhileTheExporterIsDownIsResolvedAfterwards(t *testing.T) {
	in(t, func(w *world) {
		w.desk.asks("c", chat, w.at(mins))
		w.desk.replies("c", w.at(20*mins))
		w.until(10 * mins)
		w.restart(30 * mins)
		w.until(50 * mins)
		w.told(append(slices.Clone(breachedC), "40m0s resolved Breached c first_response")...)
	})
}

func TestAnAlertmanagerThatIsDownGetsThemWhenItIsBack(t *testing.T) {
	two := func(w *world) { w.ams = append(w.ams, newAlertmanager(w.t, w.turn)) }
	in(t, func(w *world) {
		w.ams[1].down = true
		w.desk.asks("c", chat, w.at(mins))
		w.desk.asks("answered", chat, w.at(mins+second))
		w.desk.replies("answered", w.at(10*mins))
		w.until(20 * mins)
		want := []string{
			"4m45s firing DueSoon c first_response", "4m46s firing DueSoon answered first_response",
			"6m0s firing Breached c first_response", "6m0s resolved DueSoon c first_response",
			"6m1s firing Breached answered first_response", "6m1s resolved DueSoon answered first_response",
			"10m0s resolved Breached answered first_response",
		}
		if diff := cmp.Diff(want, w.ams[0].told); diff != "" {
			t.Errorf("the one that is up has told (-want +got)\n%s", diff)
		}
		if results, _ := w.pushed(); results["unreachable"] == 0 || results["accepted"] == 0 || results["refused"] != 0 {
			t.Errorf("results %v", results)
		}
		if n := strings.Count(w.logs.String(), "alerts not accepted"); n != 1 {
			t.Errorf("logged %d times that it is down, want once\n%s", n, w.logs)
		}
		w.restart(second)
		w.until(30 * mins)
		w.ams[1].down = false
		w.until(31 * mins)
		if diff := cmp.Diff([]string{"Breached c first_response"}, w.ams[1].firing()); diff != "" {
			t.Errorf("the one that is back (-want +got)\n%s", diff)
		}
		w.desk.replies("c", w.at(32*mins))
		w.until(33 * mins)
		for i, a := range w.ams {
			if firing := a.firing(); len(firing) > 0 {
				t.Errorf("Alertmanager %d: after the reply %v fires", i, firing)
			}
		}
	}, two)
}

func TestAnAlertmanagerThatFailsHoldsUpNoOther(t *testing.T) {
	for name, tc := range map[string]struct{ fail, heal func(*alertmanager) }{
		"slower than it is waited for": {func(a *alertmanager) { a.latency = 5 * mins }, func(a *alertmanager) { a.latency = 0 }},
		"HTTP 500":                     {func(a *alertmanager) { a.code = 500 }, func(a *alertmanager) { a.code = 0 }},
		"HTTP 503":                     {func(a *alertmanager) { a.code = 503 }, func(a *alertmanager) { a.code = 0 }},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				tc.fail(w.ams[1])
				w.desk.asks("c", chat, w.at(mins))
				w.until(20 * mins)
				if diff := cmp.Diff(breachedC, w.ams[0].told); diff != "" {
					t.Errorf("the good one (-want +got)\n%s", diff)
				}
				if results, _ := w.pushed(); results["unreachable"] == 0 || results["refused"] != 0 {
					t.Errorf("results %v", results)
				}
				tc.heal(w.ams[1])
				w.until(30 * mins)
				if diff := cmp.Diff([]string{"Breached c first_response"}, w.ams[1].firing()); diff != "" {
					t.Errorf("the one that is good again (-want +got)\n%s", diff)
				}
			}, func(w *world) { w.ams = append(w.ams, newAlertmanager(w.t, w.turn)) })
		})
	}
}

// TestAResolutionIsSentUntilItIsAccepted also over a restart.
func TestAResolutionIsSentUntilItIsAccepted(t *testing.T) {
	in(t, func(w *world) {
		w.desk.asks("c", chat, w.at(mins))
		w.until(7 * mins)
		w.ams[0].down = true
		w.desk.replies("c", w.at(8*mins))
		w.until(9 * mins)
		w.restart(mins)
		w.until(20 * mins)
		w.ams[0].down = false
		w.until(21 * mins)
		if firing := w.ams[0].firing(); len(firing) > 0 {
			t.Errorf("%v fires", firing)
		}
		posts := w.ams[0].posts
		w.until(25 * mins)
		if w.ams[0].posts != posts {
			t.Error("what was accepted is sent on")
		}
	})
}

func TestAlertsThatAreRefused(t *testing.T) {
	t.Run("one alert, for what is in it: the others arrive", func(t *testing.T) {
		in(t, func(w *world) {
			w.ams[0].picky = func(labels map[string]string) bool { return labels["conversation"] == "c3" }
			for i := range 7 {
				w.desk.asks(fmt.Sprintf("c%d", i), chat, w.at(mins))
			}
			w.until(7 * mins)
			want := []string{
				"Breached c0 first_response", "Breached c1 first_response", "Breached c2 first_response",
				"Breached c4 first_response", "Breached c5 first_response", "Breached c6 first_response",
			}
			if diff := cmp.Diff(want, w.ams[0].firing()); diff != "" {
				t.Errorf("(-want +got)\n%s", diff)
			}
			w.ams[0].picky = nil
			w.until(9 * mins)
			if n := len(w.ams[0].firing()); n != 7 {
				t.Errorf("%d alerts fire once nothing is refused any more, want 7", n)
			}
		})
	})
	for _, code := range []int{301, 400, 401, 404} {
		t.Run(fmt.Sprintf("everything, with HTTP %d", code), func(t *testing.T) {
			in(t, func(w *world) {
				w.ams[0].code = code
				w.desk.asks("c", chat, w.at(mins))
				w.until(20 * mins)
				if results, _ := w.pushed(); results["refused"] == 0 || results["accepted"]+results["unreachable"] != 0 {
					t.Errorf("results %v", results)
				}
				if n := strings.Count(w.logs.String(), "alerts not accepted"); n != 1 || w.ams[0].posts > 60 {
					t.Errorf("logged %d times, %d requests\n%s", n, w.ams[0].posts, w.logs)
				}
				w.ams[0].code = 0
				w.until(22 * mins)
				if diff := cmp.Diff([]string{"Breached c first_response"}, w.ams[0].firing()); diff != "" {
					t.Errorf("(-want +got)\n%s", diff)
				}
			})
		})
	}
}

func TestAReloadThatChangesThePromise(t *testing.T) {
	longer := func(w *world) {
		w.policy.Limits[kpi.FirstResponse][helpdesk.ClassRealtime] = kpi.TierLimits{mins, hour, 2 * hour, 3 * hour}
	}
	for _, tc := range []struct {
		name   string
		change func(w *world)
		want   []string
	}{
		{
			"it is promised no more", func(w *world) {
				w.promised = func(helpdesk.Channel, kpi.Clock) (p promiseOf, ok bool) { return p, false }
			},
			[]string{"10m0s resolved Breached c first_response"},
		},
		{"the limit is longer", longer, []string{"10m0s resolved Breached c first_response"}},
		{
			"another tier is promised", func(w *world) {
				w.promised = func(_ helpdesk.Channel, c kpi.Clock) (promiseOf, bool) {
					return promiseOf{Tier: kpi.Stellar}, c != kpi.Resolution
				}
			},
			[]string{"10m0s firing Breached c first_response", "10m0s resolved Breached c first_response"},
		},
		{
			"limits run in support hours, and it is night", func(w *world) { w.policy.Schedule, w.policy.BusinessTime = daytime(w.t), true },
			[]string{"10m0s resolved Breached c first_response"},
		},
		{
			"the severity stays that of the first push", func(w *world) { w.alerting.Breached = "critical" }, nil,
		},
		{"the labels of the metrics are others", func(w *world) { w.labels = nil }, nil},
		{"the source is gone", func(w *world) { w.sources = false }, []string{"10m0s resolved Breached c first_response"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				w.policy.Limits = kpi.DefaultLimits()
				w.desk.asks("c", chat, w.at(mins))
				w.until(10 * mins)
				tc.change(w)
				w.restart(0)
				w.until(12 * mins)
				w.told(append(slices.Clone(breachedC), tc.want...)...)
			})
		})
	}
}

func TestAReloadWhileItWarns(t *testing.T) {
	limit := func(d time.Duration) func(*world) {
		return func(w *world) {
			w.policy.Limits[kpi.FirstResponse][helpdesk.ClassRealtime] = kpi.TierLimits{mins, d, 2 * hour, 3 * hour}
		}
	}
	for _, tc := range []struct {
		name   string
		change func(*world)
		want   []string
	}{
		{"the limit is a shorter one, and has passed", limit(3 * mins), []string{"5m0s firing Breached c first_response", "5m0s resolved DueSoon c first_response"}},
		{"the limit is a longer one", limit(8 * mins), []string{
			"5m0s resolved DueSoon c first_response", "7m0s firing DueSoon c first_response",
			"9m0s firing Breached c first_response", "9m0s resolved DueSoon c first_response",
		}},
		{"there are no warnings any more", func(w *world) { w.alerting.WarnBefore = 0 }, []string{
			"5m0s resolved DueSoon c first_response", "6m0s firing Breached c first_response",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			in(t, func(w *world) {
				w.policy.Limits = kpi.DefaultLimits()
				w.desk.asks("c", chat, w.at(mins))
				w.until(5 * mins)
				tc.change(w)
				w.restart(0)
				w.until(12 * mins)
				w.told(append(slices.Clone(breachedC[:1]), tc.want...)...)
			})
		})
	}
}

// TestAnAlertmanagerThatForgets has its memory lost, by a restart without its
// disk: what fires is there again within a minute.
func TestAnAlertmanagerThatForgets(t *testing.T) {
	in(t, func(w *world) {
		w.desk.asks("c", chat, w.at(mins))
		w.until(20 * mins)
		clear(w.ams[0].alerts)
		w.until(21*mins + second)
		if diff := cmp.Diff([]string{"Breached c first_response"}, w.ams[0].firing()); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	})
}

// TestAResolutionThatNobodyTakesIsGivenUp when the alert has ended by itself at
// the Alertmanager: it leaves the ledger.
func TestAResolutionThatNobodyTakesIsGivenUp(t *testing.T) {
	in(t, func(w *world) {
		w.desk.asks("c", chat, w.at(mins))
		w.until(7 * mins)
		w.ams[0].down = true
		w.desk.replies("c", w.at(8*mins))
		w.until(90 * mins)
		w.ams[0].down = false
		posts := w.ams[0].posts
		w.restart(0)
		w.until(100 * mins)
		if firing := w.ams[0].firing(); len(firing) > 0 || w.ams[0].posts != posts {
			t.Errorf("%v fires, %d requests more", firing, w.ams[0].posts-posts)
		}
	})
}

func TestASourceThatCameBackGoesOn(t *testing.T) {
	in(t, func(w *world) {
		w.desk.asks("c", chat, w.at(mins))
		w.until(10 * mins)
		w.sources = false
		w.restart(0)
		w.until(11 * mins)
		w.sources = true
		w.restart(0)
		w.until(12 * mins)
		w.told(append(slices.Clone(breachedC), "10m0s resolved Breached c first_response", "11m0s firing Breached c first_response")...)
	})
}
