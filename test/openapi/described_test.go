package openapi_test

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/gorillamux"
)

// described is a vendor's description, between a client and an API. It is a
// transport.
type described struct {
	t       *testing.T
	router  routers.Router
	version string // that is described
	api     http.Handler

	asked      map[string]int       // calls, by method and the template of their path
	wrong      []string             // what is wrong with requests
	newer      map[string]int       // calls in another version, by method, path and version
	departures map[string]departure // where answers are not as described, by themselves
}

// departure is a place of an answer, and how it is not as described there.
type departure struct{ place, how string }

func describe(t *testing.T, file string, api http.Handler) *described {
	t.Helper()
	doc, err := openapi3.NewLoader().LoadFromFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := doc.Validate(t.Context()); err != nil {
		t.Fatal(err)
	}
	router, err := gorillamux.NewRouter(doc)
	if err != nil {
		t.Fatal(err)
	}
	return &described{
		t: t, router: router, version: doc.Info.Version, api: api,
		asked: map[string]int{}, newer: map[string]int{}, departures: map[string]departure{},
	}
}

// RoundTrip checks a request, has it answered, and checks the answer.
func (d *described) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
	}
	if v := r.Header.Get("Intercom-Version"); v != d.version {
		d.newer[r.Method+" "+r.URL.Path+" "+v]++
		return d.answer(r, body).Result(), nil
	}
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		return nil, err
	}
	d.asked[r.Method+" "+route.Path]++
	in := &openapi3filter.RequestValidationInput{
		Request: with(r, body), PathParams: params, Route: route,
		Options: &openapi3filter.Options{MultiError: true, AuthenticationFunc: openapi3filter.NoopAuthenticationFunc},
	}
	if err := openapi3filter.ValidateRequest(r.Context(), in); err != nil {
		d.wrong = append(d.wrong, r.Method+" "+r.URL.Path+": "+err.Error())
	}
	w := d.answer(r, body)
	d.check(in, w.Code, w.Header(), w.Body.Bytes())
	return w.Result(), nil
}

// with is a request with a body that can be read.
func with(r *http.Request, body []byte) *http.Request {
	r = r.Clone(r.Context())
	r.Body, r.RequestURI = io.NopCloser(bytes.NewReader(body)), r.URL.RequestURI()
	return r
}

func (d *described) answer(r *http.Request, body []byte) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	d.api.ServeHTTP(w, with(r, body))
	return w
}

// check holds an answer to the description.
func (d *described) check(in *openapi3filter.RequestValidationInput, code int, h http.Header, body []byte) {
	d.t.Helper()
	err := openapi3filter.ValidateResponse(in.Request.Context(), &openapi3filter.ResponseValidationInput{
		RequestValidationInput: in, Status: code, Header: h, Body: io.NopCloser(bytes.NewReader(body)),
		Options: &openapi3filter.Options{MultiError: true, IncludeResponseStatus: true},
	})
	d.note(err)
}

var index = regexp.MustCompile(`/\d+(/|$)`)

// note takes the departures out of an error, which may be many.
func (d *described) note(err error) {
	var many openapi3.MultiError
	var schema *openapi3.SchemaError
	var response *openapi3filter.ResponseError
	switch {
	case err == nil:
	case errors.As(err, &response) && response.Err != nil:
		d.note(response.Err)
	case errors.As(err, &many):
		for _, one := range many {
			d.note(one)
		}
	case errors.As(err, &schema):
		place := index.ReplaceAllString("/"+strings.Join(schema.JSONPointer(), "/"), "/*$1")
		dep := departure{place, schema.SchemaField}
		if schema.Value == nil {
			dep.how = "null"
		}
		d.departures[place+": "+dep.how] = dep
	default:
		d.t.Errorf("%v", err)
	}
}

// recorded holds a recorded answer to what a call of the vendor is described to
// answer, and notes its departures.
func (d *described) recorded(method, path, body string) {
	d.t.Helper()
	r := httptest.NewRequest(method, "http://api.invalid"+path, nil)
	route, params, err := d.router.FindRoute(r)
	if err != nil {
		d.t.Fatalf("%s %s: %v", method, path, err)
	}
	h := http.Header{"Content-Type": {"application/json"}}
	d.check(&openapi3filter.RequestValidationInput{Request: r, PathParams: params, Route: route}, http.StatusOK, h, []byte(body))
}
