package simulator

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

var grooveStart = time.Date(2026, 9, 1, 8, 0, 0, 0, time.UTC)

// grooveDesk has one whole life, one conversation that was merged into it, one
// that is spam, and others that only were opened.
func grooveDesk(plain int) *Desk {
	agent := Happening{What: Assigned, User: Agent(0)}
	script := []Scripted{
		{Lines: []Line{
			Says(0, helpdesk.AuthorCustomer),
			Befalls(time.Minute, Happening{What: Teamed, Team: TeamID(0)}),
			Says(2*time.Minute, helpdesk.AuthorRule),
			Does(3*time.Minute, 0, agent),
			Replies(4*time.Minute, 0),
			Does(5*time.Minute, 0, Happening{What: Snoozed, Until: grooveStart.Add(time.Hour)}),
			Befalls(time.Hour, Happening{What: Woken}),
			Does(61*time.Minute, 0, Happening{What: Closed}),
			Line{62 * time.Minute, Happening{What: SurveyScored, Actor: helpdesk.ActorCustomer, Survey: firstSurvey, Score: 2}},
		}},
		{Lines: []Line{Says(0, helpdesk.AuthorCustomer), Does(10*time.Minute, 1, Happening{What: Merged, Into: FirstTicket})}},
		{Lines: []Line{Says(0, helpdesk.AuthorCustomer), Does(11*time.Minute, 1, Happening{What: Spammed})}},
	}
	for i := range plain {
		script = append(script, Scripted{Lines: []Line{Says(time.Duration(i)*time.Second, helpdesk.AuthorCustomer)}})
	}
	d := New(Options{Start: grooveStart, Resolution: time.Second, Feed: true, Script: script})
	d.Advance(grooveStart.Add(2 * time.Hour))
	return d
}

// askGroove sends a query, which is answered with HTTP 200 whatever it is.
func askGroove(t *testing.T, h http.Handler, query string, vars object) object {
	t.Helper()
	b, err := json.Marshal(object{"query": query, "variables": vars})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, groovePath, strings.NewReader(string(b)))
	r.Header.Set("Authorization", "Bearer key")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	var o object
	if err := json.Unmarshal(w.Body.Bytes(), &o); err != nil || w.Code != http.StatusOK {
		t.Fatalf("HTTP %d: %v in %.200s", w.Code, err, w.Body)
	}
	return o
}

func grooveSample(t *testing.T, name string) object {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "groove", name))
	if err != nil {
		t.Fatal(err)
	}
	var o object
	if err := json.Unmarshal(b, &o); err != nil {
		t.Fatal(err)
	}
	return o
}

func TestGrooveAnswersWithTheKeysOfTheSamples(t *testing.T) {
	h := Groove(grooveDesk(0), GrooveOptions{})
	got := askGroove(t, h, `query Conversations($first: Int, $after: String, $filter: ConversationFilter) {
		conversations(first: $first, after: $after, filter: $filter) {
			nodes { id number subject state createdAt updatedAt assigned { agent { id email name } } contact { id email name } channel { id name } tags { nodes { id name } } }
			pageInfo { hasNextPage endCursor } totalCount
		}
	}`, object{"first": 25, "after": nil, "filter": nil})
	want, is := map[string]bool{}, map[string]bool{}
	shape(grooveSample(t, "v2_conversations_list.json"), want, "", 6)
	shape(got, is, "", 6)
	for k := range is { // the sample's conversation is not assigned
		if strings.Contains(k, ".assigned.") {
			delete(is, k)
		}
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Errorf("(-sample +dialect):\n%s", diff)
	}
	if diff := cmp.Diff(grooveSample(t, "v2_ping.json"), askGroove(t, h, `{ ping }`, nil)); diff != "" {
		t.Errorf("(-sample +dialect):\n%s", diff)
	}
	if diff := cmp.Diff(grooveSample(t, "v2_graphql_error.json"), askGroove(t, h, `query($n: Int!) { conversation(number: $n) { id } }`, object{"n": 7})); diff != "" {
		t.Errorf("(-sample +dialect):\n%s", diff)
	}
}

