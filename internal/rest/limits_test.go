package rest

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
)

// zipped compresses a text that is repeated, in little time.
func zipped(text string, times int) []byte {
	var one bytes.Buffer
	z := gzip.NewWriter(&one)
	_, _ = io.WriteString(z, text)
	_ = z.Close()
	return bytes.Repeat(one.Bytes(), times) // gzip's members follow one another
}

// TestAnAnswerCostsNoMoreThanTheLimits: a helpdesk, or who poses as one, that
// sends more than anybody could want is refused, and at once.
func TestAnAnswerCostsNoMoreThanTheLimits(t *testing.T) {
	const mebi = 1 << 20
	blank := strings.Repeat(" ", mebi)
	bomb := zipped(blank, 1024) // 1 GiB in 1 MiB
	endless := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, blank)
		}
	}
	for name, tc := range map[string]struct {
		answer   http.HandlerFunc
		attempts int
		want     string
	}{
		"a decompression bomb": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = w.Write(bomb)
		}, 1, "/e: decode (HTTP 200): answer is larger than the limit"},
		"a bomb in a bomb is not opened": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			w.Header().Set("Content-Encoding", "gzip, gzip")
			_, _ = w.Write(bomb)
		}, 3, "/e: decode (HTTP 200): answer is compressed in a way that was not asked for"},
		"a bomb as a refusal is not opened": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write(bomb)
		}, 1, "/e: forbidden (HTTP 403): the account's plan or rights do not allow this"},
		"a body that never ends":    {endless, 1, "/e: decode (HTTP 200): answer is larger than the limit"},
		"a refusal that never ends": {func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNotFound); endless(w, r) }, 1, "/e: gone (HTTP 404)"},
		"a header that never ends": {func(w http.ResponseWriter, _ *http.Request) {
			conn, rw, err := w.(http.Hijacker).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			defer conn.Close()
			for _, err := rw.WriteString("HTTP/1.1 200 OK\r\n"); err == nil; _, err = rw.WriteString("X-Filler: " + blank[:1000] + "\r\n") {
			}
		}, 3, "/e: network: the connection failed"},
		"lists in lists": {func(w http.ResponseWriter, _ *http.Request) {
			writeJSON(w, strings.Repeat("[", 8*mebi))
		}, 3, "/e: decode (HTTP 200): malformed JSON at byte 10001"},
	} {
		t.Run(name, func(t *testing.T) {
			o := &log{}
			c := serve(t, Options{Observer: o}, tc.answer)
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			var out []json.RawMessage
			e := asError(t, c.Do(context.Background(), Request{Endpoint: "/e"}, &out))
			runtime.ReadMemStats(&after)
			if e.Error() != tc.want {
				t.Errorf("got  %q\nwant %q", e, tc.want)
			}
			if len(o.requests) != tc.attempts {
				t.Errorf("%d attempts, want %d", len(o.requests), tc.attempts)
			}
			// json reads a value into one buffer, which doubles as it grows.
			if took := after.TotalAlloc - before.TotalAlloc; took > 8*DefaultBodyLimit {
				t.Errorf("%d MiB of memory were asked for in all", took/mebi)
			}
		})
	}
}
