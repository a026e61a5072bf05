package sidecar

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
)

var ctx = context.Background()

// scripted is a Prometheus that answers requests as a script says, and notes when they came. What
// is beyond the script is answered with success.
type scripted struct {
	mu      sync.Mutex
	began   time.Time
	answers []func(*http.Request) (*http.Response, error)
	seen    []string
}

func (p *scripted) RoundTrip(r *http.Request) (*http.Response, error) {
	p.mu.Lock()
	p.seen = append(p.seen, fmt.Sprintf("%s: %s %s", time.Since(p.began).Truncate(time.Second), r.Method, r.URL))
	say := answer(http.StatusOK, "")
	if len(p.answers) > 0 {
		say, p.answers = p.answers[0], p.answers[1:]
	}
	p.mu.Unlock()
	return say(r)
}

// requests returns what was asked since the last call.
func (p *scripted) requests() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	seen := p.seen
	p.seen = nil
	return seen
}

func answer(code int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{
			StatusCode: code, Status: fmt.Sprint(code, " ", http.StatusText(code)), Header: http.Header{"Location": {"http://elsewhere/"}},
			Body: io.NopCloser(strings.NewReader(body)), Request: r,
		}, nil
	}
}

func reset(*http.Request) (*http.Response, error) { return nil, syscall.ECONNRESET }

func hang(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

func newSidecar() *Sidecar { return New("rules", slog.New(slog.DiscardHandler)) }

// lastPart is what an error says after the name of the folder, paths left out.
func lastPart(err error, dir string) string {
	_, text, _ := strings.Cut(fmt.Sprint(err), "write the rules to "+dir+": ")
	text, _, _ = strings.Cut(text, "\n")
	for strings.Contains(text, dir) {
		_, text, _ = strings.Cut(text[strings.Index(text, dir):], ": ")
	}
	return text
}

func target(p *scripted, dir, text string) *Target {
	return &Target{
		Dir: dir, Mark: mark, Reload: &url.URL{Scheme: "http", Host: "prometheus:9090", Path: "/-/reload"},
		Transport: p,
		Files:     func() ([]File, error) { return []File{{"rules.yml", []byte(generated(text))}}, nil },
	}
}

const asked = "POST http://prometheus:9090/-/reload"

// sidecarAtWork runs a sidecar in a bubble until the test ends.
func sidecarAtWork(t *testing.T, p *scripted, first *Target) *Sidecar {
	t.Helper()
	if p.began.IsZero() {
		p.began = time.Now()
	}
	s := newSidecar()
	s.Set(first)
	bounded, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go s.Run(bounded)
	return s
}

func TestPrometheusIsAskedUntilItHasLoadedAndNotAgain(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{answers: []func(*http.Request) (*http.Response, error){
			answer(http.StatusInternalServerError, "failed to reload config: \n one or more errors"), reset, hang, answer(http.StatusFound, ""),
		}}
		s := sidecarAtWork(t, p, target(p, dir, "one"))
		time.Sleep(time.Hour)
		// A failure, the pause after it doubled each time; a request that hangs takes 30 s.
		if d := cmp.Diff([]string{"0s: " + asked, "1s: " + asked, "3s: " + asked, "37s: " + asked, "45s: " + asked}, p.requests()); d != "" {
			t.Errorf("requests (-want +got)\n%s", d)
		}
		s.Set(target(p, dir, "one"))
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string(nil), p.requests()); d != "" {
			t.Errorf("the same files, requests (-want +got)\n%s", d)
		}
		s.Set(target(p, dir, "two"))
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string{"2h0m0s: " + asked}, p.requests()); d != "" {
			t.Errorf("other files, requests (-want +got)\n%s", d)
		}
		if d := cmp.Diff(map[string]string{"rules.yml": mine + generated("two"), loadedName: mine + loadedText}, contents(t, dir)); d != "" {
			t.Errorf("the folder (-want +got)\n%s", d)
		}
	})
}

func TestWhatWasNotLoadedIsLoadedAfterARestart(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{answers: []func(*http.Request) (*http.Response, error){reset}}
		s := newSidecar()
		s.Set(target(p, dir, "one"))
		if err := s.round(ctx); !errors.Is(err, syscall.ECONNRESET) {
			t.Fatalf("the first round: %v", err)
		}
		// Here the exporter is killed.
		p.requests()
		sidecarAtWork(t, p, target(p, dir, "one"))
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string{"0s: " + asked}, p.requests()); d != "" {
			t.Errorf("after the restart, requests (-want +got)\n%s", d)
		}
		sidecarAtWork(t, p, target(p, dir, "one"))
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string(nil), p.requests()); d != "" {
			t.Errorf("after another restart, requests (-want +got)\n%s", d)
		}
	})
}

func TestAFileThatSomebodyRemovesComesBack(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{}
		sidecarAtWork(t, p, target(p, dir, "one"))
		synctest.Wait()
		p.requests()
		if err := os.Remove(filepath.Join(dir, "rules.yml")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string{"1m0s: " + asked}, p.requests()); d != "" {
			t.Errorf("requests (-want +got)\n%s", d)
		}
		if d := cmp.Diff(map[string]string{"rules.yml": mine + generated("one"), loadedName: mine + loadedText}, contents(t, dir)); d != "" {
			t.Errorf("the folder (-want +got)\n%s", d)
		}
	})
}