func TestGrooveRefusesAWholeQueryForOneField(t *testing.T) {
	for query, want := range map[string]string{
		`{ conversations { nodes { id customer { id } } } }`:                                           "Field 'customer' doesn't exist on type 'Conversation'",
		`{ changes(filter: {conversationId: "cnv_1"}) { nodes { id } } }`:                              "Field 'changes' doesn't exist on type 'Query'",
		`{ events(filter: {conversationId: "cnv_1"}) { nodes { change { ... on Novelty { id } } } } }`: "No such type Novelty, so it can't be a fragment condition",
		`{ __schema { types { name } } }`:                                                              "Field '__schema' doesn't exist on type 'Query'",
		`{ conversations(after: "x") { nodes { id } } }`:                                               "Invalid cursor: x",
		`{ conversations { nodes { id }`:                                                               "parse error on end of query",
	} {
		o := askGroove(t, Groove(grooveDesk(0), GrooveOptions{Mute: true}), query, nil)
		errs, _ := o["errors"].([]any)
		if len(errs) == 0 || errs[0].(object)["message"] != want || o["data"] != nil {
			t.Errorf("%s: %v, want %s", query, o, want)
		}
	}
}

func TestGrooveWantsABearerToken(t *testing.T) {
	h := Groove(grooveDesk(0), GrooveOptions{Token: "right"})
	for header, want := range map[string]int{"": 401, "Bearer ": 401, "Bearer wrong": 401, "Basic right": 401, "Bearer right": 200} {
		r := httptest.NewRequest(http.MethodPost, groovePath, strings.NewReader(`{"query":"{ ping }"}`))
		r.Header.Set("Authorization", header)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code != want {
			t.Errorf("%q: HTTP %d, want %d", header, w.Code, want)
		}
	}
}

// grooveNumbers are those of a list's pages, read to the end.
func grooveNumbers(t *testing.T, h http.Handler, args string, between func()) (pages [][]int64) {
	t.Helper()
	after := any(nil)
	for {
		o := askGroove(t, h, `query($after: String) { conversations(`+args+`, after: $after) { nodes { number } pageInfo { hasNextPage endCursor } } }`, object{"after": after})
		list := o["data"].(object)["conversations"].(object)
		var page []int64
		for _, n := range list["nodes"].([]any) {
			page = append(page, num(n.(object)["number"])-FirstTicket)
		}
		pages = append(pages, page)
		info := list["pageInfo"].(object)
		if info["hasNextPage"] != true {
			return pages
		}
		after = info["endCursor"]
		if between != nil {
			between()
		}
	}
}

