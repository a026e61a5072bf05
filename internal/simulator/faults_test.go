package simulator

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// three is an API with a list of three rows.
func three() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", "Mon, 02 Mar 2026 08:00:00 GMT")
		_, _ = io.WriteString(w, `{"data":[{"id":1,"status":"open"},{"id":2,"status":"open"},{"id":3,"status":"open"}],"page":"`+r.URL.Query().Get("page")+`"}`)
	})
}

func TestFaults(t *testing.T) {
	tests := []struct {
		name  string
		fault Fault
		code  int
		check func(t *testing.T, h http.Header, body string)
	}{
		{"a code", Fault{Kind: FaultStatus, Code: 503}, 503, func(t *testing.T, h http.Header, _ string) {
			if h.Get("Date") != "Mon, 02 Mar 2026 08:00:00 GMT" {
				t.Errorf("Date %q is not the desk's clock", h.Get("Date"))
			}
		}},
		{"a rate limit", Fault{Kind: FaultStatus, Code: 429, RetryAfter: 7 * time.Second}, 429, func(t *testing.T, h http.Header, _ string) {
			if h.Get("Retry-After") != "7" {
				t.Errorf("Retry-After %q", h.Get("Retry-After"))
			}
		}},
		{"half of the JSON", Fault{Kind: FaultTruncated}, 200, func(t *testing.T, _ http.Header, body string) {
			if json.Valid([]byte(body)) || !strings.HasPrefix(body, `{"data"`) {
				t.Errorf("%s", body)
			}
		}},
		{"a web page", Fault{Kind: FaultHTML}, 200, func(t *testing.T, h http.Header, body string) {
			if h.Get("Content-Type") != "text/html" || !strings.HasPrefix(body, "<!DOCTYPE html>") {
				t.Errorf("%s", body)
			}
		}},
		{"a clock that is ahead", Fault{Kind: FaultSkew, Skew: 90 * time.Second}, 200, func(t *testing.T, h http.Header, _ string) {
			if h.Get("Date") != "Mon, 02 Mar 2026 08:01:30 GMT" {
				t.Errorf("Date %q", h.Get("Date"))
			}
		}},
		{"a row twice", Fault{Kind: FaultDuplicateRow}, 200, rows(4, func(ids map[string]int, _ string) bool { return len(ids) == 3 })},
		{"a row too few", Fault{Kind: FaultMissingRow}, 200, rows(2, func(ids map[string]int, _ string) bool { return len(ids) == 2 })},
		{"no rows", Fault{Kind: FaultEmptyPage}, 200, rows(0, func(ids map[string]int, _ string) bool { return len(ids) == 0 })},
		{"a row that is none", Fault{Kind: FaultBadRecord}, 200, rows(3, func(ids map[string]int, _ string) bool { return ids[`"not-a-number"`] == 1 })},
		{"a null", Fault{Kind: FaultNull, Field: "status"}, 200, rows(3, func(_ map[string]int, body string) bool {
			return strings.Count(body, `"status":null`) == 3
		})},
		{"a word that nobody knows", Fault{Kind: FaultUnknown}, 200, rows(3, func(_ map[string]int, body string) bool {
			return strings.Count(body, `"status":"quantum-entangled"`) == 3
		})},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			w := httptest.NewRecorder()
			Faults(three(), 1, tc.fault).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/tickets", nil))
			if w.Code != tc.code {
				t.Errorf("code %d, want %d", w.Code, tc.code)
			}
			if tc.check != nil {
				tc.check(t, w.Header(), w.Body.String())
			}
		})
	}
}

func rows(n int, ok func(ids map[string]int, body string) bool) func(*testing.T, http.Header, string) {
	return func(t *testing.T, _ http.Header, body string) {
		t.Helper()
		var o struct {
			Data []struct {
				ID json.RawMessage `json:"id"`
			} `json:"data"`
		}
		if err := json.Unmarshal([]byte(body), &o); err != nil {
			t.Fatal(err)
		}
		ids := map[string]int{}
		for _, r := range o.Data {
			ids[string(r.ID)]++
		}
		if len(o.Data) != n || !ok(ids, body) {
			t.Errorf("%s", body)
		}
	}
}

