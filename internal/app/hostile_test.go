package app

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/simulator"
)

// quote is what a helpdesk may say of its customers where nobody asked for it.
func quote(secret string) string { return strings.Join(append(simulator.Planted(), secret), " ") }

// angry lets two of three requests fail, in another way each time: errors, pages,
// broken JSON and redirects, all of which quote customers and the secret.
type angry struct {
	next      http.Handler
	secret    string
	n, failed atomic.Int64
}

func (a *angry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if a.n.Add(1)%3 == 0 {
		a.next.ServeHTTP(w, r)
		return
	}
	failures := a.failures()
	failures[int(a.failed.Add(1))%len(failures)](w, r, quote(a.secret))
}

// spent reports whether it has failed in every way.
func (a *angry) spent() bool { return a.failed.Load() > int64(len(a.failures())) }

type failing func(w http.ResponseWriter, r *http.Request, said string)

func (a *angry) failures() []failing {
	all := []failing{
		func(w http.ResponseWriter, _ *http.Request, said string) {
			say(w, 200, "text/html", "<h1>"+said+"</h1>")
		},
		func(w http.ResponseWriter, _ *http.Request, said string) { say(w, 200, jsonType, said) },
		func(w http.ResponseWriter, _ *http.Request, said string) {
			say(w, 200, jsonType, fmt.Sprintf("%q", said))
		},
		func(w http.ResponseWriter, _ *http.Request, said string) {
			say(w, 200, jsonType, fmt.Sprintf("[[%q]]", said))
		},
		func(w http.ResponseWriter, r *http.Request, said string) {
			body := answered(a.next, r).Body.Bytes()
			say(w, 200, jsonType, string(body[:len(body)/2]))
		},
		func(w http.ResponseWriter, r *http.Request, said string) {
			say(w, 200, jsonType, answered(a.next, r).Body.String()+said)
		},
		func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("Content-Encoding", said)
			say(w, 200, jsonType, "{}")
		},
		func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("Content-Encoding", "gzip")
			say(w, 200, jsonType, said)
		},
		func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("Content-Encoding", "gzip")
			var b bytes.Buffer
			z := gzip.NewWriter(&b)
			_, _ = z.Write([]byte(said)) // a buffer
			_ = z.Close()
			say(w, 200, jsonType, b.String())
		},
		func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("Location", "https://bot:"+a.secret+"@elsewhere.invalid/?"+strings.ReplaceAll(said, " ", "+"))
			w.WriteHeader(http.StatusFound)
		},
		func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("Location", "/"+strings.ReplaceAll(said, " ", "+"))
			w.WriteHeader(http.StatusTemporaryRedirect)
		},
	}
	for _, code := range []int{400, 401, 403, 404, 409, 418, 422, 429, 500, 503} {
		all = append(all, func(w http.ResponseWriter, _ *http.Request, said string) {
			w.Header().Set("WWW-Authenticate", said)
			w.Header().Set("Retry-After", said)
			body, _ := json.Marshal(map[string]any{"error": said, "errors": []any{map[string]any{"message": said, "field": said}}, "message": said})
			say(w, code, jsonType, string(body))
		})
	}
	return all
}

const jsonType = "application/json"

func say(w http.ResponseWriter, code int, kind, body string) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(code)
	_, _ = w.Write([]byte(body)) // the client may be gone
}

// answered is what a handler answers.
func answered(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// garbled says words of customers' in every field of the rows of every list:
// each list comes with a copy of its first row for each field of it, in which
// that field holds them. Ids stay, or nothing would be about anything, and names:
// those of teams are kept, and those of customers have such words anyway.
type garbled struct {
	next   http.Handler
	secret string

	mu    sync.Mutex
	lists map[string]int // by their fields: how many those are
}

func (g *garbled) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a := answered(g.next, r)
	body := simulator.EditRows(a.Body.Bytes(), func(rows []any) []any {
		paths := leaves(rows[0], nil)
		g.mu.Lock()
		g.lists[fmt.Sprint(paths)] = len(paths)
		g.mu.Unlock()
		for _, path := range paths {
			row := copied(rows[0])
			plant(row, path, quote(g.secret)+" "+strings.Join(path, "."))
			rows = append(rows, row)
		}
		return rows
	})
	maps.Copy(w.Header(), a.Header())
	w.Header().Del("Content-Length")
	w.WriteHeader(a.Code)
	_, _ = w.Write(body) // the client may be gone
}

// fields is how many fields of how many lists were garbled.
func (g *garbled) fields() (lists, fields int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, n := range g.lists {
		fields += n
	}
	return len(g.lists), fields
}

// leaves are the paths of the single values in a row, without ids and names.
func leaves(v any, at []string) [][]string {
	switch v := v.(type) {
	case map[string]any:
		var all [][]string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			if !strings.EqualFold(k, "id") && !strings.EqualFold(k, "name") {
				all = append(all, leaves(v[k], append(slices.Clone(at), k))...)
			}
		}
		return all
	case []any:
		if len(v) > 0 {
			return leaves(v[0], append(slices.Clone(at), ""))
		}
	}
	return [][]string{at}
}

func plant(v any, path []string, word string) {
	for len(path) > 1 {
		switch x := v.(type) {
		case map[string]any:
			v = x[path[0]]
		case []any:
			v = x[0]
		}
		path = path[1:]
	}
	switch x := v.(type) {
	case map[string]any:
		x[path[0]] = word
	case []any:
		x[0] = word
	}
}

func copied(v any) any {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // it was JSON a moment ago
	}
	var c any
	if err := json.Unmarshal(b, &c); err != nil {
		panic(err)
	}
	return c
}