func TestGrooveListsByUpdateWithoutSpamAndWhatWasMerged(t *testing.T) {
	const newest = "orderBy: {field: UPDATED_AT, direction: DESC}, first: 3"
	d := grooveDesk(5)
	h := Groove(d, GrooveOptions{})
	if diff := cmp.Diff([][]int64{{0, 7, 6}, {5, 4, 3}}, grooveNumbers(t, h, newest, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int64{{2}}, grooveNumbers(t, h, "filter: {state: SPAM}, "+newest, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([][]int64{{7, 6, 5}, {4, 3}}, grooveNumbers(t, h, "filter: {state: OPENED}, "+newest, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	// A cursor is a place: what moves to the front pushes rows to the next page.
	moved := grooveNumbers(t, h, newest, func() {
		d.Continue(FirstTicket+3, Replies(time.Minute, 0))
		d.Advance(d.Now().Add(time.Hour))
	})
	if diff := cmp.Diff([][]int64{{0, 7, 6}, {6, 5, 4}}, moved); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// grooveLife asks for a whole history, in pages of 4, and tells each entry in a line.
func grooveLife(t *testing.T, old bool) (lines []string) {
	t.Helper()
	h := Groove(grooveDesk(0), GrooveOptions{Old: old, MaxPage: 4})
	const about = `__typename ... on StateChange { state: to } ... on AgentChange { agent: to { name } } ... on TeamChange { team: to { name } }
		... on MergeChange { sourceNumber } ... on Rating { grade }`
	root, query := "events", `query($id: ID!, $after: String) { events(filter: {conversationId: $id}, after: $after) {
		nodes { createdAt actor { __typename } change { `+about+` ... on Reply { author { __typename } } ... on EmailMessage { author { __typename } } } }
		pageInfo { hasNextPage endCursor } } }`
	if old {
		root, query = "changes", `query($id: ID!, $after: String) { changes(filter: {conversationId: $id}, after: $after) {
		edges { createdAt actor { __typename } node { `+about+` ... on ReplyChange { author { __typename } } ... on MessageFromEmailChange { author { __typename } } } }
		pageInfo { hasNextPage endCursor } } }`
	}
	vars := object{"id": grooveID("cnv", FirstTicket), "after": nil}
	for {
		o := askGroove(t, h, query, vars)
		data, ok := o["data"].(object)
		if !ok {
			t.Fatal(o)
		}
		list := data[root].(object)
		rows, key := list["nodes"], "change"
		if old {
			rows, key = list["edges"], "node"
		}
		for _, r := range rows.([]any) {
			e := r.(object)
			c := e[key].(object)
			detail := ""
			for _, k := range []string{"state", "agent", "team", "sourceNumber", "grade", "author"} {
				if v, ok := c[k]; ok {
					if o, ok := v.(object); ok {
						for _, v = range o {
						}
					}
					if n, ok := v.(float64); ok {
						v = int64(n) - FirstTicket
					}
					detail = fmt.Sprint(" ", v)
				}
			}
			lines = append(lines, fmt.Sprint(e["createdAt"].(string)[11:16], " ", e["actor"].(object)["__typename"], " ", c["__typename"], detail))
		}
		info := list["pageInfo"].(object)
		if info["hasNextPage"] != true {
			return lines
		}
		vars["after"] = info["endCursor"]
	}
}

func TestGrooveTellsALife(t *testing.T) {
	life := func(mail, reply string) []string {
		return []string{
			"08:00 Contact " + mail + " Contact", "08:01 Rule TeamChange Support", "08:02 Rule " + reply + " Agent",
			"08:03 Agent AgentChange Ada Lindqvist", "08:04 Agent " + mail + " Agent", "08:05 Agent SnoozeChange", "08:05 Agent StateChange SNOOZED",
			"08:10 Agent MergeChange 1", "09:00 Rule UnsnoozeChange", "09:00 Rule StateChange OPENED", "09:01 Agent StateChange CLOSED",
			"09:02 Contact Rating BAD",
		}
	}
	if diff := cmp.Diff(life("EmailMessage", "Reply"), grooveLife(t, false)); diff != "" {
		t.Errorf("2025 (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(life("MessageFromEmailChange", "ReplyChange"), grooveLife(t, true)); diff != "" {
		t.Errorf("2020 (-want +got):\n%s", diff)
	}
}

func TestGrooveDescribesItself(t *testing.T) {
	o := askGroove(t, Groove(grooveDesk(0), GrooveOptions{Old: true}), `{ __schema { queryType { name } types { name fields(includeDeprecated: true) { name type { name } } possibleTypes { name } } } }`, nil)
	found := map[string]bool{}
	for _, v := range o["data"].(object)["__schema"].(object)["types"].([]any) {
		typ := v.(object)
		for _, f := range typ["fields"].([]any) {
			found[fmt.Sprint(typ["name"], ".", f.(object)["name"])] = true
		}
		for _, m := range typ["possibleTypes"].([]any) {
			found[fmt.Sprint(typ["name"], "|", m.(object)["name"])] = true
		}
	}
	for _, want := range []string{"Query.changes", "ChangeEdge.actor", "Change|StateChange", "Conversation.customer"} {
		if !found[want] {
			t.Errorf("%s is not described", want)
		}
	}
	if found["Query.events"] || found["Conversation.contact"] {
		t.Error("the schema of 2025 shows in that of 2020")
	}
}