func TestAFolderThatComesLater(t *testing.T) {
	parent := filepath.Join(t.TempDir(), "volume")
	dir := filepath.Join(parent, "rules")
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{}
		sidecarAtWork(t, p, target(p, dir, "one"))
		time.Sleep(10 * time.Second)
		if err := os.Mkdir(parent, 0o755); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if d := cmp.Diff([]string{"15s: " + asked}, p.requests()); d != "" { // 0, 1, 3, 7, 15
			t.Errorf("requests (-want +got)\n%s", d)
		}
	})
}

func TestWithoutATargetNothingIsDone(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		p := &scripted{}
		s := sidecarAtWork(t, p, target(p, dir, "one"))
		synctest.Wait()
		p.requests()
		s.Set(nil)
		if err := os.Remove(filepath.Join(dir, "rules.yml")); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Hour)
		if d := cmp.Diff(map[string]string{loadedName: mine + loadedText}, contents(t, dir)); d != "" {
			t.Errorf("the folder (-want +got)\n%s", d)
		}
		if n := testutil.CollectAndCount(s); n != 0 || p.requests() != nil {
			t.Errorf("%d metrics, or a request", n)
		}
	})
}

func TestReasonsOfFailures(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		want   string
	}{
		{
			"Prometheus refuses the rules", answer(http.StatusInternalServerError, "failed to reload config: \n\tone or more errors\n"),
			"have the rules loaded: POST http://prometheus:9090/-/reload: 500 Internal Server Error: failed to reload config: one or more errors",
		},
		{
			"the answer has no end", answer(http.StatusBadGateway, strings.Repeat("x", 1<<20)),
			"have the rules loaded: POST http://prometheus:9090/-/reload: 502 Bad Gateway: " + strings.Repeat("x", reasonSize),
		},
		{
			"its lifecycle API is off", answer(http.StatusForbidden, "Lifecycle API is not enabled."),
			"have the rules loaded: POST http://prometheus:9090/-/reload: 403 Forbidden: start it with --web.enable-lifecycle, and check sidecar.prometheus_reload_url",
		},
		{
			"the credentials are wrong", answer(http.StatusUnauthorized, "Unauthorized"),
			"have the rules loaded: POST http://prometheus:9090/-/reload: 401 Unauthorized: check the credentials in sidecar",
		},
		{"it is not followed elsewhere", answer(http.StatusFound, ""), "have the rules loaded: POST http://prometheus:9090/-/reload: 302 Found: "},
		{"the connection breaks", reset, `have the rules loaded: Post "http://prometheus:9090/-/reload": connection reset by peer`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s := newSidecar()
			s.Set(target(&scripted{answers: []func(*http.Request) (*http.Response, error){c.answer}}, t.TempDir(), "one"))
			if d := cmp.Diff(c.want, fmt.Sprint(s.round(ctx))); d != "" {
				t.Errorf("(-want +got)\n%s", d)
			}
		})
	}
}

func TestFilesThatCannotBeMadeLeaveTheFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	fill(t, dir, map[string]string{"rules.yml": generated("old")})
	s := newSidecar()
	s.Set(&Target{Dir: dir, Mark: mark, Files: func() ([]File, error) { return nil, errors.New("an objective that cannot fire") }})
	if err := s.round(ctx); fmt.Sprint(err) != "make the rules: an objective that cannot fire" {
		t.Errorf("got %v", err)
	}
	if d := cmp.Diff(map[string]string{"rules.yml": theirs + generated("old")}, contents(t, dir)); d != "" {
		t.Errorf("the folder (-want +got)\n%s", d)
	}
}

func TestMetrics(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { // the bubble's clock begins with the year 2000
		p := &scripted{answers: []func(*http.Request) (*http.Response, error){reset}}
		s := newSidecar()
		compare := func(when, want string) {
			t.Helper()
			want = strings.ReplaceAll(want, "} ", `{output="rules"} `)
			if err := testutil.CollectAndCompare(s, strings.NewReader(want)); err != nil {
				t.Errorf("%s: %v", when, err)
			}
		}
		s.Set(target(p, filepath.Join(dir, "missing", "rules"), "one"))
		_ = s.round(ctx) // the error is on the metrics
		compare("a folder is missing", writeSuccessful+"} 0\n"+reloads+"} 0\n"+reloadsFailed+"} 0\n")
		s.Set(target(p, dir, "one"))
		_ = s.round(ctx)
		compare("Prometheus is away", writeSuccessful+"} 1\n"+writeTimestamp+"} 9.466848e+08\n"+
			reloadSuccessful+"} 0\n"+reloads+"} 1\n"+reloadsFailed+"} 1\n")
		time.Sleep(time.Second)
		_ = s.round(ctx)
		compare("all is well", writeSuccessful+"} 1\n"+writeTimestamp+"} 9.46684801e+08\n"+
			reloadSuccessful+"} 1\n"+reloadTimestamp+"} 9.46684801e+08\n"+reloads+"} 2\n"+reloadsFailed+"} 1\n")
	})
}
