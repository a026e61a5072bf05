package groove

import (
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// The files of testdata/samples are printed examples of the vendor's
// documentation and mocks of a public client of 2025: nothing was recorded from
// an account.

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "samples", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func compare(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func instant(s string) time.Time {
	t, bad := parseTime(s)
	if bad {
		panic("not a time: " + s)
	}
	return t
}

// unused are the samples of the old REST API: nothing of it is read.
var unused = map[string]string{
	"v1_groups_list.json":            "teams are read of GraphQL",
	"v1_oauth_token.json":            "tokens are fetched by Prometheus' http_config",
	"v1_ticket_messages_list.json":   "messages are read of a conversation's history",
	"v1_tickets_count.json":          "queues are counted from the conversations themselves",
	"v1_tickets_list_minimal.json":   "conversations are read of GraphQL, which has an order by update",
	"v1_webhook_created.json":        "nothing is ever subscribed on the user's behalf",
	"v1_webhook_ticket_payload.json": "what a delivery says is read again of GraphQL",
}

// used are the samples that a test of this file decodes.
var used = []string{"v2_conversations_list.json", "v2_graphql_error.json", "v2_ping.json", "v2_validation_error.json"}

func TestEverySampleIsDecodedOrHasAReasonNotToBe(t *testing.T) {
	files, err := os.ReadDir(filepath.Join("testdata", "samples"))
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]bool{}
	for _, name := range used {
		want[name] = true
	}
	for name := range unused {
		want[name] = true
	}
	got := map[string]bool{}
	for _, f := range files {
		got[f.Name()] = true
	}
	compare(t, want, got)
}

// answerOf decodes a sample as an answer.
func answerOf(t *testing.T, name string) answer {
	t.Helper()
	var a answer
	if err := json.Unmarshal(sample(t, name), &a); err != nil {
		t.Fatal(err)
	}
	return a
}

func TestMockedConversations(t *testing.T) {
	a := answerOf(t, "v2_conversations_list.json")
	list := a.Data.V.Conversations.V
	if len(a.Errors.V) != 0 || !list.PageInfo.V.More.OK || list.PageInfo.V.More.V || list.PageInfo.V.End != "" || list.Total.V != 1 {
		t.Errorf("the page is %+v", list)
	}
	if len(list.Nodes.V) != 1 {
		t.Fatalf("%d rows", len(list.Nodes.V))
	}
	row := list.Nodes.V[0].V
	want := conversation{
		ID: "conv-1", Number: "1", State: "OPENED",
		Created: stamp{Time: instant("2024-01-01T00:00:00Z")}, Updated: stamp{Time: instant("2024-01-01T12:00:00Z")},
		Channel: maybe[party]{V: party{ID: "channel-1", Name: "Email"}, OK: true},
	}
	if row != want {
		t.Errorf("the row is %+v", row)
	}
}

func TestErrorsWithDataThatIsNull(t *testing.T) {
	a := answerOf(t, "v2_graphql_error.json")
	if a.Data.OK || len(a.Errors.V) != 1 || a.Errors.V[0].V.Message != "Conversation not found" {
		t.Errorf("%+v", a)
	}
}

func TestErrorsWithoutData(t *testing.T) {
	a := answerOf(t, "v2_validation_error.json")
	if a.Data.OK || len(a.Errors.V) != 1 || a.Errors.V[0].V.Message != "Variable channelId of type ID! was provided invalid value" {
		t.Errorf("%+v", a)
	}
}

func TestPing(t *testing.T) {
	a := answerOf(t, "v2_ping.json")
	if len(a.Errors.V) != 0 || !a.Data.OK {
		t.Errorf("%+v", a)
	}
}
