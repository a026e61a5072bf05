package engine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/helpdesk-exporter/helpdesk_exporter/internal/engine"
	"github.com/helpdesk-exporter/helpdesk_exporter/internal/helpdesk"
)

func TestMemosAreStoredWithTheirPageAndOutliveARestart(t *testing.T) {
	d := newDesk(t)
	memo := func(key, value string) helpdesk.Memo { return helpdesk.Memo{Key: key, Value: []byte(value)} }
	page := helpdesk.Page{Memos: []helpdesk.Memo{memo("a/1", "one"), memo("a/2", "two"), memo("b/1", "three")}}
	if err := d.source.Apply(helpdesk.StreamConversations, page, engine.StreamState{}, d.now); err != nil {
		t.Fatal(err)
	}
	// A page that cannot be stored leaves no memo either.
	bad := helpdesk.Page{Memos: []helpdesk.Memo{memo("a/1", "lost")}, Records: []helpdesk.Record{helpdesk.Message{Key: helpdesk.Key{ID: "m", At: d.now}}}}
	if err := d.source.Apply(helpdesk.StreamConversations, bad, engine.StreamState{}, d.now); err == nil {
		t.Fatal("a message of no conversation was stored")
	}
	if err := d.source.Fetched(helpdesk.Page{Memos: []helpdesk.Memo{{Key: "a/2"}, memo("a/3", "four")}}, d.now.Add(time.Second)); err != nil {
		t.Fatal(err)
	}
	d.restart()
	got, err := d.source.Memos("a/")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]helpdesk.Memo{memo("a/1", "one"), memo("a/3", "four")}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	values, err := d.source.Recall("b/1", "a/2", "none", "a/1")
	if diff := cmp.Diff(map[string][]byte{"a/1": []byte("one"), "b/1": []byte("three")}, values); diff != "" || err != nil {
		t.Errorf("error %v (-want +got):\n%s", err, diff)
	}
}
