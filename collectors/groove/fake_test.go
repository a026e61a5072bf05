package groove

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/rest"
)

// asked is a question as it came to the API.
type asked struct {
	Query     string         `json:"query"`
	Variables map[string]any `json:"variables"`
	operation string
}

// fakeAPI answers each question with what a function says, through JSON, and
// remembers the questions.
type fakeAPI struct {
	t      *testing.T
	calls  []asked
	answer func(asked) string
}

// Do answers like the vendor: with HTTP 200, whatever became of the question.
func (f *fakeAPI) Do(_ context.Context, r rest.Request, out any) error {
	b, err := json.Marshal(r.Body)
	if err != nil {
		f.t.Fatal(err)
	}
	q := asked{operation: r.Endpoint[len(apiPath)+1:]}
	if err := json.Unmarshal(b, &q); err != nil {
		f.t.Fatal(err)
	}
	f.calls = append(f.calls, q)
	if len(f.calls) > 10_000 {
		f.t.Fatal("the questions do not end")
	}
	return json.Unmarshal([]byte(f.answer(q)), out)
}

// operations are the questions' names, in order.
func (f *fakeAPI) operations() []string {
	var names []string
	for _, q := range f.calls {
		names = append(names, q.operation)
	}
	return names
}

// last is the text of the last question.
func (f *fakeAPI) last() string { return f.calls[len(f.calls)-1].Query }
