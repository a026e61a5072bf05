package rest

import (
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRequestsAreSentAsDescribed(t *testing.T) {
	type sent struct{ Method, URI, Accept, ContentType, UserAgent, Extra, Body string }
	for name, tc := range map[string]struct {
		base string
		r    Request
		want sent
	}{
		"a list with a query": {
			r:    Request{Path: "/api/tickets", Query: url.Values{"limit": {"100"}, "order_by": {"updated_datetime:desc"}}},
			want: sent{Method: "GET", URI: "/api/tickets?limit=100&order_by=updated_datetime%3Adesc"},
		},
		"below a base with a path": {
			base: "/rt/REST/2.0/", r: Request{Path: "ticket/17"},
			want: sent{Method: "GET", URI: "/rt/REST/2.0/ticket/17"},
		},
		"the base itself": {
			base: "/graphql", r: Request{Method: "POST", Body: map[string]any{"query": "{me}"}},
			want: sent{Method: "POST", URI: "/graphql", ContentType: "application/json", Body: `{"query":"{me}"}`},
		},
		"an encoded id stays encoded": {
			r:    Request{Path: "/contacts/a%2Fb%3Fc"},
			want: sent{Method: "GET", URI: "/contacts/a%2Fb%3Fc"},
		},
		"a header of the vendor's, which may replace ours": {
			r:    Request{Path: "/x", Header: map[string]string{"x-extra": "2.15", "accept": "application/vnd.api+json"}},
			want: sent{Method: "GET", URI: "/x", Accept: "application/vnd.api+json", Extra: "2.15"},
		},
		"a post without a body": {
			r:    Request{Path: "/x", Method: "POST"},
			want: sent{Method: "POST", URI: "/x"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got sent
			c := serve(t, Options{BaseURL: tc.base, UserAgent: "helpdesk_exporter/1.0"}, func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				got = sent{r.Method, r.RequestURI, r.Header.Get("Accept"), r.Header.Get("Content-Type"), r.UserAgent(), r.Header.Get("X-Extra"), string(body)}
				writeJSON(w, `{}`)
			})
			if err := c.Do(context.Background(), tc.r, &struct{}{}); err != nil {
				t.Fatal(err)
			}
			tc.want.UserAgent = "helpdesk_exporter/1.0"
			if tc.want.Accept == "" {
				tc.want.Accept = "application/json"
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestRequestsThatCannotBeMeantAreRefusedUnsent(t *testing.T) {
	c := newClient(t, Options{Transport: transport(func(r *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", r.URL)
		return answer(200, `{}`), nil
	})})
	var out tickets
	for name, tc := range map[string]struct {
		r    Request
		out  any
		want string
	}{
		"an id that climbs":             {Request{Path: "/api/tickets/../users"}, &out, "path holds a dot segment"},
		"an id that climbs in disguise": {Request{Path: "/api/tickets/%2e%2E/users"}, &out, "path holds a dot segment"},
		"a query in the path":           {Request{Path: "/api/tickets?limit=1"}, &out, "path holds a query or a fragment"},
		"an id that is not encoded":     {Request{Path: "/api/tickets/100%"}, &out, "path is not percent-encoded"},
		"a body with GET":               {Request{Path: "/x", Body: 1}, &out, "a GET request cannot carry a body"},
		"a body that is no JSON":        {Request{Path: "/x", Method: "POST", Body: func() {}}, &out, "request body cannot be encoded as JSON"},
		"a target that is no pointer":   {Request{Path: "/x"}, out, "the answer needs a non-nil pointer to decode into"},
		"a target that is nil":          {Request{Path: "/x"}, (*tickets)(nil), "the answer needs a non-nil pointer to decode into"},
	} {
		t.Run(name, func(t *testing.T) {
			tc.r.Endpoint = "/e/{id}"
			e := asError(t, c.Do(context.Background(), tc.r, tc.out))
			if got, want := e.Error(), "/e/{id}: client: "+tc.want; got != want {
				t.Errorf("got %q, want %q", got, want)
			}
		})
	}
}

func TestAnswersReplaceTheTargetWholeOrLeaveItAlone(t *testing.T) {
	for name, tc := range map[string]struct {
		handler http.HandlerFunc
		want    string
		wantErr bool
	}{
		"a good answer replaces it": {
			handler: func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, ` {"data":[{"id":9}]} `+"\n") },
			want:    `{"data":[{"id":9,"status":""}],"meta":{"next_cursor":""}}`,
		},
		"an answer without a content type is JSON if it reads so": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				w.Header()["Content-Type"] = nil
				_, _ = io.WriteString(w, `{}`)
			},
			want: `{"data":null,"meta":{"next_cursor":""}}`,
		},
		"no content is an empty list, not an error": {
			handler: func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
			want:    `{"data":null,"meta":{"next_cursor":"old"}}`,
		},
		"a type error half-way leaves it": {
			handler: func(w http.ResponseWriter, _ *http.Request) {
				writeJSON(w, `{"meta":{"next_cursor":"x"},"data":[{"id":"seven"}]}`)
			},
			want:    `{"data":null,"meta":{"next_cursor":"old"}}`,
			wantErr: true,
		},
		"a compressed answer": {
			handler: func(w http.ResponseWriter, r *http.Request) {
				if r.Header.Get("Accept-Encoding") != "gzip" {
					t.Errorf("Accept-Encoding is %q", r.Header.Get("Accept-Encoding"))
				}
				w.Header().Set("Content-Encoding", "gzip")
				z := gzip.NewWriter(w)
				_, _ = io.WriteString(z, `{"meta":{"next_cursor":"z"}}`)
				_ = z.Close()
			},
			want: `{"data":null,"meta":{"next_cursor":"z"}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := serve(t, Options{}, tc.handler)
			var out tickets
			out.Meta.NextCursor = "old"
			if err := c.Do(context.Background(), getTickets, &out); (err != nil) != tc.wantErr {
				t.Fatal(err)
			}
			if got := mustJSON(t, out); got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
}

func TestAnAnswerThatNobodyWantsIsDropped(t *testing.T) {
	c := serve(t, Options{}, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, "pong") })
	if err := c.Do(context.Background(), getTickets, nil); err != nil {
		t.Fatal(err)
	}
}

func TestABodyOfExactlyTheLimitIsRead(t *testing.T) {
	for size, want := range map[int64]Reason{int64(len(ticketsJSON)): "", int64(len(ticketsJSON)) - 1: ReasonDecode} {
		o := &log{}
		c := serve(t, Options{BodyLimit: size, Observer: o}, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, ticketsJSON) })
		var out tickets
		err := c.Do(context.Background(), getTickets, &out)
		if want == "" {
			if err != nil {
				t.Errorf("limit %d: %v", size, err)
			}
			continue
		}
		wantErr := "/api/tickets: decode (HTTP 200): answer is larger than the limit"
		if e := asError(t, err); e.Reason != want || e.Error() != wantErr {
			t.Errorf("limit %d: got %q, want %q", size, e, wantErr)
		}
		if len(o.requests) != 1 {
			t.Errorf("asked %d times for what is too large", len(o.requests))
		}
	}
}

func TestNewRefusesBaseURLsWithoutRepeatingThem(t *testing.T) {
	for in, want := range map[string]string{
		"":                                "base URL must begin with https:// or http://",
		"acme.example.com":                "base URL must begin with https:// or http://",
		"ftp://acme.example.com":          "base URL must begin with https:// or http://",
		"https://":                        "base URL has no host",
		"https://bot:hunter2@example.com": "base URL must not hold credentials: move them to basic_auth",
		"https://example.com?key=hunter2": "base URL must not hold a query or a fragment",
		"https://bot:hunter2\x7f@e":       "base URL cannot be parsed: write it as https://host or https://host/path",
	} {
		if _, err := New(Options{BaseURL: in}); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", in, err, want)
		}
	}
	if _, err := New(Options{BaseURL: "https://e", Retries: -1}); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("negative retries: %v", err)
	}
}

func TestOneClientServesSeveralGoroutines(t *testing.T) {
	o := &log{}
	c := serve(t, Options{Observer: o}, func(w http.ResponseWriter, _ *http.Request) { writeJSON(w, ticketsJSON) })
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			var out tickets
			if err := c.Do(context.Background(), getTickets, &out); err != nil || len(out.Data) != 2 {
				t.Errorf("got %v, %v", out, err)
			}
		})
	}
	wg.Wait()
	if len(o.requests) != 20 || o.requests[0] != "/api/tickets 200" {
		t.Errorf("observed %d: %v", len(o.requests), o.requests[:1])
	}
}