func TestThePageBeforeComesAgain(t *testing.T) {
	h := Faults(three(), 1, Fault{Kind: FaultSamePage, Skip: 1, Times: 1})
	var got []string
	for _, page := range []string{"a", "b", "c"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/api/tickets?page="+page, nil))
		got = append(got, w.Body.String()[strings.Index(w.Body.String(), `"page"`):])
	}
	if diff := cmp.Diff([]string{`"page":"a"}`, `"page":"a"}`, `"page":"c"}`}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFaultsByPlan(t *testing.T) {
	h := Faults(three(), 1,
		Fault{Kind: FaultStatus, Code: 500, Path: "/api/events", Skip: 1, Times: 2},
		Fault{Kind: FaultStatus, Code: 401, Path: "/api/users"})
	var got []int
	for _, path := range []string{"/api/events", "/api/tickets", "/api/events", "/api/events", "/api/events", "/api/users"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		got = append(got, w.Code)
	}
	if diff := cmp.Diff([]int{200, 200, 500, 500, 200, 401}, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestFaultsByChanceAreTheSameForASeed(t *testing.T) {
	run := func(seed uint64) (codes []int) {
		h := Faults(three(), seed, Fault{Kind: FaultStatus, Code: 500, Chance: 0.3})
		for range 200 {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/", nil))
			codes = append(codes, w.Code)
		}
		return codes
	}
	a := run(1)
	failed := 0
	for _, c := range a {
		if c == 500 {
			failed++
		}
	}
	if !cmp.Equal(a, run(1)) || cmp.Equal(a, run(2)) || failed < 40 || failed > 80 {
		t.Errorf("%d of 200 failed at a chance of 0.3", failed)
	}
}

func TestConnectionsBreakAndAnswersAreSlow(t *testing.T) {
	s := httptest.NewServer(Faults(three(), 1,
		Fault{Kind: FaultReset, Path: "/broken"}, Fault{Kind: FaultSlow, Path: "/slow", Delay: time.Hour}))
	defer s.Close()
	if res, err := http.Get(s.URL + "/broken"); err == nil {
		res.Body.Close()
		t.Error("the connection did not break")
	}
	c := http.Client{Timeout: 50 * time.Millisecond}
	res, err := c.Get(s.URL + "/slow")
	var timeout interface{ Timeout() bool }
	if !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Errorf("err = %v, want a timeout", err)
	}
	if err == nil {
		res.Body.Close()
	}
}

func TestParseFaults(t *testing.T) {
	got, err := ParseFaults("500:0.02, 429=20s@/api/events,slow=3s:0.1,truncated")
	if err != nil {
		t.Fatal(err)
	}
	want := []Fault{
		{Kind: FaultStatus, Code: 500, Chance: 0.02},
		{Kind: FaultStatus, Code: 429, Chance: 0.01, Path: "/api/events", RetryAfter: 20 * time.Second},
		{Kind: FaultSlow, Chance: 0.1, Delay: 3 * time.Second, Skew: 3 * time.Second},
		{Kind: FaultTruncated, Chance: 0.01},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	for in, want := range map[string]string{
		"200":      `fault "200": 200 is not an HTTP code of a failure`,
		"500:2":    `fault "500:2": chance "2" is not between 0 and 1`,
		"slow=3":   `fault "slow=3": "3" is not a duration such as 3s`,
		"flooding": `fault "flooding": not an HTTP code and not one of bad_record, duplicate_row, empty_page, html, missing_row, null, reset, same_page, skew, slow, truncated, unknown`,
		"slow":     `fault "slow": by how much? write it as slow=3s`,
		"skew:0.5": `fault "skew:0.5": by how much? write it as skew=3s`,
	} {
		if _, err := ParseFaults(in); err == nil || err.Error() != want {
			t.Errorf("ParseFaults(%q) = %v, want %s", in, err, want)
		}
	}
}
