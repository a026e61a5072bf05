package simulator

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"
)

// GrooveOptions say how a desk is served as a Groove account. The desk should
// have a Resolution of a second, which is all that Groove tells, and Feed.
type GrooveOptions struct {
	// Token is the one that is let in; with an empty one any is.
	Token string
	// Old serves the schema as it was documented in 2020; else as a client of
	// 2025 used it.
	Old bool
	// Mute refuses to describe the schema.
	Mute bool
	// MaxPage is the most rows that a page has, whatever is asked for: 50 when 0.
	MaxPage int
	// BeforeEach is called with each request that is let in, before anything is
	// read: tests let the desk live on between two pages.
	BeforeEach func(*http.Request)
}

// groove serves the GraphQL API of Groove, as the vendor's reference of 2020 and
// a public client of 2025 have it.
type groove struct {
	o      GrooveOptions
	desk   *Desk
	schema grooveSchema

	mu     sync.Mutex
	merges map[int64][]Happening // by what was merged into
	read   int                   // of the desk's log
}

// groovePath is where the API is: one address for everything.
const groovePath = "/v2/graphql"

// Groove returns the dialect of Groove.
func Groove(d *Desk, o GrooveOptions) http.Handler {
	if o.MaxPage == 0 {
		o.MaxPage = 50
	}
	g := &groove{o: o, desk: d, schema: grooveSchemaOf2025(), merges: map[int64][]Happening{}}
	if o.Old {
		g.schema = grooveSchemaOf2020()
	}
	if o.Mute {
		delete(g.schema["Query"].fields, "__schema")
	}
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+groovePath, g.handle)
	return mux
}

// grooveError is one of the errors of an answer.
type grooveError struct {
	Message    string `json:"message"`
	Extensions object `json:"extensions,omitempty"`
}

func (e *grooveError) Error() string { return e.Message }

func (g *groove) handle(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Date", g.desk.Now().UTC().Format(http.TimeFormat))
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); !ok || token == "" || g.o.Token != "" && token != g.o.Token {
		w.WriteHeader(http.StatusUnauthorized)
		g.write(w, object{"errors": []any{object{"message": "Invalid or expired token"}}})
		return
	}
	if g.o.BeforeEach != nil {
		g.o.BeforeEach(r)
		w.Header().Set("Date", g.desk.Now().UTC().Format(http.TimeFormat))
	}
	var question struct {
		Query     string `json:"query"`
		Variables object `json:"variables"`
	}
	if err := json.NewDecoder(r.Body).Decode(&question); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		g.write(w, object{"errors": []any{object{"message": "The body is no JSON"}}})
		return
	}
	g.write(w, g.answer(question.Query, question.Variables))
}

func (g *groove) write(w http.ResponseWriter, v any) {
	_ = json.NewEncoder(w).Encode(v) // the client may be gone
}

// answer answers with HTTP 200, whatever is wrong with the question.
func (g *groove) answer(query string, vars object) object {
	asked, err := parseGraphQL(query, vars)
	if err != nil {
		return object{"errors": []any{grooveError{Message: err.Error()}}}
	}
	if errs := g.schema.check(asked, "Query"); len(errs) > 0 {
		return object{"errors": errs}
	}
	var data any
	g.desk.Read(func(b *Books) { data, err = g.root(b, asked) })
	if err != nil {
		return object{"data": nil, "errors": []any{err}}
	}
	return object{"data": data}
}

// root answers the fields of Query.
func (g *groove) root(b *Books, asked []gqlField) (object, error) {
	data := object{}
	for _, f := range asked {
		var v any
		var err error
		switch f.name {
		case "ping":
			v = "pong"
		case "me":
			v = g.agent(b.User(Agent(0)))
		case "__schema":
			v = g.schema.describe()
		case "conversations":
			v, err = g.conversations(b, f.args)
		case "conversation":
			v, err = g.conversation(b, f.args)
		case "events", "changes":
			v, err = g.history(b, f.args)
		case "agents":
			v, err = g.page(g.agents(b), f.args)
		case "teams":
			v, err = g.page(g.teams(b), f.args)
		}
		if err != nil {
			return nil, err
		}
		data[f.as] = g.schema.project(v, f.fields)
	}
	return data, nil
}

// grooveTime is an instant as answers have it.
func grooveTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Format(time.RFC3339)
}
