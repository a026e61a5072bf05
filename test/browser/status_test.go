package browser

import (
	"context"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

var update = flag.Bool("update", false, "take the pictures in docs/images anew")

// tab is a tab of a browser, and what went wrong in it.
type tab struct {
	t   *testing.T
	ctx context.Context

	mu       sync.Mutex
	troubles []string
}

// open starts a browser with one tab.
func open(t *testing.T) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]), chromedp.NoSandbox)...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	b := &tab{t: t, ctx: ctx}
	if err := chromedp.Listen(ctx, b.listen); err != nil { // it starts the browser, for as long as the context
		t.Fatalf("start a browser: %v; Debian's package chromium has to be installed", err)
	}
	call(b, network.Enable, network.EnableParams{})
	call(b, log.Enable, cdp.Empty{})
	call(b, runtime.Enable, cdp.Empty{})
	return b
}

func (b *tab) listen(event any) {
	var trouble string
	switch e := event.(type) {
	case *runtime.EventConsoleAPICalled:
		trouble = fmt.Sprintf("console: %s", e.Type)
	case *runtime.EventExceptionThrown:
		trouble = e.ExceptionDetails.Text
	case *log.EventEntryAdded:
		trouble = fmt.Sprintf("log: %s: %s", e.Entry.Level, e.Entry.Text)
	case *network.EventResponseReceived:
		if e.Response.Status == 200 {
			return
		}
		trouble = fmt.Sprintf("%s: %d", e.Response.URL, e.Response.Status)
	default:
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.troubles = append(b.troubles, trouble)
}

// do does something in the tab, which may not take for ever.
func do[T any](b *tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatalf("%s: %v", what, err)
	}
	return v
}

// call sends a command of the browser's protocol.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) {
	b.t.Helper()
	do(b, command.Method, func(ctx context.Context, _ *chromedp.Target) (R, error) { return chromedp.Call(ctx, command, params) })
}

// visit loads a page.
func (b *tab) visit(url string) {
	b.t.Helper()
	do(b, "load "+url, chromedp.Navigate(url))
}

// look is a screen of a size and scheme.
func (b *tab) look(width, height int64, scheme string) {
	b.t.Helper()
	do(b, "set the screen", chromedp.EmulateViewport(width, height))
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}})
}

// eval asks the page. A page's policy does not bind its developer.
func eval[T any](b *tab, script string) T {
	b.t.Helper()
	return do(b, "ask the page: "+script, chromedp.Evaluate[T](script))
}

func (b *tab) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.troubles) > 0 {
		b.t.Errorf("the browser says:\n%s", strings.Join(b.troubles, "\n"))
	}
}

// dull lists the texts whose contrast to what is behind them is below what
// WCAG 2.2 asks for (AA: 4.5, and 3 for large texts).
const dull = `(() => {
  const rgb = c => c.match(/[\d.]+/g).map(Number)
  const light = c => rgb(c).slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0)
  const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if ((rgb(c)[3] ?? 1) > 0) return c } return 'rgb(255, 255, 255)' }
  return [...document.querySelectorAll('body *')]
    .filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) && e.getClientRects().length && e.tagName !== 'PROGRESS')
    .filter(e => {
      const s = getComputedStyle(e), [a, b] = [light(s.color), light(behind(e))].sort((a, b) => b - a)
      return (a + .05) / (b + .05) < (parseFloat(s.fontSize) >= 24 ? 3 : 4.5)
    }).map(e => e.tagName + ': ' + e.textContent.trim())
})()`

// nameless lists what a screen reader could not call by a name.
const nameless = `[...document.querySelectorAll('a, section, nav, th')].filter(e =>
  !(e.getAttribute('aria-label') || document.getElementById(e.getAttribute('aria-labelledby'))?.textContent || e.matches('a, th') && e.textContent.trim())).map(e => e.outerHTML)`

func TestTheStatusPageInABrowser(t *testing.T) {
	s, b := watched(t), open(t)
	until(t, "the queue shows", func() bool {
		b.visit(s.url + "/?refresh=off")
		return eval[int](b, `document.querySelectorAll('tbody th').length`) > 2
	})
	for _, screen := range []struct {
		name, scheme  string
		width, height int64
		background    string
	}{
		{"status", "light", 1400, 900, "rgb(244, 245, 248)"},
		{"status-dark", "dark", 1400, 900, "rgb(18, 22, 29)"},
		{"status-phone", "light", 390, 844, "rgb(244, 245, 248)"},
		{"status-phone-dark", "dark", 320, 640, "rgb(18, 22, 29)"},
	} {
		for _, lang := range []string{"en", "pt-BR", "ru"} {
			b.look(screen.width, screen.height, screen.scheme)
			b.visit(s.url + "/?refresh=off&lang=" + lang)
			if have := eval[string](b, `document.documentElement.lang`); have != lang {
				t.Errorf("%s in %s is in %s", screen.name, lang, have)
			}
			if have := eval[string](b, `getComputedStyle(document.body).backgroundColor`); have != screen.background {
				t.Errorf("%s in %s has the background %s, want %s", screen.name, lang, have, screen.background)
			}
			if wide := eval[[]string](b, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth || e.matches('section') && e.scrollWidth > e.clientWidth).map(e => e.outerHTML)`); len(wide) > 0 {
				t.Errorf("%s in %s is wider than the screen: %.1000s", screen.name, lang, strings.Join(wide, "\n"))
			}
			if texts := eval[[]string](b, dull); len(texts) > 0 {
				t.Errorf("%s in %s is hard to read: %.1000s", screen.name, lang, strings.Join(texts, "\n"))
			}
			if elements := eval[[]string](b, nameless); len(elements) > 0 {
				t.Errorf("%s in %s has no names for: %.1000s", screen.name, lang, strings.Join(elements, "\n"))
			}
			if *update && lang == "en" && !strings.HasSuffix(screen.name, "phone-dark") {
				b.picture("../../docs/images/" + screen.name + ".png")
			}
		}
	}
	b.calm()
}

// picture saves what the tab shows.
func (b *tab) picture(file string) {
	b.t.Helper()
	if err := os.WriteFile(file, do(b, "take a picture", chromedp.CaptureScreenshot()), 0o644); err != nil {
		b.t.Fatal(err)
	}
}

func TestTheStatusPageRefreshesItself(t *testing.T) {
	s, b := watched(t), open(t)
	waiting := func() int { return eval[int](b, `Number(document.querySelector('.big dd')?.textContent ?? -1)`) }
	until(t, "customers wait", func() bool {
		b.visit(s.url + "/?lang=ru")
		return waiting() >= 6
	})
	before := waiting()
	for range 3 {
		s.desk.Play(simulator.Scripted{Lines: []simulator.Line{simulator.Says(time.Second, helpdesk.AuthorCustomer)}})
	}
	until(t, "the page shows more of them by itself", func() bool { return waiting() >= before+3 })
	if lang := eval[string](b, `document.documentElement.lang`); lang != "ru" {
		t.Errorf("after the refresh it is in %s", lang)
	}
	b.calm()
}
